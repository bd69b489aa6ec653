/** A few rows as a data file that is put together here, without the engine, and what a commit says of it. */
import { randomUUID } from "node:crypto";
import { codecFor } from "../pgtypes/codecs.ts";
import { engineTypeName } from "../pgtypes/engine-type.ts";
import { readValue } from "../pgtypes/read-value.ts";
import { defaultSettings } from "../pgtypes/text-settings.ts";
import type { Batch, EngineValue } from "../pgtypes/vector.ts";
import type { Add, DeltaField } from "./actions.ts";
import { engineInfo } from "./commit.ts";
import { pgTypeOf, physicalName, storedTypeName } from "./schema.ts";
import { isSmallType, type SmallColumn, smallParquet } from "./small-parquet.ts";
import { type ColumnCounts, statisticsText } from "./statistics.ts";
import type { TableVersion } from "./table.ts";

export interface SmallFile {
  readonly add: Add;
  readonly bytes: Buffer;
}

/** Undefined where only the engine knows how the rows are stored. `columns` are the names of the batches' vectors. */
export function smallFile(
  version: TableVersion,
  columns: readonly string[],
  batches: readonly Batch[],
): SmallFile | undefined {
  const { fields, metaData } = version;
  if (metaData.partitionColumns.length > 0 || fields.length !== columns.length) return undefined;
  if (metaData.configuration["lakewire.clusterBy"] !== undefined) return undefined;
  const stored = fields.map((field) => storedColumn(field, columns.indexOf(field.name), batches));
  if (stored.includes(undefined)) return undefined;
  const known = stored.filter((column) => column !== undefined);
  const bytes = smallParquet(known, batches, engineInfo);
  const rows = batches.reduce((sum, batch) => sum + batch.rowCount, 0);
  const counts = new Map(
    fields.map((field, at) => [physicalName(field), countsOf(field, known[at], batches)] as const),
  );
  return {
    bytes,
    add: {
      path: `part-${randomUUID()}.parquet`,
      partitionValues: {},
      size: bytes.length,
      modificationTime: Date.now(),
      dataChange: true,
      stats: statisticsText(rows, fields, counts),
    },
  };
}

function storedColumn(
  field: DeltaField,
  place: number,
  batches: readonly Batch[],
): SmallColumn | undefined {
  const type = batches[0]?.vectors[place]?.type;
  if (type === undefined || !isSmallType(type)) return undefined;
  const name = storedTypeName(field.type);
  const isStored = ({ vectors }: Batch) => {
    const own = vectors[place]?.type;
    return own !== undefined && engineTypeName(own) === name;
  };
  if (!batches.every(isStored)) return undefined;
  const id = field.metadata["delta.columnMapping.id"] ?? field.metadata["lakewire.fieldId"];
  const fieldId = typeof id === "number" ? id : undefined;
  return { name: physicalName(field), fieldId, type, place };
}

/** As the engine prints least and greatest values. */
function countsOf(
  field: DeltaField,
  column: SmallColumn | undefined,
  batches: readonly Batch[],
): ColumnCounts {
  let nullCount = 0;
  let min: EngineValue = null;
  let max: EngineValue = null;
  let isBounded = true;
  for (const { rowCount, vectors } of batches) {
    const vector = vectors[column?.place ?? -1];
    for (let row = 0; vector && row < rowCount; row++) {
      const value = readValue(vector, row);
      if (value === null) nullCount++;
      else if (typeof value === "number" && !Number.isFinite(value)) isBounded = false;
      else {
        if (min === null || isLess(value, min)) min = value;
        if (max === null || isLess(max, value)) max = value;
      }
    }
  }
  if (!isBounded || min === null || max === null || column === undefined) {
    return { nullCount, min: undefined, max: undefined };
  }
  const { typeOid, typmod } = pgTypeOf(field);
  const codec = codecFor(typeOid);
  const text = (value: Exclude<EngineValue, null>) =>
    codec.text(column.type, value, typmod, defaultSettings);
  return { nullCount, min: text(min), max: text(max) };
}

function isLess(a: Exclude<EngineValue, null>, b: Exclude<EngineValue, null>): boolean {
  if (typeof a === "string" && typeof b === "string") {
    return Buffer.compare(Buffer.from(a), Buffer.from(b)) < 0;
  }
  return a < b;
}
