/** Versions of a dataset from its log: the newest, one by number, one by time. */
import { PgError } from "../base/error.ts";
import type { Engine } from "../engine/engine.ts";
import type { Action } from "./actions.ts";
import { hintedCheckpoint, listCheckpoints, readCheckpoint } from "./checkpoint.ts";
import type { NumberedLog } from "./log.ts";
import { checkReadable } from "./protocol.ts";
import { fold, type Version } from "./version.ts";

export class Loader {
  readonly #log: NumberedLog<Action>;
  readonly #engine: Engine;
  readonly #where: string;

  /** `where` names the dataset in errors. */
  constructor(log: NumberedLog<Action>, engine: Engine, where: string) {
    this.#log = log;
    this.#engine = engine;
    this.#where = where;
  }

  /** From the checkpoint the hint names, else from the first entry, else from the newest checkpoint there is. */
  async newest(): Promise<Version> {
    const hint = await hintedCheckpoint(this.#log);
    let base = hint === undefined ? undefined : await this.#checkpointAt(hint);
    let entries = await this.#log.after(base?.number ?? -1);
    if (!base && entries.length === 0) {
      const checkpoints = [...(await listCheckpoints(this.#log)).keys()];
      if (checkpoints.length === 0) throw this.#log.missing(0);
      base = await readCheckpoint(this.#log, Math.max(...checkpoints), this.#engine);
      entries = await this.#log.after(base.number);
    }
    const next = (base?.number ?? -1) + 1;
    if (entries.length === 0 && (await this.#log.has(next + 1))) throw this.#log.gap(next);
    const version = fold(base, entries, this.#where);
    checkReadable(version, this.#where);
    return version;
  }

  /** 58P01 when its entries have been cleaned up. */
  async at(version: number): Promise<Version> {
    const checkpoints = [...(await listCheckpoints(this.#log)).keys()];
    const from = Math.max(-1, ...checkpoints.filter((number) => number <= version));
    const base = from < 0 ? undefined : await readCheckpoint(this.#log, from, this.#engine);
    const numbers = Array.from({ length: version - from }, (_, i) => from + 1 + i);
    const entries = await Promise.all(
      numbers.map(async (number) => {
        const entry = await this.#log.read(number);
        if (!entry) throw this.#log.missing(number);
        return entry;
      }),
    );
    const loaded = fold(base, entries, this.#where);
    checkReadable(loaded, this.#where);
    return loaded;
  }

  /** The number of the version that was newest at an instant, before `newest` was; 22023 when the dataset is younger. */
  async numberAt(instant: Date, newest: number): Promise<number> {
    const number = await this.numberBefore(instant, newest);
    if (number !== undefined) return number;
    throw new PgError(
      "22023",
      `dataset "${this.#log.folder.replace(/\/_delta_log$/, "")}" has no version as old as ${instant.toISOString()}`,
    );
  }

  /** As `numberAt`; undefined when the oldest version there is was committed later. */
  async numberBefore(instant: Date, newest: number): Promise<number | undefined> {
    let [low, high] = [await this.oldest(), newest];
    if ((await this.#committedAt(low)) > instant.getTime()) return undefined;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if ((await this.#committedAt(middle)) <= instant.getTime()) low = middle;
      else high = middle;
    }
    return low;
  }

  /** A hint may be older than a clean-up, or a crash may have left it alone: then the log itself decides. */
  async #checkpointAt(version: number): Promise<Version | undefined> {
    try {
      return await readCheckpoint(this.#log, version, this.#engine);
    } catch (error) {
      if (error instanceof PgError && error.sqlstate === "58P01") return undefined;
      throw error;
    }
  }

  /** The oldest version that can be read: older entries may have been cleaned up behind a checkpoint. */
  async oldest(): Promise<number> {
    if (await this.#log.has(0)) return 0;
    const checkpoints = [...(await listCheckpoints(this.#log)).keys()];
    return Math.min(...checkpoints);
  }

  async #committedAt(version: number): Promise<number> {
    const entry = await this.#log.read(version);
    // One that does not count has its place in time too.
    for (const action of entry?.aborted ?? entry?.actions ?? []) {
      if ("commitInfo" in action) return Number(action.commitInfo["timestamp"] ?? 0);
    }
    return 0;
  }
}
