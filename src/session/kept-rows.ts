/**
 * Rows that INSERTs have staged and that are not in the engine yet: values with their marks, until somebody reads the stage,
 * or they are many. A trip to the engine for each row takes ten times as long as everything else an INSERT does.
 */
import type { RelationColumn } from "../catalog/relation.ts";
import type { AppendBatch, Batch, EngineValue } from "../pgtypes/vector.ts";
import { batchOf, type KnownColumns } from "./known-rows.ts";

/** What the engine takes at a time. */
const batchRows = 2048;
const keptBytesMax = 1 << 20;

export class KeptRows {
  /** The relation's when the first row came. */
  readonly columns: readonly RelationColumn[];
  readonly #types: KnownColumns["types"];
  readonly #values: EngineValue[][];
  readonly #marks: number[] = [];
  #bytes = 0;

  constructor(columns: readonly RelationColumn[], types: KnownColumns["types"]) {
    this.columns = columns;
    this.#types = types;
    this.#values = columns.map(() => []);
  }

  get isFull(): boolean {
    return this.#marks.length >= batchRows || this.#bytes >= keptBytesMax;
  }

  add({ rowCount, values }: KnownColumns, mark: number): void {
    for (const [at, column] of values.entries()) {
      const own = this.#values[at];
      for (const value of column) {
        own?.push(value);
        if (typeof value === "string" || value instanceof Uint8Array) this.#bytes += value.length;
      }
    }
    for (let row = 0; row < rowCount; row++) this.#marks.push(mark);
  }

  /** Rows of marks after this one are undone. */
  forget(from: number): void {
    const kept = this.#marks.findIndex((mark) => mark > from);
    if (kept < 0) return;
    for (const column of [this.#marks, ...this.#values]) column.length = kept;
  }

  /** All of them, for a data file. */
  batch(): Batch {
    return batchOf({ rowCount: this.#marks.length, types: this.#types, values: this.#values });
  }

  /** For the engine: the columns, then the marks. */
  *batches(): Generator<AppendBatch> {
    for (let from = 0; from < this.#marks.length; from += batchRows) {
      const to = from + batchRows;
      const columns = [...this.#values, this.#marks].map((column) => column.slice(from, to));
      yield { rowCount: columns.at(-1)?.length ?? 0, columns };
    }
  }
}
