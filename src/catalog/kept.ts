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

interface KeptTable {
  readonly name: string;
  /** The columns that tell whose a row is: an object's that is gone or has come. */
  readonly keys: readonly [string, ...string[]];
  /** Rows lie in it, as PostgreSQL's do that nobody has touched. */
  readonly order: string;
  /** False: there is no row of this one's, and never was. */
  readonly has?: (thing: Relation | UserType) => boolean;
}

/** Those that others stand on first. */
const tables: readonly KeptTable[] = [
  { name: "pg_type", keys: ["oid"], order: "oid" },
  { name: "pg_class", keys: ["oid"], order: "oid" },
  { name: "pg_attribute", keys: ["attrelid"], order: "attrelid, attnum" },
  {
    name: "pg_constraint",
    keys: ["conrelid", "contypid"],
    order: "oid",
    has: (thing) => !isRelation(thing) || (thing.constraints ?? []).length > 0,
  },
  {
    name: "pg_index",
    keys: ["indrelid"],
    order: "indexrelid",
    has: (thing) =>
      isRelation(thing) && [...(thing.constraints ?? []), ...(thing.indexes ?? [])].length > 0,
  },
  {
    name: "pg_attrdef",
    keys: ["adrelid"],
    order: "adrelid, adnum",
    has: (thing) => isRelation(thing) && thing.columns.some((each) => each.defaultText !== null),
  },
];

/** The order of a kept relation's rows. */
export function orderOf(name: string): readonly string[] | undefined {
  return tables.find((table) => table.name === name)?.order.split(", ");
}

/** There are few: any change makes all of them anew. */
const schemas = { name: "pg_namespace", order: "oid" };

/** More changes than this are everything anew: a list that long is no longer looked up in scans. */
const changesMax = 500;

/** After the fact tables, before the shadow relations. */
export async function createKept(engine: Engine): Promise<void> {
  await engine.system("CREATE SCHEMA kept");
  for (const { name, order } of [...tables, schemas]) {
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

type Run = (sql: string) => Promise<void>;

/** After the fact tables were brought to the new facts, in the same engine transaction. */
export async function bringKept(run: Run, { gone, come }: KeptChanges): Promise<void> {
  for (const table of tables) {
    const changed = [...gone, ...come].filter(table.has ?? (() => true));
    await bring(run, table, new Set(changed.flatMap(oidsOf)));
  }
}

/** The rows of pg_attribute on which something is, or was, granted. */
export async function bringColumnPrivileges(run: Run, relations: Iterable<number>): Promise<void> {
  const oids = new Set(relations);
  const attributes = tables.filter(({ name }) => name === "pg_attribute");
  for (const table of attributes) await bring(run, table, oids);
}

export async function bringSchemas(run: Run): Promise<void> {
  await run(`DELETE FROM kept.${schemas.name}`);
  await run(insertion(schemas, ""));
}

async function bring(run: Run, table: KeptTable, oids: ReadonlySet<number>): Promise<void> {
  if (oids.size === 0) return;
  const some = [...oids].join(", ");
  const where =
    oids.size > changesMax
      ? ""
      : ` WHERE ${table.keys.map((key) => `${key} IN (${some})`).join(" OR ")}`;
  await run(`DELETE FROM kept.${table.name}${where}`);
  await run(insertion(table, where));
}

function insertion({ name, order }: Pick<KeptTable, "name" | "order">, where: string): string {
  return `INSERT INTO kept.${name} SELECT * FROM kept.${name}_source${where} ORDER BY ${order}`;
}

function isRelation(thing: Relation | UserType): thing is Relation {
  return "columns" in thing && "source" in thing;
}

/** Of everything in pg_class and pg_type that is made of a relation or a type. */
function oidsOf(thing: Relation | UserType): readonly number[] {
  // A composite type has a row of pg_class below it; a relation has its row type and that one's arrays above.
  if (!isRelation(thing)) return [thing.oid - 1, thing.oid, thing.oid + 1];
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
