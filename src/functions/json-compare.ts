/** The order of jsonb values, and texts whose bytes sort alike. https://www.postgresql.org/docs/15/datatype-json.html#JSON-INDEXING */

import {
  isArray,
  isNumber,
  isObject,
  type Json,
  kindOf,
  plainText,
} from "../pgtypes/json-value.ts";
import { comparePoints } from "../pgtypes/range.ts";
import { byteOrder } from "./compare.ts";
import { numericKey } from "./sort-key.ts";

const ranks = { null: 0, string: 1, number: 2, boolean: 3, array: 4, object: 5 } as const;

/** Object > array > boolean > number > string > null; fewer before more; an empty array before everything. */
export function compareJson(a: Json, b: Json): number {
  return compareNested(a, b, true);
}

function compareNested(a: Json, b: Json, isTop: boolean): number {
  const [left, right] = [kindOf(a), kindOf(b)];
  if (left !== right) {
    if (isTop && isArray(a) && a.length === 0) return -1;
    if (isTop && isArray(b) && b.length === 0) return 1;
    return ranks[left] - ranks[right];
  }
  if (isArray(a) && isArray(b)) {
    if (a.length !== b.length) return a.length - b.length;
    return firstDifference(a, b);
  }
  if (isObject(a) && isObject(b)) {
    if (a.size !== b.size) return a.size - b.size;
    const keys = firstDifference([...a.keys()], [...b.keys()]);
    return keys === 0 ? firstDifference([...a.values()], [...b.values()]) : keys;
  }
  if (isNumber(a) && isNumber(b)) return comparePoints(a.numeric, b.numeric);
  if (typeof a === "string" && typeof b === "string") return byteOrder(a, b);
  return Number(a) - Number(b);
}

function firstDifference(a: readonly Json[], b: readonly Json[]): number {
  for (const [i, one] of a.entries()) {
    const by = compareNested(one, b[i] ?? null, false);
    if (by !== 0) return by;
  }
  return 0;
}

export function jsonSortKey(value: Json): string {
  return isArray(value) && value.length === 0 ? " " : keyOf(value);
}

function keyOf(value: Json): string {
  const rank = ranks[kindOf(value)];
  const count = (size: number) => String(size).padStart(10, "0");
  if (isArray(value)) return `${rank}${count(value.length)}${value.map(keyOf).join("")}`;
  if (isObject(value))
    return `${rank}${count(value.size)}${[...value].map(([key]) => `${key}\x01`).join("")}${[...value.values()].map(keyOf).join("")}`;
  if (isNumber(value)) return `${rank}${numericKey(value.numeric)}`;
  return `${rank}${plainText(value) ?? ""}\x01`;
}
