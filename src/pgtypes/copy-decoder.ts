/** COPY FROM: bytes as they come → rows of engine values. https://www.postgresql.org/docs/15/sql-copy.html */
import { isUtf8 } from "node:buffer";
import { PgError } from "../base/error.ts";
import { decodeUtf8 } from "./codec.ts";
import { codecFor } from "./codecs.ts";
import { coerce } from "./coerce.ts";
import { BinaryTuples } from "./copy-binary.ts";
import type { CopyFormat } from "./copy-encoder.ts";
import { CopyLines } from "./copy-lines.ts";
import { type FromText, quickText } from "./copy-quick.ts";
import type { LogicalType } from "./logical-type.ts";
import type { TextSettings } from "./text-settings.ts";
import { defaultSettings } from "./text-settings.ts";
import { logicalTypeFor } from "./types.ts";
import type { EngineValue } from "./vector.ts";

export interface CopyInColumn {
  readonly name: string;
  readonly typeOid: number;
  readonly typmod: number;
}

export interface CopyInFormat extends CopyFormat {
  readonly forceNotNull?: readonly string[];
  readonly forceNull?: readonly string[];
  /** The target's name, for the CONTEXT of errors. */
  readonly table: string;
}

export type CopyRow = EngineValue[];

export interface CopyDecoder {
  /** What the rows' values are, column by column. */
  readonly types: readonly LogicalType[];
  /** The rows that are complete with these bytes; the rest is kept for the next push. */
  push(bytes: Uint8Array): CopyRow[];
  /** The last row, when no newline followed it. 22P04 when the data stops in its middle. */
  end(): CopyRow[];
}

export function createCopyDecoder(
  columns: readonly CopyInColumn[],
  options: CopyInFormat,
  settings: TextSettings = defaultSettings,
): CopyDecoder {
  const fields = columns.map((column) => fieldOf(column, settings));
  const types = fields.map((field) => field.type);
  const rows = new RowBuilder(fields, options.table);
  const source =
    options.format === "binary"
      ? new BinaryTuples(columns.length, rows)
      : new CopyLines(columns, options, rows);
  let isDone = false;
  const read = (work: () => boolean): CopyRow[] => {
    if (isDone) return [];
    isDone = work();
    return rows.take();
  };
  return {
    types,
    push: (bytes) => read(() => source.push(asBuffer(bytes))),
    end: () => read(() => source.end()),
  };
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** One column: how its text and its binary become a value. */
export interface Field {
  readonly name: string;
  readonly type: LogicalType;
  readonly text: FromText;
  binary(bytes: Buffer): EngineValue;
}

function fieldOf({ name, typeOid, typmod }: CopyInColumn, settings: TextSettings): Field {
  const codec = codecFor(typeOid);
  const type = logicalTypeFor(typeOid, typmod) ?? { id: "VARCHAR" };
  const slow = (bytes: Buffer, from: number, to: number) =>
    coerce(codec.parse(bytes.toString("utf8", from, to), typmod, settings), type);
  return {
    name,
    type,
    text: quickText(typeOid, typmod, type, slow) ?? slow,
    binary: (bytes) => coerce(codec.read(bytes, typmod, settings), type),
  };
}

/** Collects rows, and knows where in the input a fault is. */
export class RowBuilder {
  readonly fields: readonly Field[];
  readonly #table: string;
  #rows: CopyRow[] = [];
  #row: CopyRow;
  /** 1-based; of the last line begun. */
  line = 0;

  constructor(fields: readonly Field[], table: string) {
    this.fields = fields;
    this.#table = table;
    this.#row = new Array<EngineValue>(fields.length).fill(null);
  }

  setText(column: number, bytes: Buffer, from: number, to: number): void {
    const field = this.fields[column] as Field;
    try {
      this.#row[column] = field.text(bytes, from, to);
    } catch (error) {
      throw this.#located(error, field.name, bytes.toString("utf8", from, to));
    }
  }

  setBinary(column: number, bytes: Buffer): void {
    const field = this.fields[column] as Field;
    try {
      this.#row[column] = field.binary(bytes);
    } catch (error) {
      throw this.#located(error, field.name, undefined);
    }
  }

  setNull(column: number): void {
    this.#row[column] = null;
  }

  finish(): void {
    this.#rows.push(this.#row);
    this.#row = new Array<EngineValue>(this.fields.length).fill(null);
  }

  take(): CopyRow[] {
    const rows = this.#rows;
    this.#rows = [];
    return rows;
  }

  /** 22P04, at the line being read. */
  fault(message: string, shown?: string, hint?: string): PgError {
    const at = `COPY ${this.#table}, line ${this.line}`;
    const where = shown === undefined ? at : `${at}: "${limited(shown)}"`;
    return new PgError("22P04", message, { where, hint });
  }

  /** 22021 when a line is not UTF-8. */
  checkUtf8(bytes: Buffer): void {
    if (isUtf8(bytes) && !bytes.includes(0)) return;
    try {
      decodeUtf8(bytes);
    } catch (error) {
      if (error instanceof PgError) {
        throw error.with({ where: `COPY ${this.#table}, line ${this.line}` });
      }
      throw error;
    }
  }

  #located(error: unknown, column: string, text: string | undefined): unknown {
    if (!(error instanceof PgError)) return error;
    const at = `COPY ${this.#table}, line ${this.line}, column ${column}`;
    const own = text === undefined ? at : `${at}: "${limited(text)}"`;
    const { where } = error.details;
    if (where === undefined) return error.with({ where: own });
    return new PgError(error.sqlstate, error.message, {
      ...error.details,
      where: `${where}\n${own}`,
    });
  }
}

/** limit_printout_length: a hundred characters. */
function limited(text: string): string {
  return text.length <= 100 ? text : `${text.slice(0, 100)}...`;
}
