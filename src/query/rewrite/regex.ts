/** ~, SIMILAR TO and their negations: the engine's where RE2 gives PostgreSQL's answer, else our own matcher. */
import { quoteText } from "../../base/quote.ts";
import type { Expression } from "../analyze/tree.ts";
import type { Printer } from "../print/printer.ts";
import { type EngineForm, engineForm } from "../regex/engine-form.ts";
import { readFlags } from "../regex/options.ts";
import { similarPattern } from "../regex/similar.ts";

export function printRegexOperator(
  symbol: string,
  left: Expression,
  right: Expression,
  printer: Printer,
): string {
  const flags = symbol.endsWith("*") ? "i" : "";
  const match = printTest(printer.expression(left), right, flags, printer);
  return symbol.startsWith("!") ? `(NOT ${match})` : match;
}

/** Whether a text matches; `flags` are known. */
export function printTest(
  value: string,
  pattern: Expression,
  flags: string,
  printer: Printer,
): string {
  const whole = wholeText(pattern, flags);
  if (whole !== undefined) return `(${value} = ${quoteText(whole)})`;
  const form = formOf(pattern, flags, "test");
  return form === undefined
    ? `shim_regex_like(${value}, ${printer.expression(pattern)}, ${quoteText(flags)})`
    : `regexp_matches(${value}, ${quoteText(form.pattern)}, 's')`;
}

/** What psql makes of a name, `^(name)$`: a comparison, which the engine answers without looking at most rows. */
function wholeText(pattern: Expression, flags: string): string | undefined {
  if (pattern.kind !== "constant" || pattern.text === null || flags !== "") return undefined;
  return /^\^\(([\w ]+)\)\$$/.exec(pattern.text)?.[1];
}

/** Undefined where the engine cannot, or does not know before it runs. */
export function formOf(
  pattern: Expression,
  flags: string | undefined,
  purpose: "test" | "place",
): EngineForm | undefined {
  if (pattern.kind !== "constant" || pattern.text === null || flags === undefined) return undefined;
  return engineForm(pattern.text, readFlags(flags).options, purpose);
}

/** SIMILAR TO comes as ~ similar_to_escape(pattern[, escape]); undefined when this is no such call. */
export function printSimilar(
  symbol: string,
  left: Expression,
  right: Expression,
  printer: Printer,
): string | undefined {
  if (right.kind !== "function" || right.proc.proname !== "similar_to_escape") return undefined;
  const [pattern, escapeWith] = right.arguments;
  if (pattern === undefined) return undefined;
  const value = printer.expression(left);
  const match = printSimilarTest(value, pattern, escapeWith, printer);
  return symbol.startsWith("!") ? `(NOT ${match})` : match;
}

function printSimilarTest(
  value: string,
  pattern: Expression,
  escapeWith: Expression | undefined,
  printer: Printer,
): string {
  const isConstant =
    pattern.kind === "constant" &&
    pattern.text !== null &&
    (escapeWith === undefined || (escapeWith.kind === "constant" && escapeWith.text !== null));
  if (isConstant) {
    const character = escapeWith?.kind === "constant" ? (escapeWith.text ?? "") : "\\";
    const regex = similarPattern(pattern.text ?? "", character);
    return printTest(value, { ...pattern, text: regex }, "", printer);
  }
  const character = escapeWith === undefined ? quoteText("\\") : printer.expression(escapeWith);
  return `shim_similar(${value}, ${printer.expression(pattern)}, ${character})`;
}
