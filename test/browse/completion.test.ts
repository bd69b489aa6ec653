/** psql's tab completion in a real terminal, over one schema on both servers. */
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { missing, program } from "../support/services.ts";
import { type Lab, lakewireLab, postgresLab, shop } from "./lab.ts";

/** What has been typed when Tab is pressed, a line each. */
const typed = readFileSync(join(import.meta.dirname, "complete.txt"), "utf8")
  .trimEnd()
  .split("\n");

/** Offered by one server alone: schemas, views and roles that a lakehouse has, and roles for what it has not. */
const alone = new Set([
  ...['"primary".', "cron.", "lakehouse."],
  ...["buckets", "cache_stats", "columns", "datasets", "objects", "pg_stat_statements"],
  ...["pg_stat_statements_info", "server_health", "upkeep", "vector_indexes"],
  ...["admin", "agent", "analyst", "recruiter", "postgres", "pg_checkpoint"],
  ...["pg_database_owner", "pg_execute_server_program", "pg_read_server_files"],
  ...["pg_stat_scan_tables", "pg_write_server_files"],
]);

const psql = program("psql");
const python = program("python3");
if (!psql || !python) missing("psql and Python", "install postgresql-client-15 and python3");
const oracle = psql && python ? await postgresLab(shop()) : undefined;

/** By line: the words that were offered, or nothing when the line was completed. */
async function completions(lab: Lab): Promise<ReadonlyMap<string, readonly string[]>> {
  const { host, port, user, password, database } = lab;
  const address = `host=${host} port=${port} user=${user} dbname=${database}`;
  const script = join(import.meta.dirname, "complete.py");
  const child = spawn(python ?? "", [script, psql ?? "", address], {
    env: { ...process.env, PGPASSWORD: password, PGOPTIONS: "-c search_path=shop,public" },
  });
  child.stdin.end(`${typed.join("\n")}\n`);
  const shown = Object.entries(JSON.parse(await text(child.stdout)) as Record<string, string>);
  return new Map(shown.map(([line, printed]) => [line, words(printed)]));
}

/** The line as it was left, if it grew, and everything offered. */
function words(printed: string): readonly string[] {
  return printed
    .replaceAll(/^> .*$/gm, "")
    .split(/\s{2,}|\r?\n/)
    .map((word) => word.trim())
    .filter((word) => word !== "" && !alone.has(word))
    .sort();
}

describe.runIf(oracle)("tab completion", () => {
  let lab: Lab;
  let ours: ReadonlyMap<string, readonly string[]>;
  let theirs: ReadonlyMap<string, readonly string[]>;
  beforeAll(async () => {
    if (oracle === undefined) return;
    lab = await lakewireLab(shop());
    [ours, theirs] = await Promise.all([completions(lab), completions(oracle)]);
  }, 300_000);
  afterAll(async () => {
    await lab?.close();
    await oracle?.close();
  });

  test.each(typed)("%s", (line) => {
    expect(theirs.get(line)).toBeDefined();
    expect(ours.get(line)).toEqual(theirs.get(line));
  });
});
