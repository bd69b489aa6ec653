/** A call that does not fit is answered as PostgreSQL answers it: the same routines, declared there, are the oracle. */
import pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { must } from "../../src/base/assert.ts";
import type { Columns, Routine } from "../../src/routines/define.ts";
import { routines } from "../../src/routines/registry.ts";
import { type RunningServer, startServer } from "../support/server.ts";
import { type PostgresService, postgres } from "../support/services.ts";

const oracle = await postgres();
let server: RunningServer;
let ours: pg.Client;
let theirs: pg.Client;

beforeAll(async () => {
  server = await startServer();
  ours = await connect(server);
  theirs = await connect(must(oracle, "a PostgreSQL"));
});
afterAll(async () => {
  await ours?.end();
  await theirs?.end();
  await server?.stop();
});

async function connect(login: RunningServer | PostgresService): Promise<pg.Client> {
  const { host, port, user, password, database } = login;
  const client = new pg.Client({ host, port, user, password, database });
  await client.connect();
  return client;
}

/** Of everything an example could give, a value of each type that no other type takes. */
const values: Readonly<Record<number, string>> = {
  16: "true",
  17: "'\\x00'::bytea",
  20: "1::bigint",
  23: "1",
  25: "'word'::text",
  701: "1.5::float8",
  1184: "now()",
  3802: "'{}'::jsonb",
};
const valueFor = (typeOid: number) => must(values[typeOid], `a value of type ${typeOid}`);
/** Nothing of ours takes a point, and nothing is cast to or from it unasked. */
const stranger = "point '(1,2)'";

function misuses({ arguments: declared }: Routine): readonly (readonly [string, string])[] {
  const all = Object.entries(declared);
  const required = all.filter(([, { isOptional }]) => !isOptional);
  const given = required.map(([, { typeOid }]) => valueFor(typeOid));
  const [first] = all;
  const cases: [string, string][] = [
    ["an argument nobody declared", [...given, "no_such_argument => 1"].join(", ")],
    [
      "too many arguments",
      [...all.map(([, { typeOid }]) => valueFor(typeOid)), valueFor(25)].join(", "),
    ],
  ];
  if (given.length > 0) cases.push(["too few arguments", given.slice(1).join(", ")]);
  if (first) {
    const [name, { typeOid }] = first;
    const rest = given.slice(1);
    cases.push(
      ["an argument of another type", [stranger, ...rest].join(", ")],
      ["a named argument of another type", namedCall(required, name)],
      [
        "an argument named twice",
        `${name} => ${valueFor(typeOid)}, ${name} => ${valueFor(typeOid)}`,
      ],
      ["an argument by place and by name", `${valueFor(typeOid)}, ${name} => ${valueFor(typeOid)}`],
      ["a place after a name", `${name} => ${valueFor(typeOid)}, ${valueFor(25)}`],
    );
  }
  return cases;
}

function namedCall(required: readonly (readonly [string, Columns[string]])[], wrong: string) {
  const right = required.filter(([name]) => name !== wrong);
  return [
    ...right.map(([name, { typeOid }]) => `${name} => ${valueFor(typeOid)}`),
    `${wrong} => ${stranger}`,
  ].join(", ");
}

/** The declaration as PostgreSQL would have it; `kind` says which of the two forms is tried. */
function create({ name, arguments: takes, returns }: Routine, kind: Routine["kind"]): string {
  const parameters = Object.entries(takes).map(
    ([argument, { typeName, isOptional }]) =>
      `"${argument}" ${typeName}${isOptional ? " DEFAULT NULL" : ""}`,
  );
  const columns = Object.values(returns).map(({ typeName }, at) => `r${at} ${typeName}`);
  const result = kind === "procedure" ? "" : `RETURNS TABLE (${columns.join(", ")})`;
  return `CREATE ${kind} ${name}(${parameters.join(", ")}) ${result} LANGUAGE plpgsql AS 'BEGIN END'`;
}

async function refusal(client: pg.Client, sql: string) {
  try {
    await client.query(sql);
    return "no error";
  } catch (error) {
    if (!(error instanceof pg.DatabaseError)) throw error;
    return `${error.code} ${error.message} at ${error.position}`;
  }
}

describe.runIf(oracle).for(
  routines.flatMap((routine) => {
    const forms: (readonly [string, Routine, Routine["kind"]])[] = [];
    if (Object.keys(routine.returns).length > 0) {
      forms.push([`SELECT * FROM ${routine.name}`, routine, "function"]);
    }
    if (routine.kind === "procedure") forms.push([`CALL ${routine.name}`, routine, "procedure"]);
    return forms;
  }),
)("%s", ([form, routine, kind]) => {
  beforeAll(async () => {
    await theirs.query("BEGIN");
    await theirs.query(create(routine, kind));
  });
  afterAll(() => theirs.query("ROLLBACK"));

  test.for(misuses(routine))("with %s", async ([, given]) => {
    await theirs.query("SAVEPOINT one");
    const sql = `${form}(${given})`;
    const answer = await refusal(theirs, sql);
    await theirs.query("ROLLBACK TO one");
    expect(answer).not.toBe("no error");
    expect(await refusal(ours, sql)).toBe(answer);
  });
});
