/** A value as the engine's SQL spells it: exactly, whatever its type, and whatever a text holds. */
import { assert, must } from "../base/assert.ts";
import { unsupported } from "../base/error.ts";
import { quoteName, quoteText } from "../base/quote.ts";
import {
  civilFromDays,
  dateInfinity,
  dateMinusInfinity,
  splitDays,
  timestampInfinity,
  timestampMinusInfinity,
} from "./calendar.ts";
import { timeText, timetzText, unpackTimetz } from "./datetime-output.ts";
import { engineTypeName } from "./engine-type.ts";
import type { LogicalType } from "./logical-type.ts";
import { decimalText } from "./numeric.ts";
import type { EngineValue } from "./vector.ts";

export function engineLiteral(type: LogicalType, value: EngineValue): string {
  if (value === null) return `CAST(NULL AS ${engineTypeName(type)})`;
  switch (type.id) {
    case "NULL":
      return "NULL";
    case "BOOLEAN":
      return value === true ? "true" : "false";
    case "VARCHAR":
      return quoteText(String(value));
    case "LIST":
    case "ARRAY": {
      const items = parts(value).map((item) => engineLiteral(type.child, item));
      return `CAST([${items.join(", ")}] AS ${engineTypeName(type)})`;
    }
    case "STRUCT": {
      const values = parts(value);
      const fields = type.fields.map(
        (field, i) => `${quoteText(field.name)}: ${engineLiteral(field.type, values[i] ?? null)}`,
      );
      return `{${fields.join(", ")}}`;
    }
    case "MAP": {
      const pairs = parts(value).map(parts);
      const keys = pairs.map(([key = null]) => engineLiteral(type.key, key));
      const values = pairs.map(([, item = null]) => engineLiteral(type.value, item));
      return `CAST(MAP([${keys.join(", ")}], [${values.join(", ")}]) AS ${engineTypeName(type)})`;
    }
    case "UNION": {
      const [tag, item = null] = parts(value);
      const member = must(type.members[Number(tag)], "a union value names its member");
      const tagged = `union_value(${quoteName(member.name)} := ${engineLiteral(member.type, item)})`;
      return `CAST(${tagged} AS ${engineTypeName(type)})`;
    }
    default:
      return `CAST(${quoteText(scalarText(type, value))} AS ${engineTypeName(type)})`;
  }
}

/** The text that the engine casts to the type: its own forms, which are not PostgreSQL's in every case. */
function scalarText(type: LogicalType, value: Exclude<EngineValue, null>): string {
  switch (type.id) {
    case "FLOAT":
    case "DOUBLE":
      return Object.is(value, -0) ? "-0" : String(value);
    case "BIT":
      if (value === "") throw unsupported("an empty bit string");
      return String(value);
    case "DECIMAL":
      return decimalText(BigInt(value as bigint), type.scale);
    case "BLOB":
      assert(value instanceof Uint8Array, "a BLOB is bytes");
      return Buffer.from(value).toString("hex").replace(/../g, "\\x$&");
    case "DATE":
      return dateText(Number(value));
    case "TIME":
      return timeText(Number(value));
    case "TIMETZ":
      return timetzText(unpackTimetz(value as bigint));
    case "TIMESTAMP":
      return timestampText(value as bigint);
    case "TIMESTAMPTZ":
      return timestampText(value as bigint, "+00");
    case "INTERVAL": {
      const [months, days, micros] = parts(value);
      return `${months} months ${days} days ${micros} microseconds`;
    }
    case "TIME_NS":
      return withNanos(timeText(Number((value as bigint) / 1000n)), value as bigint);
    case "TIMESTAMP_S":
      return timestampText(scaled(value as bigint, 1_000_000n));
    case "TIMESTAMP_MS":
      return timestampText(scaled(value as bigint, 1000n));
    case "TIMESTAMP_NS":
      return nanosText(value as bigint);
    default:
      return String(value);
  }
}

function parts(value: EngineValue): readonly EngineValue[] {
  assert(Array.isArray(value), "a nested value is an array");
  return value;
}

function dateText(days: number): string {
  if (days === dateInfinity) return "infinity";
  if (days === dateMinusInfinity) return "-infinity";
  const { year, month, day } = civilFromDays(days);
  const shown = String(year <= 0 ? 1 - year : year).padStart(4, "0");
  const date = `${shown}-${String(month).padStart(2, "0")}-${String(day).padStart(2, "0")}`;
  return year <= 0 ? `${date} (BC)` : date;
}

function timestampText(micros: bigint, zone = ""): string {
  if (micros === timestampInfinity) return "infinity";
  if (micros === timestampMinusInfinity) return "-infinity";
  const { days, micros: time } = splitDays(micros);
  return `${dateText(days)} ${timeText(time)}${zone}`;
}

/** Infinities are the same number in every unit. */
function scaled(value: bigint, factor: bigint): bigint {
  const isInfinite = value === timestampInfinity || value === timestampMinusInfinity;
  return isInfinite ? value : value * factor;
}

function nanosText(value: bigint): string {
  if (value === timestampInfinity || value === timestampMinusInfinity) return timestampText(value);
  return withNanos(timestampText((value - (((value % 1000n) + 1000n) % 1000n)) / 1000n), value);
}

/** `text` is to the microsecond, its trailing zeros left out; the three digits below are put after it. */
function withNanos(text: string, value: bigint): string {
  const nanos = ((value % 1000n) + 1000n) % 1000n;
  if (nanos === 0n) return text;
  const [whole = "", fraction = ""] = text.split(".");
  return `${whole}.${fraction.padEnd(6, "0")}${String(nanos).padStart(3, "0")}`;
}
