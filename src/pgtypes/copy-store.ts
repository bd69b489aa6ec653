/** Where one column of a COPY's rows is put together, in the engine's own layout. */
import { assert } from "../base/assert.ts";
import type { TypedValue } from "./codec.ts";
import { coerce } from "./coerce.ts";
import type { FieldTable } from "./field-table.ts";
import type { LogicalType } from "./logical-type.ts";
import type { ColumnValues, EngineValue } from "./vector.ts";
import { physicalWidth } from "./vector.ts";

const noChildren: readonly never[] = [];
/** Strings up to so many bytes stand in their word. */
const inlineMax = 12;
/** Pages: what the client sent, and what was made of it here. */
const own = 1;

/** Values of a type whose memory is flat, or words of strings. */
export class Store {
  readonly type: LogicalType;
  readonly width: number;
  readonly bytes: Uint8Array;
  readonly shorts: Int16Array;
  readonly ints: Int32Array;
  readonly longs: BigInt64Array;
  readonly floats: Float32Array;
  readonly doubles: Float64Array;
  readonly #isString: boolean;
  #page = Buffer.alloc(0);
  #pageBytes = 0;

  constructor(type: LogicalType, rowsMax: number) {
    this.type = type;
    this.width = physicalWidth(type);
    const memory = new ArrayBuffer(Math.ceil((rowsMax * this.width) / 16) * 16);
    this.bytes = new Uint8Array(memory);
    this.shorts = new Int16Array(memory);
    this.ints = new Int32Array(memory);
    this.longs = new BigInt64Array(memory);
    this.floats = new Float32Array(memory);
    this.doubles = new Float64Array(memory);
    this.#isString = type.id === "VARCHAR" || type.id === "BLOB" || type.id === "JSON";
  }

  /** What a codec has parsed. */
  put(row: number, typed: TypedValue): void {
    const value = coerce(typed, this.type);
    if (value === null) return;
    if (this.#isString) this.#putString(row, value);
    else if (this.type.id === "BOOLEAN") this.bytes[row] = value === true ? 1 : 0;
    else if (this.type.id === "FLOAT") this.floats[row] = Number(value);
    else if (this.type.id === "DOUBLE") this.doubles[row] = Number(value);
    else if (this.width === 2) this.shorts[row] = Number(value);
    else if (this.width === 4) this.ints[row] = Number(value);
    else if (this.type.id === "UUID") {
      this.putInt128(row, BigInt(`0x${String(value).replaceAll("-", "")}`) ^ (1n << 127n));
    } else {
      assert(typeof value === "bigint" || typeof value === "number", "a number is stored");
      if (this.width === 8) this.longs[row] = BigInt(value);
      else this.putInt128(row, BigInt(value));
    }
  }

  putInt128(row: number, value: bigint): void {
    this.longs[row * 2] = BigInt.asIntN(64, value);
    this.longs[row * 2 + 1] = BigInt.asIntN(64, value >> 64n);
  }

  /** A whole number that a double holds exactly, into eight bytes. */
  putLong(row: number, value: number): void {
    this.ints[row * 2] = value | 0;
    this.ints[row * 2 + 1] = Math.floor(value / 4294967296);
  }

  #putString(row: number, value: EngineValue): void {
    const text = value instanceof Uint8Array ? Buffer.from(value) : Buffer.from(String(value));
    const from = this.#pageBytes;
    if (from + text.length > this.#page.length) {
      const larger = Buffer.alloc(Math.max(4096, 2 * (from + text.length)));
      this.#page.copy(larger, 0, 0, from);
      this.#page = larger;
    }
    text.copy(this.#page, from);
    this.#pageBytes = from + text.length;
    this.putWord(row, this.#page, from, this.#pageBytes, from, own);
  }

  /** A string word for bytes [from, to), which lie at `offset` of the page when they are too many for it. */
  putWord(
    row: number,
    bytes: Uint8Array,
    from: number,
    to: number,
    offset: number,
    page: number,
  ): void {
    const { ints, bytes: words } = this;
    const at = row * 4;
    const length = to - from;
    ints[at] = length;
    ints[at + 1] = 0;
    if (length <= inlineMax) {
      ints[at + 2] = 0;
      ints[at + 3] = 0;
      let target = row * 16 + 4;
      for (let i = from; i < to; i++) words[target++] = bytes[i] as number;
    } else {
      const target = row * 16 + 4;
      words[target] = bytes[from] as number;
      words[target + 1] = bytes[from + 1] as number;
      words[target + 2] = bytes[from + 2] as number;
      words[target + 3] = bytes[from + 3] as number;
      ints[at + 2] = offset;
      ints[at + 3] = page;
    }
  }

  /** The rows as a column; valid until the next rows are read. */
  take(table: FieldTable, validity: Uint32Array | null): ColumnValues {
    const rowCount = table.rowCount;
    const input = table.bytes.subarray(table.from, table.to);
    const pages = this.#isString ? [input, this.#page.subarray(0, this.#pageBytes)] : [];
    this.#pageBytes = 0;
    return {
      type: this.type,
      data: this.bytes.subarray(0, rowCount * this.width),
      validity,
      pages,
      children: noChildren,
    };
  }
}
