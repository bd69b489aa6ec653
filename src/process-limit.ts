/**
 * What the process may take. The engine's memory_limit counts its buffers and not its vectors: one statement can ask for
 * any amount, and then the kernel ends the process. Under this limit the allocation fails, and with it one statement.
 */
import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { totalmem } from "node:os";
import { promisify } from "node:util";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { PgError } from "./base/error.ts";
import type { Log } from "./base/log.ts";
import type { Engine } from "./engine/engine.ts";

const run = promisify(execFile);
const shareOfMachine = 0.95;

/** Of the limit: beyond it memory is short. */
const shareShort = 0.7;
/** What must be left for JavaScript, whose collector ends the process when it gets nothing. */
const reserve = { share: 0.1, bytesMin: 128 << 20 };
const lookMs = 20;
/** A collection stops everything for some tens of milliseconds. */
const collectionMs = 5_000;
/** What may come together that the collector does not see: results of the engine wait for it to be freed. */
const unseenBytesMax = 128 << 20;
/** A statement that is stopped gives back what it has within that. */
const reliefMs = 200;

/**
 * Limits private writable memory (RLIMIT_DATA), not addresses: WebAssembly reserves gigabytes of those and uses none.
 * Threads' stacks and what else is mapped and not touched at the start come on top of `bytes`.
 * Without prlimit there is no limit, and the log says so.
 */
export async function limitProcess(bytes: number | undefined, log: Log): Promise<void> {
  const limit = processBytes(bytes);
  try {
    const { data, resident } = await memory();
    const untouched = Math.max(0, data - resident);
    await run("prlimit", ["--pid", String(process.pid), `--data=${limit + untouched}`]);
  } catch (err) {
    log.warn({ err }, "the process has no limit of memory: limits.process_bytes needs prlimit");
  }
}

/**
 * When memory is short, gives back what is only kept: plans of idle connections, and what the collector has not come to,
 * for it sees a few bytes of JavaScript where the engine has a chunk of rows. When nearly nothing is left, statements of
 * the engine are stopped, one after the other: 53200. Gives what ends the watch.
 */
export function watchMemory(engine: Engine, bytes: number | undefined, log: Log): () => void {
  const limit = processBytes(bytes);
  const last = limit - Math.max(limit * reserve.share, reserve.bytesMin);
  setFlagsFromString("--expose-gc");
  const collect: () => void = runInNewContext("gc");
  let [collectedAt, relievedAt] = [0, 0];
  let least = Number.POSITIVE_INFINITY;
  const timer = setInterval(() => {
    const [resident, now] = [process.memoryUsage.rss(), performance.now()];
    if (resident > last && now - relievedAt > reliefMs && engine.stopNewest(outOfMemory())) {
      relievedAt = now;
      log.warn({ resident, limit }, "a statement was stopped because memory was nearly used up");
    }
    least = Math.min(least, resident);
    const isShort = resident > limit * shareShort;
    if (now - collectedAt < collectionMs || (!isShort && resident - least < unseenBytesMax)) return;
    [collectedAt, least] = [now, Number.POSITIVE_INFINITY];
    if (isShort) engine.forget();
    collect();
  }, lookMs);
  timer.unref();
  return () => clearInterval(timer);
}

function outOfMemory(): PgError {
  return new PgError("53200", "out of memory", {
    detail: "What the process may take (limits.process_bytes) is nearly used up.",
  });
}

/** What the engine may take before it spills: that must come before the process fails. */
export function engineBytes(processBytes: number): number {
  return Math.floor(Math.max(processBytes - nodeBytes, processBytes / 4) * engineShare);
}

const nodeBytes = 256 << 20;
const engineShare = 0.8;

function processBytes(given: number | undefined): number {
  return given ?? Math.floor(machineBytes() * shareOfMachine);
}

/** A container's limit is the machine's for those in it. */
function machineBytes(): number {
  const constrained = process.constrainedMemory();
  return constrained > 0 ? Math.min(totalmem(), constrained) : totalmem();
}

/** In bytes: https://man7.org/linux/man-pages/man5/proc_pid_status.5.html */
async function memory(): Promise<{ readonly data: number; readonly resident: number }> {
  const status = await readFile("/proc/self/status", "utf8");
  const kilobytes = (name: string) =>
    Number(new RegExp(`^${name}:\\s+(\\d+)`, "m").exec(status)?.[1]);
  return { data: kilobytes("VmData") * 1024, resident: kilobytes("VmRSS") * 1024 };
}
