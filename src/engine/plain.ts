/** Rows as plain objects, for the server's own small results. */

import { engineText } from "../pgtypes/engine-text.ts";
import type { LogicalType } from "../pgtypes/logical-type.ts";
import { readValue } from "../pgtypes/read-value.ts";
import type { Batch, EngineValue } from "../pgtypes/vector.ts";
import type { EngineColumn } from "./engine.ts";

export function plainRows(
  columns: readonly EngineColumn[],
  batch: Batch,
): Record<string, unknown>[] {
  return Array.from({ length: batch.rowCount }, (_, row) =>
    Object.fromEntries(
      batch.vectors.map((vector, i) => [
        columns[i]?.name ?? "",
        plain(vector.type, readValue(vector, row)),
      ]),
    ),
  );
}

/** int8 and wider as bigint; decimals, dates and times as text; nested values as arrays and objects. */
function plain(type: LogicalType, value: EngineValue): unknown {
  if (value === null) return null;
  switch (type.id) {
    case "LIST":
    case "ARRAY":
      return parts(value).map((item) => plain(type.child, item));
    case "STRUCT":
      return Object.fromEntries(
        type.fields.map((field, i) => [field.name, plain(field.type, parts(value)[i] ?? null)]),
      );
    case "MAP":
      return new Map(
        parts(value).map((pair) => {
          const [key = null, item = null] = parts(pair);
          return [plain(type.key, key), plain(type.value, item)];
        }),
      );
    case "UNION": {
      const [tag = null, item = null] = parts(value);
      const member = type.members[Number(tag)];
      return member ? plain(member.type, item) : null;
    }
    case "DECIMAL":
    case "DATE":
    case "TIME":
    case "TIME_NS":
    case "TIMETZ":
    case "TIMESTAMP":
    case "TIMESTAMP_S":
    case "TIMESTAMP_MS":
    case "TIMESTAMP_NS":
    case "TIMESTAMPTZ":
    case "INTERVAL":
      return engineText(type, value);
    default:
      return value;
  }
}

function parts(value: EngineValue): readonly EngineValue[] {
  return Array.isArray(value) ? value : [];
}
