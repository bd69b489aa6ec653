/**
 * Thousands of answers of PostgreSQL 15 beside ours: column names, types and modifiers, rows, errors and their places.
 * What is known to differ is listed with its reason; a listed one that agrees again fails, so that the list stays true.
 */
import { readFileSync } from "node:fs";
import { loadModule } from "libpg-query";
import { Client } from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { PgError } from "../../src/base/error.ts";
import type { EngineConnection } from "../../src/engine/engine.ts";
import { analyzeInsert, analyzeSelect } from "../../src/query/analyze/analyze.ts";
import { dept, emp, target, testContext } from "../../src/query/analyze/testing.ts";
import type { QueryContext } from "../../src/query/query.ts";
import { engineMacros } from "../../src/query/rewrite/macros.ts";
import { defaultValueLimits } from "../../src/query/rewrite/sizes.ts";
import { engineScalars } from "../../src/query/scalar/scalars.ts";
import { access, type Lake, openLake } from "../catalog/lake.ts";
import { postgres } from "../support/services.ts";
import { type Answer, askEngine, askPostgres, parseOne, run } from "./oracle.ts";

const server = await postgres();
const here = new URL("./", import.meta.url);
const read = (path: string) => readFileSync(new URL(path, here), "utf8");
const statements = (name: string) =>
  read(`statements/${name}.sql`)
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("--"))
    .map((line) => line.replace(/;$/, ""));

/** Statement → why it differs. */
const known: ReadonlyMap<string, string> = new Map(
  Object.entries(JSON.parse(read("known-differences.json")) as Record<string, string>),
);

const database = `lakewire_agreement_${process.pid}`;
let client: Client;
let lake: Lake;
let connection: EngineConnection;
let context: QueryContext;

beforeAll(async () => {
  if (server === undefined) return;
  await loadModule();
  const admin = new Client({ ...server });
  await admin.connect();
  await admin.query(`CREATE DATABASE ${database}`);
  await admin.end();
  client = new Client({ ...server, database });
  await client.connect();
  await client.query("SET timezone = 'UTC'");
  await client.query(read("statements/setup-postgres.sql"));
  lake = await openLake();
  for (const one of engineScalars) lake.engine.registerScalar(one);
  for (const macro of engineMacros(defaultValueLimits)) await lake.engine.system(macro);
  for (const statement of read("statements/setup-engine.sql").split(";\n"))
    if (statement.trim() !== "") await lake.engine.system(statement);
  context = testContext([dept, emp, target, ...lake.relations]);
  await lake.publisher.publish({ catalog: context.catalog, ...access("agreement") });
  connection = await lake.engine.connect();
});

afterAll(async () => {
  if (server === undefined) return;
  connection.release();
  await lake.close();
  await client.end();
  const admin = new Client({ ...server });
  await admin.connect();
  await admin.query(`DROP DATABASE ${database}`);
  await admin.end();
});

describe.skipIf(server === undefined)("as PostgreSQL 15", () => {
  for (const name of ["select", "dialect"]) {
    test(`${name}.sql gives the same columns, rows and errors`, async () => {
      await compare(
        name,
        (sql) => askPostgres(client, sql),
        (sql) => askEngine(sql, context, connection),
      );
    });
  }

  test("parameters.sql infers the same types", async () => {
    await compare("parameters", declaredTypes, async (sql) => inferredTypes(sql));
  });

  test("insert.sql stores the same rows", async () => {
    await compare("insert", rowsStored, rowsToStore);
  });
});

async function compare<T>(
  name: string,
  theirs: (sql: string) => Promise<T>,
  ours: (sql: string) => Promise<T>,
): Promise<void> {
  const differing: string[] = [];
  let agreed = 0;
  let listed = 0;
  for (const sql of statements(name)) {
    const [want, got] = [comparable(await theirs(sql)), comparable(await ours(sql))];
    const isSame = JSON.stringify(want) === JSON.stringify(got);
    const reason = known.get(sql);
    if (isSame) agreed++;
    else if (reason !== undefined) listed++;
    if (isSame && reason !== undefined) differing.push(`${sql}\n  agrees now, listed: ${reason}`);
    if (!isSame && reason === undefined)
      differing.push(`${sql}\n  theirs: ${JSON.stringify(want)}\n  ours:   ${JSON.stringify(got)}`);
  }
  console.info(`${name}.sql: ${agreed} agree, ${listed} differ for a known reason`);
  expect(differing.join("\n")).toBe("");
}

/** Errors of execution have no place in PostgreSQL; their words are the engine's where it speaks first. */
function comparable<T>(answer: T | Answer): unknown {
  if (!isError(answer)) return answer;
  const { sqlstate, message, position } = answer;
  return executionErrors.test(sqlstate) ? { sqlstate } : { sqlstate, message, position };
}

/** Class 22 is found while running, but for literals. */
const executionErrors = /^22(?!P02|007|008)/;

function isError(answer: unknown): answer is Extract<Answer, { kind: "error" }> {
  return (
    typeof answer === "object" && answer !== null && "kind" in answer && answer.kind === "error"
  );
}

let prepared = 0;

async function declaredTypes(sql: string): Promise<readonly number[] | string> {
  const name = `agreement_${++prepared}`;
  try {
    await client.query(`PREPARE ${name} AS ${sql}`);
  } catch (error) {
    return error instanceof Error && "code" in error ? String(error.code) : "error";
  }
  const { rows } = await client.query<{ types: number[] }>(
    `SELECT parameter_types::oid[]::int[] AS types FROM pg_prepared_statements WHERE name = '${name}'`,
  );
  return rows[0]?.types ?? [];
}

function inferredTypes(sql: string): readonly number[] | string {
  try {
    const tree = parseOne(sql);
    if ("SelectStmt" in tree)
      return analyzeSelect(tree.SelectStmt, { sql, offset: 0 }, [], context).parameterTypes;
    if ("InsertStmt" in tree)
      return analyzeInsert(tree.InsertStmt, { sql, offset: 0 }, [], context).source.parameterTypes;
    throw new Error(`neither a query nor an INSERT: ${sql}`);
  } catch (error) {
    if (error instanceof PgError) return error.sqlstate;
    throw error;
  }
}

async function rowsStored(sql: string): Promise<unknown> {
  await client.query("BEGIN");
  const answer = await askPostgres(client, sql);
  const all = answer.kind === "error" ? answer : await askPostgres(client, "SELECT * FROM t");
  await client.query("ROLLBACK");
  return all.kind === "error" ? all : all.rows;
}

async function rowsToStore(sql: string): Promise<unknown> {
  try {
    const tree = parseOne(sql);
    if (!("InsertStmt" in tree)) throw new Error(`not an INSERT: ${sql}`);
    const { source } = analyzeInsert(tree.InsertStmt, { sql, offset: 0 }, [], context);
    return await run(source, connection);
  } catch (error) {
    if (!(error instanceof PgError)) throw error;
    const { sqlstate, message, details } = error;
    return { kind: "error", sqlstate, message, position: details.position } satisfies Answer;
  }
}
