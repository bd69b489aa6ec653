/** The fields of one column of a COPY, text or binary, read into engine memory. */

import { codecFor } from "./codecs.ts";
import { coerce } from "./coerce.ts";
import { binaryKernel } from "./copy-binary-kernels.ts";
import type { CopyInColumn } from "./copy-decoder.ts";
import { Store } from "./copy-store.ts";
import { textKernel } from "./copy-text-kernels.ts";
import { receivedField } from "./field-encoding.ts";
import type { FieldTable, RowFault } from "./field-table.ts";
import type { LogicalType } from "./logical-type.ts";
import type { TextSettings } from "./text-settings.ts";
import { logicalTypeFor } from "./types.ts";
import type { ColumnValues, EngineValue } from "./vector.ts";

/** A column's fields that are not null, and what to do with one that is out of the ordinary. */
export interface FieldRun {
  readonly bytes: Buffer;
  /** Where the page begins that long strings lie in. */
  readonly pageStart: number;
  /** Rows [0, count); of row i at `base + i`; null where the start is negative. */
  readonly starts: Int32Array;
  readonly ends: Int32Array;
  readonly base: number;
  readonly count: number;
  /** The slow way, which knows everything; it throws. */
  readonly slow: (row: number, start: number, end: number) => void;
}

/** Reads the usual form of a type. */
export type FieldKernel = (run: FieldRun, store: Store) => void;

export class CopyColumn {
  readonly name: string;
  readonly type: LogicalType;
  readonly typeOid: number;
  readonly #typmod: number;
  readonly #settings: TextSettings;
  readonly #isBinary: boolean;
  readonly #kernel: FieldKernel | undefined;
  readonly #store: Store | undefined;
  readonly #validity: Uint32Array;
  #values: EngineValue[] = [];
  /** What is being read, for the slow way is what fails. */
  #row = 0;

  constructor(column: CopyInColumn, isBinary: boolean, rowsMax: number, settings: TextSettings) {
    const { name, typeOid, typmod } = column;
    this.name = name;
    this.typeOid = typeOid;
    this.#typmod = typmod;
    this.#settings = settings;
    this.#isBinary = isBinary;
    this.type = logicalTypeFor(typeOid, typmod) ?? { id: "VARCHAR" };
    // Text comes already converted; of what is binary each field is looked into.
    const kernelOf = isBinary ? binaryKernel : textKernel;
    if (!isBinary || !settings.encoding) this.#kernel = kernelOf(typeOid, typmod, this.type);
    this.#store = this.#kernel && new Store(this.type, rowsMax);
    this.#validity = new Uint32Array(((rowsMax + 63) >> 6) << 1);
  }

  /** Reads rows [0, count); the first one that cannot be. */
  read(table: FieldTable, column: number, count: number): RowFault | undefined {
    const { bytes, starts, ends, rowsMax } = table;
    const base = column * rowsMax;
    try {
      if (this.#kernel && this.#store) {
        const store = this.#store;
        const slow = (row: number, start: number, end: number) => {
          this.#row = row;
          store.put(row, this.#parsed(bytes, start, end));
        };
        const pageStart = table.from;
        this.#kernel({ bytes, pageStart, starts, ends, base, count, slow }, store);
      } else this.#readValues(table, base, count);
    } catch (error) {
      const row = this.#row;
      const [start = 0, end = 0] = [starts[base + row], ends[base + row]];
      const shown = this.#isBinary ? undefined : bytes.toString("utf8", start, end);
      return { row, column, error: table.located(error, row, this.name, shown) };
    }
    return undefined;
  }

  /** What was read last. */
  take(table: FieldTable, column: number): ColumnValues {
    if (!this.#store) return this.#values;
    return this.#store.take(table, this.#nulls(table, column));
  }

  #readValues({ bytes, starts, ends }: FieldTable, base: number, count: number): void {
    this.#values = new Array<EngineValue>(count).fill(null);
    for (let row = 0; row < count; row++) {
      const start = starts[base + row] as number;
      if (start < 0) continue;
      this.#row = row;
      this.#values[row] = coerce(this.#parsed(bytes, start, ends[base + row] as number), this.type);
    }
  }

  #parsed(bytes: Buffer, start: number, end: number) {
    const codec = codecFor(this.typeOid);
    if (!this.#isBinary)
      return codec.parse(bytes.toString("utf8", start, end), this.#typmod, this.#settings);
    const { encoding } = this.#settings;
    const field = bytes.subarray(start, end);
    const own = encoding
      ? receivedField(field, { typeOid: this.typeOid, format: 1 }, encoding)
      : field;
    return codec.read(own, this.#typmod, this.#settings);
  }

  #nulls({ starts, rowsMax, rowCount }: FieldTable, column: number): Uint32Array | null {
    const base = column * rowsMax;
    let first = 0;
    while (first < rowCount && (starts[base + first] as number) >= 0) first++;
    if (first === rowCount) return null;
    const bits = this.#validity.fill(0xffffffff);
    for (let row = first; row < rowCount; row++) {
      if ((starts[base + row] as number) < 0) {
        bits[row >> 5] = (bits[row >> 5] as number) & ~(1 << (row & 31));
      }
    }
    return bits;
  }
}
