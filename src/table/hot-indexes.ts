/**
 * Indexes of one dataset in memory, made of themselves: a column by which rows are asked for again and again, and that
 * tells few of them at a time, gets one. Without, a key that the rows are not ordered by costs a pass over all of them.
 */
import { Making } from "../base/making.ts";
import { quoteName } from "../base/quote.ts";
import type { Engine } from "../engine/engine.ts";
import type { Predicate, TableVersion } from "./table.ts";

/** So many lookups by a column make its index worth building. */
const lookupsMin = 16;
/** Below it a pass over the column takes less than planning the statement. */
const rowsMin = 10_000;
/** An index pays when a value has few rows: the engine itself goes through all of them beyond 2048. */
const rowsPerValueMax = 64;
const indexable: ReadonlySet<unknown> = new Set([
  "byte",
  "short",
  "integer",
  "long",
  "string",
  "date",
]);

/** Of a text of 32 letters; a number takes a sixth of it. */
const bytesPerRow = 72;

function columnOf(where: readonly Predicate[]): string | undefined {
  return where.find(({ operator }) => operator === "=")?.column;
}

export class HotIndexes {
  readonly #engine: Engine;
  /** Quoted and qualified. */
  readonly #table: string;
  readonly #columns: ReadonlySet<string>;
  readonly #rows: number;
  readonly #lookups = new Map<string, number>();
  bytes = 0;
  /** The table must not be dropped under it. */
  readonly making = new Making();

  constructor(engine: Engine, table: string, { fields }: TableVersion, rows: number) {
    this.#engine = engine;
    this.#table = table;
    this.#rows = rows;
    this.#columns = new Set(
      fields.filter(({ type }) => indexable.has(type)).map(({ name }) => name),
    );
  }

  /** Counts a scan's lookup: true for the one that makes an index over its column worth having. */
  isWorthOne(where: readonly Predicate[]): boolean {
    if (this.#rows < rowsMin) return false;
    const column = columnOf(where);
    if (column === undefined || !this.#columns.has(column)) return false;
    const lookups = (this.#lookups.get(column) ?? 0) + 1;
    this.#lookups.set(column, lookups);
    return lookups === lookupsMin;
  }

  /** What they would take with another. */
  get bytesWithOneMore(): number {
    return this.bytes + this.#rows * bytesPerRow;
  }

  /** An index for such a lookup, unless its values have too many rows. */
  make(where: readonly Predicate[]): Promise<void> {
    const column = columnOf(where);
    return this.making.start(column === undefined ? Promise.resolve() : this.#make(column));
  }

  async #make(column: string): Promise<void> {
    const name = quoteName(column);
    const [found] = await this.#engine.system(
      `SELECT approx_count_distinct(${name})::DOUBLE AS values FROM ${this.#table}`,
    );
    if (this.#rows / Math.max(1, Number(found?.["values"])) > rowsPerValueMax) return;
    const before = await this.#memory();
    const index = quoteName(`${this.#table}.${column}`);
    await this.#engine.system(`CREATE INDEX ${index} ON ${this.#table} (${name})`);
    this.bytes += Math.max(0, (await this.#memory()) - before);
  }

  /** Of all indexes there are. */
  async #memory(): Promise<number> {
    const [row] = await this.#engine.system(
      "SELECT memory_usage_bytes::DOUBLE AS bytes FROM duckdb_memory() WHERE tag = 'ART_INDEX'",
    );
    return Number(row?.["bytes"] ?? 0);
  }
}
