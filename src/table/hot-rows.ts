/**
 * Rows of one dataset in memory by a whole number they are asked for by again and again: what the engine would need a plan for,
 * and a thread to run it, is a look into an array. Made beside the engine's table, of the columns that are asked for.
 */
import { must } from "../base/assert.ts";
import { Making } from "../base/making.ts";
import { quoteName } from "../base/quote.ts";
import type { Engine, EngineColumn } from "../engine/engine.ts";
import { type Batch, physicalWidth, type Vector } from "../pgtypes/vector.ts";

export interface KeyedRows {
  readonly columns: readonly EngineColumn[];
  /** One a row, in the table's order. */
  readonly batches: readonly Batch[];
}

/** So many lookups make it worth having; before an index of the engine's is. */
const lookupsMin = 8;
/** A key has few rows: a value with more of them is no key. */
const rowsPerValueMax = 64;
/** A row's place: its batch times this, and its place therein. The engine's batches are not larger. */
const batchRowsMax = 2048;
const emptyPlace = -1;
/** Slots a row, at least: more than half of them are free. */
const slotsPerRow = 2;
const slotBytes = 12;

const keys: ReadonlySet<unknown> = new Set(["TINYINT", "SMALLINT", "INTEGER", "BIGINT"]);
const nested: ReadonlySet<unknown> = new Set(["STRUCT", "ARRAY", "UNION"]);

export class HotRows {
  readonly #engine: Engine;
  /** Quoted and qualified. */
  readonly #table: string;
  readonly #rows: number;
  readonly #lookups = new Map<string, { count: number; readonly columns: Set<string> }>();
  readonly #known = new Map<string, RowsByKey>();
  /** The table must not be dropped under it. */
  readonly making = new Making();

  constructor(engine: Engine, table: string, rows: number) {
    this.#engine = engine;
    this.#table = table;
    this.#rows = rows;
  }

  get bytes(): number {
    let bytes = 0;
    for (const rows of this.#known.values()) bytes += rows.bytes;
    return bytes;
  }

  /** Undefined when they are not at hand. */
  find(key: string, value: number, columns: readonly string[]): KeyedRows | undefined {
    return this.#known.get(key)?.find(value, columns);
  }

  /** Counts a lookup that was not at hand: true for the one that makes its rows worth reading. */
  isWorthReading(key: string, columns: readonly string[]): boolean {
    // Not counted, or its turn would pass while another key has it.
    if (this.making.current !== undefined) return false;
    const lookups = this.#lookups.get(key) ?? { count: 0, columns: new Set() };
    this.#lookups.set(key, lookups);
    for (const column of columns) lookups.columns.add(column);
    lookups.count++;
    return lookups.count === lookupsMin;
  }

  /** Reads the columns that were asked for by this key, if they take no more than `bytesMax`, and it is one. */
  read(key: string, bytesMax: number): Promise<void> {
    const columns = must(this.#lookups.get(key), "a key that was asked for").columns;
    return this.making.start(this.#read(key, [...columns], bytesMax));
  }

  async #read(key: string, columns: readonly string[], bytesMax: number): Promise<void> {
    const list = [key, ...columns].map(quoteName).join(", ");
    const connection = await this.#engine.connect();
    try {
      const { signal } = new AbortController();
      const stream = await connection.stream(`SELECT ${list} FROM ${this.#table}`, [], signal);
      const types = stream.columns.map(({ type }) => type.id);
      if (!keys.has(types[0]) || types.some((id) => nested.has(id))) return;
      const rows = new RowsByKey(stream.columns.slice(1), this.#rows, bytesMax);
      for (let batch = await stream.next(); batch !== undefined; batch = await stream.next()) {
        if (!rows.add(batch)) return;
      }
      this.#known.set(key, rows);
    } finally {
      connection.release();
    }
    // Columns that are asked for later make all of them be read again.
    must(this.#lookups.get(key), "a key that was asked for").count = 0;
  }
}

/** Open addressing over the keys; rows of one key are chained. */
class RowsByKey {
  bytes: number;
  readonly #columns: readonly EngineColumn[];
  readonly #places: ReadonlyMap<string, number>;
  readonly #bytesMax: number;
  readonly #keys: Float64Array;
  /** Of the first row of a slot's key. */
  readonly #first: Int32Array;
  /** By a row's place, of the next row of its key; made for the first key that has two. */
  #next: Int32Array | undefined;
  readonly #mask: number;
  readonly #batches: (readonly Vector[])[] = [];
  readonly #rows: number;

  constructor(columns: readonly EngineColumn[], rows: number, bytesMax: number) {
    const slots = 2 ** Math.ceil(Math.log2(Math.max(1, rows) * slotsPerRow));
    this.#columns = columns;
    this.#places = new Map(columns.map(({ name }, at) => [name, at]));
    this.#bytesMax = bytesMax;
    this.#rows = rows;
    this.bytes = slots * slotBytes;
    const isTooLarge = this.bytes > bytesMax;
    this.#mask = slots - 1;
    this.#keys = new Float64Array(isTooLarge ? 0 : slots);
    this.#first = new Int32Array(isTooLarge ? 0 : slots).fill(emptyPlace);
  }

  /** The key's column first. False: they take too much, are more than they were, or it is no key. */
  add({ rowCount, vectors: [key, ...columns] }: Batch): boolean {
    for (const vector of columns) this.bytes += bytesOf(vector);
    const batch = this.#batches.push(columns) - 1;
    if (this.bytes > this.#bytesMax || batch * batchRowsMax + rowCount > this.#placesMax)
      return false;
    const { data, validity, type } = must(key, "a key's column");
    const values = numbersOf(data, type.id);
    for (let row = 0; row < rowCount; row++) {
      if (validity !== null && !isSet(validity, row)) continue;
      const value = Number(values[row]);
      if (!Number.isSafeInteger(value)) return false;
      if (!this.#put(value, batch * batchRowsMax + row)) return false;
    }
    return true;
  }

  find(value: number, columns: readonly string[]): KeyedRows | undefined {
    const places = columns.map((column) => this.#places.get(column) ?? -1);
    if (places.includes(-1)) return undefined;
    const batches: Batch[] = [];
    let place = this.#first[this.#slot(value)] ?? emptyPlace;
    for (; place !== emptyPlace; place = this.#next?.[place] ?? emptyPlace) {
      const batch = must(this.#batches[Math.floor(place / batchRowsMax)], "a row's batch");
      const row = place % batchRowsMax;
      const vectors = places.map((at) => rowOf(must(batch[at], "a row's column"), row));
      batches.push({ rowCount: 1, vectors });
    }
    const given = places.map((at) => must(this.#columns[at], "a column that was read"));
    return { columns: given, batches };
  }

  /** Batches are full but for the last few, one a thread of the engine's. */
  get #placesMax(): number {
    return (2 * this.#rows + 64 * batchRowsMax) | 0;
  }

  /** Behind the rows its key has already. */
  #put(value: number, place: number): boolean {
    const slot = this.#slot(value);
    let last = this.#first[slot] ?? emptyPlace;
    if (last === emptyPlace) {
      this.#keys[slot] = value;
      this.#first[slot] = place;
      return true;
    }
    this.#next ??= this.#chains();
    let count = 1;
    for (let next = this.#next[last] ?? emptyPlace; next !== emptyPlace; count++) {
      last = next;
      next = this.#next[last] ?? emptyPlace;
    }
    this.#next[last] = place;
    return count < rowsPerValueMax;
  }

  #chains(): Int32Array {
    this.bytes += 4 * this.#placesMax;
    return new Int32Array(this.#placesMax).fill(emptyPlace);
  }

  /** Its own, or the free one where it would be. */
  #slot(value: number): number {
    // Both halves count: keys may be far apart.
    const low = Math.imul(value | 0, 0x9e3779b1);
    const high = Math.imul(Math.floor(value / 2 ** 32) | 0, 0x85ebca6b);
    const mixed = low ^ high;
    let slot = (mixed ^ (mixed >>> 15)) & this.#mask;
    while (this.#first[slot] !== emptyPlace && this.#keys[slot] !== value)
      slot = (slot + 1) & this.#mask;
    return slot;
  }
}

function numbersOf(data: Uint8Array, id: string): ArrayLike<number | bigint> {
  const { buffer, byteOffset, byteLength } = data;
  switch (id) {
    case "TINYINT":
      return new Int8Array(buffer, byteOffset, byteLength);
    case "SMALLINT":
      return new Int16Array(buffer, byteOffset, byteLength / 2);
    case "INTEGER":
      return new Int32Array(buffer, byteOffset, byteLength / 4);
    default:
      return new BigInt64Array(buffer, byteOffset, byteLength / 8);
  }
}

function rowOf({ type, data, validity, pages, children }: Vector, row: number): Vector {
  const width = physicalWidth(type);
  return {
    type,
    data: data.subarray(row * width, (row + 1) * width),
    validity: validity === null || isSet(validity, row) ? null : isNull,
    pages,
    children,
  };
}

const isNull = new Uint32Array(1);

function isSet(validity: Uint32Array, row: number): boolean {
  return (((validity[row >> 5] ?? 0) >> (row & 31)) & 1) === 1;
}

function bytesOf({ data, validity, pages, children }: Vector): number {
  let bytes = data.byteLength + (validity?.byteLength ?? 0);
  for (const page of pages) bytes += page.byteLength;
  for (const child of children) bytes += bytesOf(child);
  return bytes;
}
