/** sql/static/*.jsonl → engine schema `static`: the rows PostgreSQL is born with, in PostgreSQL's columns. */
import { fileURLToPath } from "node:url";
import type { Engine } from "../engine/engine.ts";
import { type BuiltinRelation, builtins, staticFolder } from "./builtins.ts";
import { createAll } from "./create.ts";
import { engineType, engineZero } from "./engine-types.ts";

/** Every file of sql/static/ but columns.jsonl, by the relation whose rows it has. */
const files: readonly string[] = [
  "pg_catalog.pg_aggregate",
  "pg_catalog.pg_am",
  "pg_catalog.pg_amop",
  "pg_catalog.pg_amproc",
  "pg_catalog.pg_cast",
  "pg_catalog.pg_class",
  "pg_catalog.pg_collation",
  "pg_catalog.pg_constraint",
  "pg_catalog.pg_conversion",
  "pg_catalog.pg_description",
  "pg_catalog.pg_index",
  "pg_catalog.pg_language",
  "pg_catalog.pg_namespace",
  "pg_catalog.pg_opclass",
  "pg_catalog.pg_operator",
  "pg_catalog.pg_opfamily",
  "pg_catalog.pg_proc",
  "pg_catalog.pg_range",
  "pg_catalog.pg_settings",
  "pg_catalog.pg_tablespace",
  "pg_catalog.pg_timezone_abbrevs",
  "pg_catalog.pg_ts_config",
  "pg_catalog.pg_ts_config_map",
  "pg_catalog.pg_ts_dict",
  "pg_catalog.pg_ts_parser",
  "pg_catalog.pg_ts_template",
  "pg_catalog.pg_type",
  "information_schema.sql_features",
  "information_schema.sql_implementation_info",
  "information_schema.sql_parts",
  "information_schema.sql_sizing",
];

/** Before the engine is sealed: it reads the files itself. */
export async function loadStaticTables(engine: Engine): Promise<void> {
  const { relations } = builtins();
  const statements = [columnTable, keywordTable];
  for (const name of files) {
    const relation = relations.get(name);
    if (relation === undefined) throw new Error(`sql/static/columns.jsonl lacks ${name}`);
    statements.push(table(relation));
  }
  await engine.system("CREATE SCHEMA static");
  await createAll(statements, (statement) => engine.system(statement));
}

function table({ name, columns }: BuiltinRelation): string {
  const select = columns.map((column) =>
    column.notNull
      ? `coalesce("${column.name}", ${engineZero(column.typeOid)}) AS "${column.name}"`
      : `"${column.name}"`,
  );
  const types = columns.map((column) => `"${column.name}": '${engineType(column.typeOid)}'`);
  return `CREATE TABLE static.${name} AS SELECT ${select.join(", ")} FROM ${read(name, types)}`;
}

/** The columns of PostgreSQL's own relations, a row each. */
const columnTable = `CREATE TABLE static.attribute AS
  SELECT
    oid AS relation_oid,
    number::SMALLINT AS number,
    columns[number] ->> 0 AS name,
    (columns[number] ->> 1)::UINTEGER AS type_oid,
    (columns[number] ->> 2)::INTEGER AS typmod,
    (columns[number] ->> 3)::BOOLEAN AS not_null
  FROM (
    SELECT oid, columns, unnest(range(1, len(columns) + 1)) AS number
    FROM ${read("columns", ["oid: 'UINTEGER'", "columns: 'JSON[]'"])}
  )`;

const keywordTable = `CREATE TABLE static.keyword AS SELECT * FROM ${read("keywords", [
  "word: 'VARCHAR'",
  "catcode: 'VARCHAR'",
  "barelabel: 'BOOLEAN'",
  "catdesc: 'VARCHAR'",
  "baredesc: 'VARCHAR'",
])}`;

function read(name: string, types: readonly string[]): string {
  const path = fileURLToPath(new URL(`${name}.jsonl`, staticFolder)).replaceAll("'", "''");
  return `read_json('${path}', format = 'newline_delimited', columns = {${types.join(", ")}})`;
}
