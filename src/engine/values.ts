/** An engine value → the binding's value object, for parameters and results of scalar functions. */
import {
  arrayValue,
  bitValue,
  blobValue,
  DuckDBDateValue,
  DuckDBDecimalValue,
  DuckDBIntervalValue,
  type DuckDBPreparedStatement,
  DuckDBTimeNSValue,
  DuckDBTimestampMillisecondsValue,
  DuckDBTimestampNanosecondsValue,
  DuckDBTimestampSecondsValue,
  DuckDBTimestampTZValue,
  DuckDBTimestampValue,
  DuckDBTimeTZValue,
  DuckDBTimeValue,
  type DuckDBValue,
  listValue,
  mapValue,
  structValue,
  unionValue,
  uuidValue,
} from "@duckdb/node-api";
import { assert, must } from "../base/assert.ts";
import { unsupported } from "../base/error.ts";
import type { LogicalType } from "../pgtypes/logical-type.ts";
import type { EngineValue } from "../pgtypes/vector.ts";
import type { EngineParameter } from "./engine.ts";
import { duckdbType } from "./logical-types.ts";
import { engineValue } from "./text-value.ts";

/** Binds `$1`, `$2`, … The commonest types have calls of their own in the binding, without a value object. */
export function bindParameters(
  statement: DuckDBPreparedStatement,
  parameters: readonly EngineParameter[],
): void {
  statement.clearBindings();
  for (const [i, { type, value: given }] of parameters.entries()) {
    const index = i + 1;
    const value = engineValue(type, given);
    if (value === null) statement.bindValue(index, null, duckdbType(type));
    else if (typeof value === "string" && (type.id === "VARCHAR" || type.id === "JSON")) {
      statement.bindVarchar(index, value);
    } else if (type.id === "INTEGER") statement.bindInteger(index, Number(value));
    else if (type.id === "BIGINT") statement.bindBigInt(index, integer(value));
    else if (type.id === "DOUBLE") statement.bindDouble(index, Number(value));
    else if (type.id === "BOOLEAN") statement.bindBoolean(index, value === true);
    else statement.bindValue(index, duckdbValue(type, value), duckdbType(type));
  }
}

export function duckdbValue(type: LogicalType, given: EngineValue): DuckDBValue {
  const value = engineValue(type, given);
  if (value === null) return null;
  switch (type.id) {
    case "NULL":
      return null;
    case "BOOLEAN":
      return value === true;
    case "TINYINT":
    case "SMALLINT":
    case "INTEGER":
    case "UTINYINT":
    case "USMALLINT":
    case "UINTEGER":
    case "FLOAT":
    case "DOUBLE":
      return Number(value);
    case "BIGINT":
    case "UBIGINT":
    case "HUGEINT":
    case "UHUGEINT":
    case "BIGNUM":
      return integer(value);
    case "DECIMAL":
      return new DuckDBDecimalValue(integer(value), type.width, type.scale);
    case "VARCHAR":
    case "JSON":
    case "ENUM":
      return String(value);
    case "BLOB":
      assert(value instanceof Uint8Array, "a BLOB is bytes");
      return blobValue(value);
    case "BIT":
      if (value === "") throw unsupported("an empty bit string");
      return bitValue(String(value));
    case "UUID":
      return uuidValue(BigInt(`0x${String(value).replaceAll("-", "")}`));
    case "DATE":
      return new DuckDBDateValue(Number(value));
    case "TIME":
      return new DuckDBTimeValue(integer(value));
    case "TIME_NS":
      return new DuckDBTimeNSValue(integer(value));
    case "TIMETZ":
      return DuckDBTimeTZValue.fromBits(integer(value));
    case "TIMESTAMP":
      return new DuckDBTimestampValue(integer(value));
    case "TIMESTAMP_S":
      return new DuckDBTimestampSecondsValue(integer(value));
    case "TIMESTAMP_MS":
      return new DuckDBTimestampMillisecondsValue(integer(value));
    case "TIMESTAMP_NS":
      return new DuckDBTimestampNanosecondsValue(integer(value));
    case "TIMESTAMPTZ":
      return new DuckDBTimestampTZValue(integer(value));
    case "INTERVAL": {
      const [months = 0, days = 0, micros = 0] = elements(value);
      return new DuckDBIntervalValue(Number(months), Number(days), integer(micros));
    }
    default:
      return nestedValue(type, elements(value));
  }
}

function nestedValue(
  type: Extract<LogicalType, { id: "LIST" | "ARRAY" | "STRUCT" | "MAP" | "UNION" }>,
  values: readonly EngineValue[],
): DuckDBValue {
  switch (type.id) {
    case "LIST":
      return listValue(values.map((value) => duckdbValue(type.child, value)));
    case "ARRAY":
      return arrayValue(values.map((value) => duckdbValue(type.child, value)));
    case "STRUCT":
      return structValue(
        Object.fromEntries(
          type.fields.map((field, i) => [field.name, duckdbValue(field.type, values[i] ?? null)]),
        ),
      );
    case "MAP":
      return mapValue(
        values.map((pair) => {
          const [key = null, value = null] = elements(pair);
          return { key: duckdbValue(type.key, key), value: duckdbValue(type.value, value) };
        }),
      );
    case "UNION": {
      const member = must(type.members[Number(values[0])], "a union value names its member");
      return unionValue(member.name, duckdbValue(member.type, values[1] ?? null));
    }
    default:
      return type satisfies never;
  }
}

function integer(value: EngineValue): bigint {
  if (typeof value === "bigint") return value;
  assert(
    typeof value === "number" || typeof value === "string",
    "an integer is a bigint or a number",
  );
  return BigInt(value);
}

function elements(value: EngineValue): readonly EngineValue[] {
  assert(Array.isArray(value), "a nested value is an array");
  return value;
}
