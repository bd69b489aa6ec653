/**
 * One sequence as this server counts it. What may be given out is set aside in the sequence's log, whose entries are put if
 * absent: entry n says how far numbers are taken, by whichever server was first to put it. Each entry is the whole truth,
 * so that old ones can go.
 *
 * Numbers may be drawn beyond what is set aside, for a statement does not know how many it will need; then they must be
 * settled before anybody else sees them. Another server may have been faster: then they are not ours, and what drew them
 * has to be run again.
 */
import type { Bucket } from "../storage/storage.ts";
import { NumberedLog } from "../table/log.ts";
import { advance, exhausted, isSameSteps, type Position, type Steps } from "./sequence.ts";

interface Entry {
  readonly last: string;
  readonly isCalled: boolean;
  /** How often setval has been called: a block from before the last time is void. */
  readonly sets: number;
}

export interface Draw {
  readonly numbers: BigInt64Array;
  /** For `settle`. */
  readonly epoch: number;
  readonly isAhead: boolean;
}

/** In a bucket: a folder for each sequence, named by its location. */
export const sequencesFolder = "_lakehouse/sequences";

/** Entries that stay, for servers that have not looked for a while. */
const keptEntries = 64;
const keptMs = 600_000;
/** After so long a look at one entry's number is not enough. */
const staleMs = 300_000;

export class SequenceCounter {
  readonly #bucket: Bucket;
  readonly #log: NumberedLog<Entry>;
  #version = -1;
  /** As far as numbers are taken, by anyone. */
  #tail: Position;
  #sets = 0;
  #lookedAt = 0;
  #position: Position;
  /** Numbers after `position` that are set aside for this server; negative: drawn ahead of that. */
  #left = 0;
  /** False when others have taken numbers behind ours: then the next block begins at the tail. */
  #isAtTail = true;
  #steps: Steps | undefined;
  #epoch = 0;
  /** setval's, not in the log yet; counts them. */
  #unsettledSets = 0;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(bucket: Bucket, location: string, from: Position) {
    this.#bucket = bucket;
    this.#log = new NumberedLog(bucket, `${sequencesFolder}/${location}`);
    this.#tail = from;
    this.#position = from;
  }

  /** Where it stands: what this server has given out last when nobody else was later. */
  get position(): Position {
    return this.#left === 0 && !this.#isAtTail ? this.#tail : this.#position;
  }

  /** pg_sequence's log_cnt: numbers set aside. */
  get left(): number {
    return Math.max(this.#left, 0);
  }

  /** Sees what other servers have done, and sets aside `count` numbers at least, `block` when there are none left. */
  prepare(steps: Steps, count: number, block: number): Promise<void> {
    return this.#inTurn(async () => {
      await this.#look();
      if (this.#steps && !isSameSteps(this.#steps, steps)) this.#turnTo();
      this.#steps = steps;
      while (this.#left < count && this.#unsettledSets === 0) {
        if (!this.#isAtTail) this.#goToTail();
        const ahead = Math.max(-this.#left, 0);
        const wanted = advance(
          steps,
          this.#end(steps),
          Math.max(count - this.#left - ahead, block),
        );
        if (wanted.count === 0) return;
        const left = this.#left;
        if (await this.#put(wanted.position, false))
          this.#left += Math.max(-left, 0) + wanted.count;
      }
    });
  }

  /** Looks what other servers have done. */
  refresh(): Promise<void> {
    return this.#inTurn(() => this.#look());
  }

  /** The next numbers; 2200H when there are not so many, and then those there are are gone. */
  draw(steps: Steps, count: number, name: string): Draw {
    if (this.#steps && !isSameSteps(this.#steps, steps)) this.#turnTo();
    this.#steps = steps;
    const numbers = new BigInt64Array(count);
    let done = 0;
    while (done < count) {
      if (this.#left <= 0 && !this.#isAtTail) this.#goToTail();
      const most = this.#isAtTail ? count - done : Math.min(count - done, this.#left);
      const drawn = advance(steps, this.#position, most, numbers, done);
      this.#position = drawn.position;
      this.#left -= drawn.count;
      done += drawn.count;
      if (drawn.count < most) throw exhausted(steps, name);
    }
    return { numbers, epoch: this.#epoch, isAhead: this.#left < 0 };
  }

  /** setval: void is what was set aside. To be settled. */
  set(position: Position): void {
    this.#position = position;
    this.#left = 0;
    this.#isAtTail = true;
    this.#unsettledSets++;
  }

  /** False: numbers drawn ahead have been taken by another server meanwhile. */
  settle({ epoch, isAhead }: Pick<Draw, "epoch" | "isAhead">): Promise<boolean> {
    return this.#inTurn(async () => {
      for (;;) {
        const sets = this.#unsettledSets;
        if (sets === 0) {
          if (!isAhead) return true;
          if (epoch !== this.#epoch) return false;
          if (this.#left >= 0) return true;
        }
        const ahead = Math.max(-this.#left, 0);
        const isPut = await this.#put(this.#position, sets > 0);
        if (!isPut) continue;
        if (this.#unsettledSets === sets) this.#left += ahead;
        this.#unsettledSets -= sets;
        if (this.#unsettledSets === 0) return true;
      }
    });
  }

  /** What was set aside and is not used is for anybody again, unless others are further already. */
  giveBack(): Promise<void> {
    return this.#inTurn(async () => {
      if (this.#left <= 0 || !this.#isAtTail) return;
      if (await this.#put(this.#position, false)) this.#left = 0;
    });
  }

  /** The end of what is set aside. */
  #end(steps: Steps): Position {
    return this.#left > 0 ? advance(steps, this.#position, this.#left).position : this.#position;
  }

  #goToTail(): void {
    this.#position = this.#tail;
    this.#left = 0;
    this.#isAtTail = true;
  }

  /** Numbers follow each other otherwise from now on: what was set aside is not what comes next. */
  #turnTo(): void {
    if (!this.#isAtTail) this.#goToTail();
    this.#left = Math.min(this.#left, 0);
  }

  async #look(): Promise<void> {
    const isStale = this.#lookedAt < Date.now() - staleMs;
    this.#lookedAt = Date.now();
    if (!isStale && !(await this.#log.has(this.#version + 1))) return;
    await this.#catchUp();
  }

  async #catchUp(): Promise<void> {
    for (;;) {
      const newest = (await this.#versions()).at(-1);
      if (newest === undefined || newest.version <= this.#version) return;
      const [entry] = (await this.#log.actionsAt(newest.version)) ?? [];
      // Taken away since it was listed: there are newer ones.
      if (entry === undefined) continue;
      this.#version = newest.version;
      this.#tail = { last: BigInt(entry.last), isCalled: entry.isCalled };
      if (this.#left < 0) this.#epoch++;
      if (entry.sets !== this.#sets || this.#left < 0) this.#left = 0;
      this.#sets = entry.sets;
      this.#isAtTail = this.#unsettledSets > 0;
      return;
    }
  }

  async #put(position: Position, isSet: boolean): Promise<boolean> {
    const version = this.#version + 1;
    const sets = this.#sets + (isSet ? 1 : 0);
    const { last, isCalled } = position;
    const isOurs = await this.#log.append(version, [{ last: String(last), isCalled, sets }]);
    // Into a hole: entries up to there are gone, and newer ones count.
    const isHole = isOurs && version > 0 && !(await this.#log.has(version - 1));
    if (isHole) await this.#bucket.delete(this.#log.key(version));
    if (!isOurs || isHole) {
      await this.#catchUp();
      return false;
    }
    this.#version = version;
    this.#tail = position;
    this.#sets = sets;
    if (version % keptEntries === 0) await this.#sweep();
    return true;
  }

  async #versions(): Promise<readonly { readonly version: number; readonly modified: Date }[]> {
    const objects = await this.#bucket.list(`${this.#log.folder}/`);
    return objects.map(({ key, modified }) => ({
      version: Number(key.slice(this.#log.folder.length + 1).replace(/\.json$/, "")),
      modified,
    }));
  }

  /** Oldest first, so that whoever finds one missing knows that all before it are. */
  async #sweep(): Promise<void> {
    for (const { version, modified } of await this.#versions()) {
      if (version > this.#version - keptEntries) return;
      if (modified.getTime() > Date.now() - keptMs) return;
      await this.#bucket.delete(this.#log.key(version));
    }
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(work);
    this.#turn = result.catch(() => undefined);
    return result;
  }
}
