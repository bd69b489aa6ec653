/** Values as json: what to_json makes of them. */
import { oid } from "../analyze/oids.ts";
import type { Expression } from "../analyze/tree.ts";
import { baseType } from "../analyze/types.ts";
import type { Printer } from "../print/printer.ts";
import { textOf } from "./text.ts";

/** Kinds that the engine's json writes as PostgreSQL's does. */
const asIs: ReadonlySet<number> = new Set([
  oid.bool,
  oid.int2,
  oid.int4,
  oid.int8,
  oid.float4,
  oid.float8,
  oid.numeric,
  oid.json,
  oid.jsonb,
  oid.text,
  oid.varchar,
  oid.name,
  oid.char,
  oid.bpchar,
]);

/** As the element or field of a json value; times are ISO with a T. */
export function fieldText(expression: Expression, printer: Printer): string {
  const base = baseType(expression.type);
  if (asIs.has(base) || base === oid.record) return printer.expression(expression);
  if (base === oid.timestamp)
    return `strftime(${printer.expression(expression)}, '%Y-%m-%dT%H:%M:%S')`;
  return base === oid.date || base === oid.uuid
    ? textOf(expression, printer)
    : printer.expression(expression);
}
