/** Values that must be known when a statement starts: EXECUTE's and set_config()'s. */
import type { Node } from "libpg-query";
import { analyzeExpression } from "../analyze/analyze.ts";
import type { Scope } from "../draft.ts";
import type { CallArgument } from "../plan.ts";

export interface SettledArguments {
  readonly arguments: readonly CallArgument[];
  readonly parameterTypes: readonly number[];
}

/** Each cast to the type expected of it; parameters take theirs from where they stand. */
export function settledArguments(
  nodes: readonly Node[],
  expected: readonly number[],
  scope: Scope,
): SettledArguments {
  const types = [...scope.parameterTypes];
  for (const [at, node] of nodes.entries())
    if ("ParamRef" in node) {
      const index = (node.ParamRef.number ?? 1) - 1;
      types[index] = types[index] || (expected[at] ?? text);
    }
  const settled = nodes.map((node, at) => {
    const own = parametersIn(node);
    // The analyzer wants every type decided; those of the others are not this expression's business.
    const known = Array.from(types, (type, index) => type || (own.has(index) ? 0 : text));
    const { argument, parameterTypes } = analyzeExpression(
      node,
      expected[at] ?? 0,
      scope.source,
      known,
      scope.context,
    );
    for (const index of own) types[index] = parameterTypes[index] ?? text;
    return argument;
  });
  return { arguments: settled, parameterTypes: Array.from(types, (type) => type || text) };
}

const text = 25;

function parametersIn(node: unknown, found = new Set<number>()): Set<number> {
  if (typeof node !== "object" || node === null) return found;
  for (const [key, value] of Object.entries(node)) {
    if (key === "ParamRef") found.add(((value as { number?: number }).number ?? 1) - 1);
    else parametersIn(value, found);
  }
  return found;
}
