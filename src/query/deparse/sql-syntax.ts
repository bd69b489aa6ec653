/** Calls that SQL writes with key words: get_func_sql_syntax of ruleutils.c. */
import type { Expression, FunctionCall } from "../analyze/tree.ts";
import type { Writer } from "./writer.ts";

/** False for a function that has no such form. */
export function writeSyntax(call: FunctionCall, writer: Writer): boolean {
  const [first, second, third, fourth] = call.arguments;
  const name = call.proc.proname;
  if (first === undefined) return false;
  const plain = (value: Expression | undefined, before = "") => {
    if (value === undefined) return;
    writer.write(before);
    writer.expression(value, false);
  };
  const within = (open: string, parts: () => void) => {
    writer.write(open);
    parts();
    writer.write(")");
    return true;
  };
  switch (name) {
    case "timezone":
      return within("(", () => {
        if (second !== undefined) writer.enclosed(second, call, false);
        writer.write(" AT TIME ZONE ");
        writer.enclosed(first, call, false);
      });
    case "overlaps":
      return within("((", () => {
        plain(first);
        plain(second, ", ");
        writer.write(") OVERLAPS (");
        plain(third);
        plain(fourth, ", ");
        writer.write(")");
      });
    case "extract":
      return within("EXTRACT(", () => {
        if (first.kind === "constant") writer.write(first.text ?? "");
        plain(second, " FROM ");
      });
    case "overlay":
      return within("OVERLAY(", () => {
        plain(first);
        plain(second, " PLACING ");
        plain(third, " FROM ");
        plain(fourth, " FOR ");
      });
    case "position":
      return within("POSITION((", () => {
        plain(second);
        plain(first, ") IN (");
        writer.write(")");
      });
    case "substring":
      return within("SUBSTRING(", () => {
        plain(first);
        plain(second, " FROM ");
        plain(third, " FOR ");
      });
    case "btrim":
    case "ltrim":
    case "rtrim": {
      const sides = { btrim: "BOTH", ltrim: "LEADING", rtrim: "TRAILING" } as const;
      return within(`TRIM(${sides[name]}`, () => {
        plain(second, " ");
        plain(first, " FROM ");
      });
    }
    case "normalize":
      return within("NORMALIZE(", () => {
        plain(first);
        if (second?.kind === "constant") writer.write(`, ${second.text ?? ""}`);
      });
    case "is_normalized":
      return within("((", () => {
        plain(first);
        const form = second?.kind === "constant" ? ` ${second.text ?? ""}` : "";
        writer.write(`) IS${form} NORMALIZED`);
      });
    default:
      return false;
  }
}
