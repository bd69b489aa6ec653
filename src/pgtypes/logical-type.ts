/** The engine's logical types as plain data, so that everything above engine/ can name them without its API. */

export type LogicalType =
  | { readonly id: ScalarTypeId }
  | { readonly id: "DECIMAL"; readonly width: number; readonly scale: number }
  | { readonly id: "ENUM"; readonly values: readonly string[] }
  | { readonly id: "LIST"; readonly child: LogicalType }
  | { readonly id: "ARRAY"; readonly child: LogicalType; readonly length: number }
  | {
      readonly id: "STRUCT";
      readonly fields: readonly { readonly name: string; readonly type: LogicalType }[];
    }
  | { readonly id: "MAP"; readonly key: LogicalType; readonly value: LogicalType }
  | {
      readonly id: "UNION";
      readonly members: readonly { readonly name: string; readonly type: LogicalType }[];
    };

export type ScalarTypeId =
  | "BOOLEAN"
  | "TINYINT"
  | "SMALLINT"
  | "INTEGER"
  | "BIGINT"
  | "HUGEINT"
  | "UTINYINT"
  | "USMALLINT"
  | "UINTEGER"
  | "UBIGINT"
  | "UHUGEINT"
  | "FLOAT"
  | "DOUBLE"
  | "VARCHAR"
  | "JSON"
  | "BLOB"
  | "BIT"
  | "UUID"
  | "BIGNUM"
  | "DATE"
  | "TIME"
  | "TIME_NS"
  | "TIMETZ"
  | "TIMESTAMP"
  | "TIMESTAMP_S"
  | "TIMESTAMP_MS"
  | "TIMESTAMP_NS"
  | "TIMESTAMPTZ"
  | "INTERVAL"
  | "NULL";
