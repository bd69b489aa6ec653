/**
 * Random DML, DDL and transactions on this server and on PostgreSQL 15 side by side, with restarts and time travel
 * between: after each step both have given the same rows, or refused with the same SQLSTATE.
 */
import { randomInt } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { must } from "../../src/base/assert.ts";
import { type RunningServer, startServer } from "../support/server.ts";
import { type PostgresService, postgres } from "../support/services.ts";
import { anyStep, type KnownColumn, type KnownTable, type Step, textOf } from "./steps.ts";

const isLong = process.env["LAKEWIRE_TEST_ALL"] === "1";
const steps = Number(process.env["LAKEWIRE_TEST_STEPS"] ?? (isLong ? 10_000 : 3_000));
const perRun = 60;
const runsPerRound = 10;
/** A slow start is no difference: in an hour the machine may have other things to do. */
const startTimeoutMs = 600_000;
/** The same every day in short runs, so that a red one is somebody's change. */
const seed = Number(
  process.env["LAKEWIRE_TEST_SEED"] ?? (isLong ? randomInt(2 ** 31) : 20_240_229),
);

const oracle = await postgres();

describe.runIf(oracle)("random statements", () => {
  let pair: Pair;
  beforeAll(async () => {
    pair = await Pair.start(must(oracle, "a PostgreSQL"));
  });
  afterAll(() => pair?.stop());

  test(`${steps} steps are answered alike (seed ${seed})`, { timeout: 3_600_000 }, async () => {
    const lists = fc.array(anyStep(), { minLength: 1, maxLength: perRun, size: "max" });
    const run = fc.asyncProperty(lists, async (list) => {
      await pair.clear();
      for (const step of list) taken += await pair.take(step);
      await pair.finish();
    });
    // What is left out one by one is worth the time only where somebody looks for a fault.
    const endOnFailure = process.env["LAKEWIRE_TEST_SHRINK"] === undefined;
    let taken = 0;
    for (let round = 0; taken < steps; round++)
      await fc.assert(run, { seed: seed + round, numRuns: runsPerRound, endOnFailure });
  });
});

/** What a statement comes to: rows without an order, or a refusal. */
interface Answer {
  readonly tag: string;
  readonly rows: readonly string[];
}

interface Memory {
  readonly table: string;
  readonly version: string;
  readonly select: string;
  readonly rows: readonly string[];
}

const ourSchema = "primary";
const firstTables = [
  "CREATE TABLE t0 (id bigint PRIMARY KEY, a integer, b text DEFAULT 'none', c numeric(12,2))",
  "CREATE TABLE t1 (id bigint, a timestamptz, b boolean)",
];

/** The two servers and one connection to each. */
class Pair {
  readonly #log: string[] = [];
  #server: RunningServer;
  #ours: pg.Client;
  #theirs: pg.Client;
  #tables: readonly KnownTable[] = [];
  #memories: Memory[] = [];
  #isInBlock = false;
  #hasFailed = false;

  private constructor(server: RunningServer, ours: pg.Client, theirs: pg.Client) {
    this.#server = server;
    this.#ours = ours;
    this.#theirs = theirs;
  }

  static async start(oracle: PostgresService): Promise<Pair> {
    const data = mkdtempSync(join(tmpdir(), "lakewire-steps-"));
    const server = await startServer({ data, startTimeoutMs });
    return new Pair(server, await connected(server), await connected(oracle));
  }

  async stop(): Promise<void> {
    await this.clear();
    await this.#theirs.query("DROP SCHEMA IF EXISTS steps CASCADE");
    await Promise.all([this.#ours.end(), this.#theirs.end()]);
    await this.#server.stop();
    rmSync(this.#server.data, { recursive: true, force: true });
  }

  async clear(): Promise<void> {
    await this.#theirs.query("ROLLBACK; DROP SCHEMA IF EXISTS steps CASCADE; CREATE SCHEMA steps");
    await this.#theirs.query("SET search_path = steps; SET timezone = 'UTC'");
    await this.#ours.query("ROLLBACK");
    await this.#ours.query(`SET search_path = "${ourSchema}"`);
    await this.#ours.query("SET timezone = 'UTC'");
    const { rows } = await this.#ours.query<{ name: string }>(
      `SELECT tablename AS name FROM pg_tables WHERE schemaname = '${ourSchema}'`,
    );
    if (rows.length > 0)
      await this.#ours.query(`DROP TABLE ${rows.map(({ name }) => name).join(", ")} CASCADE`);
    this.#log.length = 0;
    this.#memories = [];
    this.#isInBlock = false;
    this.#hasFailed = false;
    for (const text of firstTables) {
      this.#log.push(text);
      await Promise.all([this.#ours.query(text), this.#theirs.query(text)]);
    }
    await this.#look();
  }

  /** 1 when there was something to do it to. */
  async take(step: Step): Promise<number> {
    const text = textOf(step, this.#tables, this.#block);
    if (text === undefined) return 0;
    if (text === "restart") return this.#restart();
    if (text === "travel") return this.#travel(step);
    if (text.startsWith("remember ")) return this.#remember(text.slice("remember ".length));
    this.#log.push(text);
    const [ours, theirs] = [await answer(this.#ours, text), await answer(this.#theirs, text)];
    if (!areBothRefusals(ours, theirs)) expect(ours, this.#story()).toEqual(theirs);
    this.#hasFailed =
      theirs.tag.startsWith("error") || (this.#hasFailed && !/^ROLLBACK/.test(text));
    if (/^(BEGIN|COMMIT|ROLLBACK$)/.test(text)) this.#isInBlock = text === "BEGIN";
    if (/^(CREATE|ALTER|DROP|ROLLBACK|COMMIT)/.test(text)) await this.#look();
    return 1;
  }

  get #block(): "none" | "open" | "failed" {
    if (!this.#isInBlock) return "none";
    return this.#hasFailed ? "failed" : "open";
  }

  /** Whatever is left open is committed, and every table compared whole. */
  async finish(): Promise<void> {
    await this.take({ kind: "commit", picks: [0] });
    for (const { name } of this.#tables) {
      const text = `SELECT * FROM ${name}`;
      this.#log.push(text);
      const [ours, theirs] = [await answer(this.#ours, text), await answer(this.#theirs, text)];
      expect(ours, this.#story()).toEqual(theirs);
    }
  }

  async #restart(): Promise<number> {
    if (this.#isInBlock) return 0;
    this.#log.push("-- restart");
    const { data } = this.#server;
    await this.#ours.end();
    await this.#server.stop();
    this.#server = await startServer({ data, startTimeoutMs });
    this.#ours = await connected(this.#server);
    await this.#ours.query(`SET search_path = "${ourSchema}"`);
    await this.#ours.query("SET timezone = 'UTC'");
    return 1;
  }

  /** What a table holds now, to be asked for again by its version. */
  async #remember(table: string): Promise<number> {
    if (this.#isInBlock) return 0;
    const columns = this.#tables.find(({ name }) => name === table)?.columns ?? [];
    const select = columns.map(({ name }) => name).join(", ");
    const { rows } = await answer(this.#theirs, `SELECT ${select} FROM ${table}`);
    const found = await this.#ours.query<{ version: string }>(
      `SELECT max(version)::text AS version FROM lakehouse.dataset_history('${ourSchema}.${table}')`,
    );
    this.#log.push(`-- remembered ${table} at version ${found.rows[0]?.version}`);
    this.#memories = this.#memories.filter((memory) => memory.table !== table);
    this.#memories.push({ table, version: found.rows[0]?.version ?? "", select, rows });
    return 1;
  }

  async #travel({ picks }: Step): Promise<number> {
    // A table made anew under the name has versions of its own: only what was not renamed or dropped is asked for.
    const memory = this.#memories[(picks[0] ?? 0) % Math.max(1, this.#memories.length)];
    const gone = this.#log.findLastIndex((line) =>
      /^(DROP TABLE|ALTER TABLE \S+ RENAME TO)/.test(line),
    );
    const since = this.#log.findLastIndex((line) =>
      line.startsWith(`-- remembered ${memory?.table} `),
    );
    if (!memory || this.#isInBlock || gone > since) return 0;
    const text = `SELECT ${memory.select} FROM ${memory.table} AT (VERSION => ${memory.version})`;
    this.#log.push(text);
    const { rows } = await answer(this.#ours, text);
    expect(rows, this.#story()).toEqual(memory.rows);
    return 1;
  }

  /** PostgreSQL is asked: it knows what a rollback has undone. */
  async #look(): Promise<void> {
    const rows = await rowsOrFailed(
      this.#theirs,
      `SELECT c.relname AS name,
         EXISTS (SELECT FROM pg_index i WHERE i.indrelid = c.oid AND i.indisunique) AS "hasKey",
         (SELECT json_agg(json_build_object('name', a.attname, 'type', format_type(a.atttypid, NULL)) ORDER BY attnum)
            FROM pg_attribute a WHERE a.attrelid = c.oid AND attnum > 0 AND NOT attisdropped) AS columns
       FROM pg_class c WHERE c.relnamespace = 'steps'::regnamespace AND c.relkind = 'r' ORDER BY 1`,
    );
    if (!rows) return;
    this.#tables = rows.map(({ name = "", hasKey, columns = "[]" }) => ({
      name,
      hasKey: hasKey === "t",
      columns: JSON.parse(columns) as KnownColumn[],
    }));
  }

  #story(): string {
    return `\n${this.#log.map((line) => `${line.replaceAll(/\s+/g, " ")};`).join("\n")}\n`;
  }
}

/** PostgreSQL looks at each row for all constraints, we for each constraint at all rows: of several faults another may be told. */
function areBothRefusals(ours: Answer, theirs: Answer): boolean {
  const isIntegrity = ({ tag }: Answer) => tag === "error 23502" || tag === "error 23505";
  return isIntegrity(ours) && isIntegrity(theirs);
}

/** Rows as an array; undefined in a block that has failed. */
async function rowsOrFailed(
  client: pg.Client,
  text: string,
): Promise<Record<string, string>[] | undefined> {
  try {
    return (await client.query<Record<string, string>>(text)).rows;
  } catch (error) {
    if (error instanceof pg.DatabaseError && error.code === "25P02") return undefined;
    throw error;
  }
}

async function answer(client: pg.Client, text: string): Promise<Answer> {
  try {
    const { command, rowCount, rows } = await client.query<unknown[]>({ text, rowMode: "array" });
    return { tag: `${command} ${rowCount}`, rows: rows.map((row) => JSON.stringify(row)).sort() };
  } catch (error) {
    if (!(error instanceof pg.DatabaseError)) throw error;
    return { tag: `error ${error.code}`, rows: [] };
  }
}

async function connected(server: PostgresService): Promise<pg.Client> {
  const { host, port, user, password, database } = server;
  const types = { getTypeParser: () => (value: unknown) => value };
  const client = new pg.Client({ host, port, user, password, database, types });
  client.on("error", () => {});
  await client.connect();
  return client;
}
