/** One index in memory: what a query vector is near to, as rows of its dataset. Read from its files, never rebuilt. */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import type { Embedder } from "../ai/embedder.ts";
import { lexicalEmbedder } from "../ai/lexical.ts";
import { must } from "../base/assert.ts";
import { PgError } from "../base/error.ts";
import { quoteText } from "../base/quote.ts";
import type { Engine } from "../engine/engine.ts";
import { readBytes, readValue } from "../pgtypes/read-value.ts";
import type { Batch } from "../pgtypes/vector.ts";
import type { Bucket } from "../storage/storage.ts";
import { indexFiles } from "./build-index.ts";
import { ExactEngine } from "./exact-engine.ts";
import { HnswEngine, isHnswAvailable } from "./hnsw-engine.ts";
import type { IndexManifest } from "./index-log.ts";
import { type Neighbour, score, type VectorEngine, type VectorShape } from "./vector-engine.ts";

export interface Hit {
  readonly key: string;
  readonly chunk: number;
  readonly text: string;
  readonly distance: number;
  readonly score: number;
}

export interface Search {
  readonly query: string;
  readonly k: number;
  /** Undefined: the index' own. */
  readonly efSearch: number | undefined;
  /** Undefined: every row. */
  readonly keys: ReadonlySet<string> | undefined;
  readonly minScore: number | undefined;
}

/** A filter that leaves more than this part of the vectors is walked in the graph; a narrower one is searched exactly. */
const graphFilterShare = 0.3;

/** Searched exactly when it has no graph, and when this server has nothing to search a graph with. */
export class OpenIndex {
  readonly manifest: IndexManifest;
  readonly #bucket: Bucket;
  readonly #engine: Engine;
  readonly #embedder: Embedder;
  readonly #chunks: Chunks;
  readonly #search: VectorEngine;
  #exact: Promise<ExactEngine> | undefined;

  static async open(manifest: IndexManifest, bucket: Bucket, engine: Engine): Promise<OpenIndex> {
    const embedder = await openEmbedder(manifest, bucket);
    const chunks = await readChunks(manifest, bucket, engine);
    const search =
      manifest.graphSha256 !== null && isHnswAvailable()
        ? await readGraph(manifest, bucket)
        : await readVectors(manifest, bucket, engine);
    return new OpenIndex(manifest, bucket, engine, { embedder, chunks, search });
  }

  private constructor(
    manifest: IndexManifest,
    bucket: Bucket,
    engine: Engine,
    parts: { readonly embedder: Embedder; readonly chunks: Chunks; readonly search: VectorEngine },
  ) {
    this.manifest = manifest;
    this.#bucket = bucket;
    this.#engine = engine;
    this.#embedder = parts.embedder;
    this.#chunks = parts.chunks;
    this.#search = parts.search;
    if (parts.search instanceof ExactEngine) this.#exact = Promise.resolve(parts.search);
  }

  /** What it takes of memory, nearly. */
  get bytes(): number {
    const { vectors, embedder, files } = this.manifest;
    const graph = files[indexFiles.graph] ?? 0;
    const store = this.#exact === undefined ? 0 : vectors * embedder.dimensions * 4;
    return this.#chunks.bytes + graph + store;
  }

  /** Nearest first; k rows whenever k match. */
  async search(search: Search, signal: AbortSignal): Promise<readonly Hit[]> {
    const [query] = await this.#embedder.embed([search.query], signal);
    if (query === undefined || search.k === 0) return [];
    const allowed = search.keys && this.#chunks.nodesOf(search.keys);
    const found = await this.#neighbours(query, search, allowed);
    return this.#hits(found, search);
  }

  async #neighbours(
    query: Float32Array,
    search: Search,
    allowed: ReadonlySet<number> | undefined,
  ): Promise<readonly Neighbour[]> {
    const { k } = search;
    const effort = search.efSearch ?? this.manifest.options.efSearch;
    if (allowed === undefined) return this.#search.search(query, k, effort);
    const wanted = Math.min(k, allowed.size);
    if (wanted === 0) return [];
    if (allowed.size > this.manifest.vectors * graphFilterShare) {
      const found = await this.#search.searchFiltered(query, k, effort, allowed);
      if (found.length === wanted) return found;
    }
    const exact = await this.#exactEngine();
    return exact.searchFiltered(query, k, effort, allowed);
  }

  #hits(found: readonly Neighbour[], { k, keys, minScore }: Search): readonly Hit[] {
    const hits: Hit[] = [];
    for (const { node, distance } of found) {
      const worth = score(this.manifest.options.metric, distance);
      if (minScore !== undefined && worth < minScore) break;
      for (const position of this.#chunks.positionsOf(node)) {
        const { key, chunk, text } = this.#chunks.at(position);
        if (keys && !keys.has(key)) continue;
        hits.push({ key, chunk, text, distance, score: worth });
        if (hits.length === k) return hits;
      }
    }
    return hits;
  }

  /** Vectors for exact search, read when a filter first needs them. */
  #exactEngine(): Promise<ExactEngine> {
    this.#exact ??= readVectors(this.manifest, this.#bucket, this.#engine).catch((error) => {
      this.#exact = undefined;
      throw error;
    });
    return this.#exact;
  }
}

/** Chunk texts by position, and which positions share a vector. */
class Chunks {
  readonly #keys: string[] = [];
  readonly #numbers: number[] = [];
  readonly #texts: string[] = [];
  readonly #nodes: number[] = [];
  readonly #positions = new Map<number, number[]>();
  #characters = 0;

  get count(): number {
    return this.#keys.length;
  }

  get bytes(): number {
    return this.#characters + this.count * 64;
  }

  add(key: string, chunk: number, text: string, node: number): void {
    const position = this.#keys.length;
    this.#keys.push(key);
    this.#numbers.push(chunk);
    this.#texts.push(text);
    this.#nodes.push(node);
    this.#characters += key.length + text.length;
    const shared = this.#positions.get(node);
    if (shared) shared.push(position);
    else this.#positions.set(node, [position]);
  }

  at(position: number): { readonly key: string; readonly chunk: number; readonly text: string } {
    const key = must(this.#keys[position], "a position is of a chunk");
    return { key, chunk: this.#numbers[position] ?? 0, text: this.#texts[position] ?? "" };
  }

  positionsOf(node: number): readonly number[] {
    return this.#positions.get(node) ?? [];
  }

  nodesOf(keys: ReadonlySet<string>): ReadonlySet<number> {
    const nodes = new Set<number>();
    for (const [position, key] of this.#keys.entries()) {
      if (keys.has(key)) nodes.add(this.#nodes[position] ?? 0);
    }
    return nodes;
  }
}

async function openEmbedder(manifest: IndexManifest, bucket: Bucket): Promise<Embedder> {
  const state = await bucket.read(`${manifest.folder}/${indexFiles.corpus}`);
  if (state === undefined) throw damaged(manifest, `${indexFiles.corpus} is missing`);
  const embedder = lexicalEmbedder(state);
  const { provider, model, version } = manifest.embedder;
  if (provider === embedder.name && model === embedder.model && version === embedder.version) {
    return embedder;
  }
  throw new PgError(
    "55000",
    `vector index "${manifest.name}" was made by ${provider} ${model} version ${version}, which this server has not`,
    { hint: "Drop the index and create it again." },
  );
}

async function readChunks(
  manifest: IndexManifest,
  bucket: Bucket,
  engine: Engine,
): Promise<Chunks> {
  const chunks = new Chunks();
  const columns = ["position", "key", "chunk", "text", "node"];
  await readParquet(manifest, bucket, engine, indexFiles.chunks, columns, (batch, row) => {
    const [position, key, chunk, text, node] = batch.vectors.map((one) => readValue(one, row));
    if (position !== chunks.count) throw damaged(manifest, "chunks are out of order");
    chunks.add(String(key), Number(chunk), String(text), Number(node));
  });
  if (chunks.count === manifest.chunks) return chunks;
  throw damaged(manifest, `${chunks.count} chunks, not ${manifest.chunks}`);
}

async function readVectors(
  manifest: IndexManifest,
  bucket: Bucket,
  engine: Engine,
): Promise<ExactEngine> {
  const shape = shapeOf(manifest);
  const exact = new ExactEngine(shape, manifest.vectors);
  const values = new Float32Array(shape.dimensions);
  const bytes = new Uint8Array(values.buffer);
  const columns = ["node", "vector"];
  await readParquet(manifest, bucket, engine, indexFiles.vectors, columns, (batch, row) => {
    const [node, vector] = batch.vectors;
    const stored = readBytes(must(vector, "two columns were asked for"), row);
    const isRight = stored.length === bytes.length && node && readValue(node, row) === exact.count;
    if (!isRight) throw damaged(manifest, "a vector of another length, or out of order");
    bytes.set(stored);
    exact.add(values);
  });
  if (exact.count === manifest.vectors) return exact;
  throw damaged(manifest, `${exact.count} vectors, not ${manifest.vectors}`);
}

/** The file is believed only when its length and checksum are the manifest's. */
async function readGraph(manifest: IndexManifest, bucket: Bucket): Promise<HnswEngine> {
  const path = await bucket.pathFor(`${manifest.folder}/${indexFiles.graph}`);
  const hash = createHash("sha256");
  let bytes = 0;
  for await (const part of createReadStream(path, { highWaterMark: 1 << 20 })) {
    hash.update(part);
    bytes += part.length;
  }
  const isRight =
    bytes === manifest.files[indexFiles.graph] && hash.digest("hex") === manifest.graphSha256;
  if (!isRight) throw damaged(manifest, `${indexFiles.graph} is not what was written`);
  return HnswEngine.load(shapeOf(manifest), path, manifest.vectors);
}

async function readParquet(
  manifest: IndexManifest,
  bucket: Bucket,
  engine: Engine,
  file: string,
  columns: readonly string[],
  take: (batch: Batch, row: number) => void,
): Promise<void> {
  const path = await bucket.pathFor(`${manifest.folder}/${file}`);
  const sql = `SELECT ${columns.join(", ")} FROM read_parquet(${quoteText(path)})`;
  const connection = await engine.connect();
  try {
    const stream = await connection.stream(sql, [], new AbortController().signal);
    for (let batch = await stream.next(); batch !== undefined; batch = await stream.next()) {
      for (let row = 0; row < batch.rowCount; row++) take(batch, row);
    }
  } finally {
    connection.release();
  }
}

function shapeOf({ embedder, options }: IndexManifest): VectorShape {
  return { dimensions: embedder.dimensions, metric: options.metric };
}

function damaged({ bucket, name }: IndexManifest, detail: string): PgError {
  return new PgError("XX001", `vector index "${name}" in bucket "${bucket}" is damaged`, {
    detail,
    hint: "Drop the index and create it again.",
  });
}
