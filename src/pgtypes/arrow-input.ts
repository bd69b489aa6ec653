/**
 * Arrow's IPC streams and files → columns of the engine: https://arrow.apache.org/docs/format/Columnar.html. A value whose type is
 * the column's own is taken as it is; any other is read as if its text had been sent, so that a column takes what its type takes.
 */
import {
  type Vector as ArrowVector,
  type Data,
  type RecordBatch,
  RecordBatchReader,
} from "apache-arrow";
import { must } from "../base/assert.ts";
import { PgError, unsupported } from "../base/error.ts";
import { type ArrowSource, sourceOf } from "./arrow-values.ts";
import { codecFor } from "./codecs.ts";
import { coerce } from "./coerce.ts";
import type { CopyInColumn, CopyInFormat } from "./copy-decoder.ts";
import { engineTypeName } from "./engine-type.ts";
import { kernelRows } from "./kernel.ts";
import type { LogicalType } from "./logical-type.ts";
import type { TextSettings } from "./text-settings.ts";
import { logicalTypeFor } from "./types.ts";
import type { AppendBatch, EngineValue } from "./vector.ts";

export interface ArrowInput {
  /** The columns that are sent. */
  readonly names: readonly string[];
  /** Of those columns, which must be among them, all rows. */
  batches(
    columns: readonly CopyInColumn[],
    options: Pick<CopyInFormat, "table" | "lacksRequired" | "nullFault">,
    settings: TextSettings,
  ): AsyncGenerator<AppendBatch>;
}

/** 22P04 for what is no Arrow; 54000 for a record batch, or a file, of more than so many bytes. */
export async function openArrow(
  bytes: AsyncIterable<Uint8Array>,
  batchBytesMax: number,
): Promise<ArrowInput> {
  let pending = 0;
  async function* counted(): AsyncGenerator<Uint8Array> {
    for await (const piece of bytes) {
      pending += piece.byteLength;
      if (pending > batchBytesMax) throw tooLarge(batchBytesMax);
      yield piece;
    }
  }
  const reader = await understood(async () => (await RecordBatchReader.from(counted())).open());
  const names = must(reader.schema, "a reader that is open has a schema").fields;
  return {
    names: names.map(({ name }) => name),
    async *batches(columns, options, settings) {
      const rows = new Rows(columns, options, settings);
      for (;;) {
        const next = await understood(async () => reader.next());
        if (next.done) return;
        pending = 0;
        yield* rows.read(next.value as RecordBatch);
      }
    },
  };
}

async function understood<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof PgError) throw error;
    const detail = error instanceof Error ? error.message : String(error);
    if (/codec not found/.test(detail))
      throw unsupported("COPY of compressed Arrow data", { hint: "Send it without compression." });
    throw new PgError("22P04", "invalid Arrow data", { detail }, { cause: error });
  }
}

function tooLarge(bytes: number): PgError {
  return new PgError("54000", `COPY was sent an Arrow record batch of more than ${bytes} bytes`, {
    hint: "limits.arrow_batch_bytes in the configuration is the limit; a stream may have any number of record batches.",
  });
}

class Rows {
  readonly #columns: readonly CopyInColumn[];
  readonly #options: Pick<CopyInFormat, "table" | "lacksRequired" | "nullFault">;
  readonly #settings: TextSettings;
  #row = 0;

  constructor(
    columns: readonly CopyInColumn[],
    options: Pick<CopyInFormat, "table" | "lacksRequired" | "nullFault">,
    settings: TextSettings,
  ) {
    this.#columns = columns;
    this.#options = options;
    this.#settings = { ...settings, dateStyle: "ISO, YMD", intervalStyle: "postgres" };
  }

  *read(batch: RecordBatch): Generator<AppendBatch> {
    const readers = this.#columns.map((column) => {
      const vector: ArrowVector | null = batch.getChild(column.name);
      const data = must(vector?.data[0], "the column was sent");
      return this.#reader(column, data);
    });
    for (let from = 0; from < batch.numRows; from += kernelRows) {
      const rowCount = Math.min(kernelRows, batch.numRows - from);
      const columns = readers.map((reader) => this.#values(reader, from, rowCount));
      this.#refuseNulls(columns, rowCount);
      this.#row += rowCount;
      yield { rowCount, columns };
    }
  }

  #values(reader: ColumnReader, from: number, count: number): EngineValue[] {
    const values = new Array<EngineValue>(count);
    for (let row = 0; row < count; row++) {
      try {
        values[row] = reader.value(from + row);
      } catch (error) {
        if (!(error instanceof PgError)) throw error;
        const where = `${this.#where(row)}, column ${reader.column.name}`;
        throw error.with({ where });
      }
    }
    return values;
  }

  #reader(column: CopyInColumn, data: Data): ColumnReader {
    const { typeOid, typmod } = column;
    const wanted = logicalTypeFor(typeOid, typmod) ?? { id: "VARCHAR" as const };
    const source = sourceOf(data.type, typeOid);
    // A length is for the type to judge.
    const isWhole = typmod < 0 || isDecimal(source.type);
    const isSame = isWhole && source.oid === typeOid && sameType(source.type, wanted);
    const own = codecFor(typeOid);
    const settings = this.#settings;
    const given = (row: number): EngineValue =>
      data.getValid(row) ? source.read(data, row) : null;
    if (isSame) return { column, value: given };
    const theirs = codecFor(source.oid);
    return {
      column,
      value(row) {
        const value = given(row);
        if (value === null) return null;
        if (isDecimal(source.type) && isDecimal(wanted))
          return coerce({ type: source.type, value }, wanted);
        const text = theirs.text(source.type, value, -1, settings);
        return coerce(own.parse(text, typmod, settings), wanted);
      },
    };
  }

  /** The first row with a null where none may be. */
  #refuseNulls(columns: readonly (readonly EngineValue[])[], rowCount: number): void {
    const faults = this.#columns.flatMap(({ notNull }, at) => {
      const row = notNull ? (columns[at]?.indexOf(null) ?? -1) : -1;
      return row < 0 ? [] : [{ row, at }];
    });
    if (this.#options.lacksRequired && rowCount > 0) faults.push({ row: 0, at: -1 });
    const [first] = faults.sort((a, b) => a.row - b.row || a.at - b.at);
    if (first === undefined) return;
    const row = this.#columns.map(({ typeOid, typmod }, at): string | null => {
      const value = columns[at]?.[first.row] ?? null;
      const type = logicalTypeFor(typeOid, typmod) ?? { id: "VARCHAR" as const };
      return value === null ? null : codecFor(typeOid).text(type, value, typmod, this.#settings);
    });
    const where = this.#where(first.row);
    const name = this.#columns[first.at]?.name;
    throw (
      this.#options.nullFault?.(first.at, row, where) ??
      new PgError("23502", `null value in column "${name}"`, { where })
    );
  }

  #where(row: number): string {
    return `COPY ${this.#options.table}, row ${this.#row + row + 1}`;
  }
}

interface ColumnReader {
  readonly column: CopyInColumn;
  readonly value: (row: number) => EngineValue;
}

const isDecimal = (type: LogicalType) => type.id === "DECIMAL";

function sameType(left: ArrowSource["type"], right: LogicalType): boolean {
  return engineTypeName(left) === engineTypeName(right);
}
