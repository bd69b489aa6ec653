/** How a PostgreSQL type is held inside the engine, in the catalog's own relations. */
import { builtins } from "./builtins.ts";

/** By type OID; arrays follow from their element, domains from their base. */
const scalarTypes: ReadonlyMap<number, string> = new Map([
  [16, "BOOLEAN"],
  [17, "BLOB"],
  [18, "VARCHAR"],
  [19, "VARCHAR"],
  [20, "BIGINT"],
  [21, "SMALLINT"],
  [22, "SMALLINT[]"],
  [23, "INTEGER"],
  [24, "UINTEGER"],
  [25, "VARCHAR"],
  [26, "UINTEGER"],
  [28, "UINTEGER"],
  [30, "UINTEGER[]"],
  [194, "VARCHAR"],
  [700, "FLOAT"],
  [701, "DOUBLE"],
  [869, "VARCHAR"],
  [1033, "VARCHAR"],
  [1043, "VARCHAR"],
  [1114, "TIMESTAMP"],
  [1184, "TIMESTAMPTZ"],
  [1186, "INTERVAL"],
  [1700, "DECIMAL(38, 0)"],
  [2206, "UINTEGER"],
  [2277, "VARCHAR[]"],
  [3220, "VARCHAR"],
  [3361, "VARCHAR"],
  [3402, "VARCHAR"],
  [5017, "VARCHAR"],
]);

/** Row types have no value here: a column of one is always null. */
const compositeType = "VARCHAR";

export function engineType(typeOid: number): string {
  const held = scalarTypes.get(typeOid);
  if (held !== undefined) return held;
  const type = builtins().typesByOid.get(typeOid);
  if (type === undefined) throw new Error(`type ${typeOid} is not one of PostgreSQL's`);
  if (type.typtype === "d") return engineType(type.typbasetype);
  if (type.typtype === "c") return compositeType;
  if (type.typcategory === "A") return `${engineType(type.typelem)}[]`;
  throw new Error(`nothing says how the engine holds ${type.typname}`);
}

/** What a type's rows in sql/static/ leave out of a column that is not null. */
export function engineZero(typeOid: number): string {
  const type = engineType(typeOid);
  if (type.endsWith("[]")) return "[]";
  if (type === "BOOLEAN") return "false";
  return type === "VARCHAR" ? "''" : "0";
}

/** A domain's base; what the wire says of a domain's values. Others are themselves. */
export function wireType(typeOid: number, typmod: number): { typeOid: number; typmod: number } {
  const type = builtins().typesByOid.get(typeOid);
  if (type?.typtype !== "d") return { typeOid, typmod };
  return { typeOid: type.typbasetype, typmod: type.typtypmod };
}
