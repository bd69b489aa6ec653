/**
 * PostgreSQL's built-in types, one entry each, and what the engine stores them as.
 * https://www.postgresql.org/docs/15/catalog-pg-type.html
 */
import type { LogicalType, ScalarTypeId } from "./logical-type.ts";
import { type MadeType, madeElement, madeType } from "./made-types.ts";
import { oids } from "./oids.ts";

export interface PgType {
  readonly oid: number;
  readonly name: string;
  /** OID of the type of its arrays; 0 = there is none. */
  readonly array: number;
  /** Of an array: its elements' type; else 0. */
  readonly element: number;
  /** typlen: bytes, -1 = varlena, -2 = C string. */
  readonly size: number;
  /** typcategory. */
  readonly category: string;
  /** typalign. */
  readonly alignment: string;
  /** As format_type prints it without a modifier. */
  readonly title: string;
}

type Entry = readonly [
  oid: number,
  name: string,
  array: number,
  size: number,
  category: string,
  alignment: string,
  title: string,
];

/** In pg_type's own order. */
const entries: readonly Entry[] = [
  [16, "bool", 1000, 1, "B", "c", "boolean"],
  [17, "bytea", 1001, -1, "U", "i", "bytea"],
  [18, "char", 1002, 1, "Z", "c", '"char"'],
  [19, "name", 1003, 64, "S", "c", "name"],
  [20, "int8", 1016, 8, "N", "d", "bigint"],
  [21, "int2", 1005, 2, "N", "s", "smallint"],
  [22, "int2vector", 1006, -1, "A", "i", "int2vector"],
  [23, "int4", 1007, 4, "N", "i", "integer"],
  [24, "regproc", 1008, 4, "N", "i", "regproc"],
  [25, "text", 1009, -1, "S", "i", "text"],
  [26, "oid", 1028, 4, "N", "i", "oid"],
  [27, "tid", 1010, 6, "U", "s", "tid"],
  [28, "xid", 1011, 4, "U", "i", "xid"],
  [29, "cid", 1012, 4, "U", "i", "cid"],
  [30, "oidvector", 1013, -1, "A", "i", "oidvector"],
  [114, "json", 199, -1, "U", "i", "json"],
  [142, "xml", 143, -1, "U", "i", "xml"],
  [194, "pg_node_tree", 0, -1, "Z", "i", "pg_node_tree"],
  [600, "point", 1017, 16, "G", "d", "point"],
  [601, "lseg", 1018, 32, "G", "d", "lseg"],
  [602, "path", 1019, -1, "G", "d", "path"],
  [603, "box", 1020, 32, "G", "d", "box"],
  [604, "polygon", 1027, -1, "G", "d", "polygon"],
  [628, "line", 629, 24, "G", "d", "line"],
  [650, "cidr", 651, -1, "I", "i", "cidr"],
  [700, "float4", 1021, 4, "N", "i", "real"],
  [701, "float8", 1022, 8, "N", "d", "double precision"],
  [705, "unknown", 0, -2, "X", "c", "unknown"],
  [718, "circle", 719, 24, "G", "d", "circle"],
  [774, "macaddr8", 775, 8, "U", "i", "macaddr8"],
  [790, "money", 791, 8, "N", "d", "money"],
  [829, "macaddr", 1040, 6, "U", "i", "macaddr"],
  [869, "inet", 1041, -1, "I", "i", "inet"],
  [1033, "aclitem", 1034, 12, "U", "i", "aclitem"],
  [1042, "bpchar", 1014, -1, "S", "i", "character"],
  [1043, "varchar", 1015, -1, "S", "i", "character varying"],
  [1082, "date", 1182, 4, "D", "i", "date"],
  [1083, "time", 1183, 8, "D", "d", "time without time zone"],
  [1114, "timestamp", 1115, 8, "D", "d", "timestamp without time zone"],
  [1184, "timestamptz", 1185, 8, "D", "d", "timestamp with time zone"],
  [1186, "interval", 1187, 16, "T", "d", "interval"],
  [1266, "timetz", 1270, 12, "D", "d", "time with time zone"],
  [1560, "bit", 1561, -1, "V", "i", "bit"],
  [1562, "varbit", 1563, -1, "V", "i", "bit varying"],
  [1700, "numeric", 1231, -1, "N", "i", "numeric"],
  [1790, "refcursor", 2201, -1, "U", "i", "refcursor"],
  [2202, "regprocedure", 2207, 4, "N", "i", "regprocedure"],
  [2203, "regoper", 2208, 4, "N", "i", "regoper"],
  [2204, "regoperator", 2209, 4, "N", "i", "regoperator"],
  [2205, "regclass", 2210, 4, "N", "i", "regclass"],
  [2206, "regtype", 2211, 4, "N", "i", "regtype"],
  [2249, "record", 2287, -1, "P", "d", "record"],
  [2275, "cstring", 1263, -2, "P", "c", "cstring"],
  [2276, "any", 0, 4, "P", "i", '"any"'],
  [2277, "anyarray", 0, -1, "P", "d", "anyarray"],
  [2278, "void", 0, 4, "P", "i", "void"],
  [2279, "trigger", 0, 4, "P", "i", "trigger"],
  [2281, "internal", 0, 8, "P", "d", "internal"],
  [2283, "anyelement", 0, 4, "P", "i", "anyelement"],
  [2776, "anynonarray", 0, 4, "P", "i", "anynonarray"],
  [2950, "uuid", 2951, 16, "U", "c", "uuid"],
  [2970, "txid_snapshot", 2949, -1, "U", "d", "txid_snapshot"],
  [3220, "pg_lsn", 3221, 8, "U", "d", "pg_lsn"],
  [3500, "anyenum", 0, 4, "P", "i", "anyenum"],
  [3614, "tsvector", 3643, -1, "U", "i", "tsvector"],
  [3615, "tsquery", 3645, -1, "U", "i", "tsquery"],
  [3734, "regconfig", 3735, 4, "N", "i", "regconfig"],
  [3769, "regdictionary", 3770, 4, "N", "i", "regdictionary"],
  [3802, "jsonb", 3807, -1, "U", "i", "jsonb"],
  [3831, "anyrange", 0, -1, "P", "d", "anyrange"],
  [3838, "event_trigger", 0, 4, "P", "i", "event_trigger"],
  [3904, "int4range", 3905, -1, "R", "i", "int4range"],
  [3906, "numrange", 3907, -1, "R", "i", "numrange"],
  [3908, "tsrange", 3909, -1, "R", "d", "tsrange"],
  [3910, "tstzrange", 3911, -1, "R", "d", "tstzrange"],
  [3912, "daterange", 3913, -1, "R", "i", "daterange"],
  [3926, "int8range", 3927, -1, "R", "d", "int8range"],
  [4072, "jsonpath", 4073, -1, "U", "i", "jsonpath"],
  [4089, "regnamespace", 4090, 4, "N", "i", "regnamespace"],
  [4096, "regrole", 4097, 4, "N", "i", "regrole"],
  [4191, "regcollation", 4192, 4, "N", "i", "regcollation"],
  [4451, "int4multirange", 6150, -1, "R", "i", "int4multirange"],
  [4532, "nummultirange", 6151, -1, "R", "i", "nummultirange"],
  [4533, "tsmultirange", 6152, -1, "R", "d", "tsmultirange"],
  [4534, "tstzmultirange", 6153, -1, "R", "d", "tstzmultirange"],
  [4535, "datemultirange", 6155, -1, "R", "i", "datemultirange"],
  [4536, "int8multirange", 6157, -1, "R", "d", "int8multirange"],
  [4537, "anymultirange", 0, -1, "P", "d", "anymultirange"],
  [4538, "anycompatiblemultirange", 0, -1, "P", "d", "anycompatiblemultirange"],
  [5038, "pg_snapshot", 5039, -1, "U", "d", "pg_snapshot"],
  [5069, "xid8", 271, 8, "U", "d", "xid8"],
  [5077, "anycompatible", 0, 4, "P", "i", "anycompatible"],
  [5078, "anycompatiblearray", 0, -1, "P", "d", "anycompatiblearray"],
  [5079, "anycompatiblenonarray", 0, 4, "P", "i", "anycompatiblenonarray"],
  [5080, "anycompatiblerange", 0, -1, "P", "d", "anycompatiblerange"],
];

const types: readonly PgType[] = entries.flatMap(
  ([oid, name, array, size, category, alignment, title]) => {
    const element = oid === oids.int2vector ? oids.int2 : oid === oids.oidvector ? oids.oid : 0;
    const type: PgType = { oid, name, array, element, size, category, alignment, title };
    if (array === 0) return [type];
    const arrayType: PgType = {
      oid: array,
      name: `_${name}`,
      array: 0,
      element: oid,
      size: -1,
      category: category === "P" ? "P" : "A",
      alignment: alignment === "d" ? "d" : "i",
      title: `${title}[]`,
    };
    return [type, arrayType];
  },
);

const byOid = new Map(types.map((type) => [type.oid, type]));
const byName = new Map(types.map((type) => [type.name, type]));

export function typeByOid(oid: number): PgType | undefined {
  return byOid.get(oid) ?? rowOfMade(oid);
}

function rowOfMade(oid: number): PgType | undefined {
  const made = madeType(oid);
  if (made)
    return {
      ...shapeOf(made),
      oid,
      name: made.name,
      array: made.array,
      element: 0,
      title: made.title,
    };
  const element = madeElement(oid);
  if (!element) return undefined;
  const { alignment } = shapeOf(element);
  return {
    oid,
    name: `_${element.name}`,
    array: 0,
    element: element.oid,
    size: -1,
    category: "A",
    alignment: alignment === "d" ? "d" : "i",
    title: `${element.title}[]`,
  };
}

function shapeOf(made: MadeType): Pick<PgType, "size" | "category" | "alignment"> {
  switch (made.kind) {
    case "enum":
      return { size: 4, category: "E", alignment: "i" };
    case "composite":
      return { size: -1, category: "C", alignment: "d" };
    case "domain": {
      const { size = -1, category = "U", alignment = "i" } = typeByOid(made.base) ?? {};
      return { size, category, alignment };
    }
    default:
      return made satisfies never;
  }
}

/** By pg_type.typname: int4, _int4, timestamptz; not by its title. */
export function typeByName(name: string): PgType | undefined {
  return byName.get(name);
}

/** OID of the type of arrays of `oid`; 0 = there is none. */
export function arrayOf(oid: number): number {
  return typeByOid(oid)?.array ?? 0;
}

/** OID of an array's elements; 0 = `oid` is no array. */
export function elementOf(oid: number): number {
  return typeByOid(oid)?.element ?? 0;
}

/** typlen; -1 for a type not known here, as of any varlena. */
export function typeSize(oid: number): number {
  return typeByOid(oid)?.size ?? -1;
}

/** As format_type(oid, NULL) prints it, for messages; "???" as there for what is not known. */
export function typeTitle(oid: number): string {
  return typeByOid(oid)?.title ?? "???";
}

/**
 * PostgreSQL's numeric has no bound; the engine's DECIMAL has 38 digits. A numeric without precision is this one,
 * and its trailing zeros are not shown.
 */
export const bareNumeric = { id: "DECIMAL", width: 38, scale: 10 } as const;

export function isBareNumeric(type: LogicalType): boolean {
  return (
    type.id === "DECIMAL" && type.width === bareNumeric.width && type.scale === bareNumeric.scale
  );
}

const scalars: Readonly<Record<number, ScalarTypeId>> = {
  [oids.bool]: "BOOLEAN",
  [oids.bytea]: "BLOB",
  [oids.int2]: "SMALLINT",
  [oids.int4]: "INTEGER",
  [oids.int8]: "BIGINT",
  [oids.oid]: "UINTEGER",
  [oids.xid]: "UINTEGER",
  [oids.cid]: "UINTEGER",
  [oids.xid8]: "UBIGINT",
  [oids.float4]: "FLOAT",
  [oids.float8]: "DOUBLE",
  [oids.date]: "DATE",
  [oids.time]: "TIME",
  [oids.timetz]: "TIMETZ",
  [oids.timestamp]: "TIMESTAMP",
  [oids.timestamptz]: "TIMESTAMPTZ",
  [oids.interval]: "INTERVAL",
  [oids.uuid]: "UUID",
  [oids.json]: "JSON",
  [oids.jsonb]: "JSON",
};

/** What the engine stores for a PostgreSQL type; undefined for pseudo-types and composites. */
export function logicalTypeFor(oid: number, typmod: number): LogicalType | undefined {
  const scalar = scalars[oid];
  if (scalar) return { id: scalar };
  if (oid === oids.numeric) return numericFor(typmod);
  const made = madeType(oid);
  if (made) return logicalOfMade(made);
  const type = typeByOid(oid);
  if (!type) return undefined;
  if (type.element !== 0) {
    const child = logicalTypeFor(type.element, typmod);
    return child && { id: "LIST", child };
  }
  // Whatever else has a text form is stored as that text: inet, money, xml, geometry, reg…
  if (oid === oids.unknown || oid === oids.cstring) return { id: "VARCHAR" };
  return type.category === "P" ? undefined : { id: "VARCHAR" };
}

/** An enum's values are its labels: other engines read strings. */
function logicalOfMade(made: MadeType): LogicalType | undefined {
  switch (made.kind) {
    case "enum":
      return { id: "VARCHAR" };
    case "domain":
      return logicalTypeFor(made.base, made.typmod);
    case "composite": {
      const fields = made.fields.map(({ name, typeOid, typmod }) => ({
        name,
        type: logicalTypeFor(typeOid, typmod),
      }));
      const known = fields.flatMap(({ name, type }) => (type ? [{ name, type }] : []));
      return known.length === 0 || known.length < fields.length
        ? undefined
        : { id: "STRUCT", fields: known };
    }
    default:
      return made satisfies never;
  }
}

function numericFor(typmod: number): LogicalType {
  if (typmod < 4) return bareNumeric;
  const { precision, scale } = numericModifier(typmod);
  if (precision > 38 || scale < 0 || scale > precision) return bareNumeric;
  return { id: "DECIMAL", width: precision, scale };
}

/** The scale is eleven bits, signed. */
export function numericModifier(typmod: number): { precision: number; scale: number } {
  const bits = typmod - 4;
  return { precision: (bits >> 16) & 0xffff, scale: ((bits & 0x7ff) ^ 1024) - 1024 };
}

export function numericTypmod(precision: number, scale: number): number {
  return ((precision << 16) | (scale & 0x7ff)) + 4;
}
