/** Routines of ours where SQL calls them: which one is meant, and its arguments put in the declaration's order. */

import type { Routine } from "../../routines/define.ts";
import { routines } from "../../routines/registry.ts";

const byName: ReadonlyMap<string, Routine> = new Map(
  routines.map((routine) => [routine.name, routine]),
);

/** By `name` or `lakehouse.name`. */
export function routineNamed(name: readonly string[]): Routine | undefined {
  const [first = "", second] = name;
  if (second === undefined) return byName.get(first);
  return first === "lakehouse" ? byName.get(second) : undefined;
}
