/** tid: compared by block, then by place. Equal ones are equal texts, which the engine tells apart by itself. */
import { readTid, tidNumber, tidText } from "../pgtypes/tid.ts";
import { comparisons, order } from "./compare.ts";
import type { KernelTable } from "./kernel.ts";

const numberOf = (text: string) => tidNumber(readTid(text));
const {
  "tideq(tid,tid) bool": _eq,
  "tidne(tid,tid) bool": _ne,
  "tidcmp(tid,tid) int4": _cmp,
  ...ordered
} = comparisons("tid", "tid", numberOf, order);

export const tidKernels: KernelTable = {
  ...ordered,
  "bttidcmp(tid,tid) int4": (a: string, b: string) => Math.sign(numberOf(a) - numberOf(b)),
  "tidlarger(tid,tid) tid": (a: string, b: string) => (numberOf(a) >= numberOf(b) ? a : b),
  "tidsmaller(tid,tid) tid": (a: string, b: string) => (numberOf(a) <= numberOf(b) ? a : b),
  "sort_key(tid) text": (text: string) => String(numberOf(text)).padStart(15, "0"),
  "read_tid(text) tid": (text: string) => tidText(readTid(text)),
};
