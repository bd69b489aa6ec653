import { expect, test } from "vitest";
import { PgError } from "../base/error.ts";
import { type CopyInFormat, createCopyDecoder } from "./copy-decoder.ts";
import { oids } from "./oids.ts";
import { readValue } from "./read-value.ts";
import type { AppendBatch } from "./vector.ts";

const text: CopyInFormat = {
  format: "text",
  delimiter: "\t",
  null: "\\N",
  header: false,
  quote: '"',
  escape: '"',
  table: "t",
};
const csv: CopyInFormat = { ...text, format: "csv", delimiter: ",", null: "" };
const columns = [
  { name: "a", typeOid: oids.int4, typmod: -1 },
  { name: "b", typeOid: oids.text, typmod: -1 },
];

/** The rows, however the bytes are cut. */
function decode(input: string | Buffer, options: CopyInFormat, named = columns): unknown[] {
  const bytes = Buffer.from(input);
  const whole = run([bytes]);
  for (let cut = 1; cut < bytes.length; cut++) {
    expect(run([bytes.subarray(0, cut), bytes.subarray(cut)])).toEqual(whole);
  }
  expect(run([...bytes].map((byte) => Buffer.of(byte)))).toEqual(whole);
  return whole;

  function run(pieces: readonly Buffer[]): unknown[] {
    const decoder = createCopyDecoder(named, options);
    const rows: unknown[] = [];
    for (const piece of pieces)
      for (const batch of decoder.push(piece)) rows.push(...rowsOf(batch));
    for (const batch of decoder.end()) rows.push(...rowsOf(batch));
    return rows;
  }
}

function rowsOf({ rowCount, columns: values }: AppendBatch): unknown[] {
  return Array.from({ length: rowCount }, (_, row) =>
    values.map((column) => ("data" in column ? readValue(column, row) : column[row])),
  );
}

function failure(input: string | Buffer, options: CopyInFormat, named = columns): PgError {
  try {
    const decoder = createCopyDecoder(named, options);
    for (const _ of decoder.push(Buffer.from(input)));
    for (const _ of decoder.end());
  } catch (error) {
    if (error instanceof PgError) return error;
    throw error;
  }
  throw new Error("no error");
}

test("text lines are read with their escapes, nulls and end mark", () => {
  expect(decode("1\ta\n2\t\\N\n-3\tx\\ty\\nz\\\\\n4\t\\x41\\102é\n", text)).toEqual([
    [1, "a"],
    [2, null],
    [-3, "x\ty\nz\\"],
    [4, "ABé"],
  ]);
  expect(decode("1\ta\n\\.\n2\tb\n", text)).toEqual([[1, "a"]]);
  expect(decode("1\ta\\.\n2\tb\n", text)).toEqual([[1, "a"]]);
  expect(decode("1\ta", text)).toEqual([[1, "a"]]);
  expect(decode("1\t\\", text)).toEqual([[1, ""]]);
  expect(decode("1\ta\\\nb\n", text)).toEqual([[1, "a\nb"]]);
  expect(decode("1\ta\r\n2\tb\r\n", text)).toEqual([
    [1, "a"],
    [2, "b"],
  ]);
  expect(decode("1\ta\r2\tb\r", text)).toEqual([
    [1, "a"],
    [2, "b"],
  ]);
});

test("CSV fields may be quoted, hold lines, and be null or empty", () => {
  expect(decode('1,a\n2,\n3,""\n4,"x,""y""\nz"\n5,a"b"c\n', csv)).toEqual([
    [1, "a"],
    [2, null],
    [3, ""],
    [4, 'x,"y"\nz'],
    [5, "abc"],
  ]);
  expect(decode("1,'it\\'s\r\n'\r\n2,b\r\n", { ...csv, quote: "'", escape: "\\" })).toEqual([
    [1, "it's\r\n"],
    [2, "b"],
  ]);
  expect(decode('a,b\n1,NA\n2,"NA"\n', { ...csv, header: true, null: "NA" })).toEqual([
    [1, null],
    [2, "NA"],
  ]);
  const forced = { ...csv, null: "NA", forceNull: ["b"] };
  expect(decode('1,"NA"\n', forced)).toEqual([[1, null]]);
  expect(decode("1,NA\n", { ...csv, null: "NA", forceNotNull: ["b"] })).toEqual([[1, "NA"]]);
});

test("faults name the line and the column", () => {
  const cases: readonly [PgError, string, string, string | undefined][] = [
    [
      failure("1\ta\nx\tb\n", text),
      "22P02",
      'invalid input syntax for type integer: "x"',
      'COPY t, line 2, column a: "x"',
    ],
    [
      failure("1\ta\tc\n", text),
      "22P04",
      "extra data after last expected column",
      'COPY t, line 1: "1\ta\tc"',
    ],
    [failure("1\ta\n2\n", text), "22P04", 'missing data for column "b"', 'COPY t, line 2: "2"'],
    [
      failure('1,"abc\n', csv),
      "22P04",
      "unterminated CSV quoted field",
      'COPY t, line 1: "1,"abc\n"',
    ],
    [
      failure("1\ta\n2\tb\r\n", text),
      "22P04",
      "literal carriage return found in data",
      "COPY t, line 2",
    ],
    [failure("1\ta\r\n2\tb\n", text), "22P04", "literal newline found in data", "COPY t, line 2"],
    [
      failure("a,c\n", { ...csv, header: "match" }),
      "22P04",
      'column name mismatch in header line field 2: got "c", expected "b"',
      'COPY t, line 1: "a,c"',
    ],
    [
      failure(Buffer.from([49, 9, 0xc3, 10]), text),
      "22021",
      'invalid byte sequence for encoding "UTF8": 0xc3 0x0a',
      "COPY t, line 1",
    ],
    [failure("1\ta\\.b\n", text), "22P04", "end-of-copy marker corrupt", "COPY t, line 1"],
  ];
  for (const [error, sqlstate, message, where] of cases) {
    expect([error.sqlstate, error.message, error.details.where]).toEqual([
      sqlstate,
      message,
      where,
    ]);
  }
});
