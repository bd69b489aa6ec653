/** The binding's types ⇄ ours. */
import {
  ARRAY,
  BIGINT,
  BIGNUM,
  BIT,
  BLOB,
  BOOLEAN,
  DATE,
  DECIMAL,
  DOUBLE,
  type DuckDBType,
  DuckDBTypeId,
  ENUM,
  FLOAT,
  HUGEINT,
  INTEGER,
  INTERVAL,
  LIST,
  MAP,
  SMALLINT,
  SQLNULL,
  STRUCT,
  TIME,
  TIME_NS,
  TIMESTAMP,
  TIMESTAMP_MS,
  TIMESTAMP_NS,
  TIMESTAMP_S,
  TIMESTAMPTZ,
  TIMETZ,
  TINYINT,
  UBIGINT,
  UHUGEINT,
  UINTEGER,
  UNION,
  USMALLINT,
  UTINYINT,
  UUID,
  VARCHAR,
} from "@duckdb/node-api";
import { unsupported } from "../base/error.ts";
import type { LogicalType, ScalarTypeId } from "../pgtypes/logical-type.ts";

const scalars: Readonly<Record<ScalarTypeId, DuckDBType>> = {
  BOOLEAN,
  TINYINT,
  SMALLINT,
  INTEGER,
  BIGINT,
  HUGEINT,
  UTINYINT,
  USMALLINT,
  UINTEGER,
  UBIGINT,
  UHUGEINT,
  FLOAT,
  DOUBLE,
  VARCHAR,
  JSON: VARCHAR,
  BLOB,
  BIT,
  UUID,
  BIGNUM,
  DATE,
  TIME,
  TIME_NS,
  TIMETZ,
  TIMESTAMP,
  TIMESTAMP_S,
  TIMESTAMP_MS,
  TIMESTAMP_NS,
  TIMESTAMPTZ,
  INTERVAL,
  NULL: SQLNULL,
};

const scalarNames = new Map<DuckDBTypeId, ScalarTypeId>(
  (Object.keys(scalars) as ScalarTypeId[])
    .filter((name) => name !== "JSON")
    .map((name) => [scalars[name].typeId, name]),
);

/** The type id the binding gives while a parameter's type is not known yet. */
export function isUnknown(typeId: DuckDBTypeId): boolean {
  return typeId === DuckDBTypeId.INVALID || typeId === DuckDBTypeId.ANY;
}

export function logicalType(type: DuckDBType): LogicalType {
  switch (type.typeId) {
    case DuckDBTypeId.VARCHAR:
      return type.alias === "JSON" ? { id: "JSON" } : { id: "VARCHAR" };
    case DuckDBTypeId.DECIMAL:
      return { id: "DECIMAL", width: type.width, scale: type.scale };
    case DuckDBTypeId.ENUM:
      return { id: "ENUM", values: type.values };
    case DuckDBTypeId.LIST:
      return { id: "LIST", child: logicalType(type.valueType) };
    case DuckDBTypeId.ARRAY:
      return { id: "ARRAY", child: logicalType(type.valueType), length: type.length };
    case DuckDBTypeId.STRUCT:
      return { id: "STRUCT", fields: named(type.entryNames, type.entryTypes) };
    case DuckDBTypeId.MAP:
      return { id: "MAP", key: logicalType(type.keyType), value: logicalType(type.valueType) };
    case DuckDBTypeId.UNION:
      return { id: "UNION", members: named(type.memberTags, type.memberTypes) };
    default: {
      const id = scalarNames.get(type.typeId);
      if (id === undefined) throw unsupported(`engine type ${DuckDBTypeId[type.typeId]}`);
      return { id };
    }
  }
}

function named(
  names: readonly string[],
  types: readonly DuckDBType[],
): { name: string; type: LogicalType }[] {
  return types.map((type, i) => ({ name: names[i] ?? "", type: logicalType(type) }));
}

/** The inverse. JSON is VARCHAR here: the binding cannot make the alias, and the engine casts between them freely. */
export function duckdbType(type: LogicalType): DuckDBType {
  switch (type.id) {
    case "DECIMAL":
      return DECIMAL(type.width, type.scale);
    case "ENUM":
      return ENUM(type.values);
    case "LIST":
      return LIST(duckdbType(type.child));
    case "ARRAY":
      return ARRAY(duckdbType(type.child), type.length);
    case "STRUCT":
      return STRUCT(Object.fromEntries(type.fields.map((f) => [f.name, duckdbType(f.type)])));
    case "MAP":
      return MAP(duckdbType(type.key), duckdbType(type.value));
    case "UNION":
      return UNION(Object.fromEntries(type.members.map((m) => [m.name, duckdbType(m.type)])));
    default:
      return scalars[type.id];
  }
}

/** What a vector of the type says it is. */
/** Its number says all there is to say about it. */
export function isScalar(type: LogicalType): boolean {
  return type.id in scalars;
}

export function duckdbTypeId(type: LogicalType): DuckDBTypeId {
  switch (type.id) {
    case "DECIMAL":
      return DuckDBTypeId.DECIMAL;
    case "ENUM":
      return DuckDBTypeId.ENUM;
    case "LIST":
      return DuckDBTypeId.LIST;
    case "ARRAY":
      return DuckDBTypeId.ARRAY;
    case "STRUCT":
      return DuckDBTypeId.STRUCT;
    case "MAP":
      return DuckDBTypeId.MAP;
    case "UNION":
      return DuckDBTypeId.UNION;
    default:
      return scalars[type.id].typeId;
  }
}
