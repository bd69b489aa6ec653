/** extract(field FROM x) and date_part: exact numerics where PostgreSQL gives them. */
import { oid } from "../analyze/oids.ts";
import type { FunctionCall } from "../analyze/tree.ts";
import { baseType } from "../analyze/types.ts";
import type { Printer } from "../print/printer.ts";

const whole: ReadonlySet<string> = new Set(
  "century day decade dow doy hour isodow isoyear millennium minute month quarter timezone timezone_hour timezone_minute week year".split(
    " ",
  ),
);

const spellings: Readonly<Record<string, string>> = {
  seconds: "second",
  sec: "second",
  secs: "second",
  minutes: "minute",
  min: "minute",
  mins: "minute",
  hours: "hour",
  hr: "hour",
  hrs: "hour",
  days: "day",
  weeks: "week",
  months: "month",
  mon: "month",
  mons: "month",
  years: "year",
  milliseconds: "milliseconds",
  millisecond: "milliseconds",
  msec: "milliseconds",
  microsecond: "microseconds",
  usec: "microseconds",
  decades: "decade",
  centuries: "century",
};

export function printExtract(call: FunctionCall, printer: Printer): string | undefined {
  const [name, value] = call.arguments;
  if (name === undefined || value === undefined) return undefined;
  if (name.kind !== "constant" || name.text === null)
    throw printer.analysis.error("0A000", "the field to extract must be a constant", call.location);
  const spelled = name.text.toLowerCase();
  const field = spellings[spelled] ?? spelled;
  const numeric = printField(field, printer.expression(value), baseType(value.type));
  if (numeric === undefined)
    throw printer.analysis.error(
      "22023",
      `unit "${spelled}" not recognized for type ${baseType(value.type) === oid.interval ? "interval" : "timestamp without time zone"}`,
      name.location,
    );
  return call.proc.proname === "date_part" ? `CAST(${numeric} AS DOUBLE)` : numeric;
}

function printField(field: string, value: string, type: number): string | undefined {
  if (whole.has(field)) return `CAST(date_part('${field}', ${value}) AS DECIMAL(10,0))`;
  const micros = `CAST(date_part('microseconds', ${value}) AS DECIMAL(20,0))`;
  switch (field) {
    case "second":
      return `CAST(${micros} * 0.000001 AS DECIMAL(18,6))`;
    case "milliseconds":
      return `CAST(${micros} * 0.001 AS DECIMAL(18,3))`;
    case "microseconds":
      return micros;
    case "epoch":
      return type === oid.date
        ? `CAST(epoch_us(${value}) // 1000000 AS DECIMAL(20,0))`
        : `CAST(CAST(epoch_us(${value}) AS DECIMAL(24,0)) * 0.000001 AS DECIMAL(24,6))`;
    case "julian":
      return `CAST(julian(${value}) AS DECIMAL(20,0))`;
    default:
      return undefined;
  }
}
