/**
 * Row level security: which rows a role sees, changes and may leave behind. PostgreSQL's rowsecurity.c. A policy's text is
 * read among the names it was made with, and what it reads besides is read in the name of whoever asks.
 */
import type { Node } from "@pgsql/types";
import { must } from "../../base/assert.ts";
import { PgError } from "../../base/error.ts";
import type { Policy, PolicyText, Relation } from "../../catalog/relation.ts";
import { isSubject } from "../../catalog/row-security.ts";
import { parse } from "../parse.ts";
import type { Analysis } from "./analysis.ts";
import { checkedRows, entryColumn, writtenEntry } from "./check.ts";
import { coerceToBoolean } from "./coerce.ts";
import { make } from "./constant.ts";
import { frozenView } from "./frozen.ts";
import { allOf, anyOf, choose, raise, truth } from "./made.ts";
import { oid } from "./oids.ts";
import { plainSelect } from "./plain-select.ts";
import { notePredicates } from "./predicates.ts";
import { columnUse, type NamespaceItem, newScope } from "./scope.ts";
import type { Expression, Query, RangeEntry, RangeSource } from "./tree.ts";
import { placeless } from "./view.ts";
import type { ViewCheck } from "./view-target.ts";

type Command = "r" | "a" | "w" | "d";

/** A table as a role sees it that is subject to its policies. */
export interface Secured {
  readonly relation: Relation;
  /** OID of the role in whose name other things are read; undefined: whoever asks. */
  readonly asRole: number | undefined;
  readonly policies: readonly Policy[];
}

/** Undefined: no policy counts. 42501 when there are some and `row_security` is off. */
export function secured(
  relation: Relation,
  analysis: Analysis,
  asRole = analysis.view?.asRole,
): Secured | undefined {
  if (relation.rowSecurity?.isEnabled !== true || analysis.isKept) return undefined;
  const { access, role: asker } = analysis.context;
  const role = asRole === undefined ? asker : must(access.roleByOid(asRole), "a role that owns");
  if (!isSubject(relation, role, access)) return undefined;
  if (analysis.context.setting("row_security") === "off")
    throw new PgError(
      "42501",
      `query would be affected by row-level security policy for table "${relation.name}"`,
    );
  analysis.secured.add(relation.oid);
  const policies = relation.rowSecurity.policies.filter(({ roles }) =>
    roles.some((each) => each === 0 || access.inherits(role.oid, each)),
  );
  return { relation, asRole, policies };
}

/** The rows that are seen: what is asked of them further is asked of these alone, for the engine moves nothing below OFFSET. */
export function shownRows(
  table: Secured,
  source: Extract<RangeSource, { kind: "relation" }>,
  analysis: Analysis,
): Query {
  const { relation } = table;
  const entry: RangeEntry = {
    alias: analysis.alias(relation.name),
    name: relation.name,
    depth: 0,
    columns: relation.columns.map(entryColumn),
    source,
    used: new Set(),
  };
  const from = [{ kind: "entry", entry, isLateral: false }] as const;
  const where = seen(table, "r", entry, analysis);
  notePredicates(where, from);
  const targets = entry.columns.map((column) => {
    entry.used.add(column);
    const expression = columnUse(entry, column, undefined);
    return { name: column.name, expression, isJunk: false };
  });
  const query = plainSelect({ targets, from, columns: entry.columns, where });
  return { ...query, offset: make(oid.int8, "0", undefined) };
}

/** The table that is read, be it as its policies show it. */
export function tableBehind(
  source: RangeSource,
): Extract<RangeSource, { kind: "relation" }> | undefined {
  if (source.kind === "relation") return source;
  if (source.kind !== "view" || source.relation.source.kind === "view") return undefined;
  const { body } = source.query;
  const [from] = body.kind === "select" ? body.from : [];
  return from?.kind === "entry" ? tableBehind(from.entry.source) : undefined;
}

/** Of rows there are: those that a command may see or touch. */
export function seen(
  { policies, ...table }: Secured,
  command: Command,
  entry: RangeEntry,
  analysis: Analysis,
): Expression {
  const conditions = policies
    .filter((policy) => isFor(policy, command))
    .flatMap((policy) =>
      policy.using === undefined
        ? []
        : [{ policy, holds: conditionOf(policy.using, table, entry, analysis) }],
    );
  const permissive = conditions.filter(({ policy }) => policy.isPermissive);
  const restrictive = conditions.filter(({ policy }) => !policy.isPermissive);
  if (permissive.length === 0) return truth(false);
  return allOf(
    [...restrictive, { holds: anyOf(permissive.map(({ holds }) => holds)) }].map(
      ({ holds }) => holds,
    ),
  );
}

/**
 * UPDATE and DELETE: the rows that may be touched, of which alone the statement's own condition is asked. Those it reads
 * besides must be seen too.
 */
export function touched(
  table: Secured | undefined,
  command: "w" | "d",
  entry: RangeEntry,
  where: Expression | undefined,
  analysis: Analysis,
): Expression | undefined {
  if (table === undefined) return where;
  const holds = seen(table, command, entry, analysis);
  const all = isRead(table, analysis) ? allOf([holds, seen(table, "r", entry, analysis)]) : holds;
  return where === undefined ? all : choose([{ when: all, result: where }], truth(false));
}

/** Whether the statement reads the table that it writes: then it must see what it writes. */
function isRead({ relation }: Secured, analysis: Analysis): boolean {
  return analysis
    .relations()
    .some(
      (use) =>
        use.relation.oid === relation.oid && use.privilege === "SELECT" && use.columns.length > 0,
    );
}

/** What rows must be that are inserted, or have been changed. `action`: of those alone. */
export function leftChecks(
  table: Secured | undefined,
  command: "a" | "w",
  analysis: Analysis,
  action?: "i" | "u",
): readonly ViewCheck[] {
  if (table === undefined) return [];
  const own = checksOf(table, command, ({ check, using }) => check ?? using, analysis);
  const shown = isRead(table, analysis) ? checksOf(table, "r", ({ using }) => using, analysis) : [];
  return [...own, ...shown].map((each) => (action === undefined ? each : { ...each, action }));
}

function checksOf(
  { policies, ...table }: Secured,
  command: Command,
  textOf: (policy: Policy) => PolicyText | undefined,
  analysis: Analysis,
): readonly ViewCheck[] {
  const { relation } = table;
  const asked = policies.flatMap((policy) => {
    const text = isFor(policy, command) ? textOf(policy) : undefined;
    return text === undefined ? [] : [{ policy, text }];
  });
  const check = (texts: readonly PolicyText[], policy?: string): ViewCheck => {
    const row = writtenEntry(relation, relation.name, newScope(analysis, undefined));
    const holds = anyOf(texts.map((text) => conditionOf(text, table, row, analysis)));
    const condition = choose([{ when: holds, result: truth(true) }], truth(false));
    const fault = { kind: "policy", table: relation.name, policy } as const;
    return { fault, query: checkedRows({ condition, columns: [], row }) };
  };
  const permissive = asked.filter(({ policy }) => policy.isPermissive);
  const restrictive = asked
    .filter(({ policy }) => !policy.isPermissive)
    .toSorted((a, b) => (a.policy.name < b.policy.name ? -1 : 1));
  return [
    check(permissive.map(({ text }) => text)),
    ...restrictive.map(({ policy, text }) => check([text], policy.name)),
  ];
}

/** ON CONFLICT DO UPDATE: a row that is met and may not be touched is an error, for it cannot be passed over. */
export function met(
  table: Secured,
  entry: RangeEntry,
  isTouched: Expression,
  isNew: Expression,
  analysis: Analysis,
): Expression {
  const may = allOf([seen(table, "w", entry, analysis), seen(table, "r", entry, analysis)]);
  const fault = raise(
    "42501",
    `new row violates row-level security policy (USING expression) for table "${table.relation.name}"`,
    undefined,
  );
  const allowed = choose(
    [
      { when: isNew, result: truth(true) },
      { when: may, result: truth(true) },
    ],
    fault,
  );
  return choose([{ when: isTouched, result: allowed }], truth(false));
}

/** A policy's condition as it stands, for those who print it again. */
export function keptCondition(
  text: PolicyText,
  relation: Relation,
  row: RangeEntry,
  analysis: Analysis,
): Expression {
  return conditionOf(text, { relation, asRole: undefined }, row, analysis);
}

const isFor = (policy: Policy, command: Command) =>
  policy.command === "*" || policy.command === command;

function conditionOf(
  text: PolicyText,
  { relation, asRole }: Omit<Secured, "policies">,
  entry: RangeEntry,
  analysis: Analysis,
): Expression {
  const { context } = analysis;
  const view = frozenView(
    { oid: relation.oid, name: relation.name },
    text.names,
    asRole,
    context,
    "policy",
  );
  const tree = treeOf(text, new Set(context.catalog.buckets));
  return analysis.withinView(view, () => policyCondition(tree, relation, text, entry, analysis));
}

/** The condition over a row of the table, whose columns are called as they were. */
function policyCondition(
  tree: Node,
  relation: Relation,
  { names }: PolicyText,
  entry: RangeEntry,
  analysis: Analysis,
): Expression {
  const called = names.relations.find((each) => each.oid === relation.oid);
  const known = new Map(called?.columns.map(([name, number]) => [number, name]));
  const item: NamespaceItem = {
    name: called?.name ?? relation.name,
    schema: called?.schema ?? relation.schema,
    aliasOf: undefined,
    columns: entry.columns.flatMap((column) => {
      const name = known.get(column.number);
      if (name === undefined) return [];
      const expression = () => {
        entry.used.add(column);
        return columnUse(entry, column, undefined);
      };
      return [{ name, expression }];
    }),
    entry: undefined,
    rowType: oid.record,
    isNameVisible: true,
    areColumnsVisible: true,
    isLateralOnly: false,
    lateralOk: true,
  };
  const scope = {
    ...newScope(analysis, undefined, "policy expressions"),
    depth: entry.depth,
    items: [item],
  };
  return coerceToBoolean(analysis.rules.expression(tree, scope), "POLICY", analysis);
}

const trees = new WeakMap<PolicyText, Node>();

function treeOf(text: PolicyText, buckets: ReadonlySet<string>): Node {
  const known = trees.get(text);
  if (known !== undefined) return known;
  const [statement] = parse(text.sql, buckets);
  const tree = placeless(expressionOf(statement?.tree as Node, text.part), new Set()) as Node;
  trees.set(text, tree);
  return tree;
}

function expressionOf(node: Node, part: PolicyText["part"]): Node {
  const said =
    "CreatePolicyStmt" in node
      ? node.CreatePolicyStmt
      : "AlterPolicyStmt" in node
        ? node.AlterPolicyStmt
        : {};
  return must(part === "using" ? said.qual : said.with_check, "the statement said it");
}
