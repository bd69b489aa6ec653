/**
 * A SQL cursor: its rows are put into an engine table when it is declared, so that every direction is a range of it,
 * and WITH HOLD outlives the transaction by nature. https://www.postgresql.org/docs/15/sql-fetch.html
 */
import { PgError } from "../base/error.ts";
import type { Relation } from "../catalog/relation.ts";
import type { EngineParameter } from "../engine/engine.ts";
import { engineTypeName } from "../pgtypes/engine-type.ts";
import type { EngineText, FetchDirection } from "../query/plan.ts";
import type { Backend } from "./backend.ts";
import { engineColumns } from "./describe.ts";
import { runText } from "./engine-rows.ts";
import { StreamedRows } from "./portal.ts";
import { tooManyKept } from "./role-limits.ts";

let serial = 0;

/** A range of rows, 1-based and inclusive; empty when `first` > `last`. */
export interface Window {
  readonly first: number;
  readonly last: number;
  readonly isBackward: boolean;
  /** Where the cursor stands after it: 0 = before the first row, rowCount + 1 = after the last. */
  readonly position: number;
}

export class Cursor {
  readonly #backend: Backend;
  readonly #engineName: string;
  readonly #columns: string;
  readonly canScroll: boolean;
  readonly rowCount: number;
  /** The dataset whose rows it gives, when their places are kept. */
  readonly placesIn: Relation | undefined;
  #position = 0;

  private constructor(
    backend: Backend,
    engineName: string,
    columns: string,
    rowCount: number,
    canScroll: boolean,
    placesIn: Relation | undefined,
  ) {
    this.#backend = backend;
    this.#engineName = engineName;
    this.#columns = columns;
    this.rowCount = rowCount;
    this.canScroll = canScroll;
    this.placesIn = placesIn;
  }

  static async open(
    backend: Backend,
    text: EngineText,
    parameters: readonly EngineParameter[],
    parameterTypes: readonly number[],
    canScroll: boolean,
    placesIn?: Relation,
  ): Promise<Cursor> {
    const { engine } = backend.services;
    const types = await engineColumns(text, parameterTypes, backend);
    const names = types.map((_, at) => `c${at}`);
    const engineName = `cursor.k${++serial}`;
    const definitions = types.map((column, at) => `c${at} ${engineTypeName(column.type)}`);
    await engine.system(`CREATE TABLE ${engineName} (${["n BIGINT", ...definitions].join(", ")})`);
    try {
      const rowLimit = Number(backend.parameters.get("lakehouse.cursor_row_limit"));
      const upTo = rowLimit === 0 ? "" : ` LIMIT ${rowLimit + 1}`;
      const rowCount = await runText(
        text,
        (sql) =>
          `INSERT INTO ${engineName} SELECT row_number() OVER (), * FROM (${sql}) AS source(${names.join(", ")})${upTo}`,
        backend,
        parameters,
      );
      if (rowLimit > 0 && rowCount > rowLimit) throw tooManyKept(rowLimit);
      const shown = placesIn === undefined ? names : names.slice(0, -2);
      return new Cursor(backend, engineName, shown.join(", "), rowCount, canScroll, placesIn);
    } catch (error) {
      await engine.system(`DROP TABLE IF EXISTS ${engineName}`);
      throw error;
    }
  }

  /** Moves, and gives the rows passed over. */
  async fetch(direction: FetchDirection): Promise<StreamedRows> {
    const { first, last, isBackward } = this.move(direction);
    const { engine } = this.#backend.services;
    const connection = await engine.connect();
    try {
      const order = isBackward ? "DESC" : "ASC";
      const sql = `SELECT ${this.#columns} FROM ${this.#engineName} WHERE n BETWEEN ${first} AND ${last} ORDER BY n ${order}`;
      const stream = await connection.stream(sql, [], this.#backend.signal);
      return new StreamedRows(connection, stream, async () => {});
    } catch (error) {
      connection.release();
      throw error;
    }
  }

  /** Engine SQL of the place of the row it stands on; undefined when it stands on none. */
  get place(): string | undefined {
    if (this.#position < 1 || this.#position > this.rowCount) return undefined;
    const count = this.#columns === "" ? 0 : this.#columns.split(", ").length;
    return `SELECT c${count} AS file, c${count + 1} AS row FROM ${this.#engineName} WHERE n = ${this.#position}`;
  }

  move(direction: FetchDirection): Window {
    const window = windowOf(direction, this.#position, this.rowCount);
    if (!this.canScroll && goesBack(direction, window, this.#position)) {
      throw new PgError("55000", "cursor can only scan forward", {
        hint: "Declare it with SCROLL option to enable backward scan.",
      });
    }
    this.#position = window.position;
    return window;
  }

  async close(): Promise<void> {
    await this.#backend.services.engine.system(`DROP TABLE IF EXISTS ${this.#engineName}`);
  }
}

/** Giving the same row again is a step back, and counting from the end goes there first. */
export function goesBack(direction: FetchDirection, window: Window, position: number): boolean {
  if (direction.kind === "absolute" && direction.count < 0) return true;
  if (direction.kind === "backward" && direction.count === 0) return true;
  const isSameRow = window.position === position && window.first <= window.last;
  return isSameRow || window.isBackward || window.position < position;
}

/** Pure, and the whole of FETCH's semantics. */
export function windowOf(direction: FetchDirection, position: number, rowCount: number): Window {
  switch (direction.kind) {
    case "forward":
      return direction.count < 0
        ? backward(-direction.count, position, rowCount)
        : forward(direction.count, position, rowCount);
    case "backward":
      return direction.count < 0
        ? forward(-direction.count, position, rowCount)
        : backward(direction.count, position, rowCount);
    case "absolute":
      return single(
        direction.count < 0 ? rowCount + 1 + direction.count : direction.count,
        position,
        rowCount,
      );
    case "relative":
      return single(position + direction.count, position, rowCount);
    default:
      return direction satisfies never;
  }
}

function forward(count: number, position: number, rowCount: number): Window {
  if (count === 0) return single(position, position, rowCount);
  const last = Math.min(position + count, rowCount);
  const after = position + count > rowCount ? rowCount + 1 : position + count;
  return { first: position + 1, last, isBackward: false, position: after };
}

function backward(count: number, position: number, rowCount: number): Window {
  if (count === 0) return single(position, position, rowCount);
  const first = Math.max(position - count, 1);
  const after = position - count < 1 ? 0 : position - count;
  return { first, last: position - 1, isBackward: true, position: after };
}

function single(target: number, position: number, rowCount: number): Window {
  const isBackward = target < position;
  if (target < 1) return { first: 1, last: 0, isBackward, position: 0 };
  if (target > rowCount) return { first: 1, last: 0, isBackward, position: rowCount + 1 };
  return { first: target, last: target, isBackward, position: target };
}
