/**
 * Locks that sessions of this server ask for: advisory ones and LOCK TABLE's. https://www.postgresql.org/docs/15/explicit-locking.html
 * Kept in this process: a second server over the same buckets has its own.
 */
import { PgError } from "../base/error.ts";
import { excludes, type TableLockMode } from "./lock-modes.ts";

/** `session`: until unlocked or the session's end; `transaction`: until its end or a rollback to before. */
export type LockScope = "session" | "transaction";
export type LockMode = "exclusive" | "shared" | TableLockMode;

export interface HeldLock {
  readonly pid: number;
  /** A 64-bit number, or two of 32 bits with a blank between; `table` and an OID. */
  readonly key: string;
  readonly mode: LockMode;
  readonly isGranted: boolean;
}

interface Hold {
  readonly key: string;
  readonly mode: LockMode;
  readonly scope: LockScope;
}

interface Waiting {
  readonly pid: number;
  readonly key: string;
  readonly mode: LockMode;
  readonly wake: () => void;
}

/** One session may hold this many, counting each time it took one. */
const holdsMax = 100_000;

/** Whoever holds a table by having read or written it in a transaction that is still open. */
type Users = (key: string) => readonly { readonly pid: number; readonly mode: LockMode }[];

export class AdvisoryLocks {
  readonly #users: Users;
  #tables = 0;
  readonly #holds = new Map<number, Hold[]>();
  /** By key, the holders' pids, once for each hold. */
  readonly #holders = new Map<string, { readonly pid: number; readonly mode: LockMode }[]>();
  /** In the order in which they came. */
  readonly #waiting: Waiting[] = [];

  constructor(users: Users = () => []) {
    this.#users = users;
  }

  /** How many holds there are on tables: statements need not look when there is none. */
  get tables(): number {
    return this.#tables;
  }

  isFree(pid: number, key: string, mode: LockMode): boolean {
    return this.#blockers(pid, key, mode).length === 0;
  }

  /** False when another session's lock is in the way, or somebody waits who came before. */
  take(pid: number, key: string, mode: LockMode, scope: LockScope): boolean {
    if (this.#blockers(pid, key, mode).length > 0) return false;
    const holds = this.#holds.get(pid) ?? [];
    if (holds.length >= holdsMax)
      throw new PgError("53200", "out of shared memory", {
        hint: `A session may hold ${holdsMax} advisory locks.`,
      });
    holds.push({ key, mode, scope });
    if (isTable(key)) this.#tables++;
    this.#holds.set(pid, holds);
    const holders = this.#holders.get(key) ?? [];
    holders.push({ pid, mode });
    this.#holders.set(key, holders);
    return true;
  }

  /** False when the session does not hold it. */
  release(pid: number, key: string, mode: LockMode): boolean {
    return this.#drop(
      pid,
      (hold) => hold.key === key && hold.mode === mode && hold.scope === "session",
      1,
    );
  }

  /** Of a transaction that has ended: whoever waited for what it used may go on, too. */
  releaseAll(pid: number, scope: LockScope): void {
    this.#drop(pid, (hold) => hold.scope === scope, Number.POSITIVE_INFINITY);
    if (this.#waiting.length > 0) this.#wake();
  }

  /** How many holds there are: what a statement that begins again, or a savepoint, goes back to. */
  mark(pid: number): number {
    return this.#holds.get(pid)?.length ?? 0;
  }

  /** `scope` left out: of both. */
  releaseSince(pid: number, mark: number, scope?: LockScope): void {
    const since = new Set(this.#holds.get(pid)?.slice(mark));
    const isOf = (hold: Hold) => since.has(hold) && (scope ?? hold.scope) === hold.scope;
    this.#drop(pid, isOf, Number.POSITIVE_INFINITY);
  }

  /** Resolves when it may be worth trying again. 40P01 when everybody would wait for ever. */
  wait(pid: number, key: string, mode: LockMode, signal: AbortSignal): Promise<void> {
    if (this.#isDeadlock(pid, key, mode)) {
      return Promise.reject(
        new PgError("40P01", "deadlock detected", {
          detail: `Process ${pid} waits for a lock that is held by a process that waits for process ${pid}.`,
          hint: "See server log for query details.",
        }),
      );
    }
    return new Promise((resolve, reject) => {
      const ended = () => {
        const at = this.#waiting.indexOf(waiting);
        if (at >= 0) this.#waiting.splice(at, 1);
        signal.removeEventListener("abort", aborted);
      };
      const aborted = () => {
        ended();
        this.#wake();
        reject(signal.reason);
      };
      const waiting: Waiting = {
        pid,
        key,
        mode,
        wake: () => {
          ended();
          resolve();
        },
      };
      this.#waiting.push(waiting);
      if (signal.aborted) aborted();
      else signal.addEventListener("abort", aborted, { once: true });
    });
  }

  blockersOf(pid: number): readonly number[] {
    return this.#waiting
      .filter((waiting) => waiting.pid === pid)
      .flatMap(({ key, mode }) => this.#blockers(pid, key, mode));
  }

  *list(): Iterable<HeldLock> {
    for (const [pid, holds] of this.#holds) {
      const seen = new Set<string>();
      for (const { key, mode } of holds) {
        if (!seen.has(`${key} ${mode}`)) yield { pid, key, mode, isGranted: true };
        seen.add(`${key} ${mode}`);
      }
    }
    for (const { pid, key, mode } of this.#waiting) yield { pid, key, mode, isGranted: false };
  }

  /** Whoever holds it in a way that excludes this, and whoever waits for it already and would be overtaken. */
  #blockers(pid: number, key: string, mode: LockMode): number[] {
    const users = isTable(key) ? this.#users(key) : [];
    const holders = [...(this.#holders.get(key) ?? []), ...users];
    const others = holders.filter((holder) => holder.pid !== pid);
    const holds = this.#holds.get(pid)?.some((hold) => hold.key === key) ?? false;
    const ahead = holds ? [] : this.#ahead(pid, key);
    return [...others, ...ahead].filter((one) => excludes(mode, one.mode)).map((one) => one.pid);
  }

  #ahead(pid: number, key: string): readonly Waiting[] {
    const own = this.#waiting.findIndex((one) => one.pid === pid && one.key === key);
    const before = own < 0 ? this.#waiting : this.#waiting.slice(0, own);
    return before.filter((one) => one.key === key && one.pid !== pid);
  }

  #isDeadlock(pid: number, key: string, mode: LockMode): boolean {
    const seen = new Set<number>();
    const next = this.#blockers(pid, key, mode);
    for (let blocker = next.pop(); blocker !== undefined; blocker = next.pop()) {
      if (blocker === pid) return true;
      if (seen.has(blocker)) continue;
      seen.add(blocker);
      next.push(...this.blockersOf(blocker));
    }
    return false;
  }

  #drop(pid: number, which: (hold: Hold) => boolean, countMax: number): boolean {
    const holds = this.#holds.get(pid) ?? [];
    let dropped = 0;
    for (let at = holds.length - 1; at >= 0 && dropped < countMax; at--) {
      const hold = holds[at];
      if (hold === undefined || !which(hold)) continue;
      holds.splice(at, 1);
      if (isTable(hold.key)) this.#tables--;
      dropped++;
      const holders = this.#holders.get(hold.key) ?? [];
      holders.splice(
        holders.findIndex((one) => one.pid === pid && one.mode === hold.mode),
        1,
      );
      if (holders.length === 0) this.#holders.delete(hold.key);
    }
    if (holds.length === 0) this.#holds.delete(pid);
    if (dropped > 0) this.#wake();
    return dropped > 0;
  }

  /** Everybody whose way is free tries again; who comes first takes it. */
  #wake(): void {
    for (const waiting of [...this.#waiting])
      if (this.#blockers(waiting.pid, waiting.key, waiting.mode).length === 0) waiting.wake();
  }
}

export const tableKey = (oid: number): string => `table ${oid}`;

const isTable = (key: string): boolean => key.startsWith("table ");
