/**
 * Vectors to their nearest neighbours: engines behind one interface. An engine numbers distinct vectors ("nodes") from 0;
 * what a node stands for is its index' business (open-index.ts).
 */

export const metrics = ["cosine", "l2", "ip"] as const;
export type Metric = (typeof metrics)[number];

export const backends = ["hnsw", "exact"] as const;
export type Backend = (typeof backends)[number];

export interface VectorShape {
  readonly dimensions: number;
  readonly metric: Metric;
}

export interface Neighbour {
  readonly node: number;
  /** Smaller is nearer: 1 - cosine, Euclid's, or the negative inner product, as pgvector's <=>, <-> and <#>. */
  readonly distance: number;
}

export interface VectorEngine {
  readonly shape: VectorShape;
  /** Vectors added and not removed. */
  readonly count: number;
  /** Nodes are added in order: 0, 1, 2, … */
  add(vector: Float32Array): void;
  /** Never found again. */
  remove(node: number): void;
  /** Nearest first. `effort` (HNSW's ef) trades time for recall; exact search has no use for it. */
  search(query: Float32Array, k: number, effort: number): Promise<readonly Neighbour[]>;
  /** As search, among the allowed nodes only; may give fewer than k only if it is not exact or there are no more. */
  searchFiltered(
    query: Float32Array,
    k: number,
    effort: number,
    allowed: ReadonlySet<number>,
  ): Promise<readonly Neighbour[]>;
  /** Writes what cannot be had from the vectors alone; false: there is no such thing. */
  save(path: string): Promise<boolean>;
}

/** What a client reads as "more is better". */
export function score(metric: Metric, distance: number): number {
  switch (metric) {
    case "cosine":
      return 1 - distance;
    case "l2":
      return 1 / (1 + distance);
    case "ip":
      return -distance;
    default:
      return metric satisfies never;
  }
}

/** As an engine wants it: of length 1 for cosine. A vector of zeros stays, at distance 1 from everything. */
export function prepared(metric: Metric, vector: Float32Array): Float32Array {
  if (metric !== "cosine") return vector;
  let sum = 0;
  for (const value of vector) sum += value * value;
  if (sum === 0 || Math.abs(sum - 1) < 1e-6) return vector;
  const scale = 1 / Math.sqrt(sum);
  return vector.map((value) => value * scale);
}
