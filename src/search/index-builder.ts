/** The main thread's end of an index being built: asks build-worker.ts one thing at a time, and ends it on cancel. */
import { Worker } from "node:worker_threads";
import { PgError } from "../base/error.ts";
import type { BuildOptions, BuildReply, BuildRequest, GraphFile } from "./build-worker.ts";

export class IndexBuilder {
  readonly #worker: Worker;
  readonly #signal: AbortSignal;
  readonly #stop = () => {
    this.#fail(this.#signal.reason);
    void this.close();
  };
  #waiting: PromiseCallbacks | undefined;
  #failure: unknown;

  constructor(options: BuildOptions, signal: AbortSignal) {
    signal.throwIfAborted();
    this.#worker = startWorker(options);
    this.#signal = signal;
    this.#worker.on("message", (reply: BuildReply) => this.#take(reply));
    this.#worker.on("error", (error) => this.#fail(error));
    this.#worker.on("exit", () => this.#fail(new Error("the index worker ended")));
    signal.addEventListener("abort", this.#stop, { once: true });
  }

  async chunk(texts: readonly string[]): Promise<readonly (readonly string[])[]> {
    return (await this.#ask({ type: "chunk", texts }, "chunked")).chunks;
  }

  async learn(): Promise<Uint8Array> {
    return (await this.#ask({ type: "learn" }, "learned")).state;
  }

  embed(texts: readonly string[]): Promise<Extract<BuildReply, { type: "embedded" }>> {
    return this.#ask({ type: "embed", texts }, "embedded");
  }

  /** Undefined: no graph to keep (exact search, or no text at all). */
  async finish(path: string): Promise<GraphFile | undefined> {
    return (await this.#ask({ type: "finish", path }, "finished")).graph;
  }

  async close(): Promise<void> {
    this.#signal.removeEventListener("abort", this.#stop);
    await this.#worker.terminate();
  }

  async #ask<T extends BuildReply["type"]>(
    request: BuildRequest,
    expected: T,
  ): Promise<Extract<BuildReply, { type: T }>> {
    if (this.#failure !== undefined) throw this.#failure;
    const reply = await new Promise<BuildReply>((resolve, reject) => {
      this.#waiting = { resolve, reject };
      this.#worker.postMessage(request);
    });
    if (reply.type === "failed") throw new PgError(reply.sqlstate, reply.message);
    if (reply.type !== expected) throw new Error(`bug: ${reply.type} where ${expected} is due`);
    return reply as Extract<BuildReply, { type: T }>;
  }

  #take(reply: BuildReply): void {
    this.#waiting?.resolve(reply);
    this.#waiting = undefined;
  }

  #fail(error: unknown): void {
    this.#failure ??= error;
    this.#waiting?.reject(this.#failure);
    this.#waiting = undefined;
  }
}

interface PromiseCallbacks {
  readonly resolve: (reply: BuildReply) => void;
  readonly reject: (error: unknown) => void;
}

/** From dist/ the worker is JavaScript beside this file; from src/ it is TypeScript, which Node 20 reads with tsx's help. */
function startWorker(options: BuildOptions): Worker {
  const workerData = options;
  if (!import.meta.url.endsWith(".ts")) {
    return new Worker(new URL("./build-worker.js", import.meta.url), { workerData });
  }
  const url = JSON.stringify(new URL("./build-worker.ts", import.meta.url).href);
  const start = `import("tsx/esm/api").then(({ register }) => { register(); return import(${url}); });`;
  return new Worker(start, { eval: true, workerData });
}
