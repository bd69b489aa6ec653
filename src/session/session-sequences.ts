/**
 * What one session has to do with sequences: the numbers it was given last, and those its statement has drawn and not
 * settled. nextval is part of no transaction. https://www.postgresql.org/docs/15/functions-sequence.html
 */
import { must } from "../base/assert.ts";
import { PgError } from "../base/error.ts";
import type { CatalogVersion } from "../catalog/catalog.ts";
import type { Relation } from "../catalog/relation.ts";
import { type SequenceSource, stepsOf } from "../catalog/sequence.ts";
import type { SequenceCounter } from "../catalog/sequence-counter.ts";
import type { EngineText } from "../query/plan.ts";
import type { Backend } from "./backend.ts";

type Sequence = Relation & { readonly source: SequenceSource };

interface Unsettled {
  readonly name: string;
  readonly epoch: number;
  readonly isAhead: boolean;
}

export class SessionSequences {
  readonly #backend: Backend;
  /** By OID. */
  readonly #given = new Map<number, bigint>();
  #lastOid: number | undefined;
  /** As the statement at hand sees it. */
  #catalog: CatalogVersion | undefined;
  readonly #prepared = new Set<number>();
  readonly #unsettled = new Map<SequenceCounter, Unsettled>();
  /** How many numbers the statement has drawn so far, by OID. */
  readonly #drawn = new Map<number, number>();
  /** The same of one that lost them to another server: so many are set aside before it is run again. */
  readonly #needed = new Map<number, number>();
  /** A sequence that the statement has met unprepared. */
  #wanted: { readonly oid: number; readonly count: number } | undefined;

  constructor(backend: Backend) {
    this.#backend = backend;
  }

  /**
   * Around a statement's run in the engine, which must not have given any rows when it fails. What is `repeatable` is run again
   * when its numbers are another server's by then, with as many set aside as it has drawn.
   */
  async around<T>(
    { sequences }: EngineText,
    repeatable: boolean,
    run: () => Promise<T>,
  ): Promise<T> {
    if (sequences === undefined) return run();
    this.#prepared.clear();
    for (const [oid, count] of sequences) await this.#prepare(oid, count);
    for (;;) {
      this.#catalog = await this.#backend.transaction.catalog();
      this.#drawn.clear();
      try {
        const result = await run();
        this.#needed.clear();
        return result;
      } catch (error) {
        const wanted = this.#wanted;
        this.#wanted = undefined;
        await this.#settleAfter(error);
        const isLost = lostNumbers.has(error as object);
        if (wanted !== undefined) await this.#prepare(wanted.oid, wanted.count);
        else if (repeatable && isLost)
          for (const oid of this.#prepared) await this.#prepare(oid, 0);
        else throw error;
      }
    }
  }

  /** Before anybody sees what the statement has made of its numbers. 40001 when they are another server's by now. */
  async settle(): Promise<void> {
    const unsettled = [...this.#unsettled];
    this.#unsettled.clear();
    for (const [counter, draw] of unsettled) {
      if (await counter.settle(draw)) continue;
      for (const [oid, count] of this.#drawn) this.#needed.set(oid, count);
      throw takenMeanwhile(draw.name);
    }
  }

  /** Called by the engine in the middle of a statement, as what follows. */
  nextval(oid: number, count: number, isIdentity: boolean): BigInt64Array {
    const sequence = this.#sequence(oid, "nextval", isIdentity ? undefined : ["USAGE", "UPDATE"]);
    const counter = this.#counter(sequence);
    const { numbers, epoch, isAhead } = counter.draw(
      stepsOf(sequence.source),
      count,
      sequence.name,
    );
    const before = this.#unsettled.get(counter);
    if (isAhead && !before?.isAhead) {
      this.#unsettled.set(counter, { name: sequence.name, epoch, isAhead });
    }
    this.#drawn.set(oid, (this.#drawn.get(oid) ?? 0) + count);
    this.#given.set(oid, must(numbers[count - 1], "a number was drawn"));
    this.#lastOid = oid;
    return numbers;
  }

  currval(oid: number): bigint {
    const sequence = this.#sequence(oid, "currval", ["USAGE", "SELECT"]);
    const value = this.#given.get(oid);
    if (value !== undefined) return value;
    throw new PgError(
      "55000",
      `currval of sequence "${sequence.name}" is not yet defined in this session`,
    );
  }

  lastval(): bigint {
    const oid = this.#lastOid;
    const value = oid === undefined ? undefined : this.#given.get(oid);
    if (oid === undefined || value === undefined || !this.#catalog?.relationByOid(oid))
      throw new PgError("55000", "lastval is not yet defined in this session");
    this.#sequence(oid, "lastval", ["USAGE", "SELECT"]);
    return value;
  }

  setval(oid: number, value: bigint, isCalled: boolean): bigint {
    const sequence = this.#sequence(oid, "setval", ["UPDATE"]);
    const { min, max } = stepsOf(sequence.source);
    if (value < min || value > max)
      throw new PgError(
        "22003",
        `setval: value ${value} is out of bounds for sequence "${sequence.name}" (${min}..${max})`,
      );
    const counter = this.#counter(sequence);
    counter.set({ last: value, isCalled });
    this.#unsettled.set(counter, { name: sequence.name, epoch: 0, isAhead: false });
    if (isCalled) this.#given.set(oid, value);
    return value;
  }

  /** Undefined: it has given none yet, or the role may not know. */
  lastValue(oid: number): bigint | undefined {
    const sequence = this.#sequence(oid, "pg_sequence_last_value", undefined);
    const { role, access } = this.#backend;
    const object = { kind: "sequence", oid, owner: sequence.owner } as const;
    const may = (["USAGE", "SELECT"] as const).some((one) => access.may(role, one, object));
    const { last, isCalled } = this.#counter(sequence).position;
    return may && isCalled ? last : undefined;
  }

  /** DISCARD SEQUENCES. */
  discard(): void {
    this.#given.clear();
    this.#lastOid = undefined;
  }

  async #prepare(oid: number, count: number): Promise<void> {
    this.#catalog = await this.#backend.transaction.catalog();
    const relation = this.#catalog.relationByOid(oid);
    this.#prepared.add(oid);
    // What is wrong with it is told when the engine comes to it.
    if (relation?.source.kind !== "sequence") return;
    const { sequences } = this.#backend.services;
    const { source } = relation;
    const wanted = Math.max(count, this.#needed.get(oid) ?? 0);
    await sequences.counter(source).prepare(stepsOf(source), wanted, sequences.block(source));
  }

  /** Numbers given out and values set stay so, whatever becomes of the statement. */
  async #settleAfter(error: unknown): Promise<void> {
    try {
      await this.settle();
    } catch (fault) {
      // A number that is another's was seen by nobody.
      if (!(fault instanceof PgError && fault.sqlstate === "40001")) throw error;
    }
  }

  #counter({ source }: Sequence): SequenceCounter {
    return this.#backend.services.sequences.counter(source);
  }

  #sequence(
    oid: number,
    verb: "nextval" | "currval" | "lastval" | "setval" | "pg_sequence_last_value",
    /** One of these is enough; undefined: none is asked for. */
    privileges: readonly ("USAGE" | "SELECT" | "UPDATE")[] | undefined,
  ): Sequence {
    const relation = this.#catalog?.relationByOid(oid);
    if (relation === undefined)
      throw new PgError("XX000", `could not open relation with OID ${oid}`);
    if (!isSequence(relation)) throw new PgError("42809", `"${relation.name}" is not a sequence`);
    if (!this.#prepared.has(oid)) {
      this.#wanted = { oid, count: verb === "nextval" ? 1 : 0 };
      throw new PgError("55006", `sequence "${relation.name}" is not at hand`);
    }
    const { role, access, parameters } = this.#backend;
    const object = { kind: "sequence", oid, owner: relation.owner } as const;
    if (privileges && !privileges.some((one) => access.may(role, one, object)))
      throw new PgError("42501", `permission denied for sequence ${relation.name}`);
    const isChange = verb === "nextval" || verb === "setval";
    const isReadOnly = parameters.get("transaction_read_only") === "on";
    if (isChange && isReadOnly && !relation.schema.startsWith("pg_temp_"))
      throw new PgError("25006", `cannot execute ${verb}() in a read-only transaction`);
    return relation;
  }
}

function isSequence(relation: Relation): relation is Sequence {
  return relation.source.kind === "sequence";
}

/** Errors that running again with enough numbers set aside gets over. */
const lostNumbers = new WeakSet<object>();

function takenMeanwhile(name: string): PgError {
  const error = new PgError("40001", "could not serialize access due to concurrent update", {
    detail: `Another server has taken numbers of sequence "${name}" meanwhile.`,
  });
  lostNumbers.add(error);
  return error;
}
