/** ON CONFLICT (…): which keys decide. PostgreSQL's transformOnConflictArbiter and infer_arbiter_indexes. */
import type { IndexElem, InferClause, OnConflictClause } from "@pgsql/types";
import type { Relation, RelationColumn, TableConstraint } from "../../catalog/relation.ts";
import { coerceToBoolean } from "./coerce.ts";
import { refuseUnknownFields } from "./known-fields.ts";
import { inClause, missingColumn, type Scope } from "./scope.ts";
import { nameParts } from "./types.ts";

/** The columns of a key, none of two rows alike. */
export interface Arbiter {
  readonly columns: readonly RelationColumn[];
  readonly nullsNotDistinct: boolean;
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
  if (infer === undefined && target.indexes?.some(({ isUnique }) => isUnique))
    throw scope.analysis.error(
      "0A000",
      "ON CONFLICT of any key is not supported where a unique index is on expressions or some rows",
      location,
      { hint: "Name the key's columns." },
    );
  const keys = (target.constraints ?? []).filter(isKey).filter(({ isEnforced }) => isEnforced);
  if (infer === undefined) {
    if (action === "ONCONFLICT_UPDATE")
      throw scope.analysis.error(
        "42601",
        "ON CONFLICT DO UPDATE requires inference specification or constraint name",
        location,
        { hint: "For example, ON CONFLICT (column_name)." },
      );
    return keys.map((key) => arbiterOf(key, target, scope));
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
    columns: target.columns.filter(({ number }) => key.columns.includes(number)),
    nullsNotDistinct: key.nullsNotDistinct ?? false,
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
    "IndexElem" in node ? [elementColumn(node.IndexElem, infer, called, scope)] : [],
  );
  // What holds for all rows holds for those of the condition: it is read for its errors alone.
  if (infer.whereClause !== undefined) {
    const { whereClause } = infer;
    inClause(scope, "WHERE", () =>
      coerceToBoolean(scope.analysis.rules.expression(whereClause, scope), "WHERE", scope.analysis),
    );
  }
  const wanted = new Set(elements);
  const found = keys.filter(
    ({ columns }) => columns.length === wanted.size && columns.every((one) => wanted.has(one)),
  );
  if (found.length === 0 && target.indexes?.some(({ isUnique }) => isUnique))
    throw scope.analysis.error(
      "0A000",
      "ON CONFLICT by a unique index on expressions or some rows is not supported",
      infer.location,
    );
  if (found.length === 0)
    throw scope.analysis.error(
      "42P10",
      "there is no unique or exclusion constraint matching the ON CONFLICT specification",
      undefined,
    );
  const [first] = found;
  return first === undefined ? [] : [arbiterOf(first, target, scope)];
}

const elementFields = ["name", "expr", "collation", "ordering", "nulls_ordering"];

/** Its attribute number; undefined for an expression, which no key is made of. */
function elementColumn(
  element: IndexElem,
  infer: InferClause,
  target: Relation,
  scope: Scope,
): number | undefined {
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
  if (element.expr !== undefined) {
    analysis.rules.expression(element.expr, scope);
    return undefined;
  }
  const column = target.columns.find(({ name }) => name === element.name);
  if (column === undefined)
    throw missingColumn(scope, undefined, element.name ?? "", infer.location);
  return isCompared ? column.number : undefined;
}
