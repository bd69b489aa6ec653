/**
 * Vector memory of the binding ⇄ plain typed arrays. The binding's low-level calls are unchecked (a wrong type or length
 * ends the process), so they are made here and nowhere else, and only after comparing the type the vector says it has.
 */
import { type DuckDBDataChunk, DuckDBTypeId } from "@duckdb/node-api";
import duckdb from "@duckdb/node-bindings";
import { assert } from "../base/assert.ts";
import { unsupported } from "../base/error.ts";
import type { LogicalType } from "../pgtypes/logical-type.ts";
import type { AppendBatch, Batch, ColumnValues, EngineValue, Vector } from "../pgtypes/vector.ts";
import { physicalWidth } from "../pgtypes/vector.ts";
import { fixedWidth, stringBytes } from "./layout.ts";
import { duckdbTypeId } from "./logical-types.ts";
import { engineValue } from "./text-value.ts";
import { copied } from "./young-memory.ts";

/** Copies a chunk out of the engine. The chunk may be collected afterwards. */
export function readBatch(chunk: DuckDBDataChunk, types: readonly LogicalType[]): Batch {
  const raw = chunk.chunk;
  const rowCount = duckdb.data_chunk_get_size(raw);
  assert(duckdb.data_chunk_get_column_count(raw) === types.length, "a chunk has other columns");
  return {
    rowCount,
    vectors: types.map((type, column) =>
      readVector(duckdb.data_chunk_get_vector(raw, column), type, rowCount),
    ),
  };
}

function readVector(raw: duckdb.Vector, type: LogicalType, rowCount: number): Vector {
  checkType(raw, type);
  const validity = readValidity(raw, rowCount);
  const width = physicalWidth(type);
  const data = width === 0 || rowCount === 0 ? empty : copyOf(raw, rowCount * width);
  const pages = isString(type) ? resolveStrings(data, validity, rowCount) : noPages;
  return { type, data, validity, pages, children: readChildren(raw, type, rowCount) };
}

const empty = new Uint8Array(0);
const noPages: readonly Uint8Array[] = [];

/** The binding's typed arrays may start anywhere; kernels read words, so the copy must be aligned. */
function copyOf(raw: duckdb.Vector, bytes: number): Uint8Array {
  const copy = duckdb.vector_get_data(raw, bytes);
  copied(bytes);
  return copy.byteOffset % 8 === 0 ? copy : new Uint8Array(copy);
}

function readValidity(raw: duckdb.Vector, rowCount: number): Uint32Array | null {
  if (rowCount === 0) return null;
  const bytes: Uint8Array | null = duckdb.vector_get_validity(raw, ((rowCount + 63) >> 6) << 3);
  if (!bytes || bytes.length === 0) return null;
  const words = bytes.byteOffset % 4 === 0 ? bytes : new Uint8Array(bytes);
  return new Uint32Array(words.buffer, words.byteOffset, words.byteLength >> 2);
}

function readChildren(raw: duckdb.Vector, type: LogicalType, rowCount: number): readonly Vector[] {
  switch (type.id) {
    case "LIST":
      return [
        readVector(duckdb.list_vector_get_child(raw), type.child, duckdb.list_vector_get_size(raw)),
      ];
    case "MAP":
      return [
        readVector(
          duckdb.list_vector_get_child(raw),
          mapEntry(type),
          duckdb.list_vector_get_size(raw),
        ),
      ];
    case "ARRAY":
      return [readVector(duckdb.array_vector_get_child(raw), type.child, rowCount * type.length)];
    case "STRUCT":
      return type.fields.map((field, i) =>
        readVector(duckdb.struct_vector_get_child(raw, i), field.type, rowCount),
      );
    case "UNION":
      return [{ id: "UTINYINT" } as const, ...type.members.map((member) => member.type)].map(
        (member, i) => readVector(duckdb.struct_vector_get_child(raw, i), member, rowCount),
      );
    default:
      return noChildren;
  }
}

const noChildren: readonly Vector[] = [];

function mapEntry(type: Extract<LogicalType, { id: "MAP" }>): LogicalType {
  return {
    id: "STRUCT",
    fields: [
      { name: "key", type: type.key },
      { name: "value", type: type.value },
    ],
  };
}

function isString(type: LogicalType): boolean {
  return (
    type.id === "VARCHAR" ||
    type.id === "JSON" ||
    type.id === "BLOB" ||
    type.id === "BIT" ||
    type.id === "BIGNUM"
  );
}

function checkType(raw: duckdb.Vector, type: LogicalType): void {
  const actual = duckdb.vector_get_column_type(raw);
  const id: DuckDBTypeId = duckdb.get_type_id(actual) as number;
  assert(id === duckdbTypeId(type), `a vector is ${DuckDBTypeId[id]}, not ${type.id}`);
  if (type.id === "DECIMAL") {
    assert(
      duckdb.decimal_width(actual) === type.width && duckdb.decimal_scale(actual) === type.scale,
      "a decimal vector has another width",
    );
  } else if (type.id === "ENUM") {
    assert(
      duckdb.enum_dictionary_size(actual) === type.values.length,
      "an enum vector has another dictionary",
    );
  } else if (type.id === "ARRAY") {
    assert(duckdb.array_type_array_size(actual) === type.length, "an array has another length");
  } else if (type.id === "STRUCT") {
    assert(
      duckdb.struct_type_child_count(actual) === type.fields.length,
      "a struct has other fields",
    );
  } else if (type.id === "UNION") {
    assert(
      duckdb.union_type_member_count(actual) === type.members.length,
      "a union has other members",
    );
  }
}

/** Strings this near to one another are copied together: every byte between them lies on a mapped page. */
const gapMax = 4096;
/** A copy of a run stops growing here, so that one page is never the whole of a huge chunk. */
const runBytesMax = 16 << 20;

/**
 * Copies the long strings of a column, whole runs of neighbours in one call (one call per string costs 1.5 µs each),
 * and rewrites words 2 and 3 of their entries from an address to (offset, page). Rows that are null hold garbage.
 */
function resolveStrings(
  data: Uint8Array,
  validity: Uint32Array | null,
  rowCount: number,
): readonly Uint8Array[] {
  const words = new Int32Array(data.buffer, data.byteOffset, rowCount * 4);
  const pages: Uint8Array[] = [];
  const rows: number[] = [];
  let start = 0;
  let end = 0;
  const flush = () => {
    const first = rows[0];
    if (first === undefined) return;
    const page = duckdb.get_data_from_pointer(
      data.buffer as ArrayBuffer,
      data.byteOffset + first * 16 + 8,
      end - start,
    );
    copied(end - start);
    for (const row of rows) {
      words[row * 4 + 2] = address(words, row) - start;
      words[row * 4 + 3] = pages.length;
    }
    pages.push(page);
    rows.length = 0;
  };
  for (let row = 0; row < rowCount; row++) {
    if (validity && (((validity[row >> 5] ?? 0) >>> (row & 31)) & 1) === 0) continue;
    const length = words[row * 4] ?? 0;
    if (length <= 12) continue;
    const pointer = address(words, row);
    const continues =
      rows.length > 0 &&
      pointer >= start &&
      pointer <= end + gapMax &&
      pointer - start < runBytesMax;
    if (!continues) {
      flush();
      start = pointer;
      end = pointer;
    }
    rows.push(row);
    if (pointer + length > end) end = pointer + length;
  }
  flush();
  return pages;
}

function address(words: Int32Array, row: number): number {
  return ((words[row * 4 + 3] ?? 0) >>> 0) * 4294967296 + ((words[row * 4 + 2] ?? 0) >>> 0);
}

/** Fills chunks of one shape again and again. */
export class ChunkWriter {
  readonly #chunk: duckdb.DataChunk;
  readonly #vectors: readonly duckdb.Vector[];
  readonly #types: readonly LogicalType[];
  /** Owns long strings until the chunk is filled again: a whole page of them in one call, where one each costs 1 µs. */
  readonly #keeper: duckdb.DataChunk;
  readonly #kept: duckdb.Vector;
  #pins: Pin[] = [];

  constructor(chunk: DuckDBDataChunk, keeper: DuckDBDataChunk, types: readonly LogicalType[]) {
    this.#chunk = chunk.chunk;
    this.#keeper = keeper.chunk;
    this.#types = types;
    this.#vectors = types.map((type, column) => {
      const raw = duckdb.data_chunk_get_vector(chunk.chunk, column);
      checkType(raw, type);
      return raw;
    });
    this.#kept = duckdb.data_chunk_get_vector(keeper.chunk, 0);
    checkType(this.#kept, { id: "BLOB" });
  }

  write({ rowCount, columns }: AppendBatch): void {
    assert(columns.length === this.#vectors.length, "a batch has other columns");
    duckdb.data_chunk_reset(this.#chunk);
    duckdb.data_chunk_reset(this.#keeper);
    this.#pins = [];
    for (const [at, column] of columns.entries()) {
      const raw = this.#vectors[at] as duckdb.Vector;
      const type = this.#types[at] as LogicalType;
      if (isVector(column)) this.#writeMemory(raw, type, column, rowCount);
      else writeVector(raw, type, column);
    }
    duckdb.data_chunk_set_size(this.#chunk, rowCount);
  }

  #writeMemory(raw: duckdb.Vector, type: LogicalType, column: Vector, rowCount: number): void {
    const { data, validity } = column;
    const bytes = rowCount * physicalWidth(type);
    assert(duckdbTypeId(column.type) === duckdbTypeId(type), "a column has the type it is for");
    assert(bytes > 0 && data.byteLength >= bytes, "a column has all its rows");
    if (isString(type)) this.#pinStrings(column, rowCount);
    duckdb.copy_data_to_vector(raw, 0, data.buffer as ArrayBuffer, data.byteOffset, bytes);
    if (validity === null) return;
    const words = ((rowCount + 63) >> 6) << 1;
    assert(validity.length >= words, "each row is valid or not");
    duckdb.vector_ensure_validity_writable(raw);
    const { buffer, byteOffset } = validity;
    duckdb.copy_data_to_vector_validity(raw, 0, buffer as ArrayBuffer, byteOffset, words * 4);
  }

  /** Words 2 and 3 of long strings, (offset, page), become addresses. */
  #pinStrings({ data, validity, pages }: Vector, rowCount: number): void {
    const words = new Int32Array(data.buffer, data.byteOffset, rowCount * 4);
    for (let row = 0; row < rowCount; row++) {
      const length = words[row * 4] as number;
      if (length <= inlineBytesMax) continue;
      if (validity && (((validity[row >> 5] as number) >>> (row & 31)) & 1) === 0) continue;
      const { page, low, high } = this.#pinned(pages[words[row * 4 + 3] as number]);
      const offset = words[row * 4 + 2] as number;
      assert(offset >= 0 && offset + length <= page.length, "a string lies in its page");
      const place = low + offset;
      words[row * 4 + 2] = place | 0;
      words[row * 4 + 3] = place >= 4294967296 ? high + 1 : high;
    }
  }

  #pinned(page: Uint8Array | undefined): Pin {
    assert(page !== undefined, "a string names its page");
    for (const pin of this.#pins) if (pin.page === page || isSame(pin.page, page)) return pin;
    const row = this.#pins.length;
    assert(row < pagesMax, "a batch has few pages");
    duckdb.vector_assign_string_element_len(this.#kept, row, page);
    const words = new Int32Array(copyOf(this.#kept, (row + 1) * 16).slice().buffer);
    const pin = {
      page,
      low: (words[row * 4 + 2] as number) >>> 0,
      high: words[row * 4 + 3] as number,
    };
    this.#pins.push(pin);
    return pin;
  }
}

/** A page the engine has a copy of, and where. */
interface Pin {
  readonly page: Uint8Array;
  readonly low: number;
  readonly high: number;
}

/** Longer strings are not in their word. */
const inlineBytesMax = 12;
const pagesMax = 2048;

/** Columns of one source have views of the same bytes. */
function isSame(a: Uint8Array, b: Uint8Array): boolean {
  return a.buffer === b.buffer && a.byteOffset === b.byteOffset && a.length === b.length;
}

function isVector(column: ColumnValues): column is Vector {
  return !Array.isArray(column);
}

/** Unchecked but for the type: `raw` has room for so many rows. */
export function writeVector(
  raw: duckdb.Vector,
  type: LogicalType,
  given: readonly EngineValue[],
): void {
  checkType(raw, type);
  const values = isString(type) ? given : given.map((value) => engineValue(type, value));
  writeValidity(raw, values);
  if (isString(type)) writeStrings(raw, type, values);
  else if (physicalWidth(type) > 0 && type.id !== "LIST" && type.id !== "MAP") {
    const data = fixedWidth(type, values);
    duckdb.copy_data_to_vector(raw, 0, data, 0, data.byteLength);
  } else writeNested(raw, type, values);
}

function writeValidity(raw: duckdb.Vector, values: readonly EngineValue[]): void {
  if (!values.includes(null)) return;
  duckdb.vector_ensure_validity_writable(raw);
  const bits = new Uint8Array(((values.length + 63) >> 6) << 3);
  for (const [row, value] of values.entries()) {
    const at = row >> 3;
    if (value !== null) bits[at] = (bits[at] ?? 0) | (1 << (row & 7));
  }
  duckdb.copy_data_to_vector_validity(raw, 0, bits.buffer, 0, bits.byteLength);
}

function writeStrings(raw: duckdb.Vector, type: LogicalType, values: readonly EngineValue[]): void {
  for (const [row, value] of values.entries()) {
    if (value === null) continue;
    const stored = stringBytes(type, value);
    if (typeof stored === "string") duckdb.vector_assign_string_element(raw, row, stored);
    else duckdb.vector_assign_string_element_len(raw, row, stored);
  }
}

function writeNested(raw: duckdb.Vector, type: LogicalType, values: readonly EngineValue[]): void {
  switch (type.id) {
    case "LIST":
      writeList(raw, type.child, values);
      return;
    case "MAP":
      writeList(raw, mapEntry(type), values);
      return;
    case "ARRAY": {
      const flat = values.flatMap((value) => sized(elements(value), type.length));
      writeVector(duckdb.array_vector_get_child(raw), type.child, flat);
      return;
    }
    case "STRUCT":
      for (const [i, field] of type.fields.entries()) {
        const column = values.map((value) => elements(value)[i] ?? null);
        writeVector(duckdb.struct_vector_get_child(raw, i), field.type, column);
      }
      return;
    default:
      throw unsupported(`appending engine type ${type.id}`);
  }
}

function writeList(raw: duckdb.Vector, child: LogicalType, values: readonly EngineValue[]): void {
  const lists = values.map(elements);
  const total = lists.reduce((sum, list) => sum + list.length, 0);
  const entries = new BigUint64Array(lists.length * 2);
  let offset = 0;
  for (const [row, list] of lists.entries()) {
    entries[row * 2] = BigInt(offset);
    entries[row * 2 + 1] = BigInt(list.length);
    offset += list.length;
  }
  duckdb.list_vector_reserve(raw, total);
  duckdb.list_vector_set_size(raw, total);
  duckdb.copy_data_to_vector(raw, 0, entries.buffer, 0, entries.byteLength);
  if (total > 0) writeVector(duckdb.list_vector_get_child(raw), child, lists.flat());
}

function elements(value: EngineValue): readonly EngineValue[] {
  if (value === null) return [];
  assert(Array.isArray(value), "a nested value is an array");
  return value;
}

function sized(list: readonly EngineValue[], length: number): readonly EngineValue[] {
  assert(list.length === 0 || list.length === length, "an array has another length");
  return list.length === 0 ? new Array<null>(length).fill(null) : list;
}
