/** postgres.js's tests, from a copy whose harness goes on after a failure and tells each by name. */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Result, run, type Server, type Suite } from "./suite.ts";

const testTimeoutMs = 30_000;

/** In place of its own test.js, whose exports it has. */
const harness = `
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
const results = {};
let turn = Promise.resolve();
let waiting = 0;
export const nt = () => {};
export const ot = (...rest) => t(...rest);
export const t = (name, ...rest) => {
  const run = rest.pop();
  waiting++;
  turn = turn.then(async () => {
    let timer;
    const late = new Promise((_, fail) => { timer = setTimeout(() => fail(new Error("timed out")), ${testTimeoutMs}); });
    try {
      const [expected, got] = await Promise.all(await Promise.race([run(), late]));
      results[name] = expected === got ? "passed" : "failed";
      if (expected !== got) console.error(name, "expected", expected, "got", got);
    } catch (error) {
      results[name] = "failed";
      console.error(name, error);
    }
    clearTimeout(timer);
    // Most use one table and drop it at their end.
    if (results[name] === "failed") spawnSync("psql", ["-c", "DROP TABLE IF EXISTS test CASCADE"]);
    if (--waiting > 0) return;
    writeFileSync(process.env.SUITE_REPORT, JSON.stringify(results));
    process.exit(0);
  });
};
t.timeout = 5;
process.on("uncaughtException", (error) => console.error("uncaught", error));
process.on("unhandledRejection", (error) => console.error("unhandled", error));
`;

/** In place of its bootstrap.js: roles as it makes them, but for one database that is there, and for the password. */
const bootstrap = `
import { spawnSync } from "node:child_process";
export const exec = (command, options) => {
  const { stderr } = spawnSync(command, options, { encoding: "utf8" });
  if (stderr && !/already exists|does not exist|WARNING:|NOTICE:/.test(stderr)) throw stderr;
};
const sql = (...texts) => exec("psql", texts.flatMap((text) => ["-c", text]));
const { PGPASSWORD: password } = process.env;
for (const [name, secret] of [["", password], ["_md5", "postgres_js_test_md5"], ["_scram", "postgres_js_test_scram"]]) {
  sql("create role postgres_js_test" + name);
  sql(
    "set password_encryption = '" + (name === "_md5" ? "md5" : "scram-sha-256") + "'",
    "alter role postgres_js_test" + name + " superuser login password '" + secret + "'",
  );
}
`;

export const postgresJs: Suite = async (checkout, server) => {
  const scratch = mkdtempSync(join(tmpdir(), "lakewire-suite-"));
  try {
    for (const part of ["src", "tests", "package.json"])
      cpSync(join(checkout, part), join(scratch, part), { recursive: true });
    const file = join(scratch, "tests/index.js");
    writeFileSync(file, adapted(readFileSync(file, "utf8"), server));
    writeFileSync(join(scratch, "tests/test.js"), harness);
    writeFileSync(join(scratch, "tests/bootstrap.js"), bootstrap);
    const report = join(scratch, "report.json");
    await run([process.execPath, "tests/index.js"], server, {
      folder: scratch,
      environment: { SUITE_REPORT: report },
      timeoutMs: 600_000,
    });
    const results = JSON.parse(readFileSync(report, "utf8")) as Record<string, Result>;
    return new Map(Object.entries(results));
  } finally {
    rmSync(scratch, { recursive: true });
  }
};

/** Its own database becomes the one named, its port the server's, and the server's settings stay as they are. */
function adapted(text: string, { database, host, port }: Server): string {
  return text
    .replaceAll("db: 'postgres_js_test'", `db: '${database}'`)
    .replaceAll("database: 'postgres_js_test'", `database: '${database}'`)
    .replaceAll("@localhost:5432/", `@${host}:${port}/`)
    .replaceAll("socket.connect(5432)", `socket.connect(${port}, '${host}')`)
    .replaceAll(/await exec\('psql', \['-c', '(?:alter system|select pg_reload).*?\]\)/g, "0");
}
