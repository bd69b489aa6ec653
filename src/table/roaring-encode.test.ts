import fc from "fast-check";
import { expect, test } from "vitest";
import { decodeBitmaps, decodeZ85, encodeZ85 } from "./roaring.ts";
import { encodeBitmaps } from "./roaring-encode.ts";

/** Row numbers in clumps: single ones, runs and every other one, over several containers and beyond 2^32. */
const rowNumbers = fc
  .array(
    fc.record({
      start: fc.oneof(
        fc.integer({ min: 0, max: 400_000 }),
        fc.integer({ min: 2 ** 32 - 70_000, max: 2 ** 32 + 70_000 }),
        fc.constant(2 ** 40),
      ),
      length: fc.oneof(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 70_000 })),
      step: fc.constantFrom(1, 1, 2, 17, 65_536),
    }),
    { maxLength: 5 },
  )
  .map((clumps) => {
    const rows = new Set<number>();
    for (const { start, length, step } of clumps) {
      for (let i = 0; i < length / step; i++) rows.add(start + i * step);
    }
    return [...rows].sort((a, b) => a - b);
  });

test("what is encoded is decoded as it was", () => {
  fc.assert(
    fc.property(rowNumbers, (rows) => {
      const bytes = encodeBitmaps(Float64Array.from(rows));
      expect(Array.from(decodeBitmaps(bytes))).toEqual(rows);
    }),
    { numRuns: 25 },
  );
});

test("bytes of any length are Z85 and back", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      const text = encodeZ85(Buffer.from(bytes));
      expect(decodeZ85(text).subarray(0, bytes.length)).toEqual(Buffer.from(bytes));
    }),
  );
});

test("each form of container is taken where it is the smallest", () => {
  const sizes = [
    Array.from({ length: 60_000 }, (_, i) => i),
    Array.from({ length: 30_000 }, (_, i) => i * 2),
    Array.from({ length: 1_000 }, (_, i) => i * 50),
  ].map((rows) => encodeBitmaps(rows).length);
  expect(sizes).toEqual([12 + 4 + 4 + 1 + 4 + 6, 12 + 4 + 8 + 8 + 8192, 12 + 4 + 8 + 8 + 2000]);
});
