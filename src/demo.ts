/** The sample data of sql/demo/: a staffing agency's, made by the engine from a seed, loaded once. */
import { readdir, readFile } from "node:fs/promises";
import { superuserOid } from "./access/builtin-roles.ts";
import { must } from "./base/assert.ts";
import type { Log } from "./base/log.ts";
import type { CatalogChange } from "./catalog/catalog.ts";
import type { Relation } from "./catalog/relation.ts";
import { arrayOf, numericTypmod, typeByName } from "./pgtypes/types.ts";
import type { Server } from "./server.ts";
import { newLocation } from "./session/new-location.ts";
import { fieldsOf } from "./table/schema.ts";
import type { Column } from "./table/table.ts";

const folder = new URL("../sql/demo/", import.meta.url);

interface DemoTable {
  readonly name: string;
  readonly bucket: string;
  readonly comment: string;
  readonly columns: readonly Column[];
  readonly select: string;
}

/** Tables that are there already stay as they are; a load that was broken off goes on where it stopped. */
export async function loadDemo(server: Server, log: Log): Promise<void> {
  const { services, tables } = server;
  const { engine, catalog } = services;
  const wanted = await demoTables();
  const existing = await catalog.current();
  const missing = wanted.filter(({ bucket, name }) => !existing.relation(bucket, name));
  if (missing.length === 0) return;
  await makeBuckets(server, new Set(missing.map(({ bucket }) => bucket)));
  const macros = await readFile(new URL("random.sql", folder), "utf8");
  for (const macro of macros.split(/;\n/).filter((text) => text.trim() !== ""))
    await engine.system(macro);
  for (const [at, table] of missing.entries()) {
    const started = performance.now();
    const relation = await relationOf(table, server);
    const { source } = relation;
    if (source.kind !== "dataset") continue;
    const fields = fieldsOf(relation.columns);
    const never = new AbortController().signal;
    const adds = await tables.writeFiles(
      source.bucket,
      source.location,
      fields,
      table.select,
      never,
    );
    const info = { operation: "CREATE TABLE AS SELECT", actor: "demo" } as const;
    const { rowCount } = await tables.create(source.bucket, source.location, fields, info, adds);
    await catalog.commit([
      { kind: "create table", relation },
      { kind: "comment", oid: relation.oid, column: 0, text: table.comment },
    ]);
    const ms = Math.round(performance.now() - started);
    log.info(
      {
        table: `${table.bucket}.${table.name}`,
        rows: rowCount,
        ms,
        done: at + 1,
        of: missing.length,
      },
      "sample data",
    );
  }
}

async function makeBuckets(server: Server, names: ReadonlySet<string>): Promise<void> {
  const { catalog } = server.services;
  const { schemas } = await catalog.current();
  for (const name of names) {
    if (schemas.has(name)) continue;
    const change: CatalogChange = { kind: "create schema", name, owner: superuserOid };
    await catalog.commit([change]);
  }
}

async function relationOf(table: DemoTable, server: Server): Promise<Relation> {
  const { catalog } = server.services;
  const schema = must((await catalog.current()).schemas.get(table.bucket), "the bucket was made");
  return {
    oid: await catalog.allotOid(table.bucket),
    schema: table.bucket,
    schemaOid: schema.oid,
    name: table.name,
    owner: superuserOid,
    comment: null,
    columns: table.columns,
    source: { kind: "dataset", bucket: table.bucket, location: newLocation(table.name) },
  };
}

async function demoTables(): Promise<DemoTable[]> {
  const files = (await readdir(folder)).filter(
    (name) => name.endsWith(".sql") && name !== "random.sql",
  );
  return Promise.all(files.sort().map((file) => readTable(file)));
}

async function readTable(file: string): Promise<DemoTable> {
  const text = await readFile(new URL(file, folder), "utf8");
  const header = (name: string) =>
    must(new RegExp(`^-- ${name}: (.*)$`, "m").exec(text)?.[1], `${file} says its ${name}`);
  return {
    name: file.replace(/\.sql$/, ""),
    bucket: header("bucket"),
    comment: must(/^-- (.*)$/m.exec(text)?.[1], `${file} says what it is`),
    columns: header("columns")
      .split(/,\s*(?![^(]*\))/)
      .map(column),
    select: text.replaceAll(/^\s*--.*$/gm, ""),
  };
}

/** `name type[(p,s)][[]] [not null]` */
function column(text: string, at: number): Column {
  const match = /^(\w+) (\w+)(?:\((\d+),(\d+)\))?(\[\])?( not null)?$/.exec(text.trim());
  const [, name = "", typeName = "", precision, scale, array, notNull] = must(
    match,
    `"${text}" is a column`,
  );
  const type = must(
    typeByName(typeName) ?? typeByName(aliases[typeName] ?? typeName),
    `${typeName} is a type`,
  );
  return {
    name,
    number: at + 1,
    typeOid: array === undefined ? type.oid : arrayOf(type.oid),
    typmod: precision === undefined ? -1 : numericTypmod(Number(precision), Number(scale)),
    notNull: notNull !== undefined,
    defaultText: null,
    comment: null,
  };
}

const aliases: Readonly<Record<string, string>> = {
  bigint: "int8",
  integer: "int4",
  boolean: "bool",
};
