/**
 * sql/kept/ → engine schema `kept`: what the catalog's largest relations are made of, as tables. Reading a row of pg_attribute
 * then is no join of everything it is derived from, which took 15 ms of engine time a statement. Publishing brings them along.
 */
import { readFileSync } from "node:fs";
import { must } from "../base/assert.ts";
import { quoteName } from "../base/quote.ts";
import type { Engine } from "../engine/engine.ts";
import { builtins } from "./builtins.ts";
import { engineType } from "./engine-types.ts";
import type { Relation } from "./relation.ts";
import type { UserType } from "./user-type.ts";

const folder = new URL("../../sql/kept/", import.meta.url);

/** Those that others stand on first; `key` is the column that tells which object's a row is. Rows lie in `order`. */
const tables = [
  { name: "pg_type", key: "oid", order: "oid" },
  { name: "pg_class", key: "oid", order: "oid" },
  { name: "pg_attribute", key: "attrelid", order: "attrelid, attnum" },
] as const;

/** More changes than this are everything anew: a list that long is no longer looked up in scans. */
const changesMax = 500;

/** After the fact tables, before the shadow relations. */
export async function createKept(engine: Engine): Promise<void> {
  await engine.system("CREATE SCHEMA kept");
  for (const { name, order } of tables) {
    const select = typed(name, readFileSync(new URL(`${name}.sql`, folder), "utf8"));
    await engine.system(`CREATE VIEW kept.${name}_source AS ${select}`);
    await engine.system(
      `CREATE TABLE kept.${name} AS SELECT * FROM kept.${name}_source ORDER BY ${order}`,
    );
  }
}

/** Columns that PostgreSQL's relation has become its types; more than these stay. */
function typed(name: string, select: string): string {
  const { columns } = must(builtins().relations.get(`pg_catalog.${name}`), `pg_catalog.${name}`);
  const casts = columns.map((column) => {
    const quoted = quoteName(column.name);
    return `${quoted}::${engineType(column.typeOid)} AS ${quoted}`;
  });
  return `SELECT * REPLACE (${casts.join(", ")}) FROM (${select}\n)`;
}

export interface KeptChanges {
  /** Relations and types that are not there any more, or not as they were. */
  readonly gone: readonly (Relation | UserType)[];
  readonly come: readonly (Relation | UserType)[];
}

/** After the fact tables were brought to the new facts, in the same engine transaction. */
export async function bringKept(
  run: (sql: string) => Promise<void>,
  { gone, come }: KeptChanges,
): Promise<void> {
  const oids = new Set([...gone, ...come].flatMap(oidsOf));
  if (oids.size === 0) return;
  const some = oids.size > changesMax ? undefined : [...oids].join(", ");
  for (const { name, key, order } of tables) {
    const where = some === undefined ? "" : ` WHERE ${key} IN (${some})`;
    await run(`DELETE FROM kept.${name}${where}`);
    await run(
      `INSERT INTO kept.${name} SELECT * FROM kept.${name}_source${where} ORDER BY ${order}`,
    );
  }
}

/** Of everything in pg_class and pg_type that is made of a relation or a type. */
function oidsOf(thing: Relation | UserType): readonly number[] {
  // A composite type has a row of pg_class below it; a relation has its row type and that one's arrays above.
  if (!("columns" in thing && "source" in thing)) return [thing.oid - 1, thing.oid, thing.oid + 1];
  const { oid, indexes = [], constraints = [] } = thing;
  return [
    ...[oid, oid + 1, oid + 2],
    ...indexes.map((index) => index.oid),
    ...constraints.flatMap((constraint) => {
      switch (constraint.kind) {
        case "primary key":
        case "unique":
          return [constraint.indexOid];
        case "foreign key":
          // relhastriggers of what it refers to.
          return [constraint.target];
        default:
          return [];
      }
    }),
  ];
}
