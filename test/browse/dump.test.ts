/** pg_dump writes down the same of both servers, and what it writes can be restored. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { must } from "../../src/base/assert.ts";
import { missing, program } from "../support/services.ts";
import { asAdmin, type Lab, lakewireLab, postgresLab } from "./lab.ts";

const run = promisify(execFile);
const [pgDump, psql] = [program("pg_dump"), program("psql")];
if (!(pgDump && psql)) missing("pg_dump", "install postgresql-client-15");
const oracle = pgDump && psql ? await postgresLab() : undefined;

function environment({ host, port, user, password, database }: Lab) {
  return {
    ...process.env,
    PGHOST: host,
    PGPORT: String(port),
    PGUSER: user,
    PGPASSWORD: password,
    PGDATABASE: database,
  };
}

/** Without what tells one dump from another. */
async function dumped(lab: Lab): Promise<string> {
  const tables = ["items", "parts", "numbers", "down", "items_id_seq", "parts_*"];
  const { stdout } = await run(
    must(pgDump, "pg_dump"),
    ["--no-owner", "--no-acl", ...tables.flatMap((name) => ["-t", `sales.${name}`])],
    { env: environment(lab) },
  );
  return stdout.replaceAll(/^(-- Dumped .*|\\(un)?restrict .*)\n/gm, "");
}

describe.runIf(oracle)("a dump", () => {
  let lab: Lab;
  beforeAll(async () => {
    lab = await lakewireLab();
  });
  afterAll(async () => {
    await lab?.close();
    await oracle?.close();
  });

  test("has sequences, identities and generated columns as PostgreSQL's has", async () => {
    expect(await dumped(lab)).toBe(await dumped(must(oracle, "PostgreSQL 15")));
  });

  test("is dumped alike when it was restored", { timeout: 60_000 }, async () => {
    const before = await dumped(lab);
    await asAdmin(lab, [
      "DROP TABLE sales.items, sales.parts",
      "DROP SEQUENCE sales.numbers, sales.down",
    ]);
    const restoring = run(must(psql, "psql"), ["-X", "-q", "-v", "ON_ERROR_STOP=1"], {
      env: environment(lab),
    });
    must(restoring.child.stdin, "a pipe").end(before);
    await restoring;
    expect(await dumped(lab)).toBe(before);
  });
});
