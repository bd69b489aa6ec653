/**
 * Columns of the engine as Arrow's: https://arrow.apache.org/docs/format/Columnar.html. Types that Arrow has keep their bits,
 * decimals are of 128; whatever else PostgreSQL knows goes as its text.
 */
import {
  AsyncByteQueue,
  Binary,
  Bool,
  type Data,
  type DataType,
  DateDay,
  Decimal,
  Field,
  Float32,
  Float64,
  Int8,
  Int16,
  Int32,
  Int64,
  List,
  makeData,
  RecordBatch,
  RecordBatchStreamWriter,
  Schema,
  Struct,
  TimeMicrosecond,
  TimestampMicrosecond,
  Uint8,
  Uint16,
  Uint32,
  Uint64,
  Utf8,
} from "apache-arrow";
import { must } from "../base/assert.ts";
import { codecFor } from "./codecs.ts";
import type { CopyColumn, CopyEncoder } from "./copy-encoder.ts";
import type { LogicalType } from "./logical-type.ts";
import { oids } from "./oids.ts";
import { readValue } from "./read-value.ts";
import type { TextSettings } from "./text-settings.ts";
import { elementOf } from "./types.ts";
import { physicalWidth, type Vector } from "./vector.ts";

/** An IPC stream: the schema, a record batch for each of the engine's, the end. Each piece is a CopyData message. */
export function arrowEncoder(columns: readonly CopyColumn[], settings: TextSettings): CopyEncoder {
  const made = columns.map((column) => columnFor(column, settings));
  const schema = new Schema(
    columns.map(({ name }, at) => new Field(name, must(made[at], "a column").type, true)),
  );
  let taken: Uint8Array[] = [];
  const writer = new RecordBatchStreamWriter();
  writer.reset(new Pieces((bytes) => taken.push(bytes)), schema);
  const messages = (): Uint8Array => {
    const bytes = Buffer.concat(taken.map(copyData));
    taken = [];
    return bytes;
  };
  return {
    start: messages,
    encode(batch, from, to, sink) {
      const length = to - from;
      const children = made.map(({ data }, at) =>
        data(must(batch.vectors[at], "a vector a column"), {
          from,
          count: length,
          picks: undefined,
        }),
      );
      const type = new Struct(schema.fields);
      writer.write(new RecordBatch(schema, makeData({ type, length, nullCount: 0, children })));
      sink(messages());
    },
    end() {
      writer.close();
      return messages();
    },
  };
}

/** What the writer writes, as it writes it. */
class Pieces extends AsyncByteQueue<Uint8Array> {
  readonly #take: (bytes: Uint8Array) => void;

  constructor(take: (bytes: Uint8Array) => void) {
    super();
    this.#take = take;
  }

  override write(bytes: Uint8Array): void {
    if (bytes.byteLength > 0) this.#take(bytes);
  }
}

function copyData(body: Uint8Array): Buffer {
  const message = Buffer.allocUnsafe(5 + body.length);
  message.writeUInt8(0x64);
  message.writeInt32BE(4 + body.length, 1);
  message.set(body, 5);
  return message;
}

interface ArrowColumn {
  readonly type: DataType;
  readonly data: (vector: Vector, rows: Rows) => Data;
}

/** Rows [from, from + count) of a vector, or those that are picked. */
interface Rows {
  readonly from: number;
  readonly count: number;
  readonly picks: Int32Array | undefined;
}

const placeOf = ({ from, picks }: Rows, at: number) => (picks ? (picks[at] as number) : from + at);

/** Types whose text is kept as it is. */
const plainTexts: ReadonlySet<number> = new Set([oids.text, oids.varchar, oids.name, oids.json]);
/** Types that are to Arrow what they are to the engine. */
const same: ReadonlySet<number> = new Set([
  oids.bool,
  oids.int2,
  oids.int4,
  oids.int8,
  oids.oid,
  oids.float4,
  oids.float8,
  oids.numeric,
  oids.date,
  oids.time,
  oids.timestamp,
  oids.timestamptz,
  oids.bytea,
]);

function columnFor(column: Omit<CopyColumn, "name">, settings: TextSettings): ArrowColumn {
  const { type, typeOid } = column;
  const element = elementOf(typeOid);
  if (type.id === "LIST" && element !== 0) {
    // An array of two dimensions is a list of lists, and PostgreSQL's type of both is one.
    const of = type.child.id === "LIST" ? typeOid : element;
    return list(columnFor({ ...column, type: type.child, typeOid: of }, settings));
  }
  if (plainTexts.has(typeOid) && (type.id === "VARCHAR" || type.id === "JSON"))
    return strings(new Utf8());
  if (!same.has(typeOid)) return texts(column, settings);
  if (type.id === "BOOLEAN") return booleans;
  if (type.id === "BLOB") return strings(new Binary());
  if (type.id === "DECIMAL") return decimals(type);
  return fixed[type.id]?.() ?? texts(column, settings);
}

type Bits = new (memory: ArrayBuffer) => Data["values"];

/** Both lay them out alike. */
function sameBits(type: DataType, bits: Bits): ArrowColumn {
  return {
    type,
    data(vector, rows) {
      const { count } = rows;
      const data = new bits(picked(vector, rows).buffer as ArrayBuffer);
      return makeData({ type, length: count, ...nulls(vector, rows), data } as never);
    },
  };
}

const fixed: Readonly<Partial<Record<LogicalType["id"], () => ArrowColumn>>> = {
  TINYINT: () => sameBits(new Int8(), Int8Array),
  SMALLINT: () => sameBits(new Int16(), Int16Array),
  INTEGER: () => sameBits(new Int32(), Int32Array),
  BIGINT: () => sameBits(new Int64(), BigInt64Array),
  UTINYINT: () => sameBits(new Uint8(), Uint8Array),
  USMALLINT: () => sameBits(new Uint16(), Uint16Array),
  UINTEGER: () => sameBits(new Uint32(), Uint32Array),
  UBIGINT: () => sameBits(new Uint64(), BigUint64Array),
  FLOAT: () => sameBits(new Float32(), Float32Array),
  DOUBLE: () => sameBits(new Float64(), Float64Array),
  DATE: () => sameBits(new DateDay(), Int32Array),
  TIME: () => sameBits(new TimeMicrosecond(), BigInt64Array),
  TIMESTAMP: () => sameBits(new TimestampMicrosecond(), BigInt64Array),
  TIMESTAMPTZ: () => sameBits(new TimestampMicrosecond("UTC"), BigInt64Array),
};

const booleans: ArrowColumn = {
  type: new Bool(),
  data(vector, rows) {
    const { count } = rows;
    const data = new Uint8Array((count + 7) >> 3);
    for (let row = 0; row < count; row++)
      if (vector.data[placeOf(rows, row)] !== 0)
        data[row >> 3] = (data[row >> 3] as number) | (1 << (row & 7));
    return makeData({ type: new Bool(), length: count, ...nulls(vector, rows), data });
  },
};

function decimals({ width, scale }: Extract<LogicalType, { id: "DECIMAL" }>): ArrowColumn {
  const type = new Decimal(scale, width, 128);
  return {
    type,
    data(vector, rows) {
      const { count } = rows;
      const words = new BigInt64Array(count * 2);
      for (let row = 0; row < count; row++) {
        const value = readValue(vector, placeOf(rows, row));
        if (typeof value !== "bigint") continue;
        words[row * 2] = BigInt.asIntN(64, value);
        words[row * 2 + 1] = BigInt.asIntN(64, value >> 64n);
      }
      const data = new Uint32Array(words.buffer);
      return makeData({ type, length: count, ...nulls(vector, rows), data });
    },
  };
}

/** Bytes out of string words. */
function strings(type: Utf8 | Binary): ArrowColumn {
  return {
    type,
    data(vector, rows) {
      const { count } = rows;
      const words = new DataView(
        vector.data.buffer,
        vector.data.byteOffset,
        vector.data.byteLength,
      );
      const { nullCount, nullBitmap } = nulls(vector, rows);
      const valueOffsets = new Int32Array(count + 1);
      for (let row = 0; row < count; row++) {
        const length = isSet(nullBitmap, row) ? words.getUint32(placeOf(rows, row) * 16, true) : 0;
        valueOffsets[row + 1] = (valueOffsets[row] as number) + length;
      }
      const data = new Uint8Array(valueOffsets[count] as number);
      for (let row = 0; row < count; row++) {
        const start = valueOffsets[row] as number;
        const length = (valueOffsets[row + 1] as number) - start;
        const word = placeOf(rows, row) * 16;
        if (length <= 12) data.set(vector.data.subarray(word + 4, word + 4 + length), start);
        else {
          const page = must(
            vector.pages[words.getUint32(word + 12, true)],
            "a string has its page",
          );
          const offset = words.getUint32(word + 8, true);
          data.set(page.subarray(offset, offset + length), start);
        }
      }
      return makeData({ type, length: count, nullCount, nullBitmap, valueOffsets, data } as never);
    },
  };
}

function texts({ typeOid, typmod }: Omit<CopyColumn, "name">, settings: TextSettings): ArrowColumn {
  const type = new Utf8();
  return {
    type,
    data(vector, rows) {
      const { count } = rows;
      const codec = codecFor(typeOid);
      const values = Array.from({ length: count }, (_, row) => {
        const value = readValue(vector, placeOf(rows, row));
        return value === null ? null : codec.text(vector.type, value, typmod, settings);
      });
      const bytes = values.map((value) => Buffer.from(value ?? ""));
      const valueOffsets = new Int32Array(count + 1);
      for (const [row, each] of bytes.entries())
        valueOffsets[row + 1] = (valueOffsets[row] as number) + each.length;
      const data = Buffer.concat(bytes);
      return makeData({ type, length: count, ...nulls(vector, rows), valueOffsets, data });
    },
  };
}

function list(item: ArrowColumn): ArrowColumn {
  const type = new List(new Field("item", item.type, true));
  return {
    type,
    data(vector, rows) {
      const { count } = rows;
      const entries = new DataView(
        vector.data.buffer,
        vector.data.byteOffset,
        vector.data.byteLength,
      );
      const { nullCount, nullBitmap } = nulls(vector, rows);
      const of = (row: number, half: 0 | 8) =>
        isSet(nullBitmap, row)
          ? Number(entries.getBigUint64(placeOf(rows, row) * 16 + half, true))
          : 0;
      const valueOffsets = new Int32Array(count + 1);
      for (let row = 0; row < count; row++)
        valueOffsets[row + 1] = (valueOffsets[row] as number) + of(row, 8);
      const picks = new Int32Array(valueOffsets[count] as number);
      for (let row = 0; row < count; row++) {
        const start = valueOffsets[row] as number;
        for (let item = of(row, 8) - 1; item >= 0; item--) picks[start + item] = of(row, 0) + item;
      }
      const items = must(vector.children[0], "a list has items");
      const child = item.data(items, { from: 0, count: picks.length, picks });
      return makeData({ type, length: count, nullCount, nullBitmap, valueOffsets, child });
    },
  };
}

/** Values of a fixed width, in memory of their own. */
function picked({ type, data }: Vector, rows: Rows): Uint8Array {
  const width = physicalWidth(type);
  const { from, count, picks } = rows;
  if (picks === undefined) return data.slice(from * width, (from + count) * width);
  const memory = new Uint8Array(count * width);
  for (let row = 0; row < count; row++) {
    const place = placeOf(rows, row) * width;
    memory.set(data.subarray(place, place + width), row * width);
  }
  return memory;
}

function nulls(
  { validity }: Vector,
  rows: Rows,
): { nullCount: number; nullBitmap: Uint8Array | undefined } {
  if (validity === null) return { nullCount: 0, nullBitmap: undefined };
  const nullBitmap = new Uint8Array((rows.count + 7) >> 3);
  let nullCount = 0;
  for (let row = 0; row < rows.count; row++) {
    const place = placeOf(rows, row);
    if ((((validity[place >> 5] as number) >>> (place & 31)) & 1) === 0) nullCount++;
    else nullBitmap[row >> 3] = (nullBitmap[row >> 3] as number) | (1 << (row & 7));
  }
  return { nullCount, nullBitmap };
}

function isSet(bitmap: Uint8Array | undefined, row: number): boolean {
  return bitmap === undefined || (((bitmap[row >> 3] as number) >> (row & 7)) & 1) === 1;
}
