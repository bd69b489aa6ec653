/** Exact search: every vector is looked at. Right for small sets, for structureless data and behind a narrow filter. */
import { setImmediate as turn } from "node:timers/promises";
import {
  type Metric,
  type Neighbour,
  prepared,
  type VectorEngine,
  type VectorShape,
} from "./vector-engine.ts";

/** Numbers multiplied before others get their turn: about 3 ms. */
const sliceSize = 4_000_000;

export class ExactEngine implements VectorEngine {
  readonly shape: VectorShape;
  #values: Float32Array;
  #nodes = 0;
  readonly #removed = new Set<number>();

  constructor(shape: VectorShape, capacity = 1024) {
    this.shape = shape;
    this.#values = new Float32Array(capacity * shape.dimensions);
  }

  get count(): number {
    return this.#nodes - this.#removed.size;
  }

  get bytes(): number {
    return this.#values.byteLength;
  }

  add(vector: Float32Array): void {
    const at = this.#nodes * this.shape.dimensions;
    if (at + this.shape.dimensions > this.#values.length) this.#grow();
    this.#values.set(prepared(this.shape.metric, vector), at);
    this.#nodes++;
  }

  remove(node: number): void {
    if (node < this.#nodes) this.#removed.add(node);
  }

  search(query: Float32Array, k: number): Promise<readonly Neighbour[]> {
    return this.#nearest(query, k, range(this.#nodes));
  }

  searchFiltered(
    query: Float32Array,
    k: number,
    _effort: number,
    allowed: ReadonlySet<number>,
  ): Promise<readonly Neighbour[]> {
    return this.#nearest(query, k, allowed);
  }

  async save(): Promise<boolean> {
    return false;
  }

  async #nearest(
    query: Float32Array,
    k: number,
    nodes: Iterable<number>,
  ): Promise<readonly Neighbour[]> {
    const { dimensions, metric } = this.shape;
    const asked = prepared(metric, query);
    const found = new Nearest(k);
    let budget = sliceSize;
    for (const node of nodes) {
      if (node >= this.#nodes || this.#removed.has(node)) continue;
      found.offer(node, distance(metric, this.#values, node * dimensions, asked));
      budget -= dimensions;
      if (budget <= 0) {
        budget = sliceSize;
        await turn();
      }
    }
    return found.sorted();
  }

  #grow(): void {
    const larger = new Float32Array(Math.max(this.#values.length * 2, this.shape.dimensions));
    larger.set(this.#values);
    this.#values = larger;
  }
}

/** The k nearest so far, nearest first; ties go to the lower node. */
export class Nearest {
  readonly #k: number;
  readonly #found: Neighbour[] = [];
  #worst = Number.POSITIVE_INFINITY;

  constructor(k: number) {
    this.#k = k;
  }

  offer(node: number, distance: number): void {
    if (this.#found.length >= this.#k && distance >= this.#worst) return;
    let low = 0;
    let high = this.#found.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#found[middle]?.distance ?? 0) <= distance) low = middle + 1;
      else high = middle;
    }
    this.#found.splice(low, 0, { node, distance });
    if (this.#found.length > this.#k) this.#found.pop();
    if (this.#found.length === this.#k) this.#worst = this.#found.at(-1)?.distance ?? 0;
  }

  sorted(): readonly Neighbour[] {
    return this.#found;
  }
}

/** Four sums at a time: the loop is bound by the latency of one addition otherwise. */
export function distance(
  metric: Metric,
  values: Float32Array,
  start: number,
  query: Float32Array,
): number {
  const length = query.length;
  let a = 0;
  let b = 0;
  let c = 0;
  let d = 0;
  let at = 0;
  if (metric === "l2") {
    for (; at < length; at++) {
      const difference = (values[start + at] as number) - (query[at] as number);
      a += difference * difference;
    }
    return Math.sqrt(a);
  }
  for (; at + 3 < length; at += 4) {
    a += (values[start + at] as number) * (query[at] as number);
    b += (values[start + at + 1] as number) * (query[at + 1] as number);
    c += (values[start + at + 2] as number) * (query[at + 2] as number);
    d += (values[start + at + 3] as number) * (query[at + 3] as number);
  }
  for (; at < length; at++) a += (values[start + at] as number) * (query[at] as number);
  const product = a + b + (c + d);
  return metric === "cosine" ? 1 - product : -product;
}

function* range(count: number): Iterable<number> {
  for (let at = 0; at < count; at++) yield at;
}
