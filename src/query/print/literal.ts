/** Constants as engine SQL: built from their values, never from the client's text. */
import { quoteName, quoteText } from "../../base/quote.ts";
import {
  dateInfinity,
  dateMinusInfinity,
  timestampInfinity,
  timestampMinusInfinity,
} from "../../pgtypes/calendar.ts";
import { timeText, timetzText, unpackTimetz } from "../../pgtypes/datetime-output.ts";
import { engineTypeName } from "../../pgtypes/engine-type.ts";
import type { LogicalType } from "../../pgtypes/logical-type.ts";
import { decimalText } from "../../pgtypes/numeric.ts";
import { parseText } from "../../pgtypes/text-input.ts";
import type { EngineValue } from "../../pgtypes/vector.ts";
import { oid, registered } from "../analyze/oids.ts";
import { baseType, elementType } from "../analyze/types.ts";
import { engineType } from "./engine-type.ts";

/** `text` is in PostgreSQL's form under default settings. */
export function literal(type: number, typmod: number, text: string | null): string {
  const base = baseType(type);
  // A row's own type is that of what stands beside it.
  if (text === null)
    return base === oid.unknown || base === oid.record
      ? "NULL"
      : `CAST(NULL AS ${engineType(type, typmod)})`;
  if (base === oid.int4) return text.startsWith("-") ? `(${text})` : text;
  if (
    base === oid.text ||
    base === oid.varchar ||
    base === oid.name ||
    base === oid.unknown ||
    base === oid.bpchar
  )
    return quoteText(text);
  if (registered.has(base)) return `CAST(${text} AS UINTEGER)`;
  const element = elementType(base);
  if (element !== undefined && registered.has(element))
    return `CAST(${quoteText(`[${text.slice(1, -1)}]`)} AS UINTEGER[])`;
  if (base === oid.numeric && !isDecimal(text)) return `CAST(${quoteText(text)} AS DOUBLE)`;
  const { type: stored, value } = parseText(base, typmod, text);
  return engineLiteral(stored, value);
}

/** What a DECIMAL holds; NaN and more than 38 digits are computed with as doubles. */
function isDecimal(text: string): boolean {
  return /^\s*[+-]?\d*\.?\d*\s*$/.test(text) && text.replace(/\D|^0+/g, "").length <= 38;
}

/** A typed engine value as SQL text that gives exactly it. */
export function engineLiteral(type: LogicalType, value: EngineValue): string {
  if (value === null) return `CAST(NULL AS ${engineTypeName(type)})`;
  switch (type.id) {
    case "BOOLEAN":
      return value === true ? "true" : "false";
    case "INTEGER":
      return Number(value) < 0 ? `(${value})` : String(value);
    case "DECIMAL":
      return decimalLiteral(type.width, type.scale, BigInt(value as bigint));
    case "FLOAT":
    case "DOUBLE":
      // String() of minus zero has lost its sign.
      return `CAST(${quoteText(Object.is(value, -0) ? "-0" : String(value))} AS ${type.id})`;
    case "STRUCT": {
      const values = Array.isArray(value) ? value : [];
      const fields = type.fields.map(
        ({ name, type: own }, at) =>
          `${quoteName(name)} := ${engineLiteral(own, values[at] ?? null)}`,
      );
      return `struct_pack(${fields.join(", ")})`;
    }
    case "LIST":
      return listLiteral(type, value);
    case "BLOB":
      return `unhex(${quoteText(Buffer.from(value as Uint8Array).toString("hex"))})`;
    case "DATE":
      return dateLiteral(Number(value));
    case "TIMESTAMP":
    case "TIMESTAMPTZ":
      return timestampLiteral(type.id, BigInt(value as bigint));
    case "TIME":
      return `CAST(${quoteText(timeText(Number(value)))} AS TIME)`;
    case "INTERVAL":
      return intervalLiteral(value);
    case "TIMETZ":
      return `CAST(${quoteText(timetzText(unpackTimetz(BigInt(value as bigint))))} AS TIME WITH TIME ZONE)`;
    case "VARCHAR":
      return quoteText(String(value));
    default:
      return `CAST(${quoteText(String(value))} AS ${engineTypeName(type)})`;
  }
}

/** The engine reads 1.50 as DECIMAL(3,2) itself, up to its 38 digits. */
function decimalLiteral(width: number, scale: number, unscaled: bigint): string {
  const text = decimalText(unscaled, scale);
  const typed = `CAST(${quoteText(text)} AS DECIMAL(${width},${scale}))`;
  if (scale === 0 || width > 38) return typed;
  return text.startsWith("-") ? `(${text})` : text;
}

function listLiteral(type: Extract<LogicalType, { id: "LIST" }>, value: EngineValue): string {
  const items = Array.isArray(value) ? value : [];
  const child = type.child;
  const printed = items.map((item: EngineValue) =>
    // A list within a list of fewer dimensions: PostgreSQL's arrays do not say how deep they are.
    Array.isArray(item) && child.id !== "LIST" && child.id !== "INTERVAL"
      ? listLiteral(type, item)
      : engineLiteral(child, item),
  );
  const isNested =
    items.some((item: EngineValue) => Array.isArray(item)) && child.id !== "INTERVAL";
  const list = `[${printed.join(", ")}]`;
  return isNested && child.id !== "LIST" ? list : `CAST(${list} AS ${engineTypeName(type)})`;
}

const dayMs = 86_400_000;

function dateLiteral(days: number): string {
  if (days === dateInfinity) return "CAST('infinity' AS DATE)";
  if (days === dateMinusInfinity) return "CAST('-infinity' AS DATE)";
  const iso = isoOf(days * dayMs);
  if (iso !== undefined) return `DATE '${iso.slice(0, 10)}'`;
  return `(DATE '1970-01-01' + ${days < 0 ? `(${days})` : days})`;
}

function timestampLiteral(id: "TIMESTAMP" | "TIMESTAMPTZ", micros: bigint): string {
  const spelled = engineTypeName({ id });
  if (micros === timestampInfinity) return `CAST('infinity' AS ${spelled})`;
  if (micros === timestampMinusInfinity) return `CAST('-infinity' AS ${spelled})`;
  const iso = micros % 1000n === 0n ? isoOf(Number(micros / 1000n)) : undefined;
  if (iso === undefined)
    return id === "TIMESTAMP" ? `make_timestamp(${micros})` : `make_timestamptz(${micros})`;
  const text = iso
    .slice(0, -1)
    .replace("T", " ")
    .replace(/\.000$/, "");
  return id === "TIMESTAMP" ? `TIMESTAMP '${text}'` : `CAST('${text}+00' AS ${spelled})`;
}

/** Of a year that needs no sign and no fifth digit. */
function isoOf(ms: number): string | undefined {
  const instant = new Date(ms);
  if (Number.isNaN(instant.getTime())) return undefined;
  const year = instant.getUTCFullYear();
  return year > 0 && year < 10_000 ? instant.toISOString() : undefined;
}

function intervalLiteral(value: EngineValue): string {
  const [months = 0, days = 0, micros = 0n] = Array.isArray(value) ? value : [];
  return `CAST(${quoteText(`${months} months ${days} days ${micros} microseconds`)} AS INTERVAL)`;
}
