/** What an engine type is to PostgreSQL, and how the engine spells it. What the engine stores a PostgreSQL type as is in types.ts. */
import { quoteName, quoteText } from "../base/quote.ts";
import type { LogicalType, ScalarTypeId } from "./logical-type.ts";
import { oids } from "./oids.ts";
import { arrayOf, elementOf, isBareNumeric, numericTypmod } from "./types.ts";

const scalarOids: Readonly<Record<ScalarTypeId, number>> = {
  BOOLEAN: oids.bool,
  TINYINT: oids.int2,
  SMALLINT: oids.int2,
  INTEGER: oids.int4,
  BIGINT: oids.int8,
  HUGEINT: oids.numeric,
  UTINYINT: oids.int2,
  USMALLINT: oids.int4,
  UINTEGER: oids.int8,
  UBIGINT: oids.numeric,
  UHUGEINT: oids.numeric,
  FLOAT: oids.float4,
  DOUBLE: oids.float8,
  VARCHAR: oids.text,
  JSON: oids.json,
  BLOB: oids.bytea,
  BIT: oids.varbit,
  UUID: oids.uuid,
  BIGNUM: oids.numeric,
  DATE: oids.date,
  TIME: oids.time,
  TIME_NS: oids.time,
  TIMETZ: oids.timetz,
  TIMESTAMP: oids.timestamp,
  TIMESTAMP_S: oids.timestamp,
  TIMESTAMP_MS: oids.timestamp,
  TIMESTAMP_NS: oids.timestamp,
  TIMESTAMPTZ: oids.timestamptz,
  INTERVAL: oids.interval,
  NULL: oids.text,
};

/** What clients are told an engine type is: built-in types only, so that every driver knows them. */
export function oidForLogical(type: LogicalType): { typeOid: number; typmod: number } {
  switch (type.id) {
    case "DECIMAL":
      return {
        typeOid: oids.numeric,
        typmod: isBareNumeric(type) ? -1 : numericTypmod(type.width, type.scale),
      };
    case "ENUM":
      return { typeOid: oids.text, typmod: -1 };
    case "LIST":
    case "ARRAY":
      return arrayOid(type.child);
    case "STRUCT":
    case "MAP":
    case "UNION":
      return { typeOid: oids.json, typmod: -1 };
    default:
      return { typeOid: scalarOids[type.id], typmod: -1 };
  }
}

/** A list of lists is an array of more dimensions; a list of structs has no array type that a client could read: json. */
function arrayOid(child: LogicalType): { typeOid: number; typmod: number } {
  const element = oidForLogical(child);
  if (elementOf(element.typeOid) !== 0) return element;
  if (element.typeOid === oids.json && child.id !== "JSON") return element;
  return { typeOid: arrayOf(element.typeOid), typmod: element.typmod };
}

/** The type as the engine's SQL spells it. */
export function engineTypeName(type: LogicalType): string {
  switch (type.id) {
    case "DECIMAL":
      return `DECIMAL(${type.width},${type.scale})`;
    case "ENUM":
      return `ENUM(${type.values.map(quoteText).join(", ")})`;
    case "LIST":
      return `${engineTypeName(type.child)}[]`;
    case "ARRAY":
      return `${engineTypeName(type.child)}[${type.length}]`;
    case "STRUCT":
      return `STRUCT(${type.fields.map((field) => member(field.name, field.type)).join(", ")})`;
    case "UNION":
      return `UNION(${type.members.map((each) => member(each.name, each.type)).join(", ")})`;
    case "MAP":
      return `MAP(${engineTypeName(type.key)}, ${engineTypeName(type.value)})`;
    case "TIMESTAMPTZ":
      return "TIMESTAMP WITH TIME ZONE";
    case "TIMETZ":
      return "TIME WITH TIME ZONE";
    case "NULL":
      return '"NULL"';
    default:
      return type.id;
  }
}

function member(name: string, type: LogicalType): string {
  return `${quoteName(name)} ${engineTypeName(type)}`;
}
