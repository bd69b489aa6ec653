/** A column's worth of values as the engine laid them out: typed memory, no value per cell. */
import type { LogicalType } from "./logical-type.ts";

export interface Vector {
  readonly type: LogicalType;
  /**
   * Fixed-width values, little-endian, `width` bytes each, in the engine's physical layout:
   * DECIMAL by width (i16 ≤ 4 digits, i32 ≤ 9, i64 ≤ 18, else i128), DATE i32 days, TIME i64 µs, TIMESTAMP* i64 in its unit,
   * INTERVAL i32 months, i32 days, i64 µs; UUID i128 with its top bit flipped; ENUM u8, u16 or u32 by dictionary size;
   * VARCHAR, BLOB, BIT: 16-byte string words (length ≤ 12 inline; else offset and page index into `pages`, put there by engine/);
   * LIST: u64 offset, u64 length into `children[0]`; STRUCT, ARRAY, UNION: nothing.
   */
  readonly data: Uint8Array;
  /** One bit a row, set = not null, 32 rows a word; null = no row is null. */
  readonly validity: Uint32Array | null;
  /** Copies of runs of long strings. Word 2 of a long string's entry is its byte offset, word 3 its page. */
  readonly pages: readonly Uint8Array[];
  readonly children: readonly Vector[];
}

export interface Batch {
  readonly rowCount: number;
  readonly vectors: readonly Vector[];
}

/** A column to be appended: engine memory, or values where nothing better is known. */
export type ColumnValues = Vector | readonly EngineValue[];

export interface AppendBatch {
  readonly rowCount: number;
  readonly columns: readonly ColumnValues[];
}

/** A value bound to a parameter or written row-wise; its SQL type is said beside it. */
export type EngineValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | readonly EngineValue[];

/** Bytes a value takes in `Vector.data`; 0 where there are none. */
export function physicalWidth(type: LogicalType): number {
  switch (type.id) {
    case "BOOLEAN":
    case "TINYINT":
    case "UTINYINT":
      return 1;
    case "SMALLINT":
    case "USMALLINT":
      return 2;
    case "INTEGER":
    case "UINTEGER":
    case "FLOAT":
    case "DATE":
      return 4;
    case "BIGINT":
    case "UBIGINT":
    case "DOUBLE":
    case "TIME":
    case "TIME_NS":
    case "TIMETZ":
    case "TIMESTAMP":
    case "TIMESTAMP_S":
    case "TIMESTAMP_MS":
    case "TIMESTAMP_NS":
    case "TIMESTAMPTZ":
      return 8;
    case "DECIMAL":
      if (type.width <= 4) return 2;
      if (type.width <= 9) return 4;
      return type.width <= 18 ? 8 : 16;
    case "ENUM":
      if (type.values.length < 256) return 1;
      return type.values.length < 65536 ? 2 : 4;
    case "HUGEINT":
    case "UHUGEINT":
    case "UUID":
    case "INTERVAL":
    case "VARCHAR":
    case "JSON":
    case "BLOB":
    case "BIT":
    case "BIGNUM":
    case "LIST":
    case "MAP":
      return 16;
    case "NULL":
    case "STRUCT":
    case "ARRAY":
    case "UNION":
      return 0;
    default:
      return type satisfies never;
  }
}
