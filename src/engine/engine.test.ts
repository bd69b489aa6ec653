import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { PgError } from "../base/error.ts";
import { readValue } from "../pgtypes/read-value.ts";
import type { EngineValue } from "../pgtypes/vector.ts";
import {
  type Engine,
  type EngineConnection,
  type EngineParameter,
  type EngineStream,
  openEngine,
} from "./engine.ts";

const never = new AbortController().signal;
let folder: string;
let engine: Engine;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "lakewire-engine-"));
  engine = await openEngine({ temporaryDirectory: join(folder, "temporary") });
});
afterAll(async () => {
  await engine.close();
  await rm(folder, { recursive: true });
});

async function using<T>(work: (connection: EngineConnection) => Promise<T>): Promise<T> {
  const connection = await engine.connect();
  try {
    return await work(connection);
  } finally {
    connection.release();
  }
}

async function rowsOf(stream: EngineStream): Promise<EngineValue[][]> {
  const rows: EngineValue[][] = [];
  for (;;) {
    const batch = await stream.next();
    if (!batch) return rows;
    for (let row = 0; row < batch.rowCount; row++) {
      rows.push(batch.vectors.map((vector) => readValue(vector, row)));
    }
  }
}

const query = (sql: string, parameters: readonly EngineParameter[] = []) =>
  using(async (connection) => rowsOf(await connection.stream(sql, parameters, never)));

async function failure(work: () => Promise<unknown>): Promise<PgError> {
  try {
    await work();
  } catch (error) {
    if (error instanceof PgError) return error;
    throw error;
  }
  throw new Error("no error");
}

test("a stream gives every row, in batches, and then the end", async () => {
  await using(async (connection) => {
    const stream = await connection.stream("SELECT range AS n FROM range(5000)", [], never);
    expect(stream.columns).toEqual([{ name: "n", type: { id: "BIGINT" } }]);
    const rows = await rowsOf(stream);
    expect(rows.length).toBe(5000);
    expect(rows[4999]).toEqual([4999n]);
    expect(await stream.next()).toBeUndefined();
  });
});

test("a stream that fails in its middle rejects with the error, and the connection goes on", async () => {
  const sql =
    "SELECT CASE WHEN range = 400000 THEN error('PGERR:22012:division by zero') END FROM range(1000000)";
  await using(async (connection) => {
    const stream = await connection.stream(sql, [], never);
    const error = await failure(() => rowsOf(stream));
    expect([error.sqlstate, error.message]).toEqual(["22012", "division by zero"]);
    expect(await rowsOf(await connection.stream("SELECT 1", [], never))).toEqual([[1]]);
  });
});

const endless =
  "SELECT count(*) FROM range(10000000) a, range(10000000) b WHERE a.range + b.range = 7";

test("a cancelled statement rejects with 57014, or with the reason it was given", async () => {
  await using(async (connection) => {
    setTimeout(() => connection.interrupt(), 30);
    expect((await failure(() => connection.run(endless, [], never))).sqlstate).toBe("57014");

    const abort = new AbortController();
    const reason = new PgError("57014", "canceling statement due to statement timeout");
    setTimeout(() => abort.abort(reason), 30);
    expect(await failure(() => connection.run(endless, [], abort.signal))).toBe(reason);

    const stream = await connection.stream("SELECT range FROM range(10000000)", [], never);
    await stream.next();
    connection.interrupt();
    expect((await failure(() => rowsOf(stream))).sqlstate).toBe("57014");

    connection.interrupt();
    expect(await rowsOf(await connection.stream("SELECT 1", [], never))).toEqual([[1]]);
  });
});

test("statements beyond the limit queue, and can be cancelled while they do", async () => {
  const narrow = await openEngine({ temporaryDirectory: join(folder, "narrow"), runningMax: 1 });
  const [first, second] = [await narrow.connect(), await narrow.connect()];
  const running = failure(() => first.run(endless, [], never));
  await new Promise((resolve) => setTimeout(resolve, 20));
  const queued = failure(() => second.run("SELECT 1", [], never));
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect([narrow.running, narrow.queued]).toEqual([1, 1]);
  expect(await narrow.system("SELECT 1 AS a")).toEqual([{ a: 1 }]);
  second.interrupt();
  expect((await queued).sqlstate).toBe("57014");
  first.interrupt();
  expect((await running).sqlstate).toBe("57014");
  expect([narrow.running, narrow.queued]).toEqual([0, 0]);
  await narrow.close();
});

test("an abandoned stream lets its connection be used again", async () => {
  await using(async (connection) => {
    for (let i = 0; i < 20; i++) {
      const stream = await connection.stream("SELECT * FROM range(1000000)", [], never);
      await stream.next();
      stream.close();
      expect(await stream.next()).toBeUndefined();
    }
    expect(await rowsOf(await connection.stream("SELECT 2", [], never))).toEqual([[2]]);
  });
});

test("a second stream on a connection is a bug and says so", async () => {
  await using(async (connection) => {
    const stream = await connection.stream("SELECT 1", [], never);
    await expect(connection.stream("SELECT 2", [], never)).rejects.toThrow("bug: ");
    stream.close();
  });
});

test("binding tells columns and parameters before execution", async () => {
  await using(async (connection) => {
    const statement = await connection.prepare("SELECT $1::INTEGER + 1 AS x, $2::VARCHAR AS y");
    expect(statement.columns).toEqual([
      { name: "x", type: { id: "INTEGER" } },
      { name: "y", type: { id: "VARCHAR" } },
    ]);
    expect(statement.parameterTypes).toEqual([{ id: "INTEGER" }, { id: "VARCHAR" }]);
    const unknown = await connection.prepare("SELECT $1 AS x");
    expect(unknown.parameterTypes).toEqual([undefined]);
  });
});

const faults: readonly (readonly [sql: string, sqlstate: string, message: string, at?: number])[] =
  [
    ["SELECT 'é', nowhere FROM range(3)", "42703", 'column "nowhere" does not exist', 13],
    ["SELECT * FROM nowhere", "42P01", 'relation "nowhere" does not exist', 15],
    ["SELECT nothing(1)", "42883", "function nothing does not exist", 8],
    ["SELECT 1 +", "42601", "syntax error at end of input", 11],
    ["SELECT 'x'::INTEGER", "22P02", 'invalid input syntax for type integer: "x"'],
    ["SELECT 'x'::DATE", "22007", 'invalid input syntax for type date: "x"'],
    ["SELECT (9223372036854775807::BIGINT + 1)", "22003", "bigint out of range"],
    ["SELECT 3000000000::INTEGER", "22003", "integer out of range"],
    ["SELECT error('PGERR:22023:no such thing')", "22023", "no such thing"],
    [
      "SELECT (SELECT range FROM range(2))",
      "21000",
      "more than one row returned by a subquery used as an expression",
    ],
    ["SELECT sum(range), range FROM range(3)", "42803", "", 20],
  ];

for (const [sql, sqlstate, message, position] of faults) {
  test(`${sql} is ${sqlstate}`, async () => {
    const error = await failure(() => query(sql));
    expect(error.sqlstate).toBe(sqlstate);
    if (message !== "") expect(error.message).toBe(message);
    expect(error.message).not.toMatch(/LINE 1|Did you mean|Candidate/);
    if (position !== undefined) expect(error.details.position).toBe(position);
  });
}

test("constraint violations have their SQLSTATEs", async () => {
  await using(async (connection) => {
    await connection.run(
      "CREATE TABLE k (a INTEGER PRIMARY KEY, b INTEGER CHECK (b > 0))",
      [],
      never,
    );
    expect(await connection.run("INSERT INTO k VALUES (1, 1)", [], never)).toBe(1);
    const states = [];
    for (const values of ["(1, 1)", "(NULL, 1)", "(2, 0)"]) {
      const run = () => connection.run(`INSERT INTO k VALUES ${values}`, [], never);
      states.push((await failure(run)).sqlstate);
    }
    expect(states).toEqual(["23505", "23502", "23514"]);
  });
});

test("appended rows of every type are the rows that are read", async () => {
  const types = [
    ["INTEGER", { id: "INTEGER" }, [1, null, -5]],
    ["UBIGINT", { id: "UBIGINT" }, [18446744073709551615n, null]],
    ["HUGEINT", { id: "HUGEINT" }, [-(2n ** 100n), null]],
    ["DECIMAL(4,1)", { id: "DECIMAL", width: 4, scale: 1 }, [-15n, null]],
    ["DECIMAL(30,10)", { id: "DECIMAL", width: 30, scale: 10 }, [-(10n ** 25n), null]],
    ["DOUBLE", { id: "DOUBLE" }, [1.5, null, Number.POSITIVE_INFINITY]],
    ["VARCHAR", { id: "VARCHAR" }, ["", "short", "a string beyond twelve", null, "\ufeffé"]],
    ["BLOB", { id: "BLOB" }, [Uint8Array.of(), new Uint8Array(40).fill(255), null]],
    ["BIT", { id: "BIT" }, ["1", "0101010101", null]],
    ["UUID", { id: "UUID" }, ["01234567-89ab-cdef-0123-456789abcdef", null]],
    ["BIGNUM", { id: "BIGNUM" }, [null, "-123456789012345678901234567890123456789012345", "0"]],
    ["DATE", { id: "DATE" }, [0, -800000, null, 2147483647]],
    ["TIMESTAMPTZ", { id: "TIMESTAMPTZ" }, [0n, -1n, null]],
    ["INTERVAL", { id: "INTERVAL" }, [[1, -2, 3n], null]],
    ["ENUM('a','b')", { id: "ENUM", values: ["a", "b"] }, ["b", null, "a"]],
    ["INTEGER[]", { id: "LIST", child: { id: "INTEGER" } }, [[1, null], [], null]],
    [
      "VARCHAR[][]",
      { id: "LIST", child: { id: "LIST", child: { id: "VARCHAR" } } },
      [[["a string beyond twelve"], [], null], null],
    ],
    ["INTEGER[2]", { id: "ARRAY", child: { id: "INTEGER" }, length: 2 }, [[1, 2], null, [3, null]]],
    [
      "STRUCT(x INTEGER, y VARCHAR)",
      {
        id: "STRUCT",
        fields: [
          { name: "x", type: { id: "INTEGER" } },
          { name: "y", type: { id: "VARCHAR" } },
        ],
      },
      [[1, "a string beyond twelve"], null, [null, null]],
    ],
    [
      "MAP(VARCHAR, INTEGER)",
      { id: "MAP", key: { id: "VARCHAR" }, value: { id: "INTEGER" } },
      [
        [
          ["k", 1],
          ["l", null],
        ],
        [],
        null,
      ],
    ],
  ] as const;
  await using(async (connection) => {
    for (const [i, [name, type, values]] of types.entries()) {
      await connection.run(`CREATE TABLE every_${i} (v ${name})`, [], never);
      const rows = values.map((value) => [value as EngineValue]);
      await connection.append({ schema: "main", name: `every_${i}` }, [type], rows);
      const stream = await connection.stream(`SELECT v FROM every_${i}`, [], never);
      expect([name, await rowsOf(stream)]).toEqual([name, rows]);
    }
  });
});

test("strings stand for other types in PostgreSQL's text form", async () => {
  await using(async (connection) => {
    await connection.run("CREATE TABLE texts (a DECIMAL(6,2), b TIMESTAMP, c BOOLEAN)", [], never);
    const types = [
      { id: "DECIMAL", width: 6, scale: 2 },
      { id: "TIMESTAMP" },
      { id: "BOOLEAN" },
    ] as const;
    const row = ["1.5", "2024-01-05 10:11:12", "yes"];
    await connection.append({ schema: "main", name: "texts" }, types, [row]);
    const parameters = types.map((type, i) => ({ type, value: row[i] ?? null }));
    const found = await connection.stream(
      "SELECT count(*) FROM texts WHERE a = $1 AND b = $2 AND c = $3",
      parameters,
      never,
    );
    expect(await rowsOf(found)).toEqual([[1n]]);
    const wrong = () =>
      connection.append({ schema: "main", name: "texts" }, types, [["x", "", ""]]);
    expect((await failure(wrong)).sqlstate).toBe("22P02");
  });
});

test("a released connection that still runs is waited for", async () => {
  const connection = await engine.connect();
  const running = failure(() => connection.run(endless, [], never));
  connection.release();
  expect((await running).sqlstate).toBe("57014");
  expect(await query("SELECT 1")).toEqual([[1]]);
});

test("binding tells today's columns", async () => {
  await using(async (connection) => {
    for (const type of ["INTEGER", "VARCHAR"] as const) {
      await connection.run(`CREATE OR REPLACE TABLE changing (a ${type})`, [], never);
      const { columns } = await connection.prepare("SELECT * FROM changing");
      expect(columns).toEqual([{ name: "a", type: { id: type } }]);
      const stream = await connection.stream("SELECT * FROM changing", [], never);
      expect(stream.columns).toEqual(columns);
      stream.close();
    }
  });
});

test("long appends are whole, and a failed one leaves nothing", async () => {
  await using(async (connection) => {
    await connection.run("CREATE TABLE long (a INTEGER NOT NULL, b VARCHAR)", [], never);
    const types = [{ id: "INTEGER" }, { id: "VARCHAR" }] as const;
    function* rows(last: EngineValue): Generator<EngineValue[]> {
      for (let i = 0; i < 5000; i++) yield [i, `row ${i} has a text`];
      yield [last, null];
    }
    const target = { schema: "main", name: "long" };
    const failed = await failure(() => connection.append(target, types, rows(null)));
    expect(failed.sqlstate).toBe("23502");
    expect(await connection.append(target, types, rows(7))).toBe(5001);
    expect(await rowsOf(await connection.stream("SELECT count(*) FROM long", [], never))).toEqual([
      [5001n],
    ]);
  });
});

test("a scalar function of ours is called with its NULLs, and its error keeps its SQLSTATE", async () => {
  engine.registerScalar({
    name: "halved",
    parameters: [{ id: "INTEGER" }],
    result: { id: "VARCHAR" },
    call(value) {
      if (value === null) return "nothing";
      if (Number(value) % 2 === 1) throw new PgError("22023", `${value} is odd`);
      return String(Number(value) / 2);
    },
  });
  expect(await query("SELECT halved(42), halved(NULL)")).toEqual([["21", "nothing"]]);
  const error = await failure(() => query("SELECT halved(7)"));
  expect([error.sqlstate, error.message]).toEqual(["22023", "7 is odd"]);
});

test("trees go out and come back without losing a digit", async () => {
  const tree = await engine.serialize("SELECT 9007199254740993 AS n, 'é' AS t");
  expect(tree).toContain("9007199254740993");
  expect(await engine.deserialize(tree)).toBe("SELECT 9007199254740993 AS n, 'é' AS t");
  const error = await failure(() => engine.serialize("SELECT 1 +"));
  expect([error.sqlstate, error.details.position]).toEqual(["42601", 11]);
});

test("a time zone belongs to one connection and does not outlive its user", async () => {
  const shown = "SELECT (TIMESTAMPTZ '2024-01-01 00:00:00+00')::VARCHAR";
  const ask = (connection: EngineConnection) => connection.stream(shown, [], never).then(rowsOf);
  for (let round = 0; round < 2; round++) {
    const connection = await engine.connect("America/New_York");
    expect(await ask(connection)).toEqual([["2023-12-31 19:00:00-05"]]);
    expect(await using(ask)).toEqual([["2024-01-01 00:00:00+00"]]);
    connection.release();
    expect(await using(ask)).toEqual([["2024-01-01 00:00:00+00"]]);
  }
  expect((await failure(() => engine.connect("Nowhere"))).sqlstate).toBe("22023");
  expect(await using(ask)).toEqual([["2024-01-01 00:00:00+00"]]);
});

test("a sealed engine reads only its folders, and its settings stay", async () => {
  const sealed = await openEngine({ temporaryDirectory: join(folder, "sealed") });
  expect((await stat(join(folder, "sealed"))).mode & 0o777).toBe(0o700);
  const data = join(folder, "data");
  await sealed.system(`COPY (SELECT 1 AS a) TO '${folder}/outside.parquet'`);
  await sealed.seal([data]);
  const states = [];
  for (const sql of [
    `FROM read_parquet('${folder}/outside.parquet')`,
    `FROM read_parquet('${data}/../outside.parquet')`,
    "SET threads = 1",
    "SET enable_external_access = true",
    "SET allowed_directories = ['/']",
  ]) {
    states.push((await failure(() => sealed.system(sql))).sqlstate);
  }
  expect(states).toEqual(["42501", "42501", "55P02", "55P02", "55P02"]);
  const connection = await sealed.connect("Europe/Berlin");
  connection.release();
  await sealed.close();
});

test("the small twin answers a row of nothing, on one thread, and knows no tables and no files", async () => {
  await query("CREATE TABLE only_here (a INTEGER)");
  const connection = await engine.connectSmall();
  const small = async (sql: string, parameters: readonly EngineParameter[] = []) =>
    rowsOf(await connection.row(sql, parameters, never));
  try {
    const seven: EngineParameter = { type: { id: "INTEGER" }, value: 7 };
    expect(await small("SELECT $1::INTEGER + 1, current_setting('threads')", [seven])).toEqual([
      [8, 1n],
    ]);
    expect((await failure(() => small("SELECT (SELECT max(a) FROM only_here)"))).sqlstate).toBe(
      "42P01",
    );
    expect((await failure(() => small(`FROM read_text('${import.meta.filename}')`))).sqlstate).toBe(
      "42501",
    );
  } finally {
    connection.release();
  }
});

test("when memory is short the statement is stopped since whose beginning it has grown most, of several the newest", async () => {
  const [early, late] = [await engine.connect(), await engine.connect()];
  const endless = "SELECT sum(i * i) FROM range(1000000000000) AS t(i)";
  const codes: string[] = [];
  const run = (name: string, connection: EngineConnection) =>
    connection.row(endless, [], never).catch((error: PgError) => {
      codes.push(`${name} ${error.sqlstate}`);
    });
  const first = run("early", early);
  await sleep(150);
  const between = performance.now();
  const second = run("late", late);
  await sleep(150);
  const short = new PgError("53200", "out of memory");
  expect(engine.stopLargest(short, (startedAt) => (startedAt < between ? 100 : 10))).toBe(true);
  await first;
  expect(engine.stopLargest(short, () => 100)).toBe(true);
  await second;
  expect(codes).toEqual(["early 53200", "late 53200"]);
  expect(engine.stopLargest(short, () => 100)).toBe(false);
  early.release();
  late.release();
});
