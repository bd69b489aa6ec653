/** What a broken constraint is answered with. https://www.postgresql.org/docs/15/errcodes-appendix.html, class 23 */
import { PgError } from "../base/error.ts";
import { quotedColumns } from "../catalog/constraints.ts";
import { quoteIdent } from "../catalog/identifiers.ts";
import type { Relation, TableConstraint } from "../catalog/relation.ts";
import { isSubject } from "../catalog/row-security.ts";
import type { TableIndex } from "../catalog/table-index.ts";
import type { Backend } from "./backend.ts";

type Values = readonly (string | null)[];

/** Values longer than this are cut in "Failing row contains". */
const valueBytesMax = 64;

export function failedCheck(
  relation: Relation,
  constraint: TableConstraint,
  row: Values,
  backend: Backend,
): PgError {
  return new PgError(
    "23514",
    `new row for relation "${relation.name}" violates check constraint "${constraint.name}"`,
    {
      ...(mayRead(relation, backend) ? { detail: `Failing row contains (${shown(row)}).` } : {}),
      ...fields(relation, constraint),
    },
  );
}

/** A row that `view`, through which it was written, does not show. */
export function outsideView(
  view: string,
  relation: Relation,
  row: Values,
  backend: Backend,
): PgError {
  return new PgError(
    "44000",
    `new row violates check option for view "${view}"`,
    mayRead(relation, backend) ? { detail: `Failing row contains (${shown(row)}).` } : {},
  );
}

export function againstPolicy(table: string, policy: string | undefined): PgError {
  const which = policy === undefined ? "" : ` "${policy}"`;
  return new PgError(
    "42501",
    `new row violates row-level security policy${which} for table "${table}"`,
  );
}

export function duplicateKey(
  relation: Relation,
  constraint: TableConstraint,
  key: Values,
  backend: Backend,
): PgError {
  const columns = quotedColumns(relation, constraint.columns);
  return new PgError(
    "23505",
    `duplicate key value violates unique constraint "${constraint.name}"`,
    {
      ...(mayRead(relation, backend)
        ? { detail: `Key ${pairs(columns, key)} already exists.` }
        : {}),
      ...fields(relation, constraint),
    },
  );
}

export function duplicateIndexKey(
  relation: Relation,
  index: TableIndex,
  key: Values,
  backend: Backend,
): PgError {
  return new PgError("23505", `duplicate key value violates unique constraint "${index.name}"`, {
    ...(mayRead(relation, backend)
      ? { detail: `Key ${pairs(indexKeyTexts(index), key)} already exists.` }
      : {}),
    ...fields(relation, index),
  });
}

export function indexCannotBeUnique(relation: Relation, index: TableIndex, key: Values): PgError {
  return new PgError("23505", `could not create unique index "${index.name}"`, {
    detail: `Key ${pairs(indexKeyTexts(index), key)} is duplicated.`,
    ...fields(relation, index),
  });
}

function indexKeyTexts({ keys }: TableIndex): string[] {
  return keys.map(({ expression, name }) => expression ?? quoteIdent(name));
}

/** Of rows that were there before the constraint was. */
export function cannotBeUnique(
  relation: Relation,
  constraint: TableConstraint,
  key: Values,
): PgError {
  const columns = quotedColumns(relation, constraint.columns);
  return new PgError("23505", `could not create unique index "${constraint.name}"`, {
    detail: `Key ${pairs(columns, key)} is duplicated.`,
    ...fields(relation, constraint),
  });
}

export function violatedByRow(relation: Relation, constraint: TableConstraint): PgError {
  return new PgError(
    "23514",
    `check constraint "${constraint.name}" of relation "${relation.name}" is violated by some row`,
    fields(relation, constraint),
  );
}

export function missingTarget(
  relation: Relation,
  constraint: TableConstraint,
  target: Relation,
  key: Values,
  backend: Backend,
): PgError {
  return new PgError("23503", missingMessage(relation, constraint), {
    detail: mayRead(target, backend)
      ? `Key ${pairs(columnNames(relation, constraint.columns), key)} is not present in table "${target.name}".`
      : `Key is not present in table "${target.name}".`,
    ...fields(relation, constraint),
  });
}

export function mixedNulls(relation: Relation, constraint: TableConstraint): PgError {
  return new PgError("23503", missingMessage(relation, constraint), {
    detail: "MATCH FULL does not allow mixing of null and nonnull key values.",
    ...fields(relation, constraint),
  });
}

function missingMessage(relation: Relation, constraint: TableConstraint): string {
  return `insert or update on table "${relation.name}" violates foreign key constraint "${constraint.name}"`;
}

/** `target` loses a key that `relation` refers to; `columns` are the key's numbers. */
export function stillReferenced(
  target: Relation,
  columns: readonly number[],
  relation: Relation,
  constraint: TableConstraint,
  key: Values,
  backend: Backend,
): PgError {
  return new PgError(
    "23503",
    `update or delete on table "${target.name}" violates foreign key constraint "${constraint.name}" on table "${relation.name}"`,
    {
      detail: mayRead(target, backend)
        ? `Key ${pairs(columnNames(target, columns), key)} is still referenced from table "${relation.name}".`
        : `Key is still referenced from table "${relation.name}".`,
      ...fields(relation, constraint),
    },
  );
}

function fields({ schema, name }: Relation, constraint: { readonly name: string }) {
  return { schema, table: name, constraint: constraint.name };
}

/** Nobody is told values of a table that they may not read. */
/** Who is subject to a table's policies is told no row of it. */
function mayRead(relation: Relation, { access, role }: Backend): boolean {
  const { oid, owner } = relation;
  if (isSubject(relation, role, access)) return false;
  return access.may(role, "SELECT", { kind: "table", oid, owner });
}

function columnNames(relation: Relation, numbers: readonly number[]): string[] {
  return numbers.map(
    (number) => relation.columns.find((column) => column.number === number)?.name ?? "",
  );
}

function pairs(columns: readonly string[], values: Values): string {
  return `(${columns.join(", ")})=(${values.map((value) => value ?? "null").join(", ")})`;
}

function shown(row: Values): string {
  return row.map((value) => (value === null ? "null" : cut(value))).join(", ");
}

function cut(value: string): string {
  const bytes = Buffer.from(value);
  if (bytes.length <= valueBytesMax) return value;
  let end = valueBytesMax;
  while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end--;
  return `${bytes.toString("utf8", 0, end)}...`;
}
