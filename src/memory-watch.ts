/**
 * Looks at what the process has left of its memory, as often as it could be used up, and gives back what is only kept
 * when it is short. Far from the limit it looks twice a second and does nothing else.
 */
import { closeSync, openSync, readSync } from "node:fs";
import { collectAll } from "./base/collector.ts";
import { PgError } from "./base/error.ts";
import type { Log } from "./base/log.ts";
import type { Engine } from "./engine/engine.ts";
import type { ProcessLimit } from "./process-limit.ts";

/** Of the limit: beyond it memory is short. */
const shareShort = 0.7;
/** What must be left for JavaScript, whose collector ends the process when it gets nothing. */
const reserve = { share: 0.1, bytesMin: 128 << 20 };
/** Two threads write memory no faster: so soon what is left can be gone. */
const bytesAMillisecond = 8 << 20;
const lookMs = { least: 20, most: 500 };
/** A collection stops everything for some tens of milliseconds. */
const collectionMs = 5_000;
/** What may come together that the collector does not see: results of the engine wait for it to be freed. */
const unseenBytesMax = 128 << 20;
/** A statement that is stopped gives back what it has within that. */
const reliefMs = 200;
/** When less than that is left, JavaScript waits for those who have taken it, as long as it takes one of them to fail. */
const heldBytes = 32 << 20;
const hold = { stepMs: 2, mostMs: 100, restMs: 100 };
/** Readings kept, each other than the one before by so much. */
const past = { most: 500, stepBytes: 4 << 20 };

interface Memory {
  readonly resident: number;
  /** Private and writable, touched or not. */
  readonly data: number;
}

/**
 * When memory is short, gives back what is only kept: plans of idle connections, and what the collector has not come to,
 * for it sees a few bytes of JavaScript where the engine has a chunk of rows. While nobody has anything open in the
 * engine, that is done sooner. When nearly nothing is left, statements of the engine are stopped, one after the other: 53200.
 * Gives what ends the watch.
 */
export function watchMemory(engine: Engine, limit: ProcessLimit, log: Log): () => void {
  const watch = new MemoryWatch(engine, limit, log);
  watch.look();
  return () => watch.end();
}

class MemoryWatch {
  readonly #engine: Engine;
  readonly #limit: ProcessLimit;
  readonly #log: Log;
  readonly #meter = new MemoryMeter();
  #timer: NodeJS.Timeout | undefined;
  readonly #past: { readonly at: number; readonly resident: number }[] = [];
  #collectedAt = 0;
  #relievedAt = 0;
  #heldAt = 0;
  #least = Number.POSITIVE_INFINITY;

  constructor(engine: Engine, limit: ProcessLimit, log: Log) {
    this.#engine = engine;
    this.#limit = limit;
    this.#log = log;
  }

  readonly look = (): void => {
    const memory = this.#meter.read();
    const now = performance.now();
    this.#remember(memory, now);
    this.#relieve(memory, now);
    this.#hold(now);
    this.#giveBack(memory, now);
    const waitMs = this.#left(memory) / bytesAMillisecond / 2;
    const soonMs = Math.min(lookMs.most, Math.max(lookMs.least, waitMs));
    this.#timer = setTimeout(this.look, soonMs).unref();
  };

  end(): void {
    clearTimeout(this.#timer);
    this.#meter.close();
  }

  /** Before an allocation fails. */
  #left({ resident, data }: Memory): number {
    const { bytes, dataBytes = Number.POSITIVE_INFINITY } = this.#limit;
    return Math.min(bytes - resident, dataBytes - data);
  }

  #remember({ resident }: Memory, at: number): void {
    const last = this.#past.at(-1);
    if (last && Math.abs(resident - last.resident) < past.stepBytes) return;
    this.#past.push({ at, resident });
    if (this.#past.length > past.most) this.#past.shift();
  }

  #relieve({ resident }: Memory, now: number): void {
    const { bytes } = this.#limit;
    const last = bytes - Math.max(bytes * reserve.share, reserve.bytesMin);
    if (resident <= last || now - this.#relievedAt <= reliefMs) return;
    const grownSince = (startedAt: number) => {
      const before = this.#past.findLast(({ at }) => at <= startedAt) ?? this.#past[0];
      return resident - (before?.resident ?? resident);
    };
    if (!this.#engine.stopLargest(outOfMemory(), grownSince)) return;
    this.#relievedAt = now;
    const fields = { resident, limit: bytes };
    this.#log.warn(fields, "a statement was stopped because memory was nearly used up");
  }

  /** Who does nothing needs nothing: the collector ends the process when it gets no memory, the engine one statement. */
  #hold(now: number): void {
    if (now - this.#heldAt < hold.mostMs + hold.restMs) return;
    while (this.#engine.running > 0 && this.#left(this.#meter.read()) < heldBytes) {
      this.#heldAt = performance.now();
      if (this.#heldAt - now > hold.mostMs) return;
      Atomics.wait(nothing, 0, 0, hold.stepMs);
    }
  }

  /** A collection needs memory itself, for what it moves. */
  #giveBack(memory: Memory, now: number): void {
    const { resident } = memory;
    this.#least = Math.min(this.#least, resident);
    if (now - this.#collectedAt < collectionMs || this.#left(memory) < reserve.bytesMin) return;
    const isShort = resident > this.#limit.bytes * shareShort;
    const isUnseen = resident - this.#least > unseenBytesMax && this.#engine.connectionsInUse === 0;
    if (!isShort && !isUnseen) return;
    this.#collectedAt = now;
    this.#least = Number.POSITIVE_INFINITY;
    if (isShort) this.#engine.forget();
    collectAll();
  }
}

/** Nobody changes it: who waits for that just waits. */
const nothing = new Int32Array(new SharedArrayBuffer(4));

function outOfMemory(): PgError {
  return new PgError("53200", "out of memory", {
    detail: "What the process may take (limits.process_bytes) is nearly used up.",
  });
}

/** Where there is /proc, its own reading: https://man7.org/linux/man-pages/man5/proc_pid_statm.5.html */
class MemoryMeter {
  readonly #file = opened("/proc/self/statm");
  readonly #text = Buffer.alloc(128);
  readonly #pageBytes: number;

  constructor() {
    const pages = this.#pages()[1];
    // The same number counted twice, a moment apart: the nearest power of two is what a page has.
    this.#pageBytes = pages ? 2 ** Math.round(Math.log2(process.memoryUsage.rss() / pages)) : 0;
  }

  read(): Memory {
    const [, resident, , , , data] = this.#pages();
    if (resident === undefined || data === undefined)
      return { resident: process.memoryUsage.rss(), data: 0 };
    return { resident: resident * this.#pageBytes, data: data * this.#pageBytes };
  }

  close(): void {
    if (this.#file !== undefined) closeSync(this.#file);
  }

  #pages(): readonly number[] {
    if (this.#file === undefined) return [];
    const length = readSync(this.#file, this.#text, 0, this.#text.length, 0);
    return this.#text.toString("latin1", 0, length).split(" ").map(Number);
  }
}

function opened(path: string): number | undefined {
  try {
    return openSync(path, "r");
  } catch {
    return undefined;
  }
}
