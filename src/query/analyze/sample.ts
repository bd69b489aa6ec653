/** TABLESAMPLE: so many per cent of a table's rows. Rows lie in no pages, so SYSTEM takes them one by one, as BERNOULLI does. */
import type { RangeTableSample } from "@pgsql/types";
import { coerceToTarget } from "./coerce.ts";
import type { Sample } from "./from-tree.ts";
import { oid } from "./oids.ts";
import type { Scope } from "./scope.ts";
import type { Expression } from "./tree.ts";
import { nameParts } from "./types.ts";

/** 42704 for another method, 2202H for another number of arguments. */
export function sample(node: RangeTableSample, scope: Scope): Sample {
  const { analysis } = scope;
  const method = nameParts(node.method).at(-1) ?? "";
  if (method !== "bernoulli" && method !== "system")
    throw analysis.error("42704", `tablesample method ${method} does not exist`, node.location);
  const [percent, second] = node.args ?? [];
  if (percent === undefined || second !== undefined)
    throw analysis.error(
      "2202H",
      `tablesample method ${method} requires 1 argument, not ${node.args?.length ?? 0}`,
      node.location,
    );
  const value = (one: NonNullable<typeof percent>, type: number): Expression =>
    coerceToTarget(analysis.rules.expression(one, scope), type, -1, analysis, "assignment") ??
    analysis.rules.expression(one, scope);
  return {
    method,
    percent: value(percent, oid.float4),
    seed: node.repeatable === undefined ? undefined : value(node.repeatable, oid.float8),
  };
}
