/** When a transaction's deferrable constraints are checked, and those it still has to check before it may commit. */
import type { TableConstraint } from "../catalog/relation.ts";
import type { Engine } from "../engine/engine.ts";

/** What a constraint is still to be asked about. Each is asked once, however many statements have given reason to. */
export interface Waiting {
  readonly constraint: number;
  /** The relation whose rows have changed. */
  readonly relation: number;
  /** `rows`: they must meet the constraint; `d` and `u`: keys were removed or changed that it refers to. */
  readonly side: "rows" | "d" | "u";
}

/** Replaced whole, so that a savepoint is a reference to it. */
export interface DeferralState {
  /** SET CONSTRAINTS ALL: true for DEFERRED. */
  readonly all: boolean | undefined;
  readonly named: ReadonlyMap<number, boolean>;
  readonly waiting: readonly Waiting[];
}

const initial: DeferralState = { all: undefined, named: new Map(), waiting: [] };

let serial = 0;

export class DeferredConstraints {
  readonly #engine: Engine;
  #state = initial;
  /** Engine tables of the keys that are gone, by the constraint that referred to them. */
  readonly #lostKeys = new Map<number, string>();

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  get state(): DeferralState {
    return this.#state;
  }

  /** Most transactions know nothing of it. */
  get isUnused(): boolean {
    return this.#state === initial && this.#lostKeys.size === 0;
  }

  get waiting(): readonly Waiting[] {
    return this.#state.waiting;
  }

  isDeferred({ oid, deferrable }: TableConstraint): boolean {
    if (deferrable === undefined) return false;
    const { all, named } = this.#state;
    return named.get(oid) ?? all ?? deferrable === "initially deferred";
  }

  /** SET CONSTRAINTS; undefined: all. */
  set(constraints: readonly number[] | undefined, isDeferred: boolean): void {
    const before = this.#state;
    this.#state =
      constraints === undefined
        ? { ...before, all: isDeferred, named: new Map() }
        : {
            ...before,
            named: new Map([
              ...before.named,
              ...constraints.map((oid) => [oid, isDeferred] as const),
            ]),
          };
  }

  wait(asked: Waiting): void {
    const { waiting } = this.#state;
    const isKnown = waiting.some(
      ({ constraint, side }) => constraint === asked.constraint && side === asked.side,
    );
    if (!isKnown) this.#state = { ...this.#state, waiting: [...waiting, asked] };
  }

  /** It has been asked. */
  settle(asked: Waiting): void {
    const waiting = this.#state.waiting.filter((each) => each !== asked);
    this.#state = { ...this.#state, waiting };
  }

  /** Columns of `rows`, an engine table, are kept together with the mark they were lost under. */
  async keepLostKeys(constraint: number, rows: string, action: "u" | "d", mark: number) {
    const selected = `SELECT ${mark}::INTEGER AS "@mark", * FROM ${rows} WHERE "@action" = '${action}'`;
    const known = this.#lostKeys.get(constraint);
    if (known !== undefined) {
      await this.#engine.system(`INSERT INTO ${known} ${selected}`);
      return;
    }
    const table = `stage.lost${++serial}`;
    this.#lostKeys.set(constraint, table);
    await this.#engine.system(`CREATE TABLE ${table} AS ${selected}`);
  }

  lostKeys(constraint: number): string | undefined {
    return this.#lostKeys.get(constraint);
  }

  /** As it was at a savepoint, and what has been lost under later marks is not. */
  async rollbackTo(state: DeferralState, mark: number): Promise<void> {
    this.#state = state;
    for (const table of this.#lostKeys.values())
      await this.#engine.system(`DELETE FROM ${table} WHERE "@mark" > ${mark}`);
  }

  /** With its transaction. */
  async end(): Promise<void> {
    this.#state = initial;
    if (this.#lostKeys.size === 0) return;
    const tables = [...this.#lostKeys.values()];
    this.#lostKeys.clear();
    for (const table of tables) await this.#engine.system(`DROP TABLE IF EXISTS ${table}`);
  }
}
