/** What recorded clients asked of the catalog: the rows are PostgreSQL's, where both servers hold the same objects. */
import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { must } from "../../src/base/assert.ts";
import { postgres } from "../support/services.ts";
import { WireClient } from "../support/wire-client.ts";
import { type Lab, lakewireLab, postgresLab, reader, writer } from "./lab.ts";
import { type Rows, Side } from "./recorded-rows.ts";
import { recordedConnections } from "./recording.ts";

/** Beside the repository, not in it. */
const folder = resolve(import.meta.dirname, "../../../shared/client-sessions");
const isThere = existsSync(folder);
if (!isThere) console.warn(`SKIPPED: there are no recorded conversations of clients in ${folder}`);
const service = isThere ? await postgres() : undefined;

/** What a lakehouse has no use for is left out on both. */
const leftOut = /trigger|plpgsql|inherits|partition|publication|statistics|extension/i;

function schema(): string[] {
  const text = readFileSync(join(folder, "schema.sql"), "utf8")
    .replace(/^--.*\n/gm, "")
    .replaceAll(/\balice\b/g, reader)
    .replaceAll(/\bgrp\b/g, writer);
  const statements = text.match(/(?:\$\$[\s\S]*?\$\$|'[^']*'|[^;$'])+/g) ?? [];
  return statements.filter((statement) => /\S/.test(statement) && !leftOut.test(statement));
}

/** A row that one of them has and the other not, as `ours: a|b` or `theirs: a|b`; or what became of the statement. */
interface Difference {
  readonly sql: string;
  readonly what: string;
}

/** Patterns of the statement and of the difference: each that is there must fit. */
interface KnownDifference {
  readonly sql?: string;
  readonly what?: string;
  readonly why: string;
}

const known = (
  JSON.parse(
    readFileSync(join(import.meta.dirname, "recorded-differences.json"), "utf8"),
  ) as readonly KnownDifference[]
).map(({ sql = "", what = "" }) => ({ sql: new RegExp(sql, "is"), what: new RegExp(what, "s") }));

describe.runIf(service !== undefined)("recorded clients", () => {
  const labs: Lab[] = [];
  beforeAll(async () => {
    const made = schema();
    const [ours, theirs] = await Promise.all([
      // Where PostgreSQL makes what is named without a schema.
      lakewireLab(["SET lakehouse.bucket = 'public'", ...made]),
      postgresLab(made),
    ]);
    labs.push(ours, ...(theirs ? [theirs] : []));
  });
  afterAll(() => Promise.all(labs.map((lab) => lab.close())));

  test("get PostgreSQL's rows of the catalog", { timeout: 300_000 }, async () => {
    const sides = await Promise.all(labs.map(Side.of));
    const found: Difference[] = [];
    let compared = 0;
    let alike = 0;
    for (const statements of recordedConnections(folder)) {
      const clients = await Promise.all(
        labs.map((lab) => WireClient.login({ ...lab, parameters: { search_path: path } })),
      );
      for (const statement of statements) {
        const [ours, theirs] = await Promise.all(
          sides.map((side, at) => side.ask(statement, must(clients[at], "each has one"))),
        );
        if (theirs === undefined || !readsCatalog(statement.sql)) continue;
        compared++;
        const unlike = differences(statement.sql, ours, theirs);
        if (unlike.length === 0) alike++;
        found.push(...unlike.filter(isUnknown));
      }
      await Promise.all(clients.map((client) => client.end()));
    }
    console.log(`${alike} of ${compared} statements of the catalog gave PostgreSQL's rows`);
    expect(compared).toBeGreaterThan(1000);
    expect(found).toEqual([]);
    // A difference that is gone is taken from the list.
    expect(known.filter((one) => !met.has(one))).toEqual([]);
  });
});

const path = '"$user", public';

const met = new Set<(typeof known)[number]>();

function isUnknown({ sql, what }: Difference): boolean {
  const fitting = known.filter((one) => one.sql.test(sql) && one.what.test(what));
  for (const one of fitting) met.add(one);
  return fitting.length === 0;
}

/** Statements of the catalog whose answer is not another at every moment. */
function readsCatalog(sql: string): boolean {
  return /\bpg_|information_schema/i.test(sql) && !/pg_stat_|pg_backend_pid|pg_locks/i.test(sql);
}

function differences(sql: string, ours: Rows | undefined, theirs: Rows): Difference[] {
  if (ours === undefined) return [{ sql, what: "refused" }];
  const [mine, other] = [ours, theirs].map((rows) =>
    rows.map((row) => row.map((value) => value ?? "∅").join("|")),
  ) as [string[], string[]];
  const onlyOurs = without(mine, other);
  const onlyTheirs = without(other, mine);
  const unlike = [
    ...onlyOurs.filter((row) => !isLakehouses(row, sql)).map((row) => `ours: ${row}`),
    ...onlyTheirs.filter((row) => !ofPostgres.test(row)).map((row) => `theirs: ${row}`),
  ];
  if (unlike.length > 0) return unlike.map((what) => ({ sql, what }));
  const isSame = without(mine, onlyOurs).join("\n") === without(other, onlyTheirs).join("\n");
  return isSame ? [] : [{ sql, what: "order" }];
}

/** Each of the others takes away one. */
function without(rows: readonly string[], others: readonly string[]): string[] {
  const left = new Map<string, number>();
  for (const row of others) left.set(row, (left.get(row) ?? 0) + 1);
  return rows.filter((row) => {
    const count = left.get(row) ?? 0;
    left.set(row, count - 1);
    return count <= 0;
  });
}

/** What is always there on one of them alone: schemas and what is in them, by name or OID. */
const ofPostgres = /\bplpgsql\b/;
const ofLakehouse = /\b(?:lakehouse|lakewire|primary|cron|8[89]\d{3}|9\d{4})\b/g;

/** The database is called as a schema is. */
function isLakehouses(row: string, sql: string): boolean {
  const mentions = row.match(ofLakehouse)?.length ?? 0;
  return (
    mentions > (/current_database|table_catalog/i.test(sql) && row.includes("lakehouse") ? 1 : 0)
  );
}
