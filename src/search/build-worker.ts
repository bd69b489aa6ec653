/**
 * The other thread of an index being built: chunks, learns the corpus, embeds, adds to the graph. It is asked one thing at
 * a time by index-builder.ts and knows no bucket and no engine.
 */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { pipeline } from "node:stream/promises";
import { parentPort, workerData } from "node:worker_threads";
import type { CorpusEmbedder } from "../ai/embedder.ts";
import { lexicalEmbedder } from "../ai/lexical.ts";
import { must } from "../base/assert.ts";
import { asPgError } from "../base/error.ts";
import { type ChunkOptions, chunk } from "./chunker.ts";
import { distance, Nearest } from "./exact-engine.ts";
import { HnswEngine, type HnswParameters } from "./hnsw-engine.ts";
import type { Backend, Metric, VectorShape } from "./vector-engine.ts";

export interface BuildOptions extends ChunkOptions, HnswParameters {
  readonly backend: Backend;
  readonly metric: Metric;
  readonly efSearch: number;
}

export type BuildRequest =
  | { readonly type: "chunk"; readonly texts: readonly string[] }
  /** No more texts: what the embedder knows of the corpus. */
  | { readonly type: "learn" }
  | { readonly type: "embed"; readonly texts: readonly string[] }
  /** Writes the graph, when there is one, and tries it. */
  | { readonly type: "finish"; readonly path: string };

export type BuildReply =
  | { readonly type: "chunked"; readonly chunks: readonly (readonly string[])[] }
  | { readonly type: "learned"; readonly state: Uint8Array }
  /** A node for each text; vectors of the nodes that are new, one after another. */
  | {
      readonly type: "embedded";
      readonly nodes: Uint32Array;
      readonly vectors: Float32Array<ArrayBuffer>;
    }
  | { readonly type: "finished"; readonly graph: GraphFile | undefined }
  | { readonly type: "failed"; readonly sqlstate: string; readonly message: string };

export interface GraphFile {
  readonly bytes: number;
  readonly sha256: string;
  /** Of the ten nearest to sampled vectors, the part that is found at ef_search. */
  readonly recall: number;
}

class Build {
  readonly #options: BuildOptions;
  readonly #embedder: CorpusEmbedder = lexicalEmbedder();
  readonly #shape: VectorShape;
  /** Digest of a vector → its node. Equal vectors are one node: as many nodes they would be an island of the graph. */
  readonly #nodes = new Map<string, number>();
  #chunks = 0;
  #graph: HnswEngine | undefined;

  constructor(options: BuildOptions) {
    this.#options = options;
    this.#shape = { dimensions: this.#embedder.dimensions, metric: options.metric };
  }

  async answer(request: BuildRequest): Promise<BuildReply> {
    switch (request.type) {
      case "chunk":
        return this.#chunk(request.texts);
      case "learn":
        return this.#learn();
      case "embed":
        return this.#embed(request.texts);
      case "finish":
        return { type: "finished", graph: await this.#finish(request.path) };
      default:
        return request satisfies never;
    }
  }

  #chunk(texts: readonly string[]): BuildReply {
    const chunks = texts.map((text) => chunk(text, this.#options));
    const all = chunks.flat();
    this.#embedder.observe(all);
    this.#chunks += all.length;
    return { type: "chunked", chunks };
  }

  #learn(): BuildReply {
    if (this.#options.backend === "hnsw") {
      this.#graph = HnswEngine.create(this.#shape, this.#options, this.#chunks);
    }
    return { type: "learned", state: this.#embedder.state() };
  }

  async #embed(texts: readonly string[]): Promise<BuildReply> {
    const all = await this.#embedder.embed(texts, neverAborted);
    const fresh: Float32Array[] = [];
    const nodes = Uint32Array.from(all, (vector) => {
      const digest = createHash("sha256").update(vector).digest("base64");
      const known = this.#nodes.get(digest);
      if (known !== undefined) return known;
      const node = this.#nodes.size;
      this.#nodes.set(digest, node);
      this.#graph?.add(vector);
      fresh.push(vector);
      return node;
    });
    return { type: "embedded", nodes, vectors: joined(fresh, this.#shape.dimensions) };
  }

  async #finish(path: string): Promise<GraphFile | undefined> {
    const graph = this.#graph;
    if (graph === undefined || graph.count === 0) return undefined;
    await graph.save(path);
    const hash = createHash("sha256");
    let bytes = 0;
    await pipeline(createReadStream(path, { highWaterMark: 1 << 20 }), async (parts) => {
      for await (const part of parts) {
        hash.update(part);
        bytes += part.length;
      }
    });
    return {
      bytes,
      sha256: hash.digest("hex"),
      recall: await recall(graph, this.#options.efSearch),
    };
  }
}

const sampleSize = 32;

/** One pass over all vectors for all samples: reading a vector back costs more than comparing it. */
async function recall(graph: HnswEngine, efSearch: number): Promise<number> {
  const count = graph.count;
  const step = Math.max(1, Math.floor(count / sampleSize));
  const queries = Array.from({ length: Math.min(sampleSize, count) }, (_, at) =>
    graph.vector(at * step),
  );
  const right = queries.map(() => new Nearest(10));
  for (let node = 0; node < count; node++) {
    const vector = graph.vector(node);
    for (const [at, query] of queries.entries()) {
      right[at]?.offer(node, distance(graph.shape.metric, vector, 0, query));
    }
  }
  let hits = 0;
  let wanted = 0;
  for (const [at, query] of queries.entries()) {
    const nearest = right[at]?.sorted() ?? [];
    // A tie with the last one is as right as the last one.
    const farthest = (nearest.at(-1)?.distance ?? 0) + 1e-6;
    const found = await graph.search(query, 10, efSearch);
    hits += found.filter((one) => one.distance <= farthest).length;
    wanted += nearest.length;
  }
  return wanted === 0 ? 1 : hits / wanted;
}

function joined(vectors: readonly Float32Array[], dimensions: number): Float32Array<ArrayBuffer> {
  const all = new Float32Array(vectors.length * dimensions);
  for (const [at, vector] of vectors.entries()) all.set(vector, at * dimensions);
  return all;
}

const neverAborted = new AbortController().signal;

const port = must(parentPort, "build-worker.ts runs in a worker");
const build = new Build(workerData as BuildOptions);
port.on("message", (request: BuildRequest) => {
  build.answer(request).then(
    (reply) => port.postMessage(reply, reply.type === "embedded" ? [reply.vectors.buffer] : []),
    (error: unknown) => {
      const { sqlstate, message } = asPgError(error);
      port.postMessage({ type: "failed", sqlstate, message } satisfies BuildReply);
    },
  );
});
