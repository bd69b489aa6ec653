/** Values by their engine type alone: as PostgreSQL would write them, and as JSON what PostgreSQL has no type for. */
import { assert } from "../base/assert.ts";
import {
  dateText,
  timestampText,
  timestamptzText,
  timeText,
  timetzText,
  unpackTimetz,
} from "./datetime-output.ts";
import { float4Text, float8Text } from "./float-text.ts";
import { intervalText } from "./interval-output.ts";
import type { LogicalType } from "./logical-type.ts";
import { decimalText } from "./numeric.ts";
import { defaultSettings, type TextSettings } from "./text-settings.ts";
import type { EngineValue } from "./vector.ts";

export function engineText(
  type: LogicalType,
  value: Exclude<EngineValue, null>,
  settings: TextSettings = defaultSettings,
): string {
  switch (type.id) {
    case "BOOLEAN":
      return value === true ? "true" : "false";
    case "FLOAT":
      return float4Text(Number(value), settings.extraFloatDigits);
    case "DOUBLE":
      return float8Text(Number(value), settings.extraFloatDigits);
    case "DECIMAL":
      return decimalText(BigInt(value as bigint), type.scale);
    case "DATE":
      return dateText(Number(value), settings);
    case "TIME":
      return timeText(Number(value));
    case "TIME_NS":
      return timeText(Math.floor(Number(value) / 1000));
    case "TIMETZ":
      return timetzText(unpackTimetz(value as bigint));
    case "TIMESTAMP":
      return timestampText(value as bigint, settings);
    case "TIMESTAMP_S":
      return timestampText(scaled(value as bigint, 1_000_000n), settings);
    case "TIMESTAMP_MS":
      return timestampText(scaled(value as bigint, 1000n), settings);
    case "TIMESTAMP_NS":
      return timestampText(toMicros(value as bigint), settings);
    case "TIMESTAMPTZ":
      return timestamptzText(value as bigint, settings);
    case "INTERVAL": {
      const [months, days, micros] = parts(value);
      const interval = { months: Number(months), days: Number(days), micros: micros as bigint };
      return intervalText(interval, settings.intervalStyle);
    }
    case "BLOB":
      assert(value instanceof Uint8Array, "a BLOB is bytes");
      return `\\x${Buffer.from(value).toString("hex")}`;
    case "LIST":
    case "ARRAY":
    case "STRUCT":
    case "MAP":
    case "UNION":
      return engineJson(type, value, settings);
    default:
      return String(value);
  }
}

const infinite = 9223372036854775807n;

/** Infinities keep their number in every unit. */
function scaled(value: bigint, factor: bigint): bigint {
  return value === infinite || value === -infinite ? value : value * factor;
}

function toMicros(nanos: bigint): bigint {
  if (nanos === infinite || nanos === -infinite) return nanos;
  return nanos >= 0n ? nanos / 1000n : -((999n - nanos) / 1000n);
}

function parts(value: EngineValue): readonly EngineValue[] {
  return Array.isArray(value) ? value : [];
}

/** As PostgreSQL's to_json writes it. A map's keys and a struct's fields become names. */
export function engineJson(type: LogicalType, value: EngineValue, settings: TextSettings): string {
  if (value === null) return "null";
  switch (type.id) {
    case "LIST":
    case "ARRAY":
      return `[${parts(value)
        .map((item) => engineJson(type.child, item, settings))
        .join(",")}]`;
    case "STRUCT": {
      const values = parts(value);
      const members = type.fields.map((field, i) => {
        const name = field.name === "" ? `f${i + 1}` : field.name;
        return `${JSON.stringify(name)}:${engineJson(field.type, values[i] ?? null, settings)}`;
      });
      return `{${members.join(",")}}`;
    }
    case "MAP": {
      const members = parts(value).map((pair) => {
        const [key = null, item = null] = parts(pair);
        const name = key === null ? "null" : engineText(type.key, key, settings);
        return `${JSON.stringify(name)}:${engineJson(type.value, item, settings)}`;
      });
      return `{${members.join(",")}}`;
    }
    case "UNION": {
      const [tag, item = null] = parts(value);
      const member = type.members[Number(tag)];
      return member ? engineJson(member.type, item, settings) : "null";
    }
    default:
      return jsonScalar(type, value, settings);
  }
}

/** Dates and times in JSON are ISO 8601, whatever DateStyle says. */
function jsonScalar(
  type: LogicalType,
  value: Exclude<EngineValue, null>,
  settings: TextSettings,
): string {
  switch (type.id) {
    case "JSON":
    case "BOOLEAN":
    case "TINYINT":
    case "SMALLINT":
    case "INTEGER":
    case "BIGINT":
    case "HUGEINT":
    case "UTINYINT":
    case "USMALLINT":
    case "UINTEGER":
    case "UBIGINT":
    case "UHUGEINT":
    case "BIGNUM":
    case "DECIMAL":
      return engineText(type, value, settings);
    case "FLOAT":
    case "DOUBLE": {
      const text = engineText(type, value, settings);
      return Number.isFinite(value) ? text : JSON.stringify(text);
    }
    case "TIMESTAMP":
    case "TIMESTAMP_S":
    case "TIMESTAMP_MS":
    case "TIMESTAMP_NS":
    case "TIMESTAMPTZ": {
      const iso = engineText(type, value, { ...settings, dateStyle: "ISO" });
      const minutes = type.id === "TIMESTAMPTZ" && /[+-]\d\d$/.test(iso) ? ":00" : "";
      return JSON.stringify(iso.replace(" ", "T") + minutes);
    }
    case "DATE":
      return JSON.stringify(engineText(type, value, { ...settings, dateStyle: "ISO" }));
    default:
      return JSON.stringify(engineText(type, value, settings));
  }
}
