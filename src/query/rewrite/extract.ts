/** extract(field FROM x) and date_part: exact numerics where PostgreSQL gives them. */
import { oid } from "../analyze/oids.ts";
import type { FunctionCall } from "../analyze/tree.ts";
import { baseType, typeName } from "../analyze/types.ts";
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

const clockFields = "hour microseconds milliseconds minute second epoch";
const zoneFields = "timezone timezone_hour timezone_minute";
const dateFields =
  "century day decade dow doy isodow isoyear julian millennium month quarter week year epoch";

/** What each type has; date_part of a date is that of its midnight. */
function fieldsOf(type: number, name: string): ReadonlySet<string> {
  const has = (...lists: readonly string[]) => new Set(lists.flatMap((one) => one.split(" ")));
  switch (type) {
    case oid.date:
      return name === "extract" ? has(dateFields) : has(dateFields, clockFields);
    case oid.time:
      return has(clockFields);
    case oid.timetz:
      return has(clockFields, zoneFields);
    case oid.interval:
      return has(clockFields, "century day decade millennium month quarter year");
    case oid.timestamptz:
      return has(dateFields, clockFields, zoneFields);
    default:
      return has(dateFields, clockFields);
  }
}

/** What goes on for ever is infinite of an infinite moment. */
const unbounded: ReadonlySet<string> = new Set(
  "year decade century millennium julian isoyear epoch".split(" "),
);

export function printExtract(call: FunctionCall, printer: Printer): string | undefined {
  const [name, value] = call.arguments;
  if (name === undefined || value === undefined) return undefined;
  const type = baseType(value.type);
  const own = fieldsOf(type, call.proc.proname);
  const printed = printer.expression(value);
  const numeric =
    name.kind === "constant" && name.text !== null
      ? printField(knownField(name.text, type, own, printer), printed, type)
      : printAnyField(printer.expression(name), printed, type, own);
  if (call.proc.proname !== "date_part") return numeric;
  const field =
    name.kind === "constant"
      ? (spellings[(name.text ?? "").toLowerCase()] ?? name.text?.toLowerCase())
      : undefined;
  const hasInfinity = [oid.date, oid.timestamp, oid.timestamptz].some((one) => one === type);
  return hasInfinity && unbounded.has(field ?? "")
    ? `CASE WHEN isinf(${printed}) THEN CASE WHEN ${printed} > DATE '2000-01-01' THEN CAST('Infinity' AS DOUBLE) ELSE CAST('-Infinity' AS DOUBLE) END ELSE CAST(${numeric} AS DOUBLE) END`
    : `CAST(${numeric} AS DOUBLE)`;
}

function knownField(
  text: string,
  type: number,
  own: ReadonlySet<string>,
  printer: Printer,
): string {
  const given = text.toLowerCase();
  const field = spellings[given] ?? given;
  if (own.has(field)) return field;
  const isKnown = whole.has(field) || clockFields.split(" ").includes(field) || field === "julian";
  throw isKnown
    ? printer.analysis.error(
        "0A000",
        `unit "${given}" not supported for type ${typeName(type)}`,
        undefined,
      )
    : printer.analysis.error(
        "22023",
        `unit "${given}" not recognized for type ${typeName(type)}`,
        undefined,
      );
}

/** A field that is known only when it runs. */
function printAnyField(
  name: string,
  value: string,
  type: number,
  own: ReadonlySet<string>,
): string {
  const branches = [...own].map((field) => {
    const names = [field, ...Object.keys(spellings).filter((one) => spellings[one] === field)];
    return `WHEN lower(${name}) IN (${names.map((one) => `'${one}'`).join(", ")}) THEN CAST(${printField(field, value, type)} AS DECIMAL(38,6))`;
  });
  return `CASE ${branches.join(" ")} WHEN ${name} IS NULL THEN NULL ELSE error('PGERR:22023:unit "' || ${name} || '" not recognized for type ${typeName(type)}') END`;
}

function printField(field: string, value: string, type: number): string {
  const part = `date_part('${field}', ${value})`;
  const micros = `CAST(date_part('microseconds', ${value}) AS DECIMAL(20,0))`;
  switch (field) {
    case "year":
    case "isoyear":
      // There is no year 0.
      return type === oid.interval
        ? `CAST(${part} AS DECIMAL(10,0))`
        : `CAST(CASE WHEN ${part} > 0 THEN ${part} ELSE ${part} - 1 END AS DECIMAL(10,0))`;
    case "decade":
      return `CAST(floor(date_part('year', ${value}) / 10.0) AS DECIMAL(10,0))`;
    case "second":
      return `CAST(${micros} * 0.000001 AS DECIMAL(18,6))`;
    case "milliseconds":
      return `CAST(${micros} * 0.001 AS DECIMAL(18,3))`;
    case "microseconds":
      return micros;
    case "epoch":
      return printEpoch(value, type);
    case "julian":
      return type === oid.date
        ? `CAST(julian(${value}) AS DECIMAL(20,0))`
        : `(CAST(CAST(julian(CAST(${value} AS DATE)) AS BIGINT) AS DECIMAL(38,20)) + CAST(CAST(epoch_us(CAST(CAST(${value} AS TIMESTAMP) AS TIME)) / 86400000000.0 AS DECIMAL(28,15)) AS DECIMAL(38,20)))`;
    default:
      return `CAST(${part} AS DECIMAL(10,0))`;
  }
}

function printEpoch(value: string, type: number): string {
  if (type === oid.date) return `CAST(epoch_us(${value}) // 1000000 AS DECIMAL(20,0))`;
  const seconds = (micros: string) =>
    `CAST(CAST(${micros} AS DECIMAL(24,0)) * 0.000001 AS DECIMAL(24,6))`;
  if (type === oid.timetz)
    return seconds(`epoch_us(${value}) - date_part('timezone', ${value}) * 1000000`);
  if (type !== oid.interval) return seconds(`epoch_us(${value})`);
  // A year has 365.25 days here, a month 30.
  const months = `pg_shim.interval_months(${value})`;
  return seconds(
    `((${months} // 12) * 31557600 + (${months} % 12) * 2592000 + pg_shim.interval_days(${value}) * 86400) * CAST(1000000 AS HUGEINT) + pg_shim.interval_micros(${value})`,
  );
}
