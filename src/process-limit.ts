/**
 * What the process may take. The engine's memory_limit counts its buffers and not its vectors: one statement can ask for
 * any amount, and then the kernel ends the process. Under this limit the allocation fails, and with it one statement.
 */
import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { totalmem } from "node:os";
import { promisify } from "node:util";
import type { Log } from "./base/log.ts";

const run = promisify(execFile);
const shareOfMachine = 0.95;

export interface ProcessLimit {
  /** Of what is resident. */
  readonly bytes: number;
  /** Of private writable memory, touched or not: where the kernel refuses. Undefined: it does not. */
  readonly dataBytes: number | undefined;
}

/**
 * Limits private writable memory (RLIMIT_DATA), not addresses: WebAssembly reserves gigabytes of those and uses none.
 * Threads' stacks and what else is mapped and not touched at the start come on top of `given`.
 * Without prlimit there is no limit, and the log says so.
 */
export async function limitProcess(given: number | undefined, log: Log): Promise<ProcessLimit> {
  const bytes = processBytes(given);
  keepReserve();
  try {
    const { data, resident } = await memory();
    const dataBytes = bytes + Math.max(0, data - resident);
    await run("prlimit", ["--pid", String(process.pid), `--data=${dataBytes}`]);
    return { bytes, dataBytes };
  } catch (err) {
    log.warn({ err }, "the process has no limit of memory: limits.process_bytes needs prlimit");
    return { bytes, dataBytes: undefined };
  }
}

/**
 * Whoever asks for memory when the limit is reached is refused, and that may be anyone: the compiler of JavaScript, which then ends
 * the process. Therefore the C library's heap is made larger than it needs to be. Every thread is served from it when
 * nothing more can be had from the system, but the engine, which has an allocator of its own. None of it is resident
 * before it is used.
 */
function keepReserve(): void {
  if (lastPiece !== undefined) return;
  const pieces = Array.from({ length: reservePieces }, () => Buffer.allocUnsafeSlow(pieceBytes));
  lastPiece = pieces.pop();
}

/** The heap does not shrink while its last piece is in use; those before it are free as soon as they are collected. */
let lastPiece: Buffer | undefined;

/** Larger ones would be mapped by themselves. */
const pieceBytes = 96 << 10;
const reservePieces = 700;

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
