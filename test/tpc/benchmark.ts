/**
 * TPC-H and TPC-DS: tables and queries, made on this machine by DuckDB's extensions from PyPI, for nobody may publish
 * them; and the tables' way into a server that speaks PostgreSQL's protocol.
 */
import { execFile } from "node:child_process";
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { promisify } from "node:util";
import type pg from "pg";
import { copyIn } from "../support/copy-in.ts";
import { cacheFolder, pythonWith } from "../support/packages.ts";

export type SuiteName = "tpch" | "tpcds";

export interface Query {
  /** 01 … 99 */
  readonly name: string;
  readonly sql: string;
}

/** A folder of CSV files and queries. */
export interface Benchmark {
  readonly suite: SuiteName;
  readonly folder: string;
}

interface Table {
  readonly name: string;
  readonly columns: readonly { readonly name: string; readonly type: string }[];
  readonly key: string | null;
}

const duckdb = "1.5.5";

/** Kept for the next run. Undefined when the packages are not to be had, which has been said aloud. */
export async function benchmark(suite: SuiteName, scale: number): Promise<Benchmark | undefined> {
  const folder = join(cacheFolder(), `${suite}-${scale}-${duckdb}`);
  const complete = join(folder, "complete");
  if (existsSync(complete)) return { suite, folder };
  const packages = ["tpch", "tpcds"].map((name) => `duckdb-extension-${name}==${duckdb}`);
  const python = await pythonWith(`duckdb==${duckdb}`, ...packages);
  if (python === undefined) return undefined;
  rmSync(folder, { recursive: true, force: true });
  const program = join(import.meta.dirname, "generate.py");
  await promisify(execFile)(python, [program, suite, String(scale), folder]);
  writeFileSync(complete, "");
  return { suite, folder };
}

/** The `.sql` files of a folder, in order; each is one query. */
export function queriesOf(folder: string): readonly Query[] {
  const files = readdirSync(folder).filter((file) => file.endsWith(".sql"));
  return files
    .sort((one, other) => one.localeCompare(other, "en", { numeric: true }))
    .map((file) => ({
      name: basename(file, ".sql"),
      sql: readFileSync(join(folder, file), "utf8").trim().replace(/;$/, ""),
    }));
}

/** Without it PostgreSQL takes half a minute for TPC-H's query 20. */
const indexes: Readonly<Record<string, string>> = { lineitem: "(l_partkey, l_suppkey)" };

/** Makes the tables in the current schema, fills them by COPY and lets the planner look at them. */
export async function load({ folder }: Benchmark, client: pg.Client): Promise<void> {
  for (const { name, columns, key } of tablesOf(folder)) {
    const definitions = columns.map((column) => `${column.name} ${column.type}`);
    if (key !== null) definitions.push(`PRIMARY KEY (${key})`);
    await client.query(`CREATE TABLE ${name} (${definitions.join(", ")})`);
    await copyIn(client, `COPY ${name} FROM STDIN (FORMAT csv)`, csv(folder, name));
    if (indexes[name]) await client.query(`CREATE INDEX ON ${name} ${indexes[name]}`);
    await client.query(`ANALYZE ${name}`);
  }
}

function tablesOf(folder: string): readonly Table[] {
  return JSON.parse(readFileSync(join(folder, "tables.json"), "utf8")) as Table[];
}

function csv(folder: string, table: string): Buffer {
  return readFileSync(join(folder, `${table}.csv`));
}
