/** GENERATED ALWAYS AS (…) STORED: columns computed from others of the row that is written. PostgreSQL's rewriteHandler.c and heap.c. */
import type { Node } from "@pgsql/types";
import type { Relation, RelationColumn } from "../../catalog/relation.ts";
import type { Analysis } from "./analysis.ts";
import { assignDeclared } from "./assign.ts";
import { entryColumn } from "./check.ts";
import { plainSelect } from "./plain-select.ts";
import { columnUse, namespaceItem, newScope } from "./scope.ts";
import type { Expression, Query, RangeEntry } from "./tree.ts";
import { walk } from "./walk.ts";

/** `rows` has every column of the table under its name; those that are generated are made anew. */
export function withGenerated(rows: Query, relation: Relation, analysis: Analysis): Query {
  const generated = new Map(
    relation.columns.flatMap((column) =>
      column.isGenerated === true ? [[column.name, column]] : [],
    ),
  );
  if (generated.size === 0) return rows;
  const scope = newScope(analysis, undefined);
  const entry: RangeEntry = {
    alias: analysis.alias("rows"),
    name: relation.name,
    depth: 0,
    columns: rows.columns.map((column) => ({ ...column, number: 0 })),
    source: { kind: "query", query: rows },
    used: new Set(),
  };
  scope.items = [namespaceItem(entry, analysis)];
  const targets = entry.columns.map((own) => {
    entry.used.add(own);
    const column = generated.get(own.name);
    const expression =
      column === undefined
        ? columnUse(entry, own, undefined)
        : generationValue(
            analysis.rules.parseExpression(column.defaultText ?? "NULL"),
            column,
            entry,
            analysis,
          );
    return { name: own.name, expression, isJunk: false };
  });
  return plainSelect({
    targets,
    from: [{ kind: "entry", entry, isLateral: false }],
    columns: rows.columns,
  });
}

/** At its declaration. The numbers of the columns it reads. */
export function generation(
  tree: Node,
  column: RelationColumn,
  relation: Relation,
  analysis: Analysis,
): readonly number[] {
  const entry: RangeEntry = {
    alias: analysis.alias(relation.name),
    name: relation.name,
    depth: 0,
    columns: relation.columns.map(entryColumn),
    source: { kind: "written", relation },
    used: new Set(),
  };
  const value = generationValue(tree, column, entry, analysis);
  const used = relation.columns.filter(({ number }) =>
    [...entry.used].some((one) => one.number === number),
  );
  const other = used.find(({ isGenerated }) => isGenerated === true);
  if (other !== undefined)
    throw analysis.error(
      "42P17",
      `cannot use generated column "${other.name}" in column generation expression`,
      placeOf(value, other.name),
      { detail: "A generated column cannot reference another generated column." },
    );
  walk(value, (part) => {
    if (isUnsteady(part))
      throw analysis.error("42P17", "generation expression is not immutable", undefined);
  });
  return used.map(({ number }) => number);
}

function generationValue(
  tree: Node,
  column: RelationColumn,
  entry: RangeEntry,
  analysis: Analysis,
): Expression {
  const scope = newScope(analysis, undefined, "column generation expressions");
  scope.items = [namespaceItem(entry, analysis)];
  return assignDeclared(analysis.rules.expression(tree, scope), column, scope);
}

function placeOf(value: Expression, name: string): number | undefined {
  let found: number | undefined;
  walk(value, (part) => {
    if (part.kind === "column" && part.column.name === name) found ??= part.location;
  });
  return found;
}

/** Not the same for the same row whenever it is asked. */
function isUnsteady(part: Expression): boolean {
  if (part.kind === "session") return true;
  return part.kind === "function" && part.proc.provolatile !== "i";
}
