/**
 * Approximate search in a navigable small world (https://arxiv.org/abs/1603.09320) by hnswlib-node, which is optional: it
 * needs a compiler at install. Its traps, kept in here: it takes plain arrays only, forgets ef on every load, believes any
 * file, and crashes on an object whose load failed.
 */
import { createRequire } from "node:module";
import { PgError } from "../base/error.ts";
import { type Neighbour, prepared, type VectorEngine, type VectorShape } from "./vector-engine.ts";

export interface HnswParameters {
  readonly m: number;
  readonly efConstruction: number;
}

/** The same graph every time for the same vectors in the same order. */
const seed = 100;

export class HnswEngine implements VectorEngine {
  readonly shape: VectorShape;
  readonly #graph: Graph;
  #nodes: number;
  #removed = 0;

  private constructor(shape: VectorShape, graph: Graph, nodes: number) {
    this.shape = shape;
    this.#graph = graph;
    this.#nodes = nodes;
  }

  /** An empty graph with room for `capacity` nodes. */
  static create(shape: VectorShape, parameters: HnswParameters, capacity: number): HnswEngine {
    const graph = new (library().HierarchicalNSW)(space(shape), shape.dimensions);
    graph.initIndex(Math.max(capacity, 1), parameters.m, parameters.efConstruction, seed);
    return new HnswEngine(shape, graph, 0);
  }

  /** The file must be one whose checksum was compared: hnswlib would read anything. */
  static async load(shape: VectorShape, path: string, nodes: number): Promise<HnswEngine> {
    const graph = new (library().HierarchicalNSW)(space(shape), shape.dimensions);
    await graph.readIndex(path);
    if (graph.getCurrentCount() !== nodes) {
      throw new PgError(
        "XX001",
        `the graph holds ${graph.getCurrentCount()} vectors, not ${nodes}`,
      );
    }
    return new HnswEngine(shape, graph, nodes);
  }

  get count(): number {
    return this.#nodes - this.#removed;
  }

  add(vector: Float32Array): void {
    if (this.#nodes === this.#graph.getMaxElements()) this.#graph.resizeIndex(this.#nodes * 2);
    this.#graph.addPoint(Array.from(prepared(this.shape.metric, vector)), this.#nodes++);
  }

  remove(node: number): void {
    this.#graph.markDelete(node);
    this.#removed++;
  }

  vector(node: number): Float32Array {
    return Float32Array.from(this.#graph.getPoint(node));
  }

  async search(query: Float32Array, k: number, effort: number): Promise<readonly Neighbour[]> {
    return this.#nearest(query, k, effort);
  }

  async searchFiltered(
    query: Float32Array,
    k: number,
    effort: number,
    allowed: ReadonlySet<number>,
  ): Promise<readonly Neighbour[]> {
    return this.#nearest(query, k, effort, (node) => allowed.has(node));
  }

  async save(path: string): Promise<boolean> {
    return this.#graph.writeIndex(path);
  }

  #nearest(
    query: Float32Array,
    k: number,
    effort: number,
    filter?: (node: number) => boolean,
  ): readonly Neighbour[] {
    const most = Math.min(k, this.#nodes);
    if (most === 0) return [];
    if (query.some(Number.isNaN)) throw new PgError("22023", "a query vector must not hold NaN");
    this.#graph.setEf(Math.max(effort, most));
    const asked = Array.from(prepared(this.shape.metric, query));
    const { neighbors, distances } = this.#graph.searchKnn(asked, most, filter);
    return neighbors.map((node, at) => ({ node, distance: this.#distance(distances[at] ?? 0) }));
  }

  /** hnswlib gives 1 - product for "ip" and the square for "l2". */
  #distance(given: number): number {
    if (this.shape.metric === "l2") return Math.sqrt(given);
    return this.shape.metric === "cosine" ? given : given - 1;
  }
}

/** Vectors of length 1 make the cosine an inner product: hnswlib's own "cosine" normalises a second time. */
const space = (shape: VectorShape) => (shape.metric === "l2" ? "l2" : "ip");

/** Said here and not imported: a build on a machine without the package must still pass. */
interface Graph {
  initIndex(maxElements: number, m: number, efConstruction: number, randomSeed: number): void;
  readIndex(path: string): Promise<boolean>;
  writeIndex(path: string): Promise<boolean>;
  resizeIndex(maxElements: number): void;
  addPoint(point: number[], label: number): void;
  markDelete(label: number): void;
  getPoint(label: number): number[];
  getCurrentCount(): number;
  getMaxElements(): number;
  setEf(ef: number): void;
  searchKnn(
    query: number[],
    k: number,
    filter?: (label: number) => boolean,
  ): { readonly neighbors: number[]; readonly distances: number[] };
}

interface Library {
  readonly HierarchicalNSW: new (space: "l2" | "ip", dimensions: number) => Graph;
}

let loaded: Library | Error | undefined;

export function isHnswAvailable(): boolean {
  return !(tryLibrary() instanceof Error);
}

function library(): Library {
  const found = tryLibrary();
  if (found instanceof Error) {
    throw new PgError("0A000", "vector index backend hnsw is not available on this server", {
      detail: `hnswlib-node did not load: ${found.message}`,
      hint: "Use backend => 'exact', or install hnswlib-node (it needs a C++ compiler).",
    });
  }
  return found;
}

function tryLibrary(): Library | Error {
  if (loaded === undefined) {
    try {
      loaded = createRequire(import.meta.url)("hnswlib-node") as Library;
    } catch (error) {
      loaded = error instanceof Error ? error : new Error(String(error));
    }
  }
  return loaded;
}
