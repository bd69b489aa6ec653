/** substring(x FROM pattern) and regexp_replace. */
import { quoteText } from "../../base/quote.ts";
import { oid } from "../analyze/oids.ts";
import type { FunctionCall } from "../analyze/tree.ts";
import { baseType } from "../analyze/types.ts";
import type { Printer } from "../print/printer.ts";
import { printPattern } from "./regex.ts";

/** With a group, what the first one matched. */
export function printSubstringPattern(call: FunctionCall, printer: Printer): string | undefined {
  const [value, pattern, third] = call.arguments;
  if (value === undefined || pattern === undefined) return undefined;
  if (baseType(pattern.type) !== oid.text) return undefined;
  if (third !== undefined || pattern.kind !== "constant")
    throw printer.analysis.error(
      "0A000",
      third === undefined
        ? "substring needs a constant pattern"
        : "substring with a SIMILAR pattern is not supported",
      call.location,
    );
  const hasGroup = /(?:^|[^\\])\((?!\?)/.test(pattern.text ?? "");
  const [text, regex] = [printer.expression(value), printPattern(pattern, printer)];
  return `CASE WHEN regexp_matches(${text}, ${regex}, 's') THEN regexp_extract(${text}, ${regex}, ${hasGroup ? 1 : 0}, 's') END`;
}

/** \& and \1 of PostgreSQL are \0 and \1 of RE2. */
export function printRegexpReplace(call: FunctionCall, printer: Printer): string | undefined {
  const [value, pattern, replacement, flags] = call.arguments;
  if (value === undefined || pattern === undefined || replacement === undefined) return undefined;
  if (
    call.arguments.length > 4 ||
    (flags !== undefined && (flags.kind !== "constant" || baseType(flags.type) !== oid.text))
  )
    throw printer.analysis.error("0A000", "regexp_replace needs constant flags", call.location);
  const letters = flags?.kind === "constant" ? (flags.text ?? "") : "";
  const options = `s${letters.includes("i") ? "i" : ""}${letters.includes("g") ? "g" : ""}`;
  const replaced =
    replacement.kind === "constant" && replacement.text !== null
      ? quoteText(replacement.text.replaceAll("\\&", "\\0"))
      : `replace(${printer.expression(replacement)}, '\\&', '\\0')`;
  return `regexp_replace(${printer.expression(value)}, ${printPattern(pattern, printer)}, ${replaced}, ${quoteText(options)})`;
}
