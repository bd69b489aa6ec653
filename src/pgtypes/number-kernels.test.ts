import { expect, test } from "vitest";
import { codecFor } from "./codecs.ts";
import { kernelFor } from "./kernels.ts";
import type { LogicalType } from "./logical-type.ts";
import { oids } from "./oids.ts";
import { createRowEncoder } from "./row-encoder.ts";
import { defaultSettings } from "./text-settings.ts";
import type { Vector } from "./vector.ts";

const whole = [0n, 1n, 9n, 9_999n, 10_000n, 10_001n, 20_000n, 99_999_999n, 100_000_000n];
const edges = [...whole, 100_010_000n, 2_147_483_647n, 2_147_483_648n, 4_503_599_627_370_495n];

/** Round every place where a group begins or ends, at every scale, and a few thousand that are anywhere. */
function values(scale: number): bigint[] {
  const unit = 10n ** BigInt(scale);
  const fractions = [0n, 1n, unit / 2n, unit - 1n, unit / 10n];
  const near = edges.flatMap((edge) => [edge, ...fractions.map((each) => edge * unit + each)]);
  let seed = 12345n;
  const random = Array.from({ length: 4000 }, (_, i) => {
    seed = (seed * 6364136223846793005n + 1442695040888963407n) & 0xffff_ffff_ffff_ffffn;
    return (seed >> 11n) >> BigInt(i % 52);
  });
  return [...near, ...random].filter((value) => value < 2n ** 52n).flatMap((v) => [v, -v]);
}

function vectorOf(type: LogicalType, numbers: readonly bigint[]): Vector {
  const data = new Uint8Array(BigInt64Array.from(numbers).buffer);
  // Every fifth row is null.
  const validity = new Uint32Array(((numbers.length + 63) >> 6) * 2);
  for (let i = 0; i < numbers.length; i++) {
    if (i % 5 !== 4) validity[i >> 5] = (validity[i >> 5] ?? 0) | (1 << (i & 31));
  }
  return { type, data, validity, pages: [], children: [] };
}

/** What DataRow holds for each row: the value's bytes, or null. */
function encoded(
  type: LogicalType,
  typeOid: number,
  numbers: readonly bigint[],
  format: 0 | 1 = 1,
) {
  const encoder = createRowEncoder([{ type, typeOid, typmod: 4, format }], defaultSettings);
  const pieces: Buffer[] = [];
  const batch = { rowCount: numbers.length, vectors: [vectorOf(type, numbers)] };
  encoder.encode(batch, 0, numbers.length, (bytes) => pieces.push(Buffer.from(bytes)));
  const bytes = Buffer.concat(pieces);
  const rows: (string | null)[] = [];
  for (let at = 0; at < bytes.length; at += 1 + bytes.readInt32BE(at + 1)) {
    const length = bytes.readInt32BE(at + 7);
    rows.push(length < 0 ? null : bytes.toString("hex", at + 11, at + 11 + length));
  }
  return rows;
}

const binary = (type: LogicalType, typeOid: number, value: bigint) =>
  Buffer.from(codecFor(typeOid).binary(type, value, 4, defaultSettings)).toString("hex");
const text = (type: LogicalType, typeOid: number, value: bigint) =>
  Buffer.from(codecFor(typeOid).text(type, value, 4, defaultSettings)).toString("hex");

/** Chunks of these alone are encoded in words of 32 bits. */
const isSmall = (value: bigint) => value >= -(2n ** 31n) && value < 2n ** 31n;

test.each([0, 1, 2, 3, 4, 5, 8, 9, 12])("decimals of scale %i are numeric's bytes", (scale) => {
  const type = { id: "DECIMAL", width: 18, scale } as const;
  const small = [...values(scale).filter(isSmall), 2n ** 31n - 1n, -(2n ** 31n)];
  for (const numbers of [values(scale), small]) {
    const expected = (as: typeof binary) =>
      numbers.map((value, i) => (i % 5 === 4 ? null : as(type, oids.numeric, value)));
    expect(encoded(type, oids.numeric, numbers)).toEqual(expected(binary));
    expect(encoded(type, oids.numeric, numbers, 0)).toEqual(expected(text));
  }
});

test("integers are decimal text, those of 32 bits and wider", () => {
  const type = { id: "BIGINT" } as const;
  const small = [...values(0).filter(isSmall), 2n ** 31n - 1n, -(2n ** 31n)];
  for (const numbers of [small, values(0), [...small, 2n ** 63n - 1n]]) {
    expect(encoded(type, oids.int8, numbers, 0)).toEqual(
      numbers.map((value, i) => (i % 5 === 4 ? null : text(type, oids.int8, value))),
    );
  }
});

test("an int8 is sent whole, whatever a double can hold", () => {
  const type = { id: "BIGINT" } as const;
  const numbers = [...values(0), 2n ** 63n - 1n, -(2n ** 63n), 2n ** 53n + 1n];
  expect(encoded(type, oids.int8, numbers)).toEqual(
    numbers.map((value, i) => (i % 5 === 4 ? null : binary(type, oids.int8, value))),
  );
});

test("an engine integer that is no oid is refused as one", () => {
  const vector: Vector = {
    type: { id: "INTEGER" },
    data: new Uint8Array(Int32Array.of(-1).buffer),
    validity: null,
    pages: [],
    children: [],
  };
  for (const format of [0, 1]) {
    const column = { type: vector.type, typeOid: oids.oid, typmod: -1, format };
    const kernel = kernelFor(column, defaultSettings);
    expect(() => kernel.measure(vector, 0, 1, new Int32Array(1), new Int32Array(1), 0)).toThrow(
      "OID out of range",
    );
  }
});
