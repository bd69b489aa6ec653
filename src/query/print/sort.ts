/** What rows, groups and aggregates are ordered by. */
import { oid } from "../analyze/oids.ts";
import type { AggregateOptions, Expression, SortKey } from "../analyze/tree.ts";
import { rankOf } from "../rewrite/enums.ts";
import { engineType } from "./engine-type.ts";
import { list, type Printer } from "./printer.ts";

/** A bare number would be taken for a place in the list. */
export function printKey(expression: Expression, printer: Printer): string {
  const printed = printer.expression(expression);
  return expression.kind === "constant"
    ? `CAST(${printed} AS ${engineType(expression.type === oid.unknown ? oid.text : expression.type)})`
    : printed;
}

export function printSort(keys: readonly SortKey[], printer: Printer): string {
  return list(keys.map((key) => printSortKey(key, printer)));
}

/** The engine has its own order of nulls: PostgreSQL's is always said. */
function printSortKey(key: SortKey, printer: Printer): string {
  const ranked =
    key.expression.kind === "constant"
      ? undefined
      : rankOf(printer.expression(key.expression), key.expression.type);
  const value =
    ranked !== undefined
      ? ranked
      : key.target !== undefined
        ? String(key.target)
        : key.expression.kind === "constant"
          ? printKey(key.expression, printer)
          : printer.expression(key.expression);
  return `${value}${key.isDescending ? " DESC" : ""} NULLS ${key.nullsFirst ? "FIRST" : "LAST"}`;
}

export function order(options: AggregateOptions | undefined, printer: Printer): string {
  if (options === undefined || options.order.length === 0) return "";
  return ` ORDER BY ${printSort(options.order, printer)}`;
}

export function filter(condition: Expression | undefined, printer: Printer): string {
  return condition === undefined ? "" : ` FILTER (WHERE ${printer.expression(condition)})`;
}
