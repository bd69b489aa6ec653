/**
 * Writes sql/static/*.jsonl: the rows a fresh PostgreSQL 15 database has before anybody makes anything.
 * Run it with `npx tsx test/catalog/generate-static.ts`; LAKEWIRE_TEST_POSTGRES names the server. The output is committed.
 *
 * A line is one row as an object. Keys are left out where the value is the type's zero (0, false, "", [] in a column that
 * is not null; null in one that may be): the loader puts them back. regproc columns hold OIDs, vectors hold arrays.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import pg from "pg";
import { postgres } from "../support/services.ts";

/** pg_upgrade's functions: nobody else may call them, and minor versions differ in them. */
const notForUpgrade = "proname NOT LIKE 'binary_upgrade%'";

/** OIDs from here on are made by users (FirstNormalObjectId). */
const firstUserOid = 16384;

interface Dump {
  readonly relation: string;
  readonly where?: string;
  /** Volatile, or true of one machine only. */
  readonly without?: readonly string[];
  readonly orderBy?: string;
}

/** PL/pgSQL is an extension of every fresh database, and is not offered here. */
const notPlpgsql = (alias: string, catalog: string) =>
  `NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = '${catalog}'::regclass AND d.objid = ${alias}.oid AND d.deptype = 'e')`;

const ofTheSystem =
  "relnamespace IN ('pg_catalog'::regnamespace, 'information_schema'::regnamespace)";
const onSystemRelation = (column: string) =>
  `${column} IN (SELECT oid FROM pg_class WHERE ${ofTheSystem} AND oid < ${firstUserOid})`;

const dumps: readonly Dump[] = [
  { relation: "pg_aggregate", orderBy: "aggfnoid::oid" },
  { relation: "pg_am" },
  { relation: "pg_amop" },
  { relation: "pg_amproc" },
  { relation: "pg_cast" },
  {
    relation: "pg_class",
    where: ofTheSystem,
    without: [
      "relfilenode",
      "relpages",
      "reltuples",
      "relallvisible",
      "relfrozenxid",
      "relminmxid",
      "reltoastrelid",
      "reloptions",
      "relpartbound",
    ],
  },
  {
    relation: "pg_collation",
    where: "collprovider IN ('d', 'c') AND (collname IN ('default', 'C', 'POSIX', 'ucs_basic'))",
  },
  {
    relation: "pg_constraint",
    where: `contype <> 'c' OR connamespace = 'information_schema'::regnamespace`,
  },
  { relation: "pg_conversion" },
  {
    relation: "pg_description",
    where: `objoid < ${firstUserOid} AND NOT (classoid = 'pg_proc'::regclass AND objoid IN (SELECT oid FROM pg_proc WHERE NOT (${notForUpgrade})))`,
    orderBy: "classoid, objoid, objsubid",
  },
  { relation: "pg_index", where: onSystemRelation("indrelid"), orderBy: "indexrelid" },
  { relation: "pg_language", where: notPlpgsql("t", "pg_language") },
  {
    relation: "pg_namespace",
    where: "nspname IN ('pg_catalog', 'information_schema', 'pg_toast', 'public')",
  },
  { relation: "pg_opclass" },
  { relation: "pg_operator" },
  { relation: "pg_opfamily" },
  {
    relation: "pg_proc",
    where: `${notPlpgsql("t", "pg_proc")} AND ${notForUpgrade}`,
    without: ["prosqlbody"],
  },
  { relation: "pg_range", orderBy: "rngtypid" },
  { relation: "pg_tablespace", without: ["spcacl"] },
  { relation: "pg_ts_config" },
  { relation: "pg_ts_config_map", orderBy: "mapcfg, maptokentype, mapseqno" },
  { relation: "pg_ts_dict" },
  { relation: "pg_ts_parser" },
  { relation: "pg_ts_template" },
  {
    relation: "pg_type",
    where: "typnamespace IN ('pg_catalog'::regnamespace, 'information_schema'::regnamespace)",
  },
  {
    relation: "pg_settings",
    without: ["setting", "source", "reset_val", "sourcefile", "sourceline", "pending_restart"],
    orderBy: "name",
  },
  { relation: "pg_timezone_abbrevs", orderBy: "abbrev" },
  { relation: "information_schema.sql_features", orderBy: "feature_id, sub_feature_id" },
  { relation: "information_schema.sql_implementation_info", orderBy: "implementation_info_id" },
  { relation: "information_schema.sql_parts", orderBy: "feature_id" },
  { relation: "information_schema.sql_sizing", orderBy: "sizing_id" },
];

interface Column {
  readonly name: string;
  readonly type: string;
  readonly notNull: boolean;
}

/** How a column is written so that JSON carries it without loss. */
function expression({ name, type }: Column): string {
  switch (type) {
    case "oid":
    case "regproc":
    case "regtype":
      return `${name}::oid::int8`;
    case "xid":
      return `${name}::text::int8`;
    case "oidvector":
    case "int2vector":
      return `string_to_array(${name}::text, ' ')::int8[]`;
    case "_oid":
    case "_regtype":
      return `${name}::oid[]::int8[]`;
    case "_aclitem":
      return `${name}::text[]`;
    case "_char":
    case "_text":
    case "_name":
      return `${name}::text[]`;
    case "pg_node_tree":
      return `pg_get_expr(${name}, 0)`;
    case "interval":
    case "char":
      return `${name}::text`;
    default:
      return name;
  }
}

function isZero(value: unknown): boolean {
  return (
    value === 0 || value === false || value === "" || (Array.isArray(value) && value.length === 0)
  );
}

function line(row: Readonly<Record<string, unknown>>, columns: readonly Column[]): string {
  const kept = columns.flatMap(({ name, notNull }) => {
    const value = row[name];
    return value === null || value === undefined || (notNull && isZero(value))
      ? []
      : [[name, value] as const];
  });
  return JSON.stringify(Object.fromEntries(kept));
}

const columnQuery = `
  SELECT a.attname AS name, t.typname AS type, a.attnotnull AS "notNull"
  FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
  WHERE a.attrelid = $1::regclass AND a.attnum > 0 ORDER BY a.attnum`;

async function dumpRows(client: pg.Client, dump: Dump): Promise<string[]> {
  const all = await client.query<Column>(columnQuery, [dump.relation]);
  const columns = all.rows.filter(({ name }) => !dump.without?.includes(name));
  const pairs = columns.map((column) => `'${column.name}', ${expression(column)}`).join(", ");
  const order = dump.orderBy ?? "oid";
  const hasOid = columns.some(({ name }) => name === "oid");
  const limits = [dump.where, hasOid ? `oid < ${firstUserOid}` : undefined].filter(
    (x) => x !== undefined,
  );
  const where =
    limits.length > 0 ? `WHERE ${limits.map((limit) => `(${limit})`).join(" AND ")}` : "";
  const { rows } = await client.query<{ row: Record<string, unknown> }>(
    `SELECT json_build_object(${pairs}) AS row FROM ${dump.relation} t ${where} ORDER BY ${order}`,
  );
  return rows.map(({ row }) => line(row, columns));
}

/** Every relation of the two schemas: [name, type OID, typmod, not null] a column, in order. */
async function dumpColumns(client: pg.Client): Promise<string[]> {
  const { rows } = await client.query<{ row: unknown }>(`
    SELECT json_build_object(
      'schema', c.relnamespace::regnamespace::text, 'relation', c.relname, 'oid', c.oid::int8, 'kind', c.relkind::text,
      'columns', (SELECT json_agg(json_build_array(a.attname, a.atttypid::int8, a.atttypmod, a.attnotnull) ORDER BY a.attnum)
                  FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0)) AS row
    FROM pg_class c
    WHERE ${ofTheSystem} AND c.relkind IN ('r', 'v') AND c.oid < ${firstUserOid}
    ORDER BY c.relnamespace, c.relname`);
  return rows.map(({ row }) => JSON.stringify(row));
}

async function dumpKeywords(client: pg.Client): Promise<string[]> {
  const { rows } = await client.query("SELECT * FROM pg_get_keywords() ORDER BY word");
  return rows.map((row) => JSON.stringify(row));
}

async function main(): Promise<void> {
  const service = await postgres();
  if (service === undefined) throw new Error("there is no PostgreSQL 15 to ask");
  const name = `static_dump_${process.pid}`;
  const admin = new pg.Client({ ...service });
  await admin.connect();
  await admin.query(`CREATE DATABASE ${name} TEMPLATE template0`);
  const client = new pg.Client({ ...service, database: name });
  try {
    await client.connect();
    await client.query("SET TimeZone = 'UTC'; SET IntervalStyle = 'postgres'");
    const folder = join(import.meta.dirname, "../../sql/static");
    mkdirSync(folder, { recursive: true });
    const write = (relation: string, lines: readonly string[]) =>
      writeFileSync(join(folder, `${relation}.jsonl`), `${lines.join("\n")}\n`);
    for (const dump of dumps)
      write(dump.relation.replace("information_schema.", ""), await dumpRows(client, dump));
    write("columns", await dumpColumns(client));
    write("keywords", await dumpKeywords(client));
  } finally {
    await client.end();
    await admin.query(`DROP DATABASE ${name}`);
    await admin.end();
  }
}

await main();
