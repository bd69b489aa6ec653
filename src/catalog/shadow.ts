/**
 * sql/ → engine views: pg_catalog, information_schema and lakehouse as SELECTs over published facts.
 * sql/README.md has the rules. Knows no rows; what they stand on is made by `createFacts` first.
 */
import { readdirSync, readFileSync } from "node:fs";
import { PgError } from "../base/error.ts";
import { quoteName } from "../base/quote.ts";
import type { Engine } from "../engine/engine.ts";
import { oidForLogical } from "../pgtypes/engine-type.ts";
import { type BuiltinColumn, type BuiltinRelation, builtins } from "./builtins.ts";
import { createAll } from "./create.ts";
import { engineType, wireType } from "./engine-types.ts";
import { bootstrapRoleOid } from "./facts.ts";
import { orderOf } from "./kept.ts";
import type { Relation, RelationColumn, SessionFact } from "./relation.ts";

const sqlFolder = new URL("../../sql/", import.meta.url);

/** `CREATE MACRO pg_shim.f(a, b)`, and each further form `, (a, b, c) AS` at the start of a line. */
const macroPattern = /^CREATE MACRO pg_shim\.(\w+)\s*\(([^)]*)\)|^,\s*\(([^)]*)\) AS/gm;

interface ShadowSchema {
  readonly folder: string;
  readonly schema: "pg_catalog" | "information_schema" | "lakehouse";
  readonly engineSchema: string;
}

const schemas: readonly ShadowSchema[] = [
  { folder: "pg_catalog", schema: "pg_catalog", engineSchema: "pg_shim" },
  { folder: "information_schema", schema: "information_schema", engineSchema: "info_shim" },
  { folder: "lakehouse", schema: "lakehouse", engineSchema: "lake_shim" },
];

export interface ShimFunction {
  /** Lower-case, as in pg_proc. */
  readonly name: string;
  /** Parameters of each form. Leading `role` and `path` are the session's; the rest are PostgreSQL's own. */
  readonly forms: readonly (readonly string[])[];
}

export interface Shadow {
  readonly relations: readonly Relation[];
}

/** After `createFacts`. `live`: "schema.name" of relations that a room makes itself, which are left to it. */
export async function createShadow(
  engine: Engine,
  schemaOids: ReadonlyMap<string, number>,
  live: ReadonlySet<string> = new Set(),
): Promise<Shadow> {
  for (const { engineSchema } of schemas) {
    await engine.system(`CREATE SCHEMA ${engineSchema}`);
  }
  // A macro may call macros, and is bound when it is made: those that call none come first.
  const [callers, others] = divided(functionStatements(), (sql) =>
    / AS\s[\s\S]*pg_shim\./.test(sql),
  );
  await createAll(others, (statement) => engine.system(statement));
  for (const statement of callers) await engine.system(statement);
  const relations: Relation[] = [];
  const figures = new Set<string>();
  for (const wave of inWaves(relationFiles().filter((file) => !live.has(file.qualifiedName)))) {
    for (const { name, select = "", needs } of wave)
      if (figurePattern.test(select) || needs.some((need) => figures.has(need))) figures.add(name);
    const create = (file: RelationFile) =>
      createRelation(engine, file, schemaOids.get(file.schema.schema) ?? 0, figures.has(file.name));
    relations.push(...(await createAll(wave, create)));
  }
  return { relations };
}

/** Rows, bytes and objects of datasets, in the text of a relation. */
const figurePattern =
  /\b(?:facts\.(?:statistics|object|column_statistics)|shim_(?:relation_rows|relation_bytes|database_bytes)|pg_shim\.pg_\w+_size)\b/;

/** Whether a macro tells them: pg_table_size and its kin do. */
export function tellsFigures(macro: string): boolean {
  return /^pg_\w+_size$/.test(macro);
}

/** Name → forms of every macro in sql/pg_catalog/functions/. */
export const shimFunctions: ReadonlyMap<string, ShimFunction> = readFunctions();

function readFunctions(): ReadonlyMap<string, ShimFunction> {
  const functions = new Map<string, ShimFunction>();
  for (const statement of functionStatements()) {
    const forms: string[][] = [];
    let name = "";
    for (const [, named, first, more] of statement.matchAll(macroPattern)) {
      name = named ?? name;
      const parameters = (first ?? more ?? "").split(",").map((parameter) => parameter.trim());
      forms.push(parameters.filter((parameter) => parameter !== ""));
    }
    functions.set(name, { name, forms });
  }
  return functions;
}

/** A statement ends where a semicolon ends a line. */
export function functionStatements(): string[] {
  const folder = new URL("pg_catalog/functions/", sqlFolder);
  return readdirSync(folder)
    .filter((file) => file.endsWith(".sql"))
    .sort()
    .map((file) => readFileSync(new URL(file, folder), "utf8"))
    .flatMap((text) => text.replaceAll(/^\s*--.*\n/gm, "").split(/;\s*$/m))
    .map((statement) => statement.trim())
    .filter((statement) => statement !== "");
}

interface RelationFile {
  readonly schema: ShadowSchema;
  readonly name: string;
  readonly qualifiedName: string;
  readonly comment: string;
  readonly oid: number | undefined;
  readonly needs: readonly string[];
  readonly takes: readonly SessionFact[];
  /** undefined: no rows. */
  readonly select: string | undefined;
}

export function relationFiles(): RelationFile[] {
  return schemas.flatMap((schema) => {
    const folder = new URL(`${schema.folder}/`, sqlFolder);
    return readdirSync(folder)
      .filter((file) => file.endsWith(".sql"))
      .sort()
      .map((file) =>
        parseFile(schema, file.slice(0, -4), readFileSync(new URL(file, folder), "utf8")),
      );
  });
}

const sessionFacts: readonly SessionFact[] = ["role", "path"];

const directivePattern = /^(needs|takes|oid): (.*)$/;

function parseFile(schema: ShadowSchema, name: string, text: string): RelationFile {
  const [header = ""] = /^(?:--.*\n)*/.exec(text) ?? [];
  const lines = header.split("\n").map((line) => line.replace(/^-- ?/, ""));
  const directives = new Map<string, string>();
  for (const line of lines) {
    const [, key, value] = directivePattern.exec(line) ?? [];
    if (key !== undefined && value !== undefined) directives.set(key, value);
  }
  const select = text.slice(header.length).trim().replace(/;$/, "");
  const oid = directives.get("oid");
  return {
    schema,
    name,
    qualifiedName: `${schema.schema}.${name}`,
    comment: lines
      .filter((line) => line !== "" && !directivePattern.test(line) && !/^https:/.test(line))
      .join(" ")
      .replace(/ Differs:.*$/, ""),
    oid: oid === undefined ? undefined : Number(oid),
    needs: directives.get("needs")?.split(", ") ?? [],
    takes: sessionFacts.filter((fact) => directives.get("takes")?.split(", ").includes(fact)),
    select: select === "" ? undefined : select,
  };
}

/** What a relation stands on is in an earlier wave; those of one wave can be made at once. */
function inWaves(files: readonly RelationFile[]): RelationFile[][] {
  const waves: RelationFile[][] = [];
  const made = new Set<string>();
  let left: readonly RelationFile[] = files;
  while (left.length > 0) {
    const [ready, waiting] = divided(left, ({ needs }) => needs.every((need) => made.has(need)));
    if (ready.length === 0) {
      const named = waiting.map(({ qualifiedName }) => qualifiedName).join(", ");
      throw new Error(`sql/: no file has what these need, or they need each other: ${named}`);
    }
    for (const { name } of ready) made.add(name);
    waves.push(ready);
    left = waiting;
  }
  return waves;
}

function divided<T>(items: readonly T[], isFirst: (item: T) => boolean): [T[], T[]] {
  return [items.filter(isFirst), items.filter((item) => !isFirst(item))];
}

async function createRelation(
  engine: Engine,
  file: RelationFile,
  schemaOid: number,
  readsFigures: boolean,
): Promise<Relation> {
  const builtin = builtins().relations.get(file.qualifiedName);
  const engineName = `${file.schema.engineSchema}.${quoteName(file.name)}`;
  try {
    await engine.system(definition(file, builtin, engineName));
    const columns = builtin?.columns.map(builtinColumn) ?? (await ownColumns(engine, file));
    const oid = builtin?.oid ?? file.oid;
    if (oid === undefined) throw new Error("has no -- oid:");
    return {
      oid,
      schema: file.schema.schema,
      schemaOid,
      name: file.name,
      owner: bootstrapRoleOid,
      comment: file.comment,
      columns,
      ...(builtin?.kind === "r" ? { systemColumns } : {}),
      source: {
        kind: "shadow",
        engineName,
        ...(file.takes.length > 0 ? { takes: file.takes } : {}),
        ...(readsFigures ? { readsFigures } : {}),
        ...(builtin && besides(file, builtin)),
      },
    };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new PgError(
      "XX000",
      `sql/${file.schema.folder}/${file.name}.sql: ${message}`,
      {},
      {
        cause: error,
      },
    );
  }
}

/** How it can be read but by its view. */
function besides(
  { name, select, takes }: RelationFile,
  { columns }: BuiltinRelation,
): Pick<Extract<Relation["source"], { kind: "shadow" }>, "stored" | "empty"> {
  if (takes.length > 0) return {};
  const types = new Map(columns.map(({ name: column, typeOid }) => [column, engineType(typeOid)]));
  if (select === undefined) return { empty: { types } };
  if (name === "pg_policy") return { empty: { types, unless: "policies" } };
  const [, list = "", table] = /^SELECT\s([^;]*?)\sFROM ((?:kept|static)\.\w+)$/.exec(select) ?? [];
  if (table === undefined || /\bFROM\b/.test(list)) return {};
  const plain = new Set(list.split(/,\n/).map((item) => item.trim()));
  const stored = columns
    .map(({ name }) => name)
    .filter((name) => plain.has("*") || plain.has(name));
  const order = orderOf(name);
  return {
    stored: { engineName: table, columns: new Set(stored), ...(order ? { order } : {}) },
  };
}

/** As in PostgreSQL for tables alone. No row of a catalog is updated in place here, so xmin is frozen, and there is no ctid. */
const systemColumns: readonly RelationColumn[] = [
  { name: "xmin", number: -2, typeOid: 28 },
  { name: "tableoid", number: -6, typeOid: 26 },
].map((column) => ({ ...column, typmod: -1, notNull: true, defaultText: null, comment: null }));

const frozenTransaction = 2;

function definition(
  file: RelationFile,
  builtin: BuiltinRelation | undefined,
  engineName: string,
): string {
  const body = builtin === undefined ? file.select : builtinBody(file, builtin);
  if (body === undefined) throw new Error("has no SELECT, and is not PostgreSQL's");
  return file.takes.length > 0
    ? `CREATE MACRO ${engineName}(${file.takes.join(", ")}) AS TABLE ${body}`
    : `CREATE VIEW ${engineName} AS ${body}`;
}

/** In PostgreSQL's order and types, whatever the file's. */
function builtinBody(file: RelationFile, { oid, kind, columns }: BuiltinRelation): string {
  const typed = columns.map(({ name, typeOid }) => {
    const value = file.select === undefined ? "NULL" : quoteName(name);
    return `${value}::${engineType(typeOid)} AS ${quoteName(name)}`;
  });
  const system =
    kind === "r" ? [`${frozenTransaction}::UINTEGER AS xmin`, `${oid}::UINTEGER AS tableoid`] : [];
  const source = file.select === undefined ? "WHERE false" : `FROM (${file.select}\n)`;
  return `SELECT ${[...typed, ...system].join(", ")} ${source}`;
}

function builtinColumn(column: BuiltinColumn, index: number): RelationColumn {
  return {
    name: column.name,
    number: index + 1,
    ...wireType(column.typeOid, column.typmod),
    notNull: column.notNull,
    defaultText: null,
    comment: null,
  };
}

/** Columns of a relation of our own, as the engine names and types them. */
async function ownColumns(engine: Engine, file: RelationFile): Promise<RelationColumn[]> {
  const connection = await engine.connect();
  try {
    const engineName = `${file.schema.engineSchema}.${quoteName(file.name)}`;
    const given = file.takes.map((fact) => (fact === "role" ? bootstrapRoleOid : "[]::VARCHAR[]"));
    const statement = await connection.prepare(
      `SELECT * FROM ${engineName}${given.length > 0 ? `(${given.join(", ")})` : ""}`,
    );
    const columns = statement.columns.map(({ name, type }, index) => ({
      name,
      number: index + 1,
      ...oidForLogical(type),
      notNull: false,
      defaultText: null,
      comment: null,
    }));
    statement.close();
    return columns;
  } finally {
    connection.release();
  }
}
