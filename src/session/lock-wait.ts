/** A statement that needs an advisory lock another session holds stops, waits outside the engine, and begins again. */
import { PgError } from "../base/error.ts";
import type { Backend } from "./backend.ts";

/** `run` must not have given any rows when it fails. */
export async function withLockWaits<T>(backend: Backend, run: () => Promise<T>): Promise<T> {
  const { advisoryLocks } = backend.services;
  const mark = advisoryLocks.mark(backend.pid);
  for (;;) {
    try {
      return await run();
    } catch (error) {
      const wanted = backend.wantedLock;
      backend.wantedLock = undefined;
      if (wanted === undefined) throw error;
      advisoryLocks.releaseSince(backend.pid, mark);
      await waitForLock(backend, wanted);
    }
  }
}

/** Resolves when it may be worth trying again: 55P03 after lock_timeout, 40P01 when everybody would wait for ever. */
export async function waitForLock(
  backend: Backend,
  { key, mode }: NonNullable<Backend["wantedLock"]>,
): Promise<void> {
  const { signal } = backend;
  const timeoutMs = backend.parameters.milliseconds("lock_timeout");
  const limit = new AbortController();
  const stop = () => limit.abort(signal.reason);
  signal.addEventListener("abort", stop, { once: true });
  if (signal.aborted) stop();
  const late = () => limit.abort(new PgError("55P03", "canceling statement due to lock timeout"));
  const timer = timeoutMs > 0 ? setTimeout(late, timeoutMs) : undefined;
  backend.activity.waitsFor = key.startsWith("table ") ? "relation" : "advisory";
  try {
    await backend.services.advisoryLocks.wait(backend.pid, key, mode, limit.signal);
  } finally {
    backend.activity.waitsFor = undefined;
    clearTimeout(timer);
    signal.removeEventListener("abort", stop);
  }
}
