/** Whether an older version keeps the rules the dataset has now: rules are not part of a version. */
import { must } from "../base/assert.ts";
import { PgError, unsupported } from "../base/error.ts";
import { quoteName } from "../base/quote.ts";
import { qualified } from "../catalog/identifiers.ts";
import type { Relation, TableConstraint } from "../catalog/relation.ts";
import { columnsOf } from "../table/schema.ts";
import type { Table, TableVersion } from "../table/table.ts";
import type { RoutineContext } from "./define.ts";

type Key = Extract<TableConstraint, { kind: "primary key" | "unique" }>;
type Reference = Extract<TableConstraint, { kind: "foreign key" }>;

/**
 * 23505, 23514, 23503 with the rule's name; 42703 when a column of the rule is not in that version. Gives the names, in that
 * version, of the columns of the primary key.
 */
export async function demandConstraints(
  relation: Relation,
  table: Table,
  target: TableVersion,
  context: RoutineContext,
): Promise<ReadonlySet<string>> {
  const here = { relation, table, version: target };
  for (const constraint of (relation.constraints ?? []).filter(({ isEnforced }) => isEnforced)) {
    if (constraint.kind === "check") await demandCheck(here, constraint, context);
    else if (constraint.kind === "foreign key") {
      await demandReference(here, constraint, await placeOf(constraint.target, context), context);
    } else await demandKey(here, constraint, context);
  }
  for (const other of (await context.rooms.catalog.current()).relations()) {
    if (other.oid === relation.oid) continue;
    for (const constraint of other.constraints ?? []) {
      if (constraint.kind !== "foreign key" || constraint.target !== relation.oid) continue;
      if (!constraint.isEnforced) continue;
      await demandReference(await placeOf(other.oid, context), constraint, here, context);
    }
  }
  const primary = (relation.constraints ?? []).find(({ kind }) => kind === "primary key");
  return new Set(
    primary && "columns" in primary ? namesOf(here, primary.columns, primary.name) : [],
  );
}

interface Place {
  readonly relation: Relation;
  readonly table: Table;
  readonly version: TableVersion;
}

async function placeOf(oid: number, { rooms }: RoutineContext): Promise<Place> {
  const relation = must(
    (await rooms.catalog.current()).relationByOid(oid),
    "a reference's relation is there",
  );
  const { source } = relation;
  if (source.kind !== "dataset") throw unsupported(`a reference to "${relation.name}"`);
  const table = rooms.tables.get(source.bucket, source.location);
  return { relation, table, version: await table.current() };
}

async function demandKey(place: Place, key: Key, { rooms }: RoutineContext): Promise<void> {
  const names = namesOf(place, key.columns, key.name);
  const list = names.map(quoteName).join(", ");
  const isWhole = names.map((name) => `${quoteName(name)} IS NOT NULL`).join(" AND ");
  const rows = await place.table.scan(place.version, names);
  const isPrimary = key.kind === "primary key";
  const counted = isPrimary || key.nullsNotDistinct === true ? "" : ` WHERE ${isWhole}`;
  const twice = `SELECT 1 FROM (${rows})${counted} GROUP BY ${list} HAVING count(*) > 1 LIMIT 1`;
  if ((await rooms.engine.system(twice)).length > 0) throw violated("23505", place, key);
  if (!isPrimary) return;
  const empty = `SELECT 1 FROM (${rows}) WHERE NOT (${isWhole}) LIMIT 1`;
  if ((await rooms.engine.system(empty)).length > 0) throw violated("23502", place, key);
}

async function demandReference(
  from: Place,
  reference: Reference,
  to: Place,
  { rooms }: RoutineContext,
): Promise<void> {
  const names = namesOf(from, reference.columns, reference.name);
  const keys = namesOf(to, reference.targetColumns, reference.name);
  const pairs = names.map((name, at) => {
    const key = must(keys[at], "a reference has as many columns on both sides");
    return `child.${quoteName(name)} = parent.${quoteName(key)}`;
  });
  const isWhole = names.map((name) => `child.${quoteName(name)} IS NOT NULL`).join(" AND ");
  const [children, parents] = await Promise.all([
    from.table.scan(from.version, names),
    to.table.scan(to.version, keys),
  ]);
  const orphans = await rooms.engine.system(
    `SELECT 1 FROM (${children}) AS child ANTI JOIN (${parents}) AS parent ON ${pairs.join(" AND ")} ` +
      `WHERE ${isWhole} LIMIT 1`,
  );
  if (orphans.length > 0) throw violated("23503", from, reference);
}

/** Its expression is the client's SQL, over columns as they are called now. */
async function demandCheck(
  place: Place,
  check: Extract<TableConstraint, { kind: "check" }>,
  { sql }: RoutineContext,
): Promise<void> {
  const { relation, version } = place;
  const names = namesOf(place, check.columns, check.name);
  const now = relation.columns.map(({ name }) => name);
  if (names.some((name) => !now.includes(name))) throw violated("42703", place, check);
  const name = qualified(relation.schema, relation.name);
  const query = `SELECT 1 FROM ${name} AT (VERSION => ${version.number}) WHERE NOT (${check.expression}) LIMIT 1`;
  for await (const rows of sql.query(query)) {
    if (rows.length > 0) throw violated("23514", place, check);
  }
}

/** What the columns of a rule are called in that version. */
function namesOf(place: Place, numbers: readonly number[], constraint: string): readonly string[] {
  const columns = columnsOf(place.version.fields);
  return numbers.map((number) => {
    const found = columns.find((column) => column.number === number);
    if (found) return found.name;
    const now = place.relation.columns.find((column) => column.number === number);
    throw new PgError(
      "42703",
      `version ${place.version.number} of "${place.relation.name}" has no column "${now?.name ?? number}"`,
      { detail: `Constraint "${constraint}" needs it.`, hint: "Drop the constraint first." },
    );
  });
}

function violated(sqlstate: string, { relation, version }: Place, { name }: TableConstraint) {
  return new PgError(
    sqlstate,
    `version ${version.number} of "${relation.name}" violates constraint "${name}"`,
    { hint: "Drop the constraint first, and make it again when the rows keep it." },
  );
}
