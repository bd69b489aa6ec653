/** The six comparisons of a type from one order of its values. */
import type { KernelTable } from "./kernel.ts";

const tests: Readonly<Record<string, (order: number) => boolean>> = {
  eq: (order) => order === 0,
  ne: (order) => order !== 0,
  lt: (order) => order < 0,
  le: (order) => order <= 0,
  gt: (order) => order > 0,
  ge: (order) => order >= 0,
};

/** `inet_lt(inet,inet) bool` and its kin, and `cmp`. */
export function comparisons<T>(
  prefix: string,
  type: string,
  read: (text: string) => T,
  by: (a: T, b: T) => number,
): KernelTable {
  const table: Record<string, (a: string, b: string) => boolean | number> = {};
  for (const [name, test] of Object.entries(tests))
    table[`${prefix}${name}(${type},${type}) bool`] = (a, b) => test(by(read(a), read(b)));
  table[`${prefix}cmp(${type},${type}) int4`] = (a, b) => Math.sign(by(read(a), read(b)));
  return table;
}

export const order = (a: bigint | string | number, b: bigint | string | number) =>
  a < b ? -1 : a > b ? 1 : 0;

/** By their bytes in UTF-8, as the C collation has it. */
export function byteOrder(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
