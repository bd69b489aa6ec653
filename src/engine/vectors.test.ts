/**
 * The low-level calls read what the engine holds: values of every type, in every shape of vector, read by our code, then
 * written back and compared by the engine itself; plain ones also with its own CAST AS VARCHAR.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { must } from "../base/assert.ts";
import { engineText } from "../pgtypes/engine-text.ts";
import { engineTypeName } from "../pgtypes/engine-type.ts";
import type { LogicalType } from "../pgtypes/logical-type.ts";
import { readValue } from "../pgtypes/read-value.ts";
import type { EngineValue } from "../pgtypes/vector.ts";
import { type Engine, type EngineConnection, openEngine } from "./engine.ts";

const never = new AbortController().signal;
let folder: string;
let engine: Engine;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "lakewire-vectors-"));
  engine = await openEngine({ temporaryDirectory: join(folder, "temporary") });
});
afterAll(async () => {
  await engine.close();
  await rm(folder, { recursive: true });
});

/** Expressions of `i`, a BIGINT counted from 0. */
const expressions: readonly string[] = [
  "i % 2 = 0",
  "(i % 256 - 128)::TINYINT",
  "(i % 256)::UTINYINT",
  "(i * 7 % 65536 - 32768)::SMALLINT",
  "(i * 7 % 65536)::USMALLINT",
  "(i * 7919)::INTEGER",
  "(i * 7919)::UINTEGER",
  "i * 1000000007",
  "(i * 1000000007)::UBIGINT",
  "i::HUGEINT * 100000000000000000000 - 5",
  "(i::HUGEINT * 1000000000000000000)::UHUGEINT",
  "(i % 100)::DECIMAL(4,1)",
  "(i % 1000)::DECIMAL(9,3)",
  "i::DECIMAL(18,6)",
  "i::DECIMAL(38,9)",
  "i / 7.0::DOUBLE",
  "(i / 7.0)::FLOAT",
  "'item ' || i",
  "repeat('x', (i % 14)::INTEGER)",
  "repeat(chr((97 + i % 26)::INTEGER), (i % 40)::INTEGER)",
  "CASE WHEN i % 500 = 3 THEN repeat('long ' || i, 20000) ELSE 'short' END",
  "chr((955 + i % 20)::INTEGER) || repeat('é', (i % 9)::INTEGER)",
  "encode(repeat('b', (i % 30)::INTEGER))",
  "DATE '2000-01-01' + (i * 37)::INTEGER",
  "TIME '00:00:00' + to_microseconds(i * 999)",
  "TIMESTAMP '1999-12-31 23:59:59' + to_microseconds(i * 1234567)",
  "(TIMESTAMP '1999-12-31 23:59:59' + to_microseconds(i * 1234567))::TIMESTAMPTZ",
  "(TIMESTAMP '1999-12-31 23:59:59' + to_microseconds(i * 1234567))::TIMESTAMP_NS",
  "to_months(i::INTEGER) + to_days((i % 31)::INTEGER) + to_microseconds(i)",
  "md5(i::VARCHAR)::UUID",
  "bin(i)::BIT",
  "('-1' || i || '000000000000000000000000000000000000000')::BIGNUM",
  "(['a', 'b', 'c', 'a string of the dictionary'])[(i % 4 + 1)::INTEGER]::ENUM('a', 'b', 'c', 'a string of the dictionary')",
  "range(i % 5)",
  "[range(i % 3), NULL, []]",
  "[i, i + 1]::BIGINT[2]",
  "[['x' || i, NULL], ['a string beyond twelve', '']]::VARCHAR[2][2]",
  "{'n': i, 't': 'text number ' || i, 'l': range(i % 4)}",
  "MAP([i, i + 1], ['the value of ' || i, NULL])",
  "{'a': {'b': [{'c': i}]}}",
];

/** Shapes in which a column can come. */
const sources: Readonly<Record<string, string>> = {
  computed: "SELECT i, EXPR AS v FROM range(ROWS) r(i)",
  "with nulls": "SELECT i, CASE WHEN i % 3 <> 0 THEN EXPR END AS v FROM range(ROWS) r(i)",
  "in lists": "SELECT i, CASE WHEN i % 4 <> 0 THEN [EXPR, NULL] END AS v FROM range(ROWS) r(i)",
  "in structs": "SELECT i, {'x': i, 'y': EXPR} AS v FROM range(ROWS) r(i)",
  sorted: "SELECT i, EXPR AS v FROM range(ROWS) r(i) ORDER BY hash(i)",
  joined:
    "SELECT a.i, b.v FROM (SELECT range AS i FROM range(ROWS)) a LEFT JOIN (SELECT i, EXPR AS v FROM range(0, ROWS, 7) r(i)) b ON b.i = a.i - a.i % 21",
};

/** More than one vector of 2048. */
const rows = 2100;

for (const [shape, source] of Object.entries(sources)) {
  test(`values ${shape} are read as the engine holds them`, async () => {
    for (const expression of expressions) {
      // The engine has no CASE of fixed-length arrays.
      if (source.includes("CASE") && expression.includes("[2]")) continue;
      await compare(source.replaceAll("EXPR", expression).replaceAll("ROWS", String(rows)));
    }
  }, 60_000);
}

test("values out of Parquet, dictionaries included, are read as the engine holds them", async () => {
  for (const [n, expression] of expressions.entries()) {
    // What Parquet has no type for.
    if (/BIT|BIGNUM|HUGEINT|to_months|\[2\]/.test(expression)) continue;
    const file = join(folder, `${n}.parquet`);
    const select = `SELECT range AS i, CASE WHEN i % 3 <> 0 THEN v END AS v FROM range(${rows}) JOIN (SELECT i, ${expression} AS v FROM range(50) r(i)) ON i = range % 50`;
    await engine.system(`COPY (${select}) TO '${file}'`);
    await compare(`SELECT i, v FROM read_parquet('${file}')`);
  }
}, 60_000);

async function compare(select: string): Promise<void> {
  const connection = await engine.connect();
  try {
    await connection.run(`CREATE OR REPLACE TABLE held AS ${select}`, [], never);
    // From the query itself for its shape, and from the table.
    for (const source of [`(${select})`, "held"]) {
      const { type, values } = await readAll(connection, source);
      expect([select, values.length]).toEqual([select, rows]);
      const columns: LogicalType[] = [{ id: "BIGINT" }, type];
      await connection.run(
        `CREATE OR REPLACE TABLE written (i BIGINT, v ${engineTypeName(type)})`,
        [],
        never,
      );
      await connection.append({ schema: "main", name: "written" }, columns, values);
      const differing = await connection.stream(
        "SELECT count(*) FROM held JOIN written USING (i) WHERE held.v IS DISTINCT FROM written.v",
        [],
        never,
      );
      const batch = must(await differing.next(), "a count is a row");
      expect([select, readValue(must(batch.vectors[0], "a column"), 0)]).toEqual([select, 0n]);
      await differing.next();
    }
  } finally {
    connection.release();
  }
}

async function readAll(
  connection: EngineConnection,
  source: string,
): Promise<{ type: LogicalType; values: EngineValue[][] }> {
  const stream = await connection.stream(
    `SELECT i, v, CAST(v AS VARCHAR) FROM ${source}`,
    [],
    never,
  );
  const { type } = must(stream.columns[1], "three columns");
  const values: EngineValue[][] = [];
  for (;;) {
    const batch = await stream.next();
    if (!batch) return { type, values };
    const [numbers, held, texts] = batch.vectors.map(
      (vector) => (row: number) => readValue(vector, row),
    );
    for (let row = 0; row < batch.rowCount; row++) {
      const value = held?.(row) ?? null;
      values.push([numbers?.(row) ?? null, value]);
      if (value === null) expect(texts?.(row)).toBe(null);
      else if (isShownAlike(type)) {
        const text = engineText(type, value);
        if (text !== texts?.(row)) expect(text).toBe(texts?.(row));
      }
    }
  }
}

/** Types whose text is the same in the engine and in PostgreSQL. */
function isShownAlike({ id }: LogicalType): boolean {
  return !/^(?:LIST|ARRAY|STRUCT|MAP|INTERVAL|BLOB|DOUBLE|FLOAT|TIMESTAMP_NS)$/.test(id);
}
