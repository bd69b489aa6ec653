/**
 * Drivers' own tests, from checkouts that are no part of this project, against any number of servers:
 *
 *     npm run test:suites -- <suite> <checkout> <ours> [<PostgreSQL's>]
 *
 * Servers are postgres:// addresses. With two, what counts is what PostgreSQL passes; what fails here and is not
 * among the exclusions of docs/reference/driver-suites.md is named, and makes the exit code 1.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { nodePostgres, pgCursor, pgQueryStream } from "./node-suites.ts";
import { postgresJs } from "./postgres-js-suite.ts";
import { asyncpg, psycopg } from "./python-suites.ts";
import { type Result, type Suite, serverAt } from "./suite.ts";

const suites: Readonly<Record<string, Suite>> = {
  "node-postgres": nodePostgres,
  "pg-cursor": pgCursor,
  "pg-query-stream": pgQueryStream,
  "postgres.js": postgresJs,
  psycopg,
  asyncpg,
};

type Results = ReadonlyMap<string, Result>;

async function main([name = "", checkout, ours, theirs]: readonly string[]): Promise<number> {
  const suite = suites[name];
  if (suite === undefined || checkout === undefined || ours === undefined) {
    console.error(`usage: ${Object.keys(suites).join("|")} <checkout> <ours> [<PostgreSQL's>]`);
    return 2;
  }
  const expected = theirs === undefined ? undefined : await suite(checkout, serverAt(theirs));
  if (expected) console.log(`${name} on PostgreSQL: ${counts(expected)}`);
  const results = await suite(checkout, serverAt(ours));
  console.log(`${name} here: ${counts(results)}`);
  const wanted = [...(expected ?? results)].filter(
    ([, result]) => result === (expected ? "passed" : "failed"),
  );
  const missed = wanted.map(([test]) => test).filter((test) => results.get(test) !== "passed");
  if (expected) {
    const percent = ((wanted.length - missed.length) / wanted.length) * 100;
    console.log(`${percent.toFixed(2)} % of what PostgreSQL passes`);
  }
  const excluded = exclusions(name);
  const unexplained = missed.filter((test) => !excluded.some((start) => test.startsWith(start)));
  console.log(`${missed.length - unexplained.length} excluded, ${unexplained.length} others:`);
  for (const test of unexplained) console.log(`  ${test}`);
  return unexplained.length === 0 ? 0 : 1;
}

function counts(results: Results): string {
  const of = (wanted: Result) => [...results.values()].filter((each) => each === wanted).length;
  return `${of("passed")} of ${results.size} passed, ${of("failed")} failed, ${of("skipped")} skipped`;
}

/** How the names of excluded tests begin: rows `| suite | name | reason |` of the page. */
function exclusions(suite: string): readonly string[] {
  const page = join(import.meta.dirname, "../../docs/reference/driver-suites.md");
  const rows = readFileSync(page, "utf8").matchAll(/^\| (\S+) \| `([^`]+)` \| .+ \|$/gm);
  return [...rows].flatMap(([, of, name]) => (of === suite && name ? [name] : []));
}

process.exitCode = await main(process.argv.slice(2));
