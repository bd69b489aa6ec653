/** The regexp_ functions and substring(x FROM pattern). https://www.postgresql.org/docs/15/functions-matching.html#FUNCTIONS-POSIX-REGEXP */
import { quoteText } from "../../base/quote.ts";
import { oid } from "../analyze/oids.ts";
import type { Expression, FunctionCall } from "../analyze/tree.ts";
import { baseType } from "../analyze/types.ts";
import { list, type Printer } from "../print/printer.ts";
import { readFlags } from "../regex/options.ts";
import { formOf, printTest } from "./regex.ts";

type Printing = (call: FunctionCall, printer: Printer) => string | undefined;

export const regexpFunctions: Readonly<Record<string, Printing>> = {
  substring: printSubstring,
  regexp_like: (call, printer) => {
    const [value, pattern, flags] = call.arguments;
    if (value === undefined || pattern === undefined) return undefined;
    const known = flagsOf(flags);
    const text = printer.expression(value);
    // Whoever asks for g is told that it is of no use.
    return known === undefined || known.includes("g")
      ? `shim_regex_like(${text}, ${printer.expression(pattern)}, ${printFlags(flags, printer)})`
      : printTest(text, pattern, known, printer);
  },
  regexp_match: printMatch,
  regexp_replace: printReplace,
  regexp_count: (call, printer) => {
    const [value, pattern, start, flags] = call.arguments;
    if (value === undefined || pattern === undefined) return undefined;
    const form = start === undefined ? formOf(pattern, "", "place") : undefined;
    return form === undefined
      ? `shim_regex_count(${texts([value, pattern], printer)}, ${number(start, printer)}, ${printFlags(flags, printer)})`
      : `CAST(len(regexp_extract_all(${printer.expression(value)}, ${quoteText(form.pattern)}, 0, 's')) AS INTEGER)`;
  },
  regexp_instr: (call, printer) => {
    const [value, pattern, start, n, end, flags, group] = call.arguments;
    if (value === undefined || pattern === undefined) return undefined;
    return `shim_regex_instr(${texts([value, pattern], printer)}, ${number(start, printer)}, ${number(n, printer)}, ${number(end, printer, 0)}, ${printFlags(flags, printer)}, ${number(group, printer, 0)})`;
  },
  regexp_substr: (call, printer) => {
    const [value, pattern, start, n, flags, group] = call.arguments;
    if (value === undefined || pattern === undefined) return undefined;
    const form = start === undefined ? formOf(pattern, "", "place") : undefined;
    return form === undefined
      ? `shim_regex_substr(${texts([value, pattern], printer)}, ${number(start, printer)}, ${number(n, printer)}, ${printFlags(flags, printer)}, ${number(group, printer, 0)})`
      : `nullif(regexp_extract(${printer.expression(value)}, ${quoteText(form.pattern)}, 0, 's'), '')`;
  },
  regexp_split_to_array: (call, printer) => printSplit(call, printer),
};

function flagsOf(flags: Expression | undefined): string | undefined {
  if (flags === undefined) return "";
  return flags.kind === "constant" && flags.text !== null ? flags.text : undefined;
}

function printFlags(flags: Expression | undefined, printer: Printer): string {
  return flags === undefined ? "''" : printer.expression(flags);
}

function number(value: Expression | undefined, printer: Printer, otherwise = 1): string {
  return value === undefined ? String(otherwise) : printer.expression(value);
}

function texts(values: readonly Expression[], printer: Printer): string {
  return list(values.map((one) => printer.expression(one)));
}

/** With a group, what the first one matched. */
function printSubstring(call: FunctionCall, printer: Printer): string | undefined {
  const [value, pattern, third] = call.arguments;
  if (value === undefined || pattern === undefined) return undefined;
  if (baseType(pattern.type) !== oid.text) return undefined;
  if (third !== undefined)
    return `shim_similar_substring(${texts([value, pattern, third], printer)})`;
  const form = formOf(pattern, "", "place");
  if (form === undefined) return `shim_regex_substring(${texts([value, pattern], printer)})`;
  const text = printer.expression(value);
  const regex = quoteText(form.pattern);
  const group = `regexp_extract(${text}, ${regex}, ${form.groups > 0 ? 1 : 0}, 's')`;
  // Only a group can be empty.
  return form.groups === 0
    ? `nullif(${group}, '')`
    : `CASE WHEN regexp_matches(${text}, ${regex}, 's') THEN ${group} END`;
}

/** The first match's groups, or the match itself when there are none. */
function printMatch(call: FunctionCall, printer: Printer): string | undefined {
  const [value, pattern, flags] = call.arguments;
  if (value === undefined || pattern === undefined) return undefined;
  const known = flagsOf(flags);
  const form = known?.includes("g") ? undefined : formOf(pattern, known, "place");
  if (form === undefined)
    return `shim_regex_match(${texts([value, pattern], printer)}, ${printFlags(flags, printer)})`;
  const [text, regex] = [printer.expression(value), quoteText(form.pattern)];
  const part = (group: number) => `regexp_extract(${text}, ${regex}, ${group}, 's')`;
  const parts =
    form.groups === 0 ? [part(0)] : Array.from({ length: form.groups }, (_, i) => part(i + 1));
  return `CASE WHEN regexp_matches(${text}, ${regex}, 's') THEN [${list(parts)}] END`;
}

/** regexp_matches(…): a list of lists, for unnest to spread. */
export function printMatches(call: FunctionCall, printer: Printer): string | undefined {
  const [value, pattern, flags] = call.arguments;
  if (value === undefined || pattern === undefined) return undefined;
  return `shim_regex_matches(${texts([value, pattern], printer)}, ${printFlags(flags, printer)})`;
}

export function printSplit(call: FunctionCall, printer: Printer): string | undefined {
  const [value, pattern, flags] = call.arguments;
  if (value === undefined || pattern === undefined) return undefined;
  const known = flagsOf(flags);
  const form = known?.includes("g") ? undefined : formOf(pattern, known, "place");
  return form === undefined
    ? `shim_regex_split(${texts([value, pattern], printer)}, ${printFlags(flags, printer)}, ${quoteText(call.proc.proname)})`
    : `string_split_regex(${printer.expression(value)}, ${quoteText(form.pattern)}, 's')`;
}

/** (text, pattern, replacement[, flags]) or (text, pattern, replacement, start[, n[, flags]]). */
function printReplace(call: FunctionCall, printer: Printer): string | undefined {
  const [value, pattern, replacement, fourth, fifth, sixth] = call.arguments;
  if (value === undefined || pattern === undefined || replacement === undefined) return undefined;
  const hasFlagsOnly = fourth === undefined || baseType(fourth.type) === oid.text;
  const given = texts([value, pattern, replacement], printer);
  if (!hasFlagsOnly)
    return `shim_regex_replace(${given}, ${number(fourth, printer)}, ${number(fifth, printer)}, ${printFlags(sixth, printer)})`;
  const known = flagsOf(fourth);
  const form = formOf(pattern, known, "place");
  const template = engineTemplate(replacement, form?.groups ?? 0);
  if (form !== undefined && template !== undefined) {
    const options = known?.includes("g") ? "sg" : "s";
    return `regexp_replace(${printer.expression(value)}, ${quoteText(form.pattern)}, ${quoteText(template)}, '${options}')`;
  }
  const flags = printFlags(fourth, printer);
  const count =
    known === undefined
      ? `CASE WHEN contains(${flags}, 'g') THEN 0 ELSE 1 END`
      : readFlags(known).isGlobal
        ? "0"
        : "1";
  return `shim_regex_replace(${given}, 1, ${count}, ${flags})`;
}

/** \& and \1 of PostgreSQL are \0 and \1 of RE2; any other backslash is itself. */
function engineTemplate(replacement: Expression, groups: number): string | undefined {
  if (replacement.kind !== "constant" || replacement.text === null) return undefined;
  let isKnown = true;
  const template = replacement.text.replace(/\\(.)?/gs, (_, mark: string | undefined) => {
    if (mark === "&") return "\\0";
    if (mark === "\\") return "\\\\";
    if (mark !== undefined && /[1-9]/.test(mark)) {
      isKnown &&= Number(mark) <= groups;
      return `\\${mark}`;
    }
    return `\\\\${mark ?? ""}`;
  });
  return isKnown ? template : undefined;
}
