/**
 * Results as they go out: values in engine tables, streamed, and encoded column by column, against what PostgreSQL
 * sends and copies for the same values.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Engine, openEngine } from "../../src/engine/engine.ts";
import { coerce } from "../../src/pgtypes/coerce.ts";
import { createCopyEncoder } from "../../src/pgtypes/copy-encoder.ts";
import { engineTypeName, oidForLogical } from "../../src/pgtypes/engine-type.ts";
import type { LogicalType } from "../../src/pgtypes/logical-type.ts";
import { createRowEncoder } from "../../src/pgtypes/row-encoder.ts";
import { parseText } from "../../src/pgtypes/text-input.ts";
import { defaultSettings, type TextSettings } from "../../src/pgtypes/text-settings.ts";
import { logicalTypeFor, numericTypmod, typeByName } from "../../src/pgtypes/types.ts";
import type { Batch, EngineValue } from "../../src/pgtypes/vector.ts";
import { postgres } from "../support/services.ts";
import { edgeValues, isLookedUp } from "./edge-values.ts";

const service = await postgres();
const client = service ? new pg.Client(service) : undefined;
const settings: TextSettings = { ...defaultSettings, timeZone: "America/New_York" };
const never = new AbortController().signal;
let engine: Engine;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "lakewire-"));
  engine = await openEngine({ temporaryDirectory: folder });
  await client?.connect();
  await client?.query("SET TimeZone = 'America/New_York'");
});
afterAll(async () => {
  await client?.end();
  await engine.close();
  await rm(folder, { recursive: true });
});

interface Column {
  readonly sql: string;
  readonly oid: number;
  readonly typmod: number;
  readonly type: LogicalType;
  readonly texts: readonly string[];
}

/** Every type with an engine type, and the texts of it that are values. */
function columns(): Column[] {
  const found: Column[] = [];
  const add = (name: string, sql: string, typmod: number, texts: readonly string[]) => {
    const oid = typeByName(name)?.oid ?? 0;
    const type = logicalTypeFor(oid, typmod);
    if (!type) return;
    const readable = texts.filter((text) => {
      try {
        const value = coerce(parseText(oid, typmod, text, settings), type);
        // The engine has no empty bit string.
        return type.id !== "BIT" || value !== "";
      } catch {
        return false;
      }
    });
    found.push({ sql, oid, typmod, type, texts: readable });
  };
  for (const [name, texts] of Object.entries(edgeValues)) {
    if (name !== "numeric" && name !== "_numeric" && !isLookedUp(name)) {
      add(name, name === "char" ? '"char"' : name, -1, texts);
    }
  }
  const numbers = ["0", "1", "-1", "0.5", "-0.05", "99.99", "9999", "10000", "0.0001", "12345.678"];
  const wide = [...numbers, "123456789012.34", "-999999999999.9999", "90071992547409.93"];
  const huge = [...wide, "12345678901234567890.123456789", "-9999999999999999999999999"];
  for (const [precision, scale, texts] of [
    [4, 2, numbers],
    [4, 0, numbers],
    [9, 4, numbers],
    [18, 4, wide],
    [18, 0, wide],
    [18, 15, numbers],
    [17, 13, numbers],
    [38, 9, huge],
    [38, 0, huge],
    [38, 20, wide],
  ] as const) {
    add("numeric", `numeric(${precision},${scale})`, numericTypmod(precision, scale), texts);
  }
  add("_numeric", "numeric(9,2)[]", numericTypmod(9, 2), ["{1.5,NULL,-2}", "{}"]);
  add("varchar", "varchar(5)", 9, ["abc", "", "é日本x"]);
  add("bpchar", "char(5)", 9, ["abc", "", "12345"]);
  add("text", "text", -1, [
    "a\\b\tc\nd\re",
    '"quoted", with comma',
    "\\.",
    "\\N",
    "é".repeat(9000),
  ]);
  add("text", "text", -1, [
    "thirteen byte",
    "twelve bytes",
    "eleven byte",
    "x".repeat(97),
    "\b\f\v",
  ]);
  return found;
}

/** The column in the engine: its values, NULLs between. */
async function stored(column: Column): Promise<readonly Batch[]> {
  const connection = await engine.connect();
  const name = `c${Math.random().toString(36).slice(2)}`;
  try {
    await connection.run(`CREATE TABLE ${name} (v ${engineTypeName(column.type)})`, [], never);
    const values = column.texts.flatMap((text): EngineValue[][] => [
      [coerce(parseText(column.oid, column.typmod, text, settings), column.type)],
      [null],
    ]);
    await connection.append({ schema: "main", name }, [column.type], values);
    const stream = await connection.stream(`SELECT v FROM ${name}`, [], never);
    const batches: Batch[] = [];
    for (;;) {
      const batch = await stream.next();
      if (!batch) return batches;
      batches.push(batch);
    }
  } finally {
    connection.release();
  }
}

/** The one field of each DataRow. */
function fields(bytes: Buffer): (Buffer | null)[] {
  const found: (Buffer | null)[] = [];
  for (let at = 0; at < bytes.length; ) {
    expect(bytes[at]).toBe(0x44);
    expect(bytes.readInt16BE(at + 5)).toBe(1);
    const length = bytes.readInt32BE(at + 7);
    found.push(length < 0 ? null : bytes.subarray(at + 11, at + 11 + length));
    const end = at + 1 + bytes.readInt32BE(at + 1);
    expect(end).toBe(at + 11 + Math.max(0, length));
    at = end;
  }
  return found;
}

for (const column of columns()) {
  test.skipIf(!client)(`a column of ${column.sql} is sent as PostgreSQL sends it`, async () => {
    const batches = await stored(column);
    const [{ typsend } = { typsend: "" }] =
      (
        await client?.query<{ typsend: string }>(
          "SELECT typsend::text FROM pg_type WHERE oid = $1",
          [column.oid],
        )
      )?.rows ?? [];
    // A refcursor's is the send function of text, which takes no other type by name.
    const bytesOf = (value: string) =>
      `${typsend}(${value}${column.sql === "refcursor" ? "::text" : ""})`;
    for (const format of [0, 1]) {
      const encoder = createRowEncoder(
        [{ type: column.type, typeOid: column.oid, typmod: column.typmod, format }],
        settings,
      );
      const sent: Buffer[] = [];
      for (const batch of batches) {
        encoder.encode(batch, 0, batch.rowCount, (bytes) => sent.push(Buffer.from(bytes)));
      }
      const got = fields(Buffer.concat(sent));
      const values = got.filter((_, i) => i % 2 === 0).map((field) => field?.toString("hex"));
      expect(got.filter((_, i) => i % 2 === 1).every((field) => field === null)).toBe(true);
      const want: string[] = [];
      for (const text of column.texts) {
        const value = `${client?.escapeLiteral(text)}::${column.sql}`;
        const answer = await client?.query<unknown[]>({
          text: format === 1 ? `SELECT encode(${bytesOf(value)}, 'hex')` : `SELECT ${value}`,
          rowMode: "array",
          types: { getTypeParser: () => (shown: unknown) => shown },
        });
        const shown = String(answer?.rows[0]?.[0]);
        want.push(format === 1 ? shown : Buffer.from(shown).toString("hex"));
      }
      expect(values).toEqual(want);
    }
  });
}

const list = { id: "LIST", child: { id: "INTEGER" } } as const;
const views: readonly (readonly [expression: string, text: string])[] = [
  ["170141183460469231731687303715884105727::HUGEINT", "170141183460469231731687303715884105727"],
  ["18446744073709551615::UBIGINT", "18446744073709551615"],
  ["4294967295::UINTEGER", "4294967295"],
  ["[[1, 2], [3, NULL]]", "{{1,2},{3,NULL}}"],
  ["[1, 2]::INTEGER[2]", "{1,2}"],
  ["{'a': 1, 'b': 'x\"y', 'c': NULL}", '{"a":1,"b":"x\\"y","c":null}'],
  ["[{'a': 1}, NULL]", '[{"a":1},null]'],
  ["MAP {'k': 1.5}", '{"k":1.5}'],
  ["union_value(num := 2)", "2"],
  ["'b'::ENUM('a', 'b')", "b"],
  ["TIMESTAMP_NS '2024-01-05 10:11:12.123456789'", "2024-01-05 10:11:12.123456"],
  ["TIMESTAMP_S '2024-01-05 10:11:12'", "2024-01-05 10:11:12"],
  ["TIMESTAMP_MS '2024-01-05 10:11:12.5'", "2024-01-05 10:11:12.5"],
  ["TIME '10:11:12.5'", "10:11:12.5"],
  ["'{\"a\": 1}'::JSON", '{"a": 1}'],
  ["NULL", "NULL"],
  [
    "'99999999999999999999999999999999999999999999'::BIGNUM",
    "99999999999999999999999999999999999999999999",
  ],
];

test("engine types that PostgreSQL lacks are shown as the type they are said to be", async () => {
  const connection = await engine.connect();
  for (const [expression, text] of views) {
    const stream = await connection.stream(`SELECT ${expression} AS v`, [], never);
    const batch = await stream.next();
    const [column] = stream.columns;
    if (!batch || !column) throw new Error("no row");
    const encoder = createRowEncoder(
      [{ type: column.type, ...oidForLogical(column.type), format: 0 }],
      settings,
    );
    let sent = Buffer.alloc(0);
    encoder.encode(batch, 0, 1, (bytes) => {
      sent = Buffer.from(bytes);
    });
    expect(fields(sent)[0]?.toString() ?? "NULL").toBe(text);
    expect(await stream.next()).toBeUndefined();
  }
  connection.release();
  expect(oidForLogical(list)).toEqual({ typeOid: 1007, typmod: -1 });
});

const copyVariants: readonly (readonly [sql: string, options: object])[] = [
  ["", {}],
  ["DELIMITER '|', NULL 'nil'", { delimiter: "|", null: "nil" }],
  ["HEADER", { header: true }],
  ["FORMAT csv", csv({})],
  ["FORMAT csv, HEADER, FORCE_QUOTE *", csv({ header: true, forceQuote: "*" })],
  ["FORMAT csv, NULL 'abc', DELIMITER ';'", csv({ null: "abc", delimiter: ";" })],
  ["FORMAT csv, QUOTE '''', ESCAPE '\\'", csv({ quote: "'", escape: "\\" })],
  ["FORMAT csv, DELIMITER '-'", csv({ delimiter: "-" })],
  ["FORMAT binary", { format: "binary" }],
];

function csv(more: object): object {
  return { format: "csv", delimiter: ",", null: "", ...more };
}

test.skipIf(!client)(
  "COPY TO writes what PostgreSQL's COPY writes",
  async () => {
    const found = columns().filter(({ texts }) => texts.length > 0);
    for (const [sql, options] of copyVariants) {
      for (const column of found) {
        const batches = await stored(column);
        const encoder = createCopyEncoder(
          [{ name: 'a "b",c', type: column.type, typeOid: column.oid, typmod: column.typmod }],
          {
            format: "text",
            delimiter: "\t",
            null: "\\N",
            header: false,
            quote: '"',
            escape: '"',
            ...options,
          },
          settings,
        );
        const sent = [Buffer.from(encoder.start())];
        for (const batch of batches) {
          encoder.encode(batch, 0, batch.rowCount, (bytes) => sent.push(Buffer.from(bytes)));
        }
        sent.push(Buffer.from(encoder.end()));
        const rows = column.texts
          .map((text) => `(${client?.escapeLiteral(text)}::${column.sql}), (NULL)`)
          .join(", ");
        const query = `COPY (SELECT v AS "a ""b"",c" FROM (VALUES ${rows}) AS x(v)) TO STDOUT (${sql || "FORMAT text"})`;
        const [got, want] = [bodies(Buffer.concat(sent)), await copied(query)];
        expect([column.sql, sql, got.toString("latin1")]).toEqual([
          column.sql,
          sql,
          want.toString("latin1"),
        ]);
      }
    }
  },
  60_000,
);

/** The bodies of CopyData messages. */
function bodies(bytes: Buffer): Buffer {
  const found: Buffer[] = [];
  for (let at = 0; at < bytes.length; ) {
    expect(bytes[at]).toBe(0x64);
    const end = at + 1 + bytes.readInt32BE(at + 1);
    found.push(bytes.subarray(at + 5, end));
    at = end;
  }
  return Buffer.concat(found);
}

/** What PostgreSQL's COPY … TO STDOUT sends. */
function copied(sql: string): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    client?.query({
      submit(connection: { query(text: string): void }) {
        connection.query(sql);
      },
      handleCopyData: ({ chunk }: { chunk: Buffer }) => chunks.push(Buffer.from(chunk)),
      handleCommandComplete() {},
      handleReadyForQuery: () => resolve(Buffer.concat(chunks)),
      handleError: reject,
    } as unknown as pg.Submittable);
  });
}
