/**
 * The dozen steps by node-postgres: text results, parameters as text but for bytea, which it sends in binary. Rows by
 * three are its own row limit (Execute, Flush, PortalSuspended); describing goes through its public Submittable.
 */
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import type { Answer, Login, Report } from "./clients.ts";

type Rows = readonly (readonly (string | null)[])[];

export async function nodePostgres(login: Login, report: Report): Promise<undefined> {
  report("wrong password", await sqlstate(connect({ ...login, password: "wrong" })));
  const client = await connect(login);
  try {
    await logIn(client, report);
    await parameters(client, report);
    await values(client, report);
    await errors(client, report);
    await repeated(client, report);
    await cancel(client, login, report);
    await describe(client, report);
    await transactions(client, report);
  } finally {
    await client.end();
  }
}

async function connect(login: Login): Promise<pg.Client> {
  const client = new pg.Client({
    ...login,
    types: { getTypeParser: () => (value: unknown) => value },
  });
  await client.connect();
  return client;
}

async function logIn(client: pg.Client, report: Report): Promise<void> {
  const sql = "SELECT current_user, current_setting('server_version_num')::int4 / 10000";
  report("login", await rows(client, sql));
}

async function parameters(client: pg.Client, report: Report): Promise<void> {
  const text = `It's "quoted", back\\slashed, naïve, 日本 and 🦊`;
  report("text parameter", await rows(client, "SELECT $1::text, length($1::text)", [text]));
  const typed = [
    -2147483648,
    9223372036854775807n,
    0.1,
    true,
    "12345678901234567890.1234567890",
    "2024-02-29 12:34:56.123456+00",
    "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11",
    Buffer.from([0x00, 0xff, 0x5c, 0x27]),
    "1999-12-31",
  ];
  report(
    "typed parameters",
    await rows(
      client,
      `SELECT $1::int4, $2::int8, $3::float8, $4::bool, $5::numeric(38,10), $6::timestamptz, $7::uuid,
        $8::bytea, $9::date`,
      typed,
    ),
  );
  report(
    "computed with parameters",
    await rows(
      client,
      `SELECT $1::int4 + 1, $2::int8 - 1, $3::float8 * 3, NOT $4::bool, ($5::numeric + 1)::numeric(38,10),
        $6::timestamptz + interval '1 day', upper($7::uuid::text), length($8::bytea), $9::date + 1`,
      typed,
    ),
  );
  report(
    "null parameters",
    await rows(client, "SELECT $1::int4, $2::text, $1::int4 IS NULL, coalesce($2::text, 'none')", [
      null,
      null,
    ]),
  );
  report(
    "array parameters",
    await rows(client, "SELECT $1::int4[], $2::text[], ($1::int4[])[3], cardinality($2::text[])", [
      [1, null, -3],
      ["a,b", 'say "hi"', null, "", "back\\slash", "NULL"],
    ]),
  );
}

async function values(client: pg.Client, report: Report): Promise<void> {
  report(
    "arrays",
    await rows(
      client,
      `SELECT ARRAY[1, NULL, 3], ARRAY['a,b', 'say "hi"', NULL], ARRAY[]::text[], '{{1,2},{3,4}}'::int4[]`,
    ),
  );
  report(
    "numbers",
    await rows(
      client,
      `SELECT 12345678901234567890.1234567890::numeric(38,10), 1.500::numeric(10,3), 0.00::numeric(4,2),
        7 / 2, (7 / 2.0)::numeric(5,2), 1.0::float8, 'NaN'::float8, '-Infinity'::float8`,
    ),
  );
  report(
    "dates",
    await rows(
      client,
      `SELECT timestamp '2024-02-29 12:34:56.5', timestamptz '2024-02-29 12:34:56.123456+02',
        date '1999-12-31', date '2024-03-01' - date '2024-02-28'`,
    ),
  );
}

async function errors(client: pg.Client, report: Report): Promise<void> {
  report("division by zero", await sqlstate(client.query("SELECT 1 / 0")));
  report("after the error", await rows(client, "SELECT 1"));
  report("unknown table", await sqlstate(client.query("SELECT * FROM no_such_table")));
  report("unknown column", await sqlstate(client.query("SELECT no_such_column")));
  report("unknown function", await sqlstate(client.query("SELECT no_such_function(1)")));
  report("syntax error", await sqlstate(client.query("SELEC 1")));
  report("bad parameter", await sqlstate(client.query("SELECT $1::int4", ["one"])));
  report("after the errors", await rows(client, "SELECT 2"));
}

async function repeated(client: pg.Client, report: Report): Promise<void> {
  const squares: (string | null)[] = [];
  for (let i = 1; i <= 7; i++) {
    const { rows } = await client.query<(string | null)[]>({
      name: "square",
      text: "SELECT $1::int4 * $1::int4",
      values: [i],
      rowMode: "array",
    });
    squares.push(...(rows[0] ?? []));
  }
  report("same statement again", [squares]);
  report("rows by three", await rowsByThree(client));
}

/** How many rows came before each PortalSuspended, and after the last. */
async function rowsByThree(client: pg.Client): Promise<Rows> {
  const { connection } = client as pg.Client & { readonly connection: pg.Connection };
  const counts = [0];
  const suspended = () => counts.push(0);
  connection.on("portalSuspended", suspended);
  const text = "SELECT i FROM generate_series(1, 10) AS s(i)";
  const query = client.query(new pg.Query({ text, rows: 3 } as pg.QueryConfig));
  query.on("row", () => counts.push((counts.pop() ?? 0) + 1));
  await new Promise((resolve, reject) => query.on("end", resolve).on("error", reject));
  connection.off("portalSuspended", suspended);
  return [counts.map(String)];
}

async function cancel(client: pg.Client, login: Login, report: Report): Promise<void> {
  const query = new pg.Query(
    "SELECT count(*) FROM generate_series(1, 100000) a, generate_series(1, 100000) b",
  );
  const failed = sqlstate(
    new Promise((resolve, reject) => query.on("end", resolve).on("error", reject)),
  );
  client.query(query);
  await sleep(500);
  const other = new pg.Client({ ...login }) as pg.Client & {
    cancel(client: pg.Client, query: pg.Query): void;
  };
  other.cancel(client, query);
  report("cancel", await failed);
  report("after the cancel", await rows(client, "SELECT 3"));
}

async function describe(client: pg.Client, report: Report): Promise<void> {
  await client.query("DROP TABLE IF EXISTS client_notes");
  await client.query(
    `CREATE TABLE client_notes
      (id int4 NOT NULL, amount numeric(38,10), label text, made timestamptz, tags text[], done bool)`,
  );
  const statement = await described(
    client,
    "SELECT *, id / 0 AS quotient FROM client_notes WHERE id = $1 AND label = $2",
  );
  report("describe", statement.columns);
  report("describe parameters", [statement.parameters]);
}

interface Described {
  columns: (readonly [name: string, type: string])[];
  parameters: string[];
}

/** Parse, Describe, Sync and no Execute. */
function described(client: pg.Client, text: string): Promise<Described> {
  return new Promise((resolve, reject) => {
    const found: Described = { columns: [], parameters: [] };
    const parametersCame = (message: { readonly dataTypeIDs: readonly number[] }) => {
      found.parameters = message.dataTypeIDs.map(typeName);
    };
    const submittable = {
      submit(connection: pg.Connection) {
        connection.once("parameterDescription", parametersCame);
        connection.parse({ name: "", text, types: [] }, true);
        connection.describe({ type: "S", name: "" }, true);
        connection.sync();
      },
      handleRowDescription(message: { readonly fields: readonly pg.FieldDef[] }) {
        found.columns = message.fields.map((field) => [field.name, typeName(field.dataTypeID)]);
      },
      handleReadyForQuery: () => resolve(found),
      handleError: reject,
    };
    client.query(submittable);
  });
}

const typeNames: Readonly<Record<number, string>> = {
  16: "boolean",
  23: "integer",
  25: "text",
  1009: "text[]",
  1184: "timestamp with time zone",
  1700: "numeric",
};

function typeName(oid: number): string {
  return typeNames[oid] ?? `oid ${oid}`;
}

async function transactions(client: pg.Client, report: Report): Promise<void> {
  await client.query("BEGIN");
  report(
    "insert returning",
    await rows(
      client,
      `INSERT INTO client_notes VALUES ($1, $2, $3, $4, $5, $6), (2, NULL, NULL, NULL, NULL, NULL)
        RETURNING id, amount, upper(label), made, tags, done`,
      [1, "1.5", "first", "2024-02-29 12:34:56+00", ["a,b", null], true],
    ),
  );
  report("seen inside", await count(client));
  await client.query("ROLLBACK");
  report("after rollback", await count(client));
  await client.query("BEGIN");
  const { rowCount } = await client.query(
    "INSERT INTO client_notes (id, label) VALUES (1, 'kept'), (2, NULL)",
  );
  report("rows inserted", [[String(rowCount)]]);
  await client.query("COMMIT");
  report("after commit", await rows(client, "SELECT * FROM client_notes ORDER BY id"));
  await savepoint(client, report);
  await failedTransaction(client, report);
  await client.query("DROP TABLE client_notes");
  report("after drop", await sqlstate(client.query("SELECT * FROM client_notes")));
}

async function savepoint(client: pg.Client, report: Report): Promise<void> {
  await client.query("BEGIN");
  await client.query("INSERT INTO client_notes (id) VALUES (3)");
  await client.query("SAVEPOINT a");
  await client.query("INSERT INTO client_notes (id) VALUES (4)");
  await client.query("ROLLBACK TO SAVEPOINT a");
  await client.query("INSERT INTO client_notes (id) VALUES (5)");
  await client.query("COMMIT");
  report("after savepoint", await rows(client, "SELECT id FROM client_notes ORDER BY id"));
}

async function failedTransaction(client: pg.Client, report: Report): Promise<void> {
  await client.query("BEGIN");
  await client.query("INSERT INTO client_notes (id) VALUES (6)");
  await sqlstate(client.query("SELECT 1 / 0"));
  const insert = client.query("INSERT INTO client_notes (id) VALUES (7)");
  report("in failed transaction", await sqlstate(insert));
  await client.query("ROLLBACK");
  report("after failed transaction", await count(client));
}

function count(client: pg.Client): Promise<Rows> {
  return rows(client, "SELECT count(*) FROM client_notes");
}

async function rows(
  client: pg.Client,
  text: string,
  values: readonly unknown[] = [],
): Promise<Rows> {
  const result = await client.query<(string | null)[]>({
    text,
    values: [...values],
    rowMode: "array",
  });
  return result.rows;
}

async function sqlstate(outcome: Promise<unknown>): Promise<Answer> {
  try {
    await outcome;
    return "no error";
  } catch (error) {
    return error instanceof pg.DatabaseError ? (error.code ?? "no SQLSTATE") : String(error);
  }
}
