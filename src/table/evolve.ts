/**
 * ALTER TABLE in Delta's terms: the fields of a version brought to the columns a dataset is to have. Columns are the same by
 * number. A rename or a drop, which old files know nothing of, switches column mapping on: files keep the names they have.
 * https://github.com/delta-io/delta/blob/master/PROTOCOL.md#column-mapping
 */
import { must } from "../base/assert.ts";
import { unsupported } from "../base/error.ts";
import type { DeltaField } from "./actions.ts";
import {
  columnsOf,
  fieldOf,
  isShownAsJson,
  needsColumnMapping,
  pgTypeOf,
  physicalName,
  refuseTwins,
  sameType,
  usesColumnMapping,
} from "./schema.ts";
import type { Column, TableVersion } from "./table.ts";

const idKey = "delta.columnMapping.id";
const physicalKey = "delta.columnMapping.physicalName";

/**
 * The same fields for the same version and columns, whoever asks: a scan, a write and the commit must agree on physical names.
 * A column that is stored otherwise than before is another column to files: all rows have to be written anew with it.
 */
export function evolvedFields(
  version: TableVersion,
  columns: readonly Column[],
): readonly DeltaField[] {
  refuseTwins(columns);
  const known = new Map<number, DeltaField>();
  for (const [at, { number }] of columnsOf(version.fields).entries()) {
    const field = version.fields[at];
    if (field) known.set(number, field);
  }
  const isMapped = usesColumnMapping(version.fields);
  const fields = columns.map((column) => evolved(column, known.get(column.number)));
  if (!isMapped && !needsMapping(known, columns)) return fields;
  if (!isMapped && version.fields.some(({ type }) => isShownAsJson(type))) {
    throw unsupported("renaming or dropping columns of a dataset that has a struct or map");
  }
  let lastId = lastIdOf(version);
  return fields.map((field, at) => {
    const column = must(columns[at], "a column a field");
    const before = known.get(column.number);
    if (before && sameType(before.type, field.type)) {
      return mapped(field, before.metadata[idKey] ?? column.number, physicalName(before));
    }
    lastId = Math.max(lastId + 1, before ? 0 : column.number);
    return mapped(field, lastId, newPhysicalName(version, lastId));
  });
}

/** What another writer has noted on the field stays. */
function evolved(column: Column, before: DeltaField | undefined): DeltaField {
  const field = fieldOf(column);
  if (!before) return field;
  const { "lakewire.default": _, comment: _comment, ...noted } = before.metadata;
  const { typeOid, typmod } = pgTypeOf(before);
  const isSame = typeOid === column.typeOid && typmod === column.typmod;
  return {
    ...field,
    type: isSame ? before.type : field.type,
    metadata: { ...noted, ...field.metadata },
  };
}

function needsMapping(known: ReadonlyMap<number, DeltaField>, columns: readonly Column[]): boolean {
  const names = new Map(columns.map(({ number, name }) => [number, name]));
  return (
    columns.some(({ name }) => needsColumnMapping(name)) ||
    [...known].some(([number, { name }]) => names.get(number) !== name)
  );
}

function mapped(field: DeltaField, id: unknown, physical: string): DeltaField {
  return { ...field, metadata: { ...field.metadata, [idKey]: id, [physicalKey]: physical } };
}

/** The highest identifier ever given, so that none is given again. */
function lastIdOf({ fields, metaData }: TableVersion): number {
  const given = Number(metaData.configuration["delta.columnMapping.maxColumnId"] ?? 0);
  const ids = fields.map(({ metadata }) => Number(metadata[idKey] ?? 0));
  const numbers = columnsOf(fields).map(({ number }) => number);
  return Math.max(given, ...ids, ...numbers);
}

/** Of no column of this dataset before: an identifier is given once a version, and versions are never made again. */
function newPhysicalName({ id, number }: TableVersion, columnId: number): string {
  return `col-${columnId}-${number}-${id.slice(0, 8)}`;
}
