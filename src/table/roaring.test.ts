import fc from "fast-check";
import { expect, test } from "vitest";
import { decodeBitmaps, decodeZ85 } from "./roaring.ts";

test("an inline vector of another writer is read", () => {
  // The example in Delta's protocol text lacks a byte-swap: no reader takes that one. These are as Spark writes them.
  const six = "^Bg9^0rr910000000000iXQKl0rr91000f55c8Xg0@@D72lkbi5=-{L";
  expect(decodeBitmaps(decodeZ85(six).subarray(0, 44))).toEqual([3, 4, 7, 11, 18, 29]);
  const three = "^Bg9^0rr910000000000iXQKl0rr91000625c8Xg0rri41POJ5";
  expect(decodeBitmaps(decodeZ85(three).subarray(0, 38)).length).toBe(3);
  const example = "wi5b=000010000siXQKl0rr91000f55c8Xg0@@D72lkbi5=-{L";
  expect(() => decodeBitmaps(decodeZ85(example))).toThrow("does not start as one");
});

/** A container of the form named, as RoaringFormatSpec has it. */
function container(form: "array" | "bits" | "runs", values: readonly number[]): Buffer {
  if (form === "bits") {
    const bits = Buffer.alloc(8192);
    for (const value of values) bits[value >> 3] = (bits[value >> 3] ?? 0) | (1 << (value & 7));
    return bits;
  }
  const numbers: number[] = [];
  if (form === "array") numbers.push(...values);
  else {
    const runs: [number, number][] = [];
    for (const value of values) {
      const last = runs.at(-1);
      if (last && last[0] + last[1] + 1 === value) last[1]++;
      else runs.push([value, 0]);
    }
    numbers.push(runs.length, ...runs.flat());
  }
  const bytes = Buffer.alloc(numbers.length * 2);
  for (const [i, number] of numbers.entries()) bytes.writeUInt16LE(number, i * 2);
  return bytes;
}

/** Rows → a bitmap array, containers as runs where `runs` says so. */
function encode(rows: readonly number[], runs: boolean): Buffer {
  const byHigh = group(rows, (row) => Math.floor(row / 2 ** 32));
  const head = Buffer.alloc(12);
  head.writeUInt32LE(1681511377);
  head.writeBigUInt64LE(BigInt(byHigh.size), 4);
  return Buffer.concat([head, ...[...byHigh].map(([high, some]) => bitmap(high, some, runs))]);
}

function group<T>(items: readonly T[], key: (item: T) => number): Map<number, T[]> {
  const groups = new Map<number, T[]>();
  for (const item of items) {
    const members = groups.get(key(item)) ?? [];
    members.push(item);
    groups.set(key(item), members);
  }
  return groups;
}

function bitmap(high: number, rows: readonly number[], runs: boolean): Buffer {
  const groups = [...group(rows, (row) => Math.floor((row % 2 ** 32) / 65536))];
  const n = groups.length;
  const numbers: Buffer[] = [];
  const uint = (value: number, bytes: 2 | 4) => {
    const buffer = Buffer.alloc(bytes);
    if (bytes === 2) buffer.writeUInt16LE(value);
    else buffer.writeUInt32LE(value);
    numbers.push(buffer);
  };
  uint(high, 4);
  if (runs) {
    uint((12347 | ((n - 1) << 16)) >>> 0, 4);
    numbers.push(Buffer.alloc((n + 7) >> 3, 0xff));
  } else {
    uint(12346, 4);
    uint(n, 4);
  }
  for (const [key, values] of groups) {
    uint(key, 2);
    uint(values.length - 1, 2);
  }
  if (!runs || n >= 4) numbers.push(Buffer.alloc(n * 4));
  for (const [, values] of groups) {
    const low = values.map((value) => value % 65536);
    numbers.push(container(runs ? "runs" : low.length > 4096 ? "bits" : "array", low));
  }
  return Buffer.concat(numbers);
}

test("arrays, bitmaps and runs of any size and place are read", () => {
  const spread = fc.uniqueArray(
    fc.oneof(
      fc.nat(70_000),
      fc.integer({ min: 2 ** 31, max: 2 ** 32 }),
      fc.integer({ min: 2 ** 33, max: 2 ** 34 }),
    ),
    { maxLength: 200 },
  );
  const rows = fc.tuple(spread, fc.nat(100_000), fc.nat(9_000)).map(([some, start, length]) => {
    const all = new Set([...some, ...Array.from({ length }, (_, i) => start + i)]);
    return [...all].sort((a, b) => a - b);
  });
  fc.assert(
    fc.property(rows, fc.boolean(), (wanted, runs) => {
      expect(decodeBitmaps(encode(wanted, runs))).toEqual(wanted);
    }),
    { numRuns: 60 },
  );
});

test("a vector that is cut short or is none is an error, not an endless loop", () => {
  const whole = encode([1, 2, 3, 70_000], false);
  for (let end = 0; end < whole.length; end++) {
    expect(() => decodeBitmaps(whole.subarray(0, end))).toThrow("deletion vector");
  }
  expect(() => decodeBitmaps(Buffer.alloc(40))).toThrow("deletion vector");
  expect(() => decodeZ85("abcd")).toThrow("Z85");
  expect(() => decodeZ85('abc"d')).toThrow("Z85");
});
