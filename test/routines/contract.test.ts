/**
 * The contract every routine keeps over the wire: its examples run as they are documented, give what the declaration
 * says, and are refused to who has no grants. test/repo/routines.test.ts is the half that needs no server.
 */
import { execFile } from "node:child_process";
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { must } from "../../src/base/assert.ts";
import type { Example, Routine } from "../../src/routines/define.ts";
import { routines } from "../../src/routines/registry.ts";
import { type RunningServer, startServer } from "../support/server.ts";
import { missing, program } from "../support/services.ts";
import { callIn } from "./example-call.ts";

/** What SQL cannot make, by the words in which the examples ask for it. */
const provisions: Readonly<Record<string, (data: string) => void>> = {
  "a Delta table of another engine in the folder shared/people of the data folder": (data) =>
    cpSync(join(import.meta.dirname, "../data/foreign-people"), join(data, "shared/people"), {
      recursive: true,
    }),
  "a catalog of the reference system in the folder old-lake of the data folder": (data) =>
    cpSync(join(import.meta.dirname, "../data/legacy-catalog"), join(data, "old-lake"), {
      recursive: true,
    }),
};

/** Values as PostgreSQL writes them; a type whose values are all texts alike is not here. */
const shapes: Readonly<Record<number, RegExp>> = {
  16: /^[tf]$/,
  17: /^\\x([0-9a-f]{2})*$/,
  20: /^-?\d+$/,
  23: /^-?\d+$/,
  701: /^(-?\d+(\.\d+)?(e[+-]\d+)?|-?Infinity|NaN)$/,
  1184: /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d+)?[+-]\d\d(:\d\d)?$/,
};

const outsider = { user: "outsider", password: "no grants at all" };

interface Place {
  readonly server: RunningServer;
  readonly admin: pg.Client;
  readonly outsider: pg.Client;
}

/** An example changes what is there, so each of the two ways to write it has a server with data of its own. */
let documented: Place;
let otherwise: Place;
const folder = mkdtempSync(join(tmpdir(), "lakewire-contract-"));

beforeAll(async () => {
  const data = join(folder, "documented");
  const made = await startServer({ command: "demo", data, startTimeoutMs: 240_000 });
  await made.stop();
  cpSync(data, join(folder, "otherwise"), { recursive: true });
  documented = await open(data);
  otherwise = await open(join(folder, "otherwise"));
}, 300_000);

afterAll(async () => {
  for (const place of [documented, otherwise]) {
    await place?.admin.end();
    await place?.outsider.end();
    await place?.server.stop();
  }
  rmSync(folder, { recursive: true, force: true });
});

async function open(data: string): Promise<Place> {
  const server = await startServer({ data });
  const admin = await connect(server, server);
  await admin.query(`CREATE ROLE ${outsider.user} LOGIN PASSWORD '${outsider.password}'`);
  return { server, admin, outsider: await connect(server, outsider) };
}

async function connect(
  { host, port, database }: RunningServer,
  login: { readonly user: string; readonly password: string },
): Promise<pg.Client> {
  const { user, password } = login;
  const types = { getTypeParser: () => (value: unknown) => value };
  const client = new pg.Client({ host, port, user, password, database, types });
  await client.connect();
  return client;
}

function run(client: pg.Client, sql: string): Promise<pg.QueryArrayResult<(string | null)[]>> {
  return client.query<(string | null)[]>({ text: sql, rowMode: "array" });
}

async function sqlstateOf(client: pg.Client, sql: string): Promise<string> {
  try {
    await client.query(sql);
    return "00000";
  } catch (error) {
    if (error instanceof pg.DatabaseError && error.code) return error.code;
    throw error;
  }
}

async function prepare({ needs, before = [] }: Example, { server, admin }: Place): Promise<void> {
  if (needs !== undefined) {
    must(provisions[needs], `the test provides what an example needs: ${needs}`)(server.data);
  }
  for (const sql of before) await admin.query(sql);
}

const gives = (routine: Routine) => Object.keys(routine.returns).length > 0;

/** The other way to write the documented call: CALL for FROM and FROM for CALL; a function has FROM alone. */
function otherForm(routine: Routine, sql: string): string {
  const call = callIn(sql, routine.name);
  const isCall = /^\s*CALL\b/i.test(sql);
  return routine.kind === "procedure" && (!isCall || !gives(routine))
    ? `CALL ${call}`
    : `SELECT * FROM ${call}`;
}

/** True where the result is the routine's own rows, not what a query made of them. */
const isDirect = (sql: string, routine: Routine) =>
  [`CALL ${callIn(sql, routine.name)}`, `SELECT * FROM ${callIn(sql, routine.name)}`].includes(sql);

function assertConforms(routine: Routine, result: pg.QueryArrayResult<(string | null)[]>): void {
  const columns = Object.entries(routine.returns);
  expect(
    result.fields.map(({ name, dataTypeID }) => `${name} ${dataTypeID}`),
    "RowDescription",
  ).toEqual(columns.map(([name, { typeOid }]) => `${name} ${typeOid}`));
  for (const row of result.rows) {
    for (const [at, [name, { typeOid, isNullable }]] of columns.entries()) {
      const value = row[at];
      if (value === null) expect(isNullable, `${name} may be NULL`).toBe(true);
      else expect(value, name).toMatch(shapes[typeOid] ?? /^/);
    }
  }
}

const examples = routines.flatMap((routine) =>
  routine.examples.map(
    (example) => [`${routine.name}: ${example.title}`, routine, example] as const,
  ),
);
const hit = new Set<string>();

describe.for(examples)("%s", ([, routine, example]) => {
  test("runs as documented, for who may, and gives what it says", async () => {
    await prepare(example, documented);
    expect(await sqlstateOf(documented.outsider, example.sql), "without grants").toBe("42501");
    const result = await run(documented.admin, example.sql);
    expect(result.rows.length, "an example shows rows").toBeGreaterThan(0);
    if (isDirect(example.sql, routine)) assertConforms(routine, result);
    hit.add(routine.name);
  });

  test("runs written the other way, for who may, and gives the same", async () => {
    const sql = otherForm(routine, example.sql);
    await prepare(example, otherwise);
    expect(await sqlstateOf(otherwise.outsider, sql), "without grants").toBe("42501");
    assertConforms(routine, await run(otherwise.admin, sql));
  });
});

test("every routine was run", () => {
  expect([...hit].toSorted()).toEqual(routines.map(({ name }) => name).toSorted());
});

describe.for(routines.map((routine) => [routine.name, routine] as const))("%s", ([, routine]) => {
  const call = callIn(routine.examples[0].sql, routine.name);
  const forms = [
    ...(gives(routine) ? [`SELECT * FROM ${call}`] : []),
    ...(routine.kind === "procedure" ? [`CALL ${call}`] : []),
  ];

  test("is refused inside a transaction block when it commits by itself", async () => {
    for (const form of forms) {
      await documented.admin.query("BEGIN");
      const sqlstate = await sqlstateOf(documented.admin, form);
      await documented.admin.query("ROLLBACK");
      if (!routine.ownTransaction) expect(sqlstate, form).not.toBe("25001");
      else expect(sqlstate, form).toBe("25001");
    }
  });

  test("is what it is called: a function cannot be called as a procedure", async () => {
    const afterWriting = `CREATE TABLE written (n int); CALL ${call}`;
    const expected = routine.kind === "function" ? "42809" : "25001";
    expect(await sqlstateOf(documented.admin, afterWriting), afterWriting).toBe(expected);
  });

  test("is refused to who may not execute it, whatever else they may", async () => {
    const { admin, outsider } = documented;
    const signature = `lakehouse.${routine.name}(${Object.values(routine.arguments)
      .map(({ typeName }) => typeName)
      .join(", ")})`;
    await admin.query(`REVOKE EXECUTE ON ROUTINE ${signature} FROM PUBLIC`);
    for (const form of forms) {
      await expect(outsider.query(form)).rejects.toMatchObject({
        code: "42501",
        message: `permission denied for ${routine.kind} ${routine.name}`,
      });
    }
    await admin.query(`GRANT EXECUTE ON ROUTINE ${signature} TO PUBLIC`);
  });

  test("is in pg_proc as it is declared", async () => {
    const { rows } = await run(
      documented.admin,
      `SELECT oid, prokind, provolatile, pronargs, pronargdefaults, obj_description(oid, 'pg_proc'),
              (SELECT nspname FROM pg_namespace n WHERE n.oid = pronamespace)
       FROM pg_proc WHERE proname = '${routine.name}'`,
    );
    const takes = Object.values(routine.arguments);
    expect(rows).toEqual([
      [
        String(routine.oid),
        routine.kind === "procedure" ? "p" : "f",
        routine.volatility[0],
        String(takes.length),
        String(takes.filter(({ isOptional }) => isOptional).length),
        routine.summary,
        routine.schema,
      ],
    ]);
  });
});

const psql = program("psql") ?? missing("psql", "install postgresql-client");

test.runIf(psql)("\\df lists every routine with its arguments", async () => {
  const { host, port, user, password, database } = documented.server;
  const conninfo = `host=${host} port=${port} user=${user} dbname=${database}`;
  const { stdout } = await promisify(execFile)(
    must(psql, "psql"),
    ["-XAtw", "-F", "|", conninfo, "-c", "\\df lakehouse.*"],
    { env: { PATH: process.env["PATH"], PGPASSWORD: password } },
  );
  const listed = new Map(
    stdout
      .trim()
      .split("\n")
      .map((line) => line.split("|"))
      .map(([schema, name, , takes, kind]) => [`${schema}.${name}`, { takes, kind }]),
  );
  for (const { schema, name, kind, arguments: takes } of routines) {
    const found = must(listed.get(`${schema}.${name}`), `\\df lists ${name}`);
    expect(found.kind).toBe(kind === "procedure" ? "proc" : "func");
    for (const [argument, { typeName }] of Object.entries(takes)) {
      expect(found.takes).toContain(`${argument} ${typeName}`);
    }
  }
});
