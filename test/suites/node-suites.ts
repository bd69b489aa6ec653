/** node-postgres, pg-cursor and pg-query-stream, from a checkout of their common repository. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { type Result, run, type Suite } from "./suite.ts";

/** A file is a test: it ends with 0 when all in it went well. */
export const nodePostgres: Suite = async (checkout, server) => {
  const folder = join(checkout, "packages/pg");
  const results = new Map<string, Result>();
  const files = readdirSync(join(folder, "test/integration"), {
    recursive: true,
    encoding: "utf8",
  });
  for (const path of files.filter((each) => each.endsWith("-tests.js")).sort()) {
    const file = join("test/integration", path);
    const { code } = await run([process.execPath, file], server, {
      folder,
      environment: { PGTESTNOSSL: "true" },
      timeoutMs: 60_000,
    });
    results.set(file, code === 0 ? "passed" : "failed");
  }
  return results;
};

export const pgCursor: Suite = (checkout, server) =>
  mocha(join(checkout, "packages/pg-cursor"), ["test/*.js"], server);

export const pgQueryStream: Suite = (checkout, server) =>
  mocha(
    join(checkout, "packages/pg-query-stream"),
    ["--require", "tsx/cjs", "test/**/*.ts"],
    server,
  );

interface MochaReport {
  readonly tests: readonly { readonly fullTitle: string; readonly err: { message?: string } }[];
  readonly pending: readonly { readonly fullTitle: string }[];
}

async function mocha(
  folder: string,
  options: readonly string[],
  server: Parameters<Suite>[1],
): Promise<ReadonlyMap<string, Result>> {
  const command = ["npx", "--no-install", "mocha", "--exit", "--reporter", "json"] as const;
  const { stdout } = await run([...command, ...options], server, { folder, timeoutMs: 300_000 });
  const report = JSON.parse(stdout.slice(stdout.indexOf("{\n"))) as MochaReport;
  const results = new Map<string, Result>();
  for (const { fullTitle, err } of report.tests) {
    results.set(fullTitle, err.message === undefined ? "passed" : "failed");
  }
  for (const { fullTitle } of report.pending) results.set(fullTitle, "skipped");
  return results;
}
