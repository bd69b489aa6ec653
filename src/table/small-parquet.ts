/**
 * A Parquet file of a few rows, put together here: the engine takes 2 ms to write one, this a twentieth of it. One row group, one
 * plain uncompressed page a column. https://parquet.apache.org/docs/file-format/
 */

import type { LogicalType } from "../pgtypes/logical-type.ts";
import { isNull, readBytes } from "../pgtypes/read-value.ts";
import type { Batch, Vector } from "../pgtypes/vector.ts";
import { physicalWidth } from "../pgtypes/vector.ts";
import { ThriftWriter } from "./thrift.ts";

export interface SmallColumn {
  /** In the file. */
  readonly name: string;
  readonly fieldId: number | undefined;
  readonly type: LogicalType;
  /** Its place in the batches. */
  readonly place: number;
}

/** Parquet's physical types. */
const physical = {
  boolean: 0,
  int32: 1,
  int64: 2,
  float: 4,
  double: 5,
  byteArray: 6,
  fixed: 7,
} as const;

interface Form {
  readonly physical: number;
  /** ConvertedType, where the physical type does not say it all. */
  readonly converted?: number;
  readonly logical?: (writer: ThriftWriter) => void;
}

const micros = (isUtc: boolean) => (writer: ThriftWriter) =>
  writer.struct(8, () => {
    writer.boolean(1, isUtc);
    writer.struct(2, () => writer.struct(2, () => {}));
  });

/** Undefined: such a column is not written here. */
function formOf(type: LogicalType): Form | undefined {
  switch (type.id) {
    case "BOOLEAN":
      return { physical: physical.boolean };
    case "SMALLINT":
      return { physical: physical.int32, converted: 16 };
    case "INTEGER":
      return { physical: physical.int32, converted: 17 };
    case "BIGINT":
      return { physical: physical.int64, converted: 18 };
    case "FLOAT":
      return { physical: physical.float };
    case "DOUBLE":
      return { physical: physical.double };
    case "VARCHAR":
      return { physical: physical.byteArray, converted: 0 };
    case "BLOB":
      return { physical: physical.byteArray };
    case "DATE":
      return { physical: physical.int32, converted: 6 };
    case "TIMESTAMP":
      return { physical: physical.int64, logical: micros(false) };
    case "TIMESTAMPTZ":
      return { physical: physical.int64, converted: 10, logical: micros(true) };
    case "DECIMAL":
      if (type.width > 18) return { physical: physical.fixed, converted: 5 };
      return { physical: type.width > 9 ? physical.int64 : physical.int32, converted: 5 };
    default:
      return undefined;
  }
}

export function isSmallType(type: LogicalType): boolean {
  return formOf(type) !== undefined;
}

const magic = Buffer.from("PAR1");

/** The columns' types are small ones, and the batches' vectors have them. */
export function smallParquet(
  columns: readonly SmallColumn[],
  batches: readonly Batch[],
  createdBy: string,
): Buffer {
  const rowCount = batches.reduce((sum, batch) => sum + batch.rowCount, 0);
  const parts: Buffer[] = [magic];
  let at = magic.length;
  const chunks: Chunk[] = [];
  for (const column of columns) {
    const page = pageOf(column, batches, rowCount);
    const header = pageHeader(page.length, rowCount);
    chunks.push({ column, offset: at, bytes: header.length + page.length });
    parts.push(header, page);
    at += header.length + page.length;
  }
  const footer = footerOf(columns, chunks, rowCount, createdBy);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(footer.length);
  return Buffer.concat([...parts, footer, length, magic]);
}

interface Chunk {
  readonly column: SmallColumn;
  readonly offset: number;
  readonly bytes: number;
}

/** Which rows are there, then their values. */
function pageOf({ type, place }: SmallColumn, batches: readonly Batch[], rowCount: number): Buffer {
  const present = Buffer.alloc(Math.ceil(rowCount / 8));
  const values: Uint8Array[] = [];
  const bits: boolean[] = [];
  let row = 0;
  for (const { rowCount: count, vectors } of batches) {
    const vector = vectors[place] as Vector;
    for (let i = 0; i < count; i++, row++) {
      if (isNull(vector, i)) continue;
      present[row >> 3] = (present[row >> 3] as number) | (1 << (row & 7));
      if (type.id === "BOOLEAN") bits.push(vector.data[i] !== 0);
      else values.push(plainValue(type, vector, i));
    }
  }
  const levels = Buffer.concat([varint((present.length << 1) | 1), present]);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(levels.length);
  return Buffer.concat([length, levels, ...(type.id === "BOOLEAN" ? [packed(bits)] : values)]);
}

function packed(bits: readonly boolean[]): Buffer {
  const bytes = Buffer.alloc(Math.ceil(bits.length / 8));
  for (const [at, bit] of bits.entries()) {
    if (bit) bytes[at >> 3] = (bytes[at >> 3] as number) | (1 << (at & 7));
  }
  return bytes;
}

function plainValue(type: LogicalType, vector: Vector, row: number): Uint8Array {
  if (type.id === "VARCHAR" || type.id === "BLOB") {
    const bytes = readBytes(vector, row);
    const value = Buffer.alloc(4 + bytes.length);
    value.writeUInt32LE(bytes.length);
    value.set(bytes, 4);
    return value;
  }
  const width = physicalWidth(type);
  const own = vector.data.subarray(row * width, (row + 1) * width);
  if (width === 16) return Buffer.from(own).reverse(); // Big-endian, as fixed-length decimals are.
  if (width > 2) return own;
  const wide = Buffer.alloc(4);
  wide.writeInt32LE(Buffer.from(own).readInt16LE(0));
  return wide;
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 0x80; rest >>>= 7) bytes.push((rest & 0x7f) | 0x80);
  return Buffer.from([...bytes, rest]);
}

const plain = 0;
const runLength = 3;

function pageHeader(bytes: number, rowCount: number): Buffer {
  const writer = new ThriftWriter();
  writer.int32(1, 0); // A data page.
  writer.int32(2, bytes);
  writer.int32(3, bytes);
  writer.struct(5, () => {
    writer.int32(1, rowCount);
    writer.int32(2, plain);
    writer.int32(3, runLength);
    writer.int32(4, runLength);
  });
  return writer.end();
}

function footerOf(
  columns: readonly SmallColumn[],
  chunks: readonly Chunk[],
  rowCount: number,
  createdBy: string,
): Buffer {
  const writer = new ThriftWriter();
  writer.int32(1, 1);
  writer.list(2, columns.length + 1, (at) => {
    const column = columns[at - 1];
    if (column !== undefined) schemaElement(writer, column);
    else {
      writer.text(4, "schema");
      writer.int32(5, columns.length);
    }
  });
  writer.int64(3, rowCount);
  writer.list(4, 1, () => {
    writer.list(1, chunks.length, (at) => columnChunk(writer, chunks[at] as Chunk, rowCount));
    writer.int64(
      2,
      chunks.reduce((sum, { bytes }) => sum + bytes, 0),
    );
    writer.int64(3, rowCount);
  });
  writer.text(6, createdBy);
  return writer.end();
}

function schemaElement(writer: ThriftWriter, { name, fieldId, type }: SmallColumn): void {
  const form = formOf(type);
  if (form === undefined) throw new Error("bug: a column of this type is not written here");
  writer.int32(1, form.physical);
  if (form.physical === physical.fixed) writer.int32(2, 16);
  writer.int32(3, 1); // Optional.
  writer.text(4, name);
  if (form.converted !== undefined) writer.int32(6, form.converted);
  if (type.id === "DECIMAL") {
    writer.int32(7, type.scale);
    writer.int32(8, type.width);
  }
  if (fieldId !== undefined) writer.int32(9, fieldId);
  if (form.logical) writer.struct(10, () => form.logical?.(writer));
}

function columnChunk(
  writer: ThriftWriter,
  { column, offset, bytes }: Chunk,
  rowCount: number,
): void {
  writer.int64(2, offset);
  writer.struct(3, () => {
    writer.int32(1, formOf(column.type)?.physical ?? 0);
    writer.int32s(2, [plain, runLength]);
    writer.texts(3, [column.name]);
    writer.int32(4, 0); // Not compressed.
    writer.int64(5, rowCount);
    writer.int64(6, bytes);
    writer.int64(7, bytes);
    writer.int64(9, offset);
  });
}
