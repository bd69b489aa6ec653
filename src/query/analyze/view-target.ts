/** INSERT, UPDATE and DELETE through a view that shows one table. https://www.postgresql.org/docs/15/sql-createview.html#SQL-CREATEVIEW-UPDATABLE-VIEWS */
import type { InsertStmt, RangeVar } from "@pgsql/types";
import { must } from "../../base/assert.ts";
import { PgError } from "../../base/error.ts";
import type { Relation, RelationColumn } from "../../catalog/relation.ts";
import type { Analysis } from "./analysis.ts";
import { resolveRelation } from "./from.ts";
import type { NamespaceItem } from "./scope.ts";
import type { Expression, Query, RangeEntry } from "./tree.ts";
import { baseEntry, notUpdatable, writtenColumns } from "./updatable.ts";
import { isSecurityInvoker, viewQuery } from "./view.ts";

type Verb = "INSERT" | "UPDATE" | "DELETE";

export interface ViewTarget {
  readonly base: Relation;
  /** The table's rows as the view sees them. */
  readonly entry: RangeEntry;
  readonly where: Expression | undefined;
  readonly item: NamespaceItem;
  /** The view with the table's own columns under the view's names, for those that can be given values. */
  readonly named: Relation;
}

/** 55000 in PostgreSQL's words for a view that is more than a table; 0A000 for what is written through views elsewhere only. */
export function viewTarget(
  view: Relation,
  node: RangeVar,
  verb: Verb,
  given: readonly string[],
  analysis: Analysis,
): ViewTarget {
  const query = viewQuery(view, analysis);
  const reason = notUpdatable(query, verb !== "DELETE");
  if (reason !== undefined) throw refused(view, verb, reason);
  const { body } = query;
  const entry = must(body.kind === "select" ? baseEntry(body) : undefined, "one table is shown");
  const { source } = entry;
  const isPlain = source.kind === "relation" && source.relation.source.kind === "dataset";
  if (!isPlain || body.kind !== "select") throw beyond(view, "over another view");
  if (view.options?.some((option) => option.startsWith("check_option=")) && verb !== "DELETE")
    throw beyond(view, "WITH CHECK OPTION");
  const base = source.relation;
  const numbers = writtenColumns(query);
  for (const name of given) refuseColumn(name, numbers, view, verb);
  if (isSecurityInvoker(view)) analysis.use(base, verb, []);
  else analysis.useAs(view.owner, base, verb);
  source.position = true;
  return {
    base,
    entry,
    where: body.where,
    item: itemOf(view, node, query, analysis),
    named: { ...view, columns: namedColumns(view, base, numbers) },
  };
}

function itemOf(
  view: Relation,
  { alias }: RangeVar,
  { body }: Query,
  analysis: Analysis,
): NamespaceItem {
  const targets = body.kind === "select" ? body.targets.filter(({ isJunk }) => !isJunk) : [];
  return {
    name: alias?.aliasname ?? view.name,
    schema: alias === undefined ? view.schema : undefined,
    aliasOf: alias === undefined ? undefined : view.name,
    columns: view.columns.flatMap(({ name, number }) => {
      const target = targets[number - 1];
      if (target === undefined) return [];
      return [
        {
          name,
          expression: () => {
            analysis.use(view, "SELECT", [name]);
            return target.expression;
          },
        },
      ];
    }),
    entry: undefined,
    isNameVisible: true,
    areColumnsVisible: true,
    isLateralOnly: false,
    lateralOk: true,
  };
}

function namedColumns(
  view: Relation,
  base: Relation,
  numbers: readonly (number | undefined)[],
): readonly RelationColumn[] {
  return view.columns.flatMap(({ name, number }) => {
    const own = base.columns.find((column) => column.number === numbers[number - 1]);
    return own === undefined ? [] : [{ ...own, name }];
  });
}

/** The statement upon the table itself, when it names a view; undefined when it does not. */
export function insertThrough(tree: InsertStmt, analysis: Analysis): InsertStmt | undefined {
  const { relation: node } = tree;
  if (node === undefined || analysis.source.past?.has(node.location)) return undefined;
  const view = resolveRelation(node, analysis);
  if (view.source.kind !== "view") return undefined;
  const given = (tree.cols ?? []).flatMap((col) =>
    "ResTarget" in col ? [col.ResTarget.name ?? ""] : [],
  );
  const { base, named } = viewTarget(view, node, "INSERT", given, analysis);
  if (tree.returningClause !== undefined) throw beyond(view, "with RETURNING");
  if (tree.onConflictClause !== undefined) throw beyond(view, "with ON CONFLICT");
  if (view.columns.some(({ defaultText }) => defaultText !== null))
    throw beyond(view, "with defaults of its own");
  if (named.columns.length < view.columns.length && tree.cols === undefined)
    throw beyond(view, "with computed columns, without a list of columns,");
  const wanted = tree.cols ?? named.columns.map(({ name }) => ({ ResTarget: { name } }));
  analysis.use(view, "INSERT", given);
  return {
    ...tree,
    relation: { schemaname: base.schema, relname: base.name, inh: true, relpersistence: "p" },
    cols: wanted.map((col) => {
      const name = "ResTarget" in col ? col.ResTarget.name : undefined;
      const column = named.columns.find((one) => one.name === name);
      const own = base.columns.find(({ number }) => number === column?.number);
      if (own === undefined)
        throw new PgError("42703", `column "${name}" of relation "${view.name}" does not exist`);
      return { ResTarget: { ...("ResTarget" in col ? col.ResTarget : {}), name: own.name } };
    }),
  };
}

function refuseColumn(
  name: string,
  numbers: readonly (number | undefined)[],
  view: Relation,
  verb: Verb,
): void {
  const column = view.columns.find((one) => one.name === name);
  if (column === undefined || numbers[column.number - 1] !== undefined) return;
  const act = verb === "INSERT" ? "insert into" : "update";
  throw new PgError("0A000", `cannot ${act} column "${name}" of view "${view.name}"`, {
    detail: "View columns that are not columns of their base relation are not updatable.",
  });
}

export function beyond(view: Relation, what: string): PgError {
  return new PgError("0A000", `writing through view "${view.name}" ${what} is not supported`, {
    hint: "Write to the table it shows.",
  });
}

const acts = {
  INSERT: ["insert into", "inserting into"],
  UPDATE: ["update", "updating"],
  DELETE: ["delete from", "deleting from"],
} as const;

function refused(view: Relation, verb: Verb, detail: string): PgError {
  const [act, acting] = acts[verb];
  return new PgError("55000", `cannot ${act} view "${view.name}"`, {
    detail,
    hint: `To enable ${acting} the view, provide an INSTEAD OF ${verb} trigger or an unconditional ON ${verb} DO INSTEAD rule.`,
  });
}
