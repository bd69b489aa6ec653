/** format('%s %I %L', …) with a constant format. https://www.postgresql.org/docs/15/functions-string.html#FUNCTIONS-STRING-FORMAT */
import { quoteText } from "../../base/quote.ts";
import type { Expression, FunctionCall } from "../analyze/tree.ts";
import { list, type Printer } from "../print/printer.ts";
import { printNamedKernel } from "./named-kernel.ts";
import { outputText } from "./text.ts";

export function printFormat(call: FunctionCall, printer: Printer): string | undefined {
  const [format, ...values] = call.arguments;
  if (format === undefined) return undefined;
  if (call.isVariadicArray || format.kind !== "constant" || format.text?.includes("*"))
    return printAnyFormat(format, values, call, printer);
  if (format.text === null) return "CAST(NULL AS VARCHAR)";
  return `concat(${list(pieces(format.text, values, printer))})`;
}

/** A format that is not known, or takes widths from its arguments. */
function printAnyFormat(
  format: Expression,
  values: readonly Expression[],
  call: FunctionCall,
  printer: Printer,
): string | undefined {
  const [only] = values;
  const texts =
    call.isVariadicArray && only !== undefined
      ? `CAST(${printer.expression(only)} AS VARCHAR[])`
      : `CAST([${list(values.map((one) => printValue(one, "s", printer)))}] AS VARCHAR[])`;
  printer.readsCatalog = true;
  const identifiers = `list_transform(${texts}, lambda item: pg_shim.quote_ident(item))`;
  return printNamedKernel(
    "format(text,_text,_text)",
    printer.expression(format),
    texts,
    identifiers,
  );
}

const directive = /%(?:%|(?:(\d+)\$)?(-)?(\d+)?([sIL])|.?)/gs;

function pieces(format: string, values: readonly Expression[], printer: Printer): string[] {
  const parts: string[] = [];
  let at = 0;
  let used = 0;
  for (const match of format.matchAll(directive)) {
    const [found, position, minus, width, kind] = match;
    parts.push(quoteText(format.slice(at, match.index)));
    at = match.index + found.length;
    if (found === "%%") {
      parts.push("'%'");
      continue;
    }
    if (kind === undefined)
      throw printer.analysis.error(
        "22023",
        found === "%"
          ? "unterminated format() type specifier"
          : `unrecognized format() type specifier "${found.at(-1)}"`,
        undefined,
        { hint: 'For a single "%" use "%%".' },
      );
    used = position === undefined ? used + 1 : Number(position);
    const value = values[used - 1];
    if (value === undefined)
      throw printer.analysis.error("22023", "too few arguments for format()", undefined);
    if (kind === "I" && value.kind === "constant" && value.text === null)
      throw printer.analysis.error(
        "22004",
        "null values cannot be formatted as an SQL identifier",
        undefined,
      );
    parts.push(padded(printValue(value, kind, printer), width, minus));
  }
  parts.push(quoteText(format.slice(at)));
  return parts.filter((part) => part !== "''").concat("''");
}

function printValue(value: Expression, kind: string, printer: Printer): string {
  const text = outputText(value, printer);
  if (kind === "s") return text;
  printer.readsCatalog = true;
  if (kind !== "I") return `pg_shim.quote_nullable(${text})`;
  const refusal = "error('PGERR:22004:null values cannot be formatted as an SQL identifier')";
  return `CASE WHEN ${text} IS NULL THEN ${refusal} ELSE pg_shim.quote_ident(${text}) END`;
}

function padded(value: string, width: string | undefined, minus: string | undefined): string {
  if (width === undefined) return value;
  return `pg_shim.text_pad(${value}, ${Number(width)}, ${minus === "-"})`;
}

export const formatMacros: readonly string[] = [
  `CREATE OR REPLACE MACRO pg_shim.text_pad(value, size, leftwards) AS
  CASE
    WHEN length(coalesce(value, '')) >= size THEN value
    WHEN leftwards THEN rpad(coalesce(value, ''), CAST(pg_shim.text_size_limit(size) AS INTEGER), ' ')
    ELSE lpad(coalesce(value, ''), CAST(pg_shim.text_size_limit(size) AS INTEGER), ' ')
  END`,
];
