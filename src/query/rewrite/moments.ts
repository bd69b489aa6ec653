/** date_trunc and AT TIME ZONE: the engine's own where it knows the field or the zone. */
import { oid } from "../analyze/oids.ts";
import type { Expression, FunctionCall } from "../analyze/tree.ts";
import { baseType, typeName } from "../analyze/types.ts";
import type { Printer } from "../print/printer.ts";
import { printNamedKernel } from "./named-kernel.ts";

/** A zone by a name of the time zone database is the engine's matter; abbreviations and offsets are not. */
export function printTimeZone(call: FunctionCall, printer: Printer): string | undefined {
  const [zone, value] = call.arguments;
  if (zone?.kind !== "constant" || zone.text === null || value === undefined) return undefined;
  const type = baseType(value.type);
  if (type !== oid.timestamp && type !== oid.timestamptz) return undefined;
  if (!isZoneName(zone.text)) return undefined;
  return `timezone(${printer.expression(zone)}, ${printer.expression(value)})`;
}

const zoneNames: ReadonlySet<string> = new Set([...Intl.supportedValuesOf("timeZone"), "UTC"]);
const isZoneName = (name: string) => zoneNames.has(name);

const fields: ReadonlySet<string> = new Set(
  "microseconds milliseconds second minute hour day week month quarter year decade century millennium".split(
    " ",
  ),
);

export function printDateTrunc(call: FunctionCall, printer: Printer): string | undefined {
  const [field, value, zone] = call.arguments;
  if (field === undefined || value === undefined) return undefined;
  const type = baseType(value.type);
  const printed = printer.expression(value);
  const name = fieldName(field, type, printer);
  const truncated = (moment: string) =>
    name === "century" || name === "millennium"
      ? type === oid.interval
        ? `date_trunc('${name}', ${moment})`
        : printYears(name, moment, zone === undefined ? type : oid.timestamp)
      : `date_trunc(${name === undefined ? printer.expression(field) : `'${name}'`}, ${moment})`;
  if (zone === undefined) return truncated(printed);
  const local =
    printNamedKernel("timezone(text,timestamptz)", printer.expression(zone), printed) ?? "";
  return printNamedKernel("timezone(text,timestamp)", printer.expression(zone), truncated(local));
}

function printYears(name: string, value: string, type: number): string {
  const plain = type === oid.timestamptz ? `CAST(${value} AS TIMESTAMP)` : value;
  const first = printNamedKernel("years_truncated(text,timestamp)", `'${name}'`, plain) ?? plain;
  return type === oid.timestamptz ? `CAST(${first} AS TIMESTAMP WITH TIME ZONE)` : first;
}

/** Checked where it is known. */
function fieldName(field: Expression, type: number, printer: Printer): string | undefined {
  if (field.kind !== "constant" || field.text === null) return undefined;
  const given = field.text.toLowerCase();
  const name = /^(?:millisecond|microsecond)$/.test(given)
    ? `${given}s`
    : given.replace(/^(second|minute|hour|day|week|month|quarter|year|decade)s$/, "$1");
  const title = typeName(type);
  if (!fields.has(name))
    throw printer.analysis.error(
      "22023",
      `unit "${given}" not recognized for type ${title}`,
      undefined,
    );
  if (name === "week" && type === oid.interval)
    throw printer.analysis.error(
      "0A000",
      `unit "${given}" not supported for type ${title}`,
      undefined,
      {
        detail: "Months usually have fractional weeks.",
      },
    );
  return name;
}
