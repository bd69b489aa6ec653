/** MERGE: target and source joined, and for each pair the first WHEN that applies. PostgreSQL's parse_merge.c. */
import type { MergeStmt, MergeWhenClause, Node } from "@pgsql/types";
import type { Relation, RelationColumn } from "../../catalog/relation.ts";
import type { Analysis } from "./analysis.ts";
import { assign, defaultValue, refuseValue } from "./assign.ts";
import { assignments } from "./assignments.ts";
import { coerceToBoolean } from "./coerce.ts";
import { fromClause } from "./from.ts";
import { withGenerated } from "./generated.ts";
import { checkCount, overrideOf, targetColumns } from "./insert.ts";
import { refuseUnknownFields } from "./known-fields.ts";
import { allOf, anyOf, choose, isNull, truth } from "./made.ts";
import { plainSelect } from "./plain-select.ts";
import { inClause, type NamespaceItem, newScope, type Scope } from "./scope.ts";
import {
  actionConstant,
  changeColumns,
  type Modification,
  noValue,
  oldValue,
  placeOf,
  type WriteTarget,
  writeTarget,
} from "./target.ts";
import type { Expression, FromItem } from "./tree.ts";
import { walk } from "./walk.ts";
import { withClause } from "./with.ts";

const fields = ["relation", "sourceRelation", "joinCondition", "mergeWhenClauses", "withClause"];

export function merge(tree: MergeStmt, analysis: Analysis, parent?: Scope): Modification {
  // PostgreSQL 15's has none.
  if (tree.returningClause !== undefined)
    throw analysis.error("0A000", "RETURNING of MERGE is not supported", undefined);
  refuseUnknownFields(tree, fields, "MERGE", analysis);
  const scope = newScope(analysis, parent);
  const commonTables = tree.withClause === undefined ? [] : withClause(tree.withClause, scope);
  const clauses = whenClauses(tree, analysis);
  const target = writeTarget(tree.relation, "MERGE", scope);
  const { relation, entry } = target;
  if (target.secured !== undefined)
    throw analysis.error(
      "0A000",
      "MERGE into a table with row-level security is not supported",
      undefined,
      {
        hint: "Use UPDATE, DELETE and INSERT … ON CONFLICT.",
      },
    );
  const source = sourceItem(tree, target, scope);
  const names = scope.items;
  scope.items = [target.item, ...names];
  const on = joinCondition(tree.joinCondition, scope);
  const isMissing = isNull(placeOf(entry).row);
  const joined: FromItem[] = [];
  const actions = clauses.map((clause) => {
    const action = whenAction(clause, target, names, scope);
    joined.push(...action.joined);
    return action;
  });
  scope.items = [target.item, ...names];
  // What changes nothing reads.
  if (actions.every(({ letter }) => letter === undefined)) analysis.use(relation, "SELECT", []);
  refuseVolatile(actions, analysis);
  const branches = actions.map((action) => ({
    ...action,
    when: allOf([
      action.isMatched ? isNull(placeOf(entry).row, true) : isMissing,
      ...(action.condition === undefined ? [] : [action.condition]),
    ]),
  }));
  const changed = changeColumns(relation, {
    action: choose(
      branches.map(({ when, letter }) => ({ when, result: letterOf(letter) })),
      letterOf(undefined),
    ),
    ...placeOf(entry),
    values: relation.columns.map((column) => mergedValue(column, branches, target)),
    extras: [],
  });
  const from: FromItem = {
    kind: "join",
    join: clauses.some(({ matchKind }) => !isMatchedKind(matchKind)) ? "LEFT" : "INNER",
    left: source,
    right: { kind: "entry", entry, isLateral: false },
    on,
  };
  return {
    verb: "MERGE",
    target: relation,
    source: withGenerated(
      plainSelect({
        ...changed,
        from: [from, ...joined],
        where: isTouched(branches),
        commonTables,
      }),
      relation,
      analysis,
    ),
    returning: undefined,
    whenTwice: "error",
    checks: [],
  };
}

// ── Source and condition ────────────────────────────────────────────────────────────────────────────────────────────

/** Leaves the source's names in the scope. */
function sourceItem(tree: MergeStmt, target: WriteTarget, scope: Scope): FromItem {
  const { analysis } = scope;
  const { sourceRelation } = tree;
  if (sourceRelation === undefined)
    throw analysis.error("42601", "MERGE needs a data source", undefined);
  const [item] = fromClause([sourceRelation], scope);
  if (item === undefined) throw new Error("bug: a source gives an item");
  const twin = scope.items.find(
    ({ name, isNameVisible }) => isNameVisible && name === target.item.name,
  );
  if (twin !== undefined)
    throw analysis.error("42712", `name "${twin.name}" specified more than once`, undefined, {
      detail: "The name is used both as MERGE target table and data source.",
    });
  return item;
}

function joinCondition(node: Node | undefined, scope: Scope): Expression | undefined {
  if (node === undefined) return undefined;
  return inClause(scope, "JOIN/ON", () =>
    coerceToBoolean(scope.analysis.rules.expression(node, scope), "JOIN/ON", scope.analysis),
  );
}

// ── WHEN ────────────────────────────────────────────────────────────────────────────────────────────────────────────

const clauseFields = ["matchKind", "commandType", "override", "condition", "targetList", "values"];

const isMatchedKind = (kind: MergeWhenClause["matchKind"]) =>
  kind === undefined || kind === "MERGE_WHEN_MATCHED";

function whenClauses(tree: MergeStmt, analysis: Analysis): readonly MergeWhenClause[] {
  const clauses = (tree.mergeWhenClauses ?? []).flatMap((node) =>
    "MergeWhenClause" in node ? [node.MergeWhenClause] : [],
  );
  const closed = new Set<boolean>();
  for (const clause of clauses) {
    refuseUnknownFields(clause, clauseFields, "MERGE", analysis);
    if (clause.matchKind === "MERGE_WHEN_NOT_MATCHED_BY_SOURCE")
      throw analysis.error("0A000", "WHEN NOT MATCHED BY SOURCE is not supported", undefined);
    const isMatched = isMatchedKind(clause.matchKind);
    if (closed.has(isMatched))
      throw analysis.error(
        "42601",
        "unreachable WHEN clause specified after unconditional WHEN clause",
        undefined,
      );
    if (clause.condition === undefined) closed.add(isMatched);
  }
  return clauses;
}

interface Action {
  readonly isMatched: boolean;
  readonly condition: Expression | undefined;
  /** Undefined: DO NOTHING. */
  readonly letter: "i" | "u" | "d" | undefined;
  readonly values: ReadonlyMap<RelationColumn, Expression>;
  readonly joined: readonly FromItem[];
}

/** What is not matched has no row of the target to look at. */
function whenAction(
  clause: MergeWhenClause,
  target: WriteTarget,
  names: readonly NamespaceItem[],
  scope: Scope,
): Action {
  const { relation } = target;
  const isMatched = isMatchedKind(clause.matchKind);
  scope.items = isMatched ? [target.item, ...names] : names;
  scope.hidden = isMatched ? [] : [target.item];
  const condition = whenCondition(clause.condition, scope);
  const plain = { isMatched, condition, values: new Map(), joined: [] };
  switch (clause.commandType) {
    case "CMD_UPDATE":
      return { ...plain, letter: "u", ...assignments(clause.targetList ?? [], relation, scope) };
    case "CMD_DELETE":
      scope.analysis.use(relation, "DELETE", []);
      return { ...plain, letter: "d" };
    case "CMD_INSERT":
      return { ...plain, letter: "i", values: insertedValues(clause, relation, scope) };
    case "CMD_NOTHING":
      return { ...plain, letter: undefined };
    default:
      throw scope.analysis.error("0A000", "this action of MERGE is not supported", undefined);
  }
}

function whenCondition(node: Node | undefined, scope: Scope): Expression | undefined {
  if (node === undefined) return undefined;
  return inClause(scope, "MERGE WHEN", () =>
    coerceToBoolean(scope.analysis.rules.expression(node, scope), "WHEN", scope.analysis),
  );
}

function insertedValues(
  clause: MergeWhenClause,
  relation: Relation,
  scope: Scope,
): ReadonlyMap<RelationColumn, Expression> {
  const { analysis } = scope;
  const columns = targetColumns(clause.targetList, relation, analysis);
  analysis.use(
    relation,
    "INSERT",
    columns.map(({ column }) => column.name),
  );
  const given = inClause(scope, "VALUES", () =>
    (clause.values ?? []).map((node) =>
      "SetToDefault" in node ? undefined : analysis.rules.expression(node, scope),
    ),
  );
  if (clause.values !== undefined)
    checkCount(given, columns, clause.targetList !== undefined, scope);
  return new Map(
    relation.columns.map((column) => {
      const value = given[columns.findIndex((one) => one.column === column)];
      return [
        column,
        value === undefined || refuseValue(column, "insert", overrideOf(clause.override))
          ? defaultValue(column, analysis)
          : assign(value, column, scope),
      ];
    }),
  );
}

// ── Rows ────────────────────────────────────────────────────────────────────────────────────────────────────────────

type Branch = Action & { readonly when: Expression };

function letterOf(letter: Action["letter"]): Expression {
  return letter === undefined ? { ...actionConstant("d"), text: null } : actionConstant(letter);
}

/** Branches that do nothing stop the look-up as any other: CASE's first true one counts. */
function mergedValue(
  column: RelationColumn,
  branches: readonly Branch[],
  { entry }: WriteTarget,
): Expression {
  const results = branches.map(({ when, letter, values }) => ({
    when,
    result: values.get(column) ?? (letter === "u" ? oldValue(entry, column) : noValue(column)),
  }));
  return choose(results, noValue(column));
}

function isTouched(branches: readonly Branch[]): Expression {
  const isPlain = branches.every(({ letter }) => letter !== undefined);
  if (isPlain) return anyOf(branches.map(({ when }) => when));
  return choose(
    branches.map(({ when, letter }) => ({ when, result: truth(letter !== undefined) })),
    truth(false),
  );
}

/** Conditions are tested once for every column: they must not change their mind. */
function refuseVolatile(actions: readonly Action[], analysis: Analysis): void {
  for (const { condition } of actions) {
    if (condition === undefined) continue;
    walk(condition, (part) => {
      if (part.kind === "function" && part.proc.provolatile === "v")
        throw analysis.error(
          "0A000",
          "volatile functions in conditions of MERGE are not supported",
          part.location,
          { hint: "Compute the value in the data source." },
        );
    });
  }
}
