/** What is sorted and grouped by: get_rule_sortgroupclause and get_rule_orderby of ruleutils.c. */
import type { Expression, SortKey } from "../analyze/tree.ts";
import { writeConstant } from "./constants.ts";
import { castForm } from "./simple.ts";
import type { Writer } from "./writer.ts";

/** A constant says its type, or it would be a column's number; a call has parentheses round it. */
export function writeKey(value: Expression, writer: Writer): void {
  if (value.kind === "constant" && value.written === undefined) {
    writeConstant(value, writer, "always");
    return;
  }
  const isColumn =
    value.kind === "column" || value.kind === "whole row" || value.written?.kind === "merged";
  const enclosed = !isColumn && (writer.style.isPretty || isCall(value));
  if (enclosed) writer.write("(");
  writer.expression(value, true);
  if (enclosed) writer.write(")");
}

const calls = new Set([
  "function",
  "aggregate",
  "window",
  "engine function",
  "grouping",
  "coalesce",
  "extremum",
  "nullif",
]);

function isCall(value: Expression): boolean {
  if (value.kind === "cast" && castForm(value) === "function") return true;
  return calls.has(value.kind) || value.written?.kind === "call";
}

/** `byNumber`: of set operations, whose keys are result columns. */
export function writeSortKeys(keys: readonly SortKey[], writer: Writer, byNumber = false): void {
  for (const [i, key] of keys.entries()) {
    if (i > 0) writer.write(", ");
    if (byNumber && key.target !== undefined) writer.write(String(key.target));
    else writeKey(key.expression, writer);
    if (key.isDescending) writer.write(key.nullsFirst ? " DESC" : " DESC NULLS LAST");
    else if (key.nullsFirst) writer.write(" NULLS FIRST");
  }
}
