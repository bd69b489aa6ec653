/** f(b => 1) as f(0, 1): arguments given by name in their places, with what pg_proc says of those left out between them. */
import type { Expression, FunctionCall } from "../analyze/tree.ts";

export function positional(call: FunctionCall): FunctionCall {
  const { named, proc } = call;
  if (named === undefined) return call;
  const names = proc.proargnames ?? [];
  const last = Math.max(...[...named.keys()].map((name) => names.indexOf(name)));
  const values = names
    .slice(0, last + 1)
    .map((name, i) => named.get(name) ?? defaultOf(call, i, call.location));
  const { named: _, ...rest } = call;
  return { ...rest, arguments: values };
}

/** The defaults of pg_proc's own functions are all constants: `'{}'::jsonb, false`. */
function defaultOf({ proc }: FunctionCall, at: number, location: number | undefined): Expression {
  const defaults = (proc.proargdefaults ?? "").split(", ");
  const text = defaults[at - (proc.proargtypes.length - defaults.length)] ?? "NULL";
  const quoted = /^'(.*)'::/.exec(text)?.[1];
  return {
    kind: "constant",
    type: proc.proargtypes[at] ?? 0,
    typmod: -1,
    text: text === "NULL" ? null : (quoted ?? text),
    location,
  };
}
