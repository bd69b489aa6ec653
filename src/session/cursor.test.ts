import { expect, test } from "vitest";
import { windowOf } from "./cursor.ts";

const rows = ({ first, last, position }: ReturnType<typeof windowOf>) => [
  last < first ? 0 : last - first + 1,
  position,
];

test("FORWARD n past the end stands after the last row", () => {
  expect(rows(windowOf({ kind: "forward", count: 2 }, 0, 3))).toEqual([2, 2]);
  expect(rows(windowOf({ kind: "forward", count: 2 }, 2, 3))).toEqual([1, 4]);
  expect(rows(windowOf({ kind: "forward", count: Number.POSITIVE_INFINITY }, 0, 3))).toEqual([
    3, 4,
  ]);
});

test("a FORWARD that ends exactly on the last row stands on it", () => {
  expect(rows(windowOf({ kind: "forward", count: 3 }, 0, 3))).toEqual([3, 3]);
});

test("BACKWARD from after the last row gives the last row first", () => {
  expect(windowOf({ kind: "backward", count: 2 }, 4, 3)).toMatchObject({
    first: 2,
    last: 3,
    position: 2,
  });
  expect(rows(windowOf({ kind: "backward", count: Number.POSITIVE_INFINITY }, 4, 3))).toEqual([
    3, 0,
  ]);
});

test("ABSOLUTE counts from either end, RELATIVE 0 gives the current row again", () => {
  expect(windowOf({ kind: "absolute", count: -1 }, 0, 3)).toMatchObject({ first: 3, position: 3 });
  expect(rows(windowOf({ kind: "absolute", count: 9 }, 0, 3))).toEqual([0, 4]);
  expect(rows(windowOf({ kind: "relative", count: 0 }, 2, 3))).toEqual([1, 2]);
});
