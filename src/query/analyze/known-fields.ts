/** A newer parser may put more into a node than this room reads: nothing of a statement is dropped in silence. */
import type { Analysis } from "./analysis.ts";

/** 0A000 for a field of `node` that is none of `known`. */
export function refuseUnknownFields(
  node: object,
  known: readonly string[],
  what: string,
  analysis: Analysis,
): void {
  const stray = Object.keys(node).find((field) => !known.includes(field));
  if (stray !== undefined)
    throw analysis.error("0A000", `${stray} of ${what} is not supported`, undefined);
}
