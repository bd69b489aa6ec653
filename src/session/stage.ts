/** Rows a transaction has written to one dataset and not yet committed: an engine table only this transaction names. */

import { must } from "../base/assert.ts";
import { quoteName } from "../base/quote.ts";
import type { Relation } from "../catalog/relation.ts";
import type { Engine } from "../engine/engine.ts";
import { engineTypeName } from "../pgtypes/engine-type.ts";
import type { LogicalType } from "../pgtypes/logical-type.ts";
import { logicalTypeFor } from "../pgtypes/types.ts";

let serial = 0;

export class Stage {
  readonly relation: Relation;
  /** Quoted and qualified, for engine text. */
  readonly engineName: string;
  readonly table: { readonly schema: string; readonly name: string };
  readonly columnTypes: readonly LogicalType[];
  readonly #engine: Engine;
  /** Under which marks there are rows. */
  #marks: number[] = [];

  private constructor(
    engine: Engine,
    relation: Relation,
    name: string,
    types: readonly LogicalType[],
  ) {
    this.#engine = engine;
    this.relation = relation;
    this.table = { schema: "stage", name };
    this.engineName = `stage.${quoteName(name)}`;
    this.columnTypes = types;
  }

  static async create(engine: Engine, relation: Relation): Promise<Stage> {
    const types = relation.columns.map((column) =>
      must(logicalTypeFor(column.typeOid, column.typmod), `type ${column.typeOid} can be stored`),
    );
    const stage = new Stage(engine, relation, `t${++serial}`, types);
    const columns = relation.columns.map(
      (column, at) =>
        `${quoteName(column.name)} ${engineTypeName(must(types[at], "a type a column"))}`,
    );
    await engine.system(
      `CREATE TABLE ${stage.engineName} (${[...columns, '"@mark" INTEGER'].join(", ")})`,
    );
    return stage;
  }

  get isEmpty(): boolean {
    return this.#marks.length === 0;
  }

  /** A statement has put this many rows here. */
  wrote(rows: number, mark: number): void {
    if (rows > 0) this.#marks.push(mark);
  }

  get columnList(): string {
    return this.relation.columns.map((column) => quoteName(column.name)).join(", ");
  }

  /** The rows staged up to a mark, in the order in which they came. */
  select(mark: number, columns: string = this.columnList): string {
    return `SELECT ${columns} FROM ${this.engineName} WHERE "@mark" <= ${mark}`;
  }

  /** The rows of exactly one statement, for RETURNING. */
  written(mark: number): string {
    return `(SELECT ${this.columnList} FROM ${this.engineName} WHERE "@mark" = ${mark})`;
  }

  async forget(afterMark: number): Promise<void> {
    this.#marks = this.#marks.filter((mark) => mark <= afterMark);
    await this.#engine.system(`DELETE FROM ${this.engineName} WHERE "@mark" > ${afterMark}`);
  }

  async drop(): Promise<void> {
    await this.#engine.system(`DROP TABLE IF EXISTS ${this.engineName}`);
  }
}
