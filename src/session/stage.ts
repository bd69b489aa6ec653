/**
 * What a transaction has done to one dataset and not yet committed: an engine table only this transaction names. Rows are
 * never taken out of it, so that a row's place there holds: what a savepoint undoes is a range of marks that are dead.
 */
import { must } from "../base/assert.ts";
import { quoteName } from "../base/quote.ts";
import type { Relation, RelationColumn } from "../catalog/relation.ts";
import type { Engine } from "../engine/engine.ts";
import { engineTypeName } from "../pgtypes/engine-type.ts";
import type { LogicalType } from "../pgtypes/logical-type.ts";
import { absentValues, repeatedInteger, repeatedText } from "../pgtypes/repeated.ts";
import { logicalTypeFor } from "../pgtypes/types.ts";
import type { AppendBatch, Batch, ColumnValues } from "../pgtypes/vector.ts";
import { KeptRows } from "./kept-rows.ts";
import type { KnownColumns } from "./known-rows.ts";

let serial = 0;

/** What one statement has done: put rows here, replaced or removed rows, or removed every row there was. */
interface Write {
  readonly mark: number;
  readonly verb: Verb;
}

/** INSERT stands for rows that replace nothing: COPY's, CREATE TABLE AS's, and those of MERGE only when it changes none. */
export type Verb = "INSERT" | "UPDATE" | "DELETE" | "MERGE" | "TRUNCATE";

const neverSeen = 2_147_483_647;

/**
 * The mark, in a form whose range the engine does not know: a condition that its statistics say is always true is dropped,
 * and then a statement that writes into the stage it reads would meet its own rows.
 */
const opaqueMark = `("@mark" & ${neverSeen})`;

interface StageColumn {
  readonly number: number;
  readonly type: LogicalType;
  /** In the engine table. */
  readonly name: string;
}

/** Columns every stage has after the dataset's: under which mark, what became of which row. A place here is file -1. */
const bookkeeping = [
  `"@mark" INTEGER`,
  `"@action" VARCHAR DEFAULT 'i'`,
  `"@file" INTEGER`,
  `"@row" BIGINT`,
];
const bookkeepingTypes: readonly LogicalType[] = [
  { id: "INTEGER" },
  { id: "VARCHAR" },
  { id: "INTEGER" },
  { id: "BIGINT" },
];

export class Stage {
  readonly oid: number;
  /** Quoted and qualified, for engine text. */
  readonly #engineName: string;
  readonly #table: { readonly schema: string; readonly name: string };
  readonly #engine: Engine;
  /** By attribute number, for names come and go with ALTER TABLE; in the engine table's order. */
  #columns: readonly StageColumn[];
  /** So many of them stand before the bookkeeping, those added since behind it. */
  readonly #columnsAtFirst: number;
  #writes: Write[] = [];
  #isMade = false;
  #kept: KeptRows | undefined;
  #settling: Promise<void> | undefined;
  /** Ranges of marks, ends included, that were undone. */
  #dead: (readonly [from: number, to: number])[] = [];

  private constructor(engine: Engine, oid: number, name: string, columns: readonly StageColumn[]) {
    this.oid = oid;
    this.#engine = engine;
    this.#table = { schema: "stage", name };
    this.#engineName = `stage.${quoteName(name)}`;
    this.#columns = columns;
    this.#columnsAtFirst = columns.length;
  }

  /** Its engine table is made when it is first settled. */
  static of(engine: Engine, relation: Relation): Stage {
    const columns = relation.columns.map((column) => stageColumn(column));
    return new Stage(engine, relation.oid, `t${++serial}`, columns);
  }

  /** Everything staged is in the engine table, whose name texts can carry now. */
  settle(): Promise<void> | undefined {
    if (this.#isMade && this.#kept === undefined) return undefined;
    // Whoever reads several times asks several times at once.
    this.#settling ??= this.#settle().finally(() => {
      this.#settling = undefined;
    });
    return this.#settling;
  }

  async #settle(): Promise<void> {
    if (!this.#isMade) {
      const definitions = [...this.#columns.map(definition), ...bookkeeping];
      await this.#engine.system(`CREATE TABLE ${this.#engineName} (${definitions.join(", ")})`);
      this.#isMade = true;
    }
    if (this.#kept === undefined) return;
    const { table, types, whole } = this.appending(this.#kept.columns);
    const batches = [...this.#kept.batches()].map(whole);
    // Whoever asks may have a connection already, and be counted.
    const connection = await this.#engine.connectPastQueue();
    try {
      await connection.appendColumns(table, types, batches);
    } finally {
      connection.release();
    }
    this.#kept = undefined;
  }

  /** Rows to insert, by values: in the engine when somebody asks for them, or when there are many. */
  async keep(relation: Relation, rows: KnownColumns, mark: number): Promise<void> {
    if (this.#kept !== undefined && this.#kept.columns !== relation.columns) await this.settle();
    this.#kept ??= new KeptRows(relation.columns, rows.types);
    this.#kept.add(rows, mark);
    if (this.#kept.isFull) await this.settle();
  }

  /** All that is staged, when nothing of it has ever been in the engine and it is nothing but rows to insert. */
  get keptAlone(): Batch | undefined {
    if (this.#isMade || this.#writes.some(({ verb }) => verb !== "INSERT")) return undefined;
    return this.#kept?.batch();
  }

  /** Nothing here is to be committed. */
  get isEmpty(): boolean {
    return this.#writes.length === 0;
  }

  /** The dataset may gain rows: not by what only takes some away. */
  get mayGain(): boolean {
    return this.#writes.some(({ verb }) => verb !== "DELETE" && verb !== "TRUNCATE");
  }

  /** What changed committed rows; MERGE when it was more than one kind of statement. */
  get changedBy(): "UPDATE" | "DELETE" | "MERGE" {
    const verbs = new Set(this.#writes.map(({ verb }) => verb));
    const [only] = verbs;
    return verbs.size === 1 && (only === "UPDATE" || only === "DELETE") ? only : "MERGE";
  }

  /** Whether the statement under a mark replaced or removed rows one by one. */
  hasChangedAt(mark: number): boolean {
    return this.#writes.some(
      (write) => write.mark === mark && write.verb !== "INSERT" && write.verb !== "TRUNCATE",
    );
  }

  /** A statement has done this under its mark. */
  wrote(verb: Verb, mark: number): void {
    this.#writes.push({ verb, mark });
  }

  /** The marks after `from` up to `to` are undone. */
  forget(from: number, to: number): void {
    this.#writes = this.#writes.filter(({ mark }) => mark <= from);
    this.#dead = [...this.#dead.filter(([start]) => start <= from), [from + 1, to]];
    this.#kept?.forget(from);
  }

  /** Columns a staged ALTER TABLE has added, or given another type: one more here, as a savepoint may bring back the other. */
  async adapt(relation: Relation): Promise<void> {
    for (const each of relation.columns) {
      if (this.#known(each) !== undefined) continue;
      await this.settle();
      const column = stageColumn(each, `c${each.number}_${this.#columns.length}`);
      await this.#alter(`ADD COLUMN ${definition(column)}`);
      this.#columns = [...this.#columns, column];
    }
  }

  /** Engine SQL that stages the rows of `select`: the relation's columns in its order, the mark, and what it says `more` is. */
  insertion(
    relation: Relation,
    select: string,
    more: readonly ("@action" | "@file" | "@row")[] = [],
  ): string {
    const columns = [
      ...relation.columns.map((column) => this.#name(column)),
      ...["@mark", ...more].map(quoteName),
    ];
    return `INSERT INTO ${this.#engineName} (${columns.join(", ")}) ${select}`;
  }

  /**
   * For columns appended: where, of which types, and what makes batches of the table of those of `given` columns, which are
   * followed by the marks when there is not one for all.
   */
  appending(
    given: readonly RelationColumn[],
    mark?: number,
  ): {
    readonly table: { readonly schema: string; readonly name: string };
    readonly types: readonly LogicalType[];
    readonly whole: (batch: AppendBatch) => AppendBatch;
  } {
    const own = this.#columns.map((column) => ({
      type: column.type,
      place: given.findIndex((each) => this.#known(each) === column),
      absent: absentValues(column.type),
    }));
    const first = own.slice(0, this.#columnsAtFirst);
    const later = own.slice(this.#columnsAtFirst);
    const markOfAll = mark === undefined ? undefined : repeatedInteger(mark);
    const added: readonly ColumnValues[] = [
      repeatedText("i"),
      absentValues({ id: "INTEGER" }),
      absentValues({ id: "BIGINT" }),
    ];
    const pick = ({ columns }: AppendBatch, places: typeof own) =>
      places.map(({ place, absent }) => columns[place] ?? absent);
    const typesOf = (columns: typeof own) => columns.map(({ type }) => type);
    return {
      table: this.#table,
      types: [...typesOf(first), ...bookkeepingTypes, ...typesOf(later)],
      whole: (batch) => ({
        rowCount: batch.rowCount,
        columns: [
          ...pick(batch, first),
          markOfAll ?? must(batch.columns[given.length], "marks follow the columns"),
          ...added,
          ...pick(batch, later),
        ],
      }),
    };
  }

  /**
   * A SELECT of the rows staged up to a mark that no later one replaced, in the order in which they came. With `position`
   * also `"@file"` (-1) and `"@row"`; with `except` without the rows of that mark, and of what it replaced.
   */
  rows(
    relation: Relation,
    columns: readonly string[],
    seen: number,
    options: { readonly position?: boolean; readonly except?: number } = {},
  ): string {
    const list = columns.map((name) => this.#column(relation, name));
    const others = options.except === undefined ? "" : ` AND "@mark" <> ${options.except}`;
    if (options.position) list.push(`-1::INTEGER AS "@file"`, `place AS "@row"`);
    const visible = this.#visible(seen);
    if (!this.#hasModified(seen)) {
      const from = options.position
        ? `(SELECT *, rowid AS place FROM ${this.#engineName})`
        : this.#engineName;
      return `SELECT ${list.join(", ")} FROM ${from} WHERE ${visible}${others}`;
    }
    return (
      `SELECT ${list.join(", ")} FROM (SELECT *, rowid AS place FROM ${this.#engineName} ` +
      `WHERE ${visible} AND "@action" <> 'd'${others}) AS staged ANTI JOIN (SELECT "@row" AS gone FROM ${this.#engineName} ` +
      `WHERE ${visible} AND "@file" = -1) AS later ON staged.place = later.gone`
    );
  }

  /** A SELECT of `"@file"` and `"@row"` of the committed rows replaced or removed up to a mark; undefined: none. */
  gone(seen: number): string | undefined {
    if (!this.#hasModified(seen)) return undefined;
    return `SELECT "@file", "@row" FROM ${this.#engineName} WHERE ${this.#visible(seen)} AND "@file" >= 0`;
  }

  /** Whether TRUNCATE has removed every committed row, as of a mark. */
  isTruncated(seen: number): boolean {
    return this.#truncatedAt(seen) !== undefined;
  }

  /**
   * A SELECT of what one statement staged: `"@action"`, `"@file"`, `"@row"`, then the relation's columns by name. An insert
   * has no file and no row.
   */
  written(relation: Relation, mark: number): string {
    const columns = relation.columns.map(({ name }) => this.#column(relation, name));
    return `SELECT "@action", "@file", "@row", ${columns.join(", ")} FROM ${this.#engineName} WHERE "@mark" = ${mark}`;
  }

  /** Of the rows that one statement staged for one place, any one stays; the number of those that do not. */
  async keepOneOfEach(mark: number): Promise<number> {
    const statement = `"@mark" = ${mark} AND "@file" IS NOT NULL`;
    const [row] = await this.#engine.system(
      `UPDATE ${this.#engineName} SET "@mark" = ${neverSeen} WHERE ${statement} AND rowid NOT IN ` +
        `(SELECT min(rowid) FROM ${this.#engineName} WHERE ${statement} GROUP BY "@file", "@row")`,
    );
    return Number(row?.["Count"] ?? 0);
  }

  /** What became of a row under marks up to `seen`: its place now; undefined where it was removed. */
  async follow(
    place: { readonly file: number; readonly row: bigint },
    seen: number,
  ): Promise<{ readonly file: number; readonly row: bigint } | undefined> {
    let { file, row } = place;
    for (;;) {
      const [next] = await this.#engine.system(
        `SELECT rowid AS place, "@action" AS action FROM ${this.#engineName} WHERE ${this.#visible(seen)} ` +
          `AND "@file" = ${file} AND "@row" = ${row} LIMIT 1`,
      );
      if (next === undefined) return { file, row };
      if (next["action"] === "d") return undefined;
      [file, row] = [-1, BigInt(Number(next["place"]))];
    }
  }

  async drop(): Promise<void> {
    this.#kept = undefined;
    if (!this.#isMade) return;
    await this.#engine.system(`DROP TABLE IF EXISTS ${this.#engineName}`);
  }

  #hasModified(seen: number): boolean {
    return this.#writes.some(
      ({ verb, mark }) => verb !== "INSERT" && verb !== "TRUNCATE" && mark <= seen,
    );
  }

  #visible(seen: number): string {
    const from = this.#truncatedAt(seen) ?? 0;
    const conditions = [`${opaqueMark} <= ${seen}`];
    if (from > 0) conditions.push(`"@mark" > ${from}`);
    for (const [first, last] of this.#dead) {
      if (last > from && first <= seen) {
        conditions.push(`"@mark" NOT BETWEEN ${first} AND ${last}`);
      }
    }
    return conditions.join(" AND ");
  }

  #truncatedAt(seen: number): number | undefined {
    return this.#writes.findLast(({ verb, mark }) => verb === "TRUNCATE" && mark <= seen)?.mark;
  }

  #column(relation: Relation, name: string): string {
    const column = must(
      relation.columns.find((candidate) => candidate.name === name),
      `${relation.name} has column ${name}`,
    );
    const known = this.#known(column);
    const value = known?.name ?? `CAST(NULL AS ${engineTypeName(storedType(column))})`;
    return `${value} AS ${quoteName(name)}`;
  }

  #name(column: RelationColumn): string {
    return must(this.#known(column), `the stage was adapted to "${column.name}"`).name;
  }

  #known(column: RelationColumn): StageColumn | undefined {
    const type = engineTypeName(storedType(column));
    return this.#columns.find(
      (own) => own.number === column.number && engineTypeName(own.type) === type,
    );
  }

  async #alter(change: string): Promise<void> {
    await this.#engine.system(`ALTER TABLE ${this.#engineName} ${change}`);
  }
}

function stageColumn(column: RelationColumn, name = `c${column.number}`): StageColumn {
  return { number: column.number, type: storedType(column), name };
}

function storedType({ typeOid, typmod }: RelationColumn): LogicalType {
  return must(logicalTypeFor(typeOid, typmod), `type ${typeOid} can be stored`);
}

function definition({ name, type }: StageColumn): string {
  return `${name} ${engineTypeName(type)}`;
}
