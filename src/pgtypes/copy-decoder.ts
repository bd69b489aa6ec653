/** COPY FROM: bytes as they come → columns of engine values. https://www.postgresql.org/docs/15/sql-copy.html */
import { PgError } from "../base/error.ts";
import { codecFor } from "./codecs.ts";
import { BinaryTuples } from "./copy-binary.ts";
import { CopyColumn } from "./copy-columns.ts";
import type { CopyFormat } from "./copy-encoder.ts";
import { jsonDecoder } from "./copy-json.ts";
import { CopyLines } from "./copy-lines.ts";
import { FieldTable, type RowFault } from "./field-table.ts";
import type { LogicalType } from "./logical-type.ts";
import type { TextSettings } from "./text-settings.ts";
import { defaultSettings } from "./text-settings.ts";
import type { AppendBatch } from "./vector.ts";

export interface CopyInColumn {
  readonly name: string;
  readonly typeOid: number;
  readonly typmod: number;
  /** A row without it is 23502. */
  readonly notNull?: boolean;
}

export interface CopyInFormat extends CopyFormat {
  readonly forceNotNull?: readonly string[];
  readonly forceNull?: readonly string[];
  /** The target's name, for the CONTEXT of errors. */
  readonly table: string;
  /** A column that is not among these may not be null: no row can be right. `nullFault` is asked with -1. */
  readonly lacksRequired?: boolean;
  /** The error of a null where none may be: the column's place, the row as PostgreSQL writes it, and the CONTEXT. */
  readonly nullFault?: (column: number, row: readonly (string | null)[], where: string) => PgError;
}

export interface CopyDecoder {
  /** What the rows' values are, column by column. */
  readonly types: readonly LogicalType[];
  /** The rows that are complete. Each batch is valid until the next is asked for. What is left is kept for the next push. */
  push(bytes: Uint8Array): Iterable<AppendBatch>;
  /** The last row, when no newline followed it. 22P04 when the data stops in its middle. */
  end(): Iterable<AppendBatch>;
}

export function createCopyDecoder(
  columns: readonly CopyInColumn[],
  options: CopyInFormat,
  settings: TextSettings = defaultSettings,
): CopyDecoder {
  if (options.format === "json") return jsonDecoder(columns, options, settings);
  return new Decoder(columns, options, settings);
}

class Decoder implements CopyDecoder {
  readonly types: readonly LogicalType[];
  readonly #table: FieldTable;
  readonly #columns: readonly CopyColumn[];
  readonly #required: readonly number[];
  readonly #given: readonly CopyInColumn[];
  readonly #options: CopyInFormat;
  readonly #settings: TextSettings;
  readonly #source: CopyLines | BinaryTuples;

  constructor(columns: readonly CopyInColumn[], options: CopyInFormat, settings: TextSettings) {
    this.#given = columns;
    this.#options = options;
    this.#settings = settings;
    const isBinary = options.format === "binary";
    const table = new FieldTable(columns.length, options.table);
    this.#table = table;
    this.#columns = columns.map(
      (column) => new CopyColumn(column, isBinary, table.rowsMax, settings),
    );
    this.types = this.#columns.map(({ type }) => type);
    this.#required = columns.flatMap(({ notNull }, at) => (notNull ? [at] : []));
    this.#source = isBinary ? new BinaryTuples(table) : new CopyLines(columns, options, table);
  }

  *push(bytes: Uint8Array): Generator<AppendBatch> {
    const input = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    for (const _ of this.#source.push(input)) yield this.#batch();
  }

  *end(): Generator<AppendBatch> {
    for (const _ of this.#source.end()) yield this.#batch();
  }

  /** Of several faults the one that PostgreSQL would have come to first, row by row and from the left. */
  #batch(): AppendBatch {
    const table = this.#table;
    let { fault } = table;
    for (const [at, column] of this.#columns.entries()) {
      const count = fault === undefined ? table.rowCount : fault.row + (at < fault.column ? 1 : 0);
      fault = column.read(table, at, count) ?? fault;
    }
    fault = this.#missing(fault) ?? fault;
    if (fault !== undefined) throw fault.error;
    return {
      rowCount: table.rowCount,
      columns: this.#columns.map((column, at) => column.take(table, at)),
    };
  }

  /** The first row with a null where none may be, among the whole ones before a fault. */
  #missing(fault: RowFault | undefined): RowFault | undefined {
    const table = this.#table;
    let count = fault === undefined ? table.rowCount : fault.row;
    let found: RowFault | undefined;
    if (this.#options.lacksRequired && count > 0) {
      return { row: 0, column: -1, error: this.#nullFault(0, -1) };
    }
    for (const column of this.#required) {
      for (let row = 0; row < count; row++) {
        if (!table.isNull(row, column)) continue;
        found = { row, column, error: undefined };
        count = row;
      }
    }
    return found && { ...found, error: this.#nullFault(found.row, found.column) };
  }

  #nullFault(row: number, column: number): unknown {
    const table = this.#table;
    const where = table.where(table.lines[row] ?? 0, table.line(row));
    const values = this.#given.map(({ typeOid, typmod }, at) => {
      if (table.isNull(row, at)) return null;
      const codec = codecFor(typeOid);
      const field = table.field(row, at);
      const { type, value } =
        this.#options.format === "binary"
          ? codec.read(field, typmod, this.#settings)
          : codec.parse(field.toString("utf8"), typmod, this.#settings);
      return value === null ? null : codec.text(type, value, typmod, this.#settings);
    });
    const name = this.#given[column]?.name;
    return (
      this.#options.nullFault?.(column, values, where) ??
      new PgError("23502", `null value in column "${name}"`, { where })
    );
  }
}
