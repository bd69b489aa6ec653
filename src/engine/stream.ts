/** An open result: one fetch ahead, and never a silent end. */
import {
  type DuckDBDataChunk,
  type DuckDBMaterializedResult,
  type DuckDBResult,
  ResultReturnType,
} from "@duckdb/node-api";
import type { LogicalType } from "../pgtypes/logical-type.ts";
import type { Batch } from "../pgtypes/vector.ts";
import type { EngineColumn, EngineStream } from "./engine.ts";
import { pgError } from "./errors.ts";
import { duckdbTypeId, isScalar, isUnknown, logicalType } from "./logical-types.ts";
import type { Admission, Operation } from "./operation.ts";
import { readBatch } from "./vectors.ts";

interface StreamOwner {
  /** Raises the error that ended the stream. */
  reraise(): Promise<never>;
  ended(isComplete: boolean): void;
}

export class Stream implements EngineStream {
  readonly columns: readonly EngineColumn[];
  readonly #types: readonly LogicalType[];
  readonly #result: DuckDBResult;
  readonly #operation: Operation;
  readonly #slots: Admission | undefined;
  readonly #owner: StreamOwner;
  /** One fetch ahead: worth a tenth of the time of a large result. */
  #ahead: Promise<DuckDBDataChunk | null> | undefined;
  #isOpen = true;
  /** Given so far. */
  rows = 0;

  constructor(
    result: DuckDBResult,
    operation: Operation,
    slots: Admission | undefined,
    owner: StreamOwner,
  ) {
    this.#result = result;
    this.#operation = operation;
    this.#slots = slots;
    this.#owner = owner;
    this.columns = columnsOf(result);
    this.#types = this.columns.map((column) => column.type);
  }

  async next(): Promise<Batch | undefined> {
    if (!this.#isOpen) return undefined;
    try {
      const chunk = await (this.#ahead ?? this.#fetch());
      this.#ahead = undefined;
      if (!chunk || chunk.rowCount === 0) return await this.#finish();
      this.#operation.check();
      this.#ahead = this.#fetch();
      this.rows += chunk.rowCount;
      return readBatch(chunk, this.#types);
    } catch (error) {
      this.#end(false);
      throw error;
    }
  }

  close(): void {
    if (!this.#isOpen) return;
    if (this.#ahead) this.#operation.interrupt();
    this.#end(false);
  }

  /** Resolves, never rejects, when no fetch is under way. */
  get settled(): Promise<unknown> {
    return Promise.resolve(this.#ahead).catch(() => undefined);
  }

  #fetch(): Promise<DuckDBDataChunk | null> {
    const fetched = this.#operation.run(this.#slots, () => this.#result.fetchChunk(), 0);
    // Whoever awaits it next sees the failure; until then it is not unhandled.
    fetched.catch(() => undefined);
    return fetched;
  }

  async #finish(): Promise<undefined> {
    this.#operation.check();
    if (this.#result.returnType === ResultReturnType.INVALID) {
      await this.#operation.run(this.#slots, () => this.#owner.reraise(), 0);
    }
    this.#end(true);
    return undefined;
  }

  #end(isComplete: boolean): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#operation.end();
    this.#owner.ended(isComplete);
  }
}

/** A result that is whole already: its chunks are read without another trip to the engine. */
export function atHand(
  result: DuckDBMaterializedResult,
  columns: readonly EngineColumn[],
): EngineStream {
  const types = columns.map((column) => column.type);
  const { chunkCount } = result;
  let at = 0;
  return {
    columns,
    async next() {
      try {
        return at < chunkCount ? readBatch(result.getChunk(at++), types) : undefined;
      } catch (error) {
        throw pgError(error);
      }
    },
    close: () => {
      at = chunkCount;
    },
  };
}

/** True when the columns a statement had before are those of its new result. */
export function isStill(before: readonly EngineColumn[], result: DuckDBResult): boolean {
  return (
    before.length === result.columnCount &&
    before.every(
      ({ name, type }, at) =>
        isScalar(type) &&
        result.columnTypeId(at) === duckdbTypeId(type) &&
        result.columnName(at) === name,
    )
  );
}

/** Names and types of a result, or of a statement that is bound and not run. */
export function columnsOf(source: {
  readonly columnCount: number;
  columnName(index: number): string;
  columnTypeId(index: number): number;
  columnType(index: number): Parameters<typeof logicalType>[0];
}): readonly EngineColumn[] {
  return Array.from({ length: source.columnCount }, (_, i) => ({
    name: source.columnName(i),
    type: isUnknown(source.columnTypeId(i)) ? { id: "NULL" } : logicalType(source.columnType(i)),
  }));
}
