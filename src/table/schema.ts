/**
 * Delta's types ⇄ PostgreSQL's. A field we wrote carries its PostgreSQL type in its metadata; one of another writer is
 * what its Delta type says. Types Delta lacks are stored as text in the engine's form, arrays of them as arrays of text.
 */
import { randomUUID } from "node:crypto";
import { must } from "../base/assert.ts";
import { PgError, unsupported } from "../base/error.ts";
import { quoteName } from "../base/quote.ts";
import { engineTypeName } from "../pgtypes/engine-type.ts";
import type { LogicalType, ScalarTypeId } from "../pgtypes/logical-type.ts";
import { oids } from "../pgtypes/oids.ts";
import {
  arrayOf,
  type bareNumeric,
  logicalTypeFor,
  numericTypmod,
  typeTitle,
} from "../pgtypes/types.ts";
import type { DeltaField, DeltaType } from "./actions.ts";
import type { Column } from "./table.ts";

/** Columns as a new dataset's fields. 0A000 for a type that cannot be stored. */
export function fieldsOf(columns: readonly Column[]): readonly DeltaField[] {
  refuseTwins(columns);
  const fields = columns.map(fieldOf);
  if (!columns.some(({ name }) => needsColumnMapping(name))) return fields;
  return fields.map((field, at) => ({
    ...field,
    metadata: {
      ...field.metadata,
      "delta.columnMapping.id": columns[at]?.number,
      "delta.columnMapping.physicalName": `col-${randomUUID()}`,
    },
  }));
}

/** A column as a field, under its own name in files. */
export function fieldOf(column: Column): DeltaField {
  return {
    name: column.name,
    type: deltaTypeFor(column),
    nullable: !column.notNull,
    metadata: {
      "lakewire.typeOid": column.typeOid,
      "lakewire.typmod": column.typmod,
      "lakewire.fieldId": column.number,
      ...(column.defaultText === null ? {} : { "lakewire.default": column.defaultText }),
      ...(column.comment === null ? {} : { comment: column.comment }),
    },
  };
}

/** Parquet writers of other engines refuse such a name in a file. */
export function needsColumnMapping(name: string): boolean {
  return /[ ,;{}()\n\t=]/.test(name);
}

/** Fields as columns, in order. */
export function columnsOf(fields: readonly DeltaField[]): readonly Column[] {
  return fields.map((field, i) => {
    const { metadata } = field;
    return {
      name: field.name,
      number: numberIn(metadata["lakewire.fieldId"]) ?? i + 1,
      ...pgTypeOf(field),
      notNull: !field.nullable,
      defaultText: textIn(metadata["lakewire.default"]),
      comment: textIn(metadata["comment"]),
    };
  });
}

/** The name a field has in Parquet files and statistics. */
export function physicalName(field: DeltaField): string {
  return textIn(field.metadata["delta.columnMapping.physicalName"]) ?? field.name;
}

/** The id, in Parquet and in Iceberg, of what lies inside a column: far above those of columns. `at` counts from the outside in. */
export function nestedFieldId(columnId: number, at: number): number {
  return 1_000_000 + columnId * 1_000 + at;
}

export function usesColumnMapping(fields: readonly DeltaField[]): boolean {
  return fields.some((field) => "delta.columnMapping.physicalName" in field.metadata);
}

/** The type written on the field, as long as it still fits what the field stores; else what Delta's type comes to. */
export function pgTypeOf(field: DeltaField): { typeOid: number; typmod: number } {
  const typeOid = numberIn(field.metadata["lakewire.typeOid"]);
  const typmod = numberIn(field.metadata["lakewire.typmod"]) ?? -1;
  if (typeOid !== undefined) {
    const stored = logicalTypeFor(typeOid, typmod);
    if (stored && sameType(deltaType(stored), field.type)) return { typeOid, typmod };
  }
  return foreignType(field.type);
}

/** The type an expression over the stored column must be cast to, and how. */
export function readExpression(field: DeltaField, stored: string): string {
  const { typeOid, typmod } = pgTypeOf(field);
  if (isShownAsJson(field.type)) return `CAST(to_json(${stored}) AS JSON)`;
  const logical = must(logicalTypeFor(typeOid, typmod), `type ${typeOid} has a form in the engine`);
  const target = engineTypeName(logical);
  return target === storedTypeName(field.type) ? stored : `CAST(${stored} AS ${target})`;
}

/** The inverse: a value of the field's PostgreSQL type as it is stored. */
export function writeExpression(field: DeltaField, value: string): string {
  const { typeOid, typmod } = pgTypeOf(field);
  const logical = logicalTypeFor(typeOid, typmod);
  if (logical === undefined || isShownAsJson(field.type)) {
    throw unsupported(`writing column "${field.name}" of type ${JSON.stringify(field.type)}`);
  }
  const typed = `CAST(${value} AS ${engineTypeName(logical)})`;
  const stored = storedTypeName(field.type);
  if (engineTypeName(logical) === stored) return typed;
  const text = `CAST(${typed} AS ${stored})`;
  // The engine prints intervals of more hours than it reads: such a value must fail now, not at every later read.
  if (!JSON.stringify(logical).includes('"INTERVAL"')) return text;
  return `CAST(CAST(${text} AS ${engineTypeName(logical)}) AS ${stored})`;
}

/** The engine's name of what is in the Parquet file: a wider one would make filters lose rows. */
export function storedTypeName(type: DeltaType): string {
  if (typeof type === "string") return engineTypeName(storedType(type));
  switch (type.type) {
    case "array":
      return `${storedTypeName(type.elementType)}[]`;
    case "map":
      return `MAP(${storedTypeName(type.keyType)}, ${storedTypeName(type.valueType)})`;
    case "struct": {
      const members = type.fields.map((f) => `${quoteName(f.name)} ${storedTypeName(f.type)}`);
      return `STRUCT(${members.join(", ")})`;
    }
    default:
      return type satisfies never;
  }
}

/** What a type is in PostgreSQL when nothing but Delta's type is known. */
function foreignType(type: DeltaType): { typeOid: number; typmod: number } {
  if (typeof type === "string") {
    const decimal = decimalOf(type);
    if (decimal) {
      return { typeOid: oids.numeric, typmod: numericTypmod(decimal.width, decimal.scale) };
    }
    return { typeOid: primitive(type).typeOid, typmod: -1 };
  }
  if (isShownAsJson(type) || type.type !== "array") return { typeOid: oids.json, typmod: -1 };
  const element = foreignType(type.elementType);
  return { ...element, typeOid: arrayOf(element.typeOid) || element.typeOid };
}

interface Primitive {
  readonly delta: string;
  readonly engine: ScalarTypeId;
  readonly typeOid: number;
}

/** https://github.com/delta-io/delta/blob/master/PROTOCOL.md#primitive-types */
const primitives: readonly Primitive[] = [
  { delta: "string", engine: "VARCHAR", typeOid: oids.text },
  { delta: "long", engine: "BIGINT", typeOid: oids.int8 },
  { delta: "integer", engine: "INTEGER", typeOid: oids.int4 },
  { delta: "short", engine: "SMALLINT", typeOid: oids.int2 },
  { delta: "byte", engine: "TINYINT", typeOid: oids.int2 },
  { delta: "float", engine: "FLOAT", typeOid: oids.float4 },
  { delta: "double", engine: "DOUBLE", typeOid: oids.float8 },
  { delta: "boolean", engine: "BOOLEAN", typeOid: oids.bool },
  { delta: "binary", engine: "BLOB", typeOid: oids.bytea },
  { delta: "date", engine: "DATE", typeOid: oids.date },
  { delta: "timestamp", engine: "TIMESTAMPTZ", typeOid: oids.timestamptz },
  { delta: "timestamp_ntz", engine: "TIMESTAMP", typeOid: oids.timestamp },
];
const byDelta = new Map(primitives.map((entry) => [entry.delta, entry]));
const byEngine = new Map(primitives.map((entry) => [entry.engine, entry.delta]));

/** Engine types without an equal in Delta that are not kept as text. */
const widened: Readonly<Partial<Record<ScalarTypeId, string>>> = {
  UTINYINT: "short",
  USMALLINT: "integer",
  UINTEGER: "long",
  UBIGINT: "decimal(20,0)",
  HUGEINT: "decimal(38,0)",
  UHUGEINT: "decimal(38,0)",
};

/** Kept as text in the engine's own form, which it reads back. */
const asText: ReadonlySet<ScalarTypeId> = new Set([
  "TIME",
  "TIMETZ",
  "INTERVAL",
  "UUID",
  "JSON",
  "BIT",
]);

function deltaTypeFor(column: Column): DeltaType {
  const logical = logicalTypeFor(column.typeOid, column.typmod);
  if (logical) return deltaType(logical);
  throw unsupported(`column "${column.name}" of type ${typeTitle(column.typeOid)}`);
}

function deltaType(type: LogicalType): DeltaType {
  switch (type.id) {
    case "DECIMAL":
      return `decimal(${type.width},${type.scale})`;
    case "LIST":
    case "ARRAY":
      return { type: "array", elementType: deltaType(type.child), containsNull: true };
    case "ENUM":
      return "string";
    case "STRUCT":
    case "MAP":
    case "UNION":
      throw unsupported(`storing a column of the engine's type ${type.id}`);
    default: {
      const name = byEngine.get(type.id) ?? widened[type.id];
      if (name !== undefined) return name;
      if (asText.has(type.id)) return "string";
      throw unsupported(`storing a column of the engine's type ${type.id}`);
    }
  }
}

function storedType(type: string): LogicalType {
  return decimalOf(type) ?? { id: primitive(type).engine };
}

function primitive(type: string): Primitive {
  const found = byDelta.get(type);
  if (!found) throw unsupported(`a column of Delta's type ${type}`);
  return found;
}

function decimalOf(
  type: string,
): typeof bareNumeric | Extract<LogicalType, { id: "DECIMAL" }> | undefined {
  const [, width, scale] = /^decimal\((\d+), ?(-?\d+)\)$/.exec(type) ?? [];
  if (width === undefined || scale === undefined) return undefined;
  return { id: "DECIMAL", width: Number(width), scale: Number(scale) };
}

/** A struct, a map, or lists in a list, which need not be equally long as an array's have to be. */
export function isShownAsJson(type: DeltaType): boolean {
  if (typeof type === "string") return false;
  return type.type !== "array" || typeof type.elementType !== "string";
}

/** Nullability of elements apart. */
export function sameType(a: DeltaType, b: DeltaType): boolean {
  if (typeof a === "string" || typeof b === "string") return a === b;
  return a.type === "array" && b.type === "array" && sameType(a.elementType, b.elementType);
}

export function refuseTwins(columns: readonly Column[]): void {
  const seen = new Map<string, string>();
  for (const { name } of columns) {
    const twin = seen.get(name.toLowerCase());
    if (twin === name) throw new PgError("42701", `column "${name}" specified more than once`);
    if (twin !== undefined) {
      throw unsupported(
        `a dataset with columns "${twin}" and "${name}", which differ in case only,`,
      );
    }
    seen.set(name.toLowerCase(), name);
  }
}

function numberIn(value: unknown): number | undefined {
  const number = typeof value === "string" ? Number(value) : value;
  return typeof number === "number" && Number.isInteger(number) ? number : undefined;
}

function textIn(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}
