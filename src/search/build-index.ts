/** Rows of a dataset to the files of an index: chunks and vectors as Parquet, the graph, what the embedder learned. */
import { randomBytes } from "node:crypto";
import { stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { lexicalEmbedder } from "../ai/lexical.ts";
import { PgError } from "../base/error.ts";
import { quoteText } from "../base/quote.ts";
import type { Engine, EngineConnection } from "../engine/engine.ts";
import type { LogicalType } from "../pgtypes/logical-type.ts";
import { readValue } from "../pgtypes/read-value.ts";
import type { Bucket } from "../storage/storage.ts";
import type { BuildOptions, GraphFile } from "./build-worker.ts";
import { IndexBuilder } from "./index-builder.ts";
import { type IndexManifest, indexesFolder } from "./index-log.ts";

export interface IndexSource {
  readonly name: string;
  readonly dataset: IndexManifest["dataset"];
  readonly textColumn: string;
  readonly keyColumn: string;
  readonly options: BuildOptions;
  readonly createdBy: string;
  /** Key and text of each row; neither is NULL. */
  readonly rows: AsyncIterable<readonly (readonly (string | null)[])[]>;
}

export type Progress = (
  phase: "read" | "embedded",
  done: number,
  total: number | undefined,
) => void;

/** The index's files by name; the engine writes the first two. */
export const indexFiles = {
  chunks: "chunks.parquet",
  vectors: "vectors.parquet",
  graph: "graph.hnsw",
  corpus: "corpus.bin",
} as const;

/** Texts given to the worker at once: small enough that neither thread is busy for long. */
const sliceRows = 128;

/** Writes every file durably; the index exists once its manifest is in the log. On any failure nothing is left. */
export async function buildIndex(
  source: IndexSource,
  bucket: Bucket,
  engine: Engine,
  signal: AbortSignal,
  progress: Progress,
): Promise<IndexManifest> {
  const folder = `${indexesFolder}/${folderName(source.name)}-${randomBytes(4).toString("hex")}`;
  const builder = new IndexBuilder(source.options, signal);
  const stage = await bucket.stage();
  const tables = await BuildTables.create(engine);
  try {
    const read = await chunkRows(source, builder, tables, progress);
    signal.throwIfAborted();
    const state = await builder.learn();
    const vectors = await embedChunks(read.chunks, builder, tables, signal, progress);
    const graph = await builder.finish(join(stage.folder, indexFiles.graph));
    await writeFile(join(stage.folder, indexFiles.corpus), state);
    await tables.write(stage.folder, signal);
    const files: Record<string, number> = {};
    for (const file of await stage.files()) {
      files[file] = (await stat(join(stage.folder, file))).size;
      await stage.adopt(file, `${folder}/${file}`);
    }
    signal.throwIfAborted();
    return manifest(source, bucket.name, folder, { ...read, vectors, files, graph });
  } catch (error) {
    await deleteIndexFiles(bucket, folder).catch(() => undefined);
    throw error;
  } finally {
    await builder.close();
    await tables.drop();
    await stage.discard();
  }
}

export async function deleteIndexFiles(bucket: Bucket, folder: string): Promise<void> {
  for (const { key } of await bucket.list(`${folder}/`)) await bucket.delete(key);
}

/** First pass: the whole text is cut, and the embedder sees all of it before it embeds any. */
async function chunkRows(
  source: IndexSource,
  builder: IndexBuilder,
  tables: BuildTables,
  progress: Progress,
): Promise<{ readonly rows: number; readonly chunks: number }> {
  let rows = 0;
  let position = 0;
  for await (const batch of source.rows) {
    for (let start = 0; start < batch.length; start += sliceRows) {
      const slice = batch.slice(start, start + sliceRows);
      const chunks = await builder.chunk(slice.map(([, text]) => text ?? ""));
      await tables.addChunks(
        slice.flatMap(([key], at) =>
          (chunks[at] ?? []).map((text, number) => [position++, key ?? "", number, text] as const),
        ),
      );
      rows += slice.length;
      progress("read", rows, undefined);
    }
  }
  return { rows, chunks: position };
}

/** Second pass: the number of distinct vectors. */
async function embedChunks(
  total: number,
  builder: IndexBuilder,
  tables: BuildTables,
  signal: AbortSignal,
  progress: Progress,
): Promise<number> {
  let done = 0;
  let vectors = 0;
  for await (const texts of tables.texts(signal)) {
    const embedded = await builder.embed(texts);
    await tables.addVectors(done, vectors, embedded.nodes, embedded.vectors);
    done += texts.length;
    vectors += embedded.vectors.length / lexicalEmbedder().dimensions;
    progress("embedded", done, total);
  }
  return vectors;
}

const text: LogicalType = { id: "VARCHAR" };
const integer: LogicalType = { id: "INTEGER" };
const blob: LogicalType = { id: "BLOB" };
let serial = 0;

/** What is known so far, in engine tables that spill to disk when they are large. */
class BuildTables {
  readonly #engine: Engine;
  readonly #connection: EngineConnection;
  readonly #suffix = ++serial;

  static async create(engine: Engine): Promise<BuildTables> {
    const tables = new BuildTables(engine, await engine.connect());
    await engine.system("CREATE SCHEMA IF NOT EXISTS search");
    await engine.system(
      `CREATE TABLE ${tables.#name("chunks")} (position INTEGER, key VARCHAR, chunk INTEGER, text VARCHAR)`,
    );
    await engine.system(`CREATE TABLE ${tables.#name("nodes")} (position INTEGER, node INTEGER)`);
    await engine.system(`CREATE TABLE ${tables.#name("vectors")} (node INTEGER, vector BLOB)`);
    return tables;
  }

  private constructor(engine: Engine, connection: EngineConnection) {
    this.#engine = engine;
    this.#connection = connection;
  }

  async addChunks(rows: readonly (readonly [number, string, number, string])[]): Promise<void> {
    await this.#append("chunks", [integer, text, integer, text], rows);
  }

  async addVectors(
    firstPosition: number,
    firstNode: number,
    nodes: Uint32Array,
    vectors: Float32Array<ArrayBuffer>,
  ): Promise<void> {
    const { dimensions } = lexicalEmbedder();
    const width = dimensions * Float32Array.BYTES_PER_ELEMENT;
    const places = Array.from(nodes, (node, at) => [firstPosition + at, node] as const);
    await this.#append("nodes", [integer, integer], places);
    const blobs = Array.from(
      { length: vectors.length / dimensions },
      (_, at) => [firstNode + at, new Uint8Array(vectors.buffer, at * width, width)] as const,
    );
    await this.#append("vectors", [integer, blob], blobs);
  }

  async *texts(signal: AbortSignal): AsyncIterable<readonly string[]> {
    const connection = await this.#engine.connect();
    try {
      const sql = `SELECT text FROM ${this.#name("chunks")} ORDER BY position`;
      const stream = await connection.stream(sql, [], signal);
      for (let batch = await stream.next(); batch !== undefined; batch = await stream.next()) {
        const [vector] = batch.vectors;
        for (let start = 0; start < batch.rowCount && vector; start += sliceRows) {
          const length = Math.min(sliceRows, batch.rowCount - start);
          yield Array.from({ length }, (_, at) => String(readValue(vector, start + at)));
        }
      }
    } finally {
      connection.release();
    }
  }

  async write(folder: string, signal: AbortSignal): Promise<void> {
    const chunks = `SELECT position, key, chunk, text, node FROM ${this.#name("chunks")} JOIN ${this.#name("nodes")} USING (position) ORDER BY position`;
    const vectors = `SELECT node, vector FROM ${this.#name("vectors")} ORDER BY node`;
    await this.#copy(chunks, join(folder, indexFiles.chunks), signal);
    await this.#copy(vectors, join(folder, indexFiles.vectors), signal);
  }

  async drop(): Promise<void> {
    this.#connection.release();
    for (const table of ["chunks", "nodes", "vectors"] as const) {
      await this.#engine.system(`DROP TABLE IF EXISTS ${this.#name(table)}`);
    }
  }

  #name(table: "chunks" | "nodes" | "vectors"): string {
    return `search.${table}${this.#suffix}`;
  }

  async #append(
    table: "chunks" | "nodes" | "vectors",
    types: readonly LogicalType[],
    rows: readonly (readonly (number | string | Uint8Array)[])[],
  ): Promise<void> {
    if (rows.length === 0) return;
    await this.#connection.append(
      { schema: "search", name: `${table}${this.#suffix}` },
      types,
      rows,
    );
  }

  async #copy(select: string, path: string, signal: AbortSignal): Promise<void> {
    const options = "FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 20480";
    await this.#connection.run(`COPY (${select}) TO ${quoteText(path)} (${options})`, [], signal);
  }
}

function manifest(
  source: IndexSource,
  bucket: string,
  folder: string,
  made: {
    readonly rows: number;
    readonly chunks: number;
    readonly vectors: number;
    readonly files: Readonly<Record<string, number>>;
    readonly graph: GraphFile | undefined;
  },
): IndexManifest {
  const { rows, chunks, vectors, files, graph } = made;
  const { name, dataset, textColumn, keyColumn, options, createdBy } = source;
  const { name: provider, model, version, dimensions, isSemantic } = lexicalEmbedder();
  return {
    name,
    bucket,
    folder,
    dataset,
    textColumn,
    keyColumn,
    embedder: { provider, model, version, dimensions, isSemantic },
    options,
    rows,
    chunks,
    vectors,
    files,
    graphSha256: graph?.sha256 ?? null,
    recall: graph?.recall ?? 1,
    createdBy,
    createdAt: new Date().toISOString(),
  };
}

/** Names people can recognise in a listing; the random part keeps them apart. */
function folderName(name: string): string {
  const plain = name
    .toLowerCase()
    .replace(/[^a-z0-9_-]+/g, "_")
    .slice(0, 40);
  if (/^[a-z0-9]/.test(plain)) return plain;
  return `index${plain}`;
}

export function checkBuildOptions(options: BuildOptions): BuildOptions {
  const check = (isRight: boolean, argument: string, range: string) => {
    if (!isRight) throw new PgError("22023", `${argument} must be ${range}`);
  };
  check(options.size >= 20 && options.size <= 100_000, "chunk_size", "between 20 and 100000");
  check(
    options.overlap >= 0 && options.overlap <= options.size / 2,
    "chunk_overlap",
    "between 0 and half of chunk_size",
  );
  check(options.m >= 2 && options.m <= 100, "m", "between 2 and 100");
  check(
    options.efConstruction >= 4 && options.efConstruction <= 1000,
    "ef_construction",
    "between 4 and 1000",
  );
  check(options.efSearch >= 1 && options.efSearch <= 10_000, "ef_search", "between 1 and 10000");
  return options;
}
