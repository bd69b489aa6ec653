/** ON CONFLICT (…): which keys decide. PostgreSQL's transformOnConflictArbiter and infer_arbiter_indexes. */
import type { IndexElem, InferClause, OnConflictClause } from "@pgsql/types";
import type { Relation, RelationColumn, TableConstraint } from "../../catalog/relation.ts";
import type { TableIndex } from "../../catalog/table-index.ts";
import { coerceToBoolean } from "./coerce.ts";
import { refuseUnknownFields } from "./known-fields.ts";
import { inClause, missingColumn, type Scope } from "./scope.ts";
import type { Expression } from "./tree.ts";
import { nameParts } from "./types.ts";

/** A key, or a unique index, no part of which two rows may have alike. */
export interface Arbiter {
  readonly target: Relation;
  /** The constraint's, or the index's. */
  readonly oid: number;
  /** Those of its parts that are columns. */
  readonly columns: readonly RelationColumn[];
  readonly nullsNotDistinct: boolean;
  /** On expressions, or of some rows alone. */
  readonly index?: TableIndex;
}

type Key = Extract<TableConstraint, { kind: "primary key" | "unique" }>;

/** `scope` sees the target; `called` is what the statement calls it, with its columns. Every key when the clause names none. */
export function arbiters(
  clause: OnConflictClause,
  target: Relation,
  called: Relation,
  scope: Scope,
): readonly Arbiter[] {
  const { infer, action, location } = clause;
  const keys = (target.constraints ?? []).filter(isKey).filter(({ isEnforced }) => isEnforced);
  if (infer === undefined) {
    if (action === "ONCONFLICT_UPDATE")
      throw scope.analysis.error(
        "42601",
        "ON CONFLICT DO UPDATE requires inference specification or constraint name",
        location,
        { hint: "For example, ON CONFLICT (column_name)." },
      );
    return [
      ...keys.map((key) => arbiterOf(key, target, scope)),
      ...uniqueIndexes(target).map((index) => ofIndex(index, target)),
    ];
  }
  const found =
    infer.conname === undefined
      ? inferred(infer, keys, target, called, scope)
      : [named(infer.conname, called === target ? keys : [], called, scope)];
  for (const { columns } of found)
    scope.analysis.use(
      called,
      "SELECT",
      columns.flatMap(
        ({ number }) => called.columns.find((one) => one.number === number)?.name ?? [],
      ),
    );
  return found;
}

function isKey(constraint: TableConstraint): constraint is Key {
  return constraint.kind === "primary key" || constraint.kind === "unique";
}

/** 55000 for a key that is checked when the transaction ends, perhaps. */
function arbiterOf(key: Key, target: Relation, scope: Scope): Arbiter {
  if (key.deferrable !== undefined)
    throw scope.analysis.error(
      "55000",
      "ON CONFLICT does not support deferrable unique constraints/exclusion constraints as arbiters",
      undefined,
      { schema: target.schema, table: target.name, constraint: key.name },
    );
  return {
    target,
    oid: key.oid,
    columns: target.columns.filter(({ number }) => key.columns.includes(number)),
    nullsNotDistinct: key.nullsNotDistinct ?? false,
  };
}

function uniqueIndexes({ indexes = [] }: Relation): readonly TableIndex[] {
  return indexes.filter(({ isUnique }) => isUnique);
}

function ofIndex(index: TableIndex, target: Relation): Arbiter {
  const columns = target.columns.filter(({ number }) =>
    index.keys.some(({ column }) => column === number),
  );
  return {
    target,
    oid: index.oid,
    columns,
    nullsNotDistinct: index.nullsNotDistinct ?? false,
    index,
  };
}

function named(name: string, keys: readonly Key[], target: Relation, scope: Scope): Arbiter {
  const key = keys.find((one) => one.name === name);
  if (key !== undefined) return arbiterOf(key, target, scope);
  if (target.constraints?.some((one) => one.name === name))
    throw scope.analysis.error(
      "42809",
      "constraint in ON CONFLICT clause has no associated index",
      undefined,
    );
  throw scope.analysis.error(
    "42704",
    `constraint "${name}" for table "${target.name}" does not exist`,
    undefined,
  );
}

function inferred(
  infer: InferClause,
  keys: readonly Key[],
  target: Relation,
  called: Relation,
  scope: Scope,
): readonly Arbiter[] {
  const elements = (infer.indexElems ?? []).flatMap((node) =>
    "IndexElem" in node ? [elementOf(node.IndexElem, infer, called, scope)] : [],
  );
  // What holds for all rows holds for those of the condition.
  const { whereClause } = infer;
  const where =
    whereClause &&
    inClause(scope, "WHERE", () =>
      coerceToBoolean(scope.analysis.rules.expression(whereClause, scope), "WHERE", scope.analysis),
    );
  const wanted = new Set(elements);
  const found = keys.filter(
    ({ columns }) => columns.length === wanted.size && columns.every((one) => wanted.has(one)),
  );
  const index = uniqueIndexes(target).find((each) => fits(each, elements, where, scope));
  if (found.length === 0 && index !== undefined && called !== target)
    throw scope.analysis.error(
      "0A000",
      "ON CONFLICT through a view by a unique index on expressions or some rows is not supported",
      infer.location,
    );
  if (found.length === 0 && index !== undefined) return [ofIndex(index, target)];
  if (found.length === 0)
    throw scope.analysis.error(
      "42P10",
      "there is no unique or exclusion constraint matching the ON CONFLICT specification",
      undefined,
    );
  const [first] = found;
  return first === undefined ? [] : [arbiterOf(first, target, scope)];
}

/** Each of its parts is named, and its condition said. https://www.postgresql.org/docs/15/sql-insert.html#SQL-ON-CONFLICT */
function fits(
  index: TableIndex,
  elements: readonly (number | Expression | undefined)[],
  where: Expression | undefined,
  scope: Scope,
): boolean {
  const { rules } = scope.analysis;
  const kept = (text: string) => rules.expression(rules.parseExpression(text), scope);
  const parts = index.keys.map(({ column, expression }) =>
    expression === undefined ? column : kept(expression),
  );
  const isNamed = (part: number | Expression) =>
    elements.some((element) => element !== undefined && isSame(element, part));
  const areAll =
    parts.every(isNamed) &&
    elements.every((element) =>
      parts.some((part) => element !== undefined && isSame(element, part)),
    );
  if (!areAll || index.where === undefined) return areAll;
  const said = where === undefined ? [] : conjuncts(where);
  return conjuncts(kept(index.where)).every((one) => said.some((each) => isSame(each, one)));
}

function conjuncts(value: Expression): readonly Expression[] {
  return value.kind === "boolean" && value.operation === "AND"
    ? value.arguments.flatMap(conjuncts)
    : [value];
}

/** The same expression, wherever it was written. */
function isSame(one: unknown, other: unknown): boolean {
  if (one === other) return true;
  if (typeof one !== "object" || typeof other !== "object" || !one || !other) return false;
  const keys = new Set([...Object.keys(one), ...Object.keys(other)]);
  return [...keys].every(
    (key) =>
      notCompared.has(key) ||
      isSame(one[key as keyof typeof one], other[key as keyof typeof other]),
  );
}

/** Places, and what the analyzer notes for those who print it again. */
const notCompared: ReadonlySet<string> = new Set(["location", "written"]);

const elementFields = ["name", "expr", "collation", "ordering", "nulls_ordering"];

/** Its attribute number, or an expression; undefined for what nothing is made of. */
function elementOf(
  element: IndexElem,
  infer: InferClause,
  target: Relation,
  scope: Scope,
): number | Expression | undefined {
  const { analysis } = scope;
  refuseUnknownFields(element, elementFields, "ON CONFLICT", analysis);
  const { ordering, nulls_ordering: nulls, collation } = element;
  if (ordering !== undefined && ordering !== "SORTBY_DEFAULT")
    throw analysis.error("42P10", "ASC/DESC is not allowed in ON CONFLICT clause", infer.location);
  if (nulls !== undefined && nulls !== "SORTBY_NULLS_DEFAULT")
    throw analysis.error(
      "42P10",
      "NULLS FIRST/LAST is not allowed in ON CONFLICT clause",
      infer.location,
    );
  // Keys compare by bytes: under another collation there is none.
  const isCompared = collation === undefined || nameParts(collation).at(-1) === "default";
  if (element.expr !== undefined) return analysis.rules.expression(element.expr, scope);
  const column = target.columns.find(({ name }) => name === element.name);
  if (column === undefined)
    throw missingColumn(scope, undefined, element.name ?? "", infer.location);
  return isCompared ? column.number : undefined;
}
