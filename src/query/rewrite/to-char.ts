/** to_char, to_timestamp and to_number. https://www.postgresql.org/docs/15/functions-formatting.html */
import { quoteText } from "../../base/quote.ts";
import { readNumberTemplate } from "../../functions/number-template.ts";
import { oid } from "../analyze/oids.ts";
import type { Expression, FunctionCall } from "../analyze/tree.ts";
import { baseType } from "../analyze/types.ts";
import type { Printer } from "../print/printer.ts";
import { printNamedKernel } from "./named-kernel.ts";
import { numericText } from "./numeric-text.ts";

/** Templates of these alone, and what stands between them, are the engine's own. */
const plain: ReadonlyMap<string, string> = new Map([
  ["YYYY", "%Y"],
  ["MM", "%m"],
  ["DD", "%d"],
  ["HH24", "%H"],
  ["MI", "%M"],
  ["SS", "%S"],
]);

export function printToChar(call: FunctionCall, printer: Printer): string | undefined {
  const [value, template] = call.arguments;
  if (value === undefined || template === undefined) return undefined;
  const type = baseType(value.type);
  if (type === oid.numeric)
    return printNamedKernel(
      "to_char(numeric,text)",
      numericText(value, printer),
      printer.expression(template),
    );
  if (type !== oid.timestamp && type !== oid.timestamptz) return undefined;
  const printed = printer.expression(value);
  const format = plainFormat(template);
  if (format !== undefined) return plainText(printed, format);
  if (type === oid.timestamp) return undefined;
  return printNamedKernel(
    "to_char(timestamp,int4,text,text)",
    `CAST(${printed} AS TIMESTAMP)`,
    `CAST(date_part('timezone', ${printed}) AS INTEGER)`,
    "current_setting('TimeZone')",
    printer.expression(template),
  );
}

/** Years of four digits are written alike by both; others, and what is infinite, are rare enough to be asked for. */
function plainText(value: string, format: string): string {
  return `CASE WHEN isfinite(${value}) AND date_part('year', ${value}) BETWEEN 1000 AND 9999 THEN strftime(${value}, ${quoteText(format)}) WHEN isfinite(${value}) THEN ${padYear(value, format)} END`;
}

function padYear(value: string, format: string): string {
  const [before = "", after] = format.split("%Y");
  const part = (text: string) => (text === "" ? "''" : `strftime(${value}, ${quoteText(text)})`);
  if (after === undefined) return part(before);
  const year = `date_part('year', ${value})`;
  const shown = `CAST(CASE WHEN ${year} <= 0 THEN 1 - ${year} ELSE ${year} END AS VARCHAR)`;
  return `(${part(before)} || lpad(${shown}, CAST(greatest(length(${shown}), 4) AS INTEGER), '0') || ${part(after)})`;
}

function plainFormat(template: Expression): string | undefined {
  if (template.kind !== "constant" || !template.text) return undefined;
  const parts = template.text.match(/[A-Z0-9]+|[^A-Za-z0-9"\\]+|./gsu) ?? [];
  let format = "";
  for (const part of parts) {
    const known = plain.get(part) ?? (part === "YYYYMMDD" ? "%Y%m%d" : undefined);
    if (known !== undefined) format += known;
    else if (/^[^A-Za-z0-9"\\%]+$/.test(part)) format += part;
    else return undefined;
  }
  return format.split("%Y").length > 2 ? undefined : format;
}

export function printToTimestamp(call: FunctionCall, printer: Printer): string | undefined {
  const [text, template] = call.arguments;
  if (text === undefined || template === undefined) return undefined;
  return printNamedKernel(
    "to_timestamp(text,text,text)",
    printer.expression(text),
    printer.expression(template),
    "current_setting('TimeZone')",
  );
}

/** With as many digits behind the point as a constant template has. */
export function printToNumber(call: FunctionCall, printer: Printer): string | undefined {
  const [text, template] = call.arguments;
  if (template?.kind !== "constant" || template.text === null || text === undefined)
    return undefined;
  const { post, multiply } = readNumberTemplate(template.text);
  const read = printNamedKernel(
    "to_number(text,text)",
    printer.expression(text),
    printer.expression(template),
  );
  return `CAST(${read} AS DECIMAL(38,${Math.min(post + multiply, 30)}))`;
}
