/** to_char, to_date and to_timestamp with a constant format. https://www.postgresql.org/docs/15/functions-formatting.html */
import { quoteText } from "../../base/quote.ts";
import { oid } from "../analyze/oids.ts";
import type { Expression, FunctionCall } from "../analyze/tree.ts";
import { baseType } from "../analyze/types.ts";
import type { Printer } from "../print/printer.ts";
import { numberFormat } from "./to-char-number.ts";

/** A template pattern: text for strftime, or an expression over $1. `upper` and `lower` fold what strftime gives. */
interface Field {
  readonly format?: string;
  readonly expression?: string;
  readonly width?: number;
  readonly fold?: "upper" | "lower";
}

/** Longest first within a letter, as PostgreSQL's own table is searched. */
const fields: readonly (readonly [string, Field])[] = [
  ["HH24", { format: "%H" }],
  ["HH12", { format: "%I" }],
  ["HH", { format: "%I" }],
  ["MI", { format: "%M" }],
  [
    "SSSSS",
    {
      expression:
        "CAST(datepart('hour', $1) * 3600 + datepart('minute', $1) * 60 + datepart('second', $1) AS VARCHAR)",
    },
  ],
  [
    "SSSS",
    {
      expression:
        "CAST(datepart('hour', $1) * 3600 + datepart('minute', $1) * 60 + datepart('second', $1) AS VARCHAR)",
    },
  ],
  ["SS", { format: "%S" }],
  ["MS", { format: "%g" }],
  ["US", { format: "%f" }],
  ["FF1", { expression: "left(strftime($1, '%f'), 1)" }],
  ["FF2", { expression: "left(strftime($1, '%f'), 2)" }],
  ["FF3", { expression: "left(strftime($1, '%f'), 3)" }],
  ["FF4", { expression: "left(strftime($1, '%f'), 4)" }],
  ["FF5", { expression: "left(strftime($1, '%f'), 5)" }],
  ["FF6", { expression: "strftime($1, '%f')" }],
  ["A.M.", { expression: "CASE WHEN datepart('hour', $1) < 12 THEN 'A.M.' ELSE 'P.M.' END" }],
  ["P.M.", { expression: "CASE WHEN datepart('hour', $1) < 12 THEN 'A.M.' ELSE 'P.M.' END" }],
  ["a.m.", { expression: "CASE WHEN datepart('hour', $1) < 12 THEN 'a.m.' ELSE 'p.m.' END" }],
  ["p.m.", { expression: "CASE WHEN datepart('hour', $1) < 12 THEN 'a.m.' ELSE 'p.m.' END" }],
  ["AM", { format: "%p" }],
  ["PM", { format: "%p" }],
  ["am", { format: "%p", fold: "lower" }],
  ["pm", { format: "%p", fold: "lower" }],
  ["IYYY", { format: "%G" }],
  ["IYY", { expression: "right(strftime($1, '%G'), 3)" }],
  ["IY", { expression: "right(strftime($1, '%G'), 2)" }],
  [
    "IDDD",
    {
      expression:
        "lpad(CAST((datepart('week', $1) - 1) * 7 + datepart('isodow', $1) AS VARCHAR), 3, '0')",
    },
  ],
  ["IW", { format: "%V" }],
  ["ID", { format: "%u" }],
  [
    "Y,YYY",
    {
      expression:
        "(CAST(datepart('year', $1) // 1000 AS VARCHAR) || ',' || right(strftime($1, '%Y'), 3))",
    },
  ],
  ["YYYY", { format: "%Y" }],
  ["YYY", { expression: "right(strftime($1, '%Y'), 3)" }],
  ["YY", { format: "%y" }],
  ["Y", { expression: "right(strftime($1, '%Y'), 1)" }],
  ["MONTH", { format: "%B", width: 9, fold: "upper" }],
  ["Month", { format: "%B", width: 9 }],
  ["month", { format: "%B", width: 9, fold: "lower" }],
  ["MON", { format: "%b", fold: "upper" }],
  ["Mon", { format: "%b" }],
  ["mon", { format: "%b", fold: "lower" }],
  ["MM", { format: "%m" }],
  ["DAY", { format: "%A", width: 9, fold: "upper" }],
  ["Day", { format: "%A", width: 9 }],
  ["day", { format: "%A", width: 9, fold: "lower" }],
  ["DY", { format: "%a", fold: "upper" }],
  ["Dy", { format: "%a" }],
  ["dy", { format: "%a", fold: "lower" }],
  ["DDD", { format: "%j" }],
  ["DD", { format: "%d" }],
  ["D", { expression: "CAST(datepart('dow', $1) + 1 AS VARCHAR)" }],
  ["WW", { expression: "lpad(CAST((datepart('doy', $1) - 1) // 7 + 1 AS VARCHAR), 2, '0')" }],
  ["W", { expression: "CAST((datepart('day', $1) - 1) // 7 + 1 AS VARCHAR)" }],
  ["CC", { expression: "lpad(CAST(datepart('century', $1) AS VARCHAR), 2, '0')" }],
  ["J", { expression: "CAST(CAST(julian(CAST($1 AS DATE)) AS BIGINT) AS VARCHAR)" }],
  ["Q", { expression: "CAST(datepart('quarter', $1) AS VARCHAR)" }],
];

export interface FormatPiece {
  readonly literal?: string;
  readonly field?: Field;
  readonly isFilled: boolean;
}

/** The format cut into fields and what stands between; quoted text is taken as it is. */
export function scanFormat(format: string): readonly FormatPiece[] {
  const pieces: FormatPiece[] = [];
  for (let at = 0; at < format.length; ) {
    const rest = format.slice(at);
    const quoted = /^"((?:[^"\\]|\\.)*)"/s.exec(rest);
    if (quoted !== null) {
      pieces.push({ literal: (quoted[1] ?? "").replace(/\\(.)/gs, "$1"), isFilled: false });
      at += quoted[0].length;
      continue;
    }
    const modifier = /^(?:FM|TM)/.exec(rest);
    const body = rest.slice(modifier?.[0].length ?? 0);
    const known = fields.find(
      ([name]) =>
        body.startsWith(name) ||
        (/^[A-Z0-9]+$/.test(name) && !hasCase(name) && body.toUpperCase().startsWith(name)),
    );
    if (known === undefined) {
      if (modifier !== null && body === "") break;
      pieces.push({ literal: rest[0] ?? "", isFilled: false });
      at += 1;
      continue;
    }
    at += (modifier?.[0].length ?? 0) + known[0].length;
    const ordinal = /^(?:th|TH)/.exec(format.slice(at));
    if (ordinal !== null) return [{ literal: "\0", isFilled: false }];
    pieces.push({ field: known[1], isFilled: modifier === null });
  }
  return pieces;
}

/** Names of months, days and halves of a day are written in the case of the pattern. */
const hasCase = (name: string) => /^(?:MONTH|MON|DAY|DY|AM|PM)$/.test(name);

export function printToChar(call: FunctionCall, printer: Printer): string | undefined {
  const [value, format] = call.arguments;
  if (value === undefined || format === undefined) return undefined;
  const text = constantFormat(format, "to_char", call, printer);
  const base = baseType(value.type);
  const printed = printer.expression(value);
  if (base === oid.timestamp || base === oid.timestamptz)
    return printMoment(printed, base, text, call, printer);
  if (base === oid.interval)
    return printMoment(`(TIMESTAMP '0001-01-01' + ${printed})`, oid.timestamp, text, call, printer);
  const number = numberFormat(text);
  if (number === undefined) throw unsupportedFormat("to_char", text, call, printer);
  return number.replaceAll("$1", () => printed);
}

function constantFormat(
  format: Expression,
  name: string,
  call: FunctionCall,
  printer: Printer,
): string {
  if (format.kind === "constant" && format.text !== null) return format.text;
  throw printer.analysis.error("0A000", `${name} needs a constant format`, call.location);
}

function unsupportedFormat(name: string, format: string, call: FunctionCall, printer: Printer) {
  return printer.analysis.error(
    "0A000",
    `${name} with the format "${format}" is not supported yet`,
    call.location,
  );
}

function printMoment(
  value: string,
  base: number,
  format: string,
  call: FunctionCall,
  printer: Printer,
): string {
  const pieces = scanFormat(format);
  if (
    pieces.some((piece) => piece.literal === "\0") ||
    (/TZ|OF/.test(format) && base === oid.timestamptz)
  )
    throw unsupportedFormat("to_char", format, call, printer);
  const parts: string[] = [];
  let pending = "";
  const flush = () => {
    if (pending !== "") parts.push(`strftime(${value}, ${quoteText(pending)})`);
    pending = "";
  };
  for (const piece of pieces) {
    const { field } = piece;
    if (field === undefined) {
      pending += (piece.literal ?? "").replaceAll("%", "%%");
    } else if (
      field.format !== undefined &&
      field.width === undefined &&
      field.fold === undefined &&
      piece.isFilled
    ) {
      pending += field.format;
    } else {
      flush();
      parts.push(printField(field, value, piece.isFilled));
    }
  }
  flush();
  if (parts.length === 0) return quoteText("");
  return parts.length === 1 ? (parts[0] ?? "''") : `(${parts.join(" || ")})`;
}

function printField(field: Field, value: string, isFilled: boolean): string {
  const plain =
    field.expression === undefined
      ? `strftime(${value}, ${quoteText(field.format ?? "")})`
      : field.expression.replaceAll("$1", () => value);
  const folded = field.fold === undefined ? plain : `${field.fold}(${plain})`;
  if (!isFilled)
    return field.fold === undefined && field.width === undefined
      ? `regexp_replace(${folded}, '^0+(.)', '\\1')`
      : folded;
  return field.width === undefined ? folded : `rpad(${folded}, ${field.width}, ' ')`;
}

/** Patterns that strptime reads as PostgreSQL does. */
const readable: Readonly<Record<string, string>> = {
  "%H": "%H",
  "%I": "%I",
  "%M": "%M",
  "%S": "%S",
  "%g": "%g",
  "%f": "%f",
  "%p": "%p",
  "%Y": "%Y",
  "%y": "%y",
  "%B": "%B",
  "%b": "%b",
  "%m": "%m",
  "%A": "%A",
  "%a": "%a",
  "%j": "%j",
  "%d": "%d",
};

export function printToDate(call: FunctionCall, printer: Printer): string | undefined {
  const [value, format] = call.arguments;
  if (value === undefined || format === undefined) return undefined;
  const { proname } = call.proc;
  const text = constantFormat(format, proname, call, printer);
  const pattern = scanFormat(text)
    .map(({ literal, field }) => {
      if (field === undefined) return (literal ?? "").replaceAll("%", "%%");
      const read = readable[field.format ?? ""];
      if (read === undefined) throw unsupportedFormat(proname, text, call, printer);
      return read;
    })
    .join("");
  const read = `strptime(${printer.expression(value)}, ${quoteText(pattern)})`;
  return proname === "to_date"
    ? `CAST(${read} AS DATE)`
    : `CAST(${read} AS TIMESTAMP WITH TIME ZONE)`;
}
