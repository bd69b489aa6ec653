import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { missing } from "../../test/support/services.ts";
import { ExactEngine } from "./exact-engine.ts";
import { HnswEngine, isHnswAvailable } from "./hnsw-engine.ts";
import { type Metric, metrics, type VectorEngine } from "./vector-engine.ts";

const dimensions = 24;

/** Points around a few centres, from a seed. */
function clustered(count: number, seed: number): Float32Array[] {
  let state = seed;
  const random = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32 - 0.5;
  };
  const centres = Array.from({ length: 12 }, () =>
    Float32Array.from({ length: dimensions }, random),
  );
  return Array.from({ length: count }, (_, at) =>
    Float32Array.from(centres[at % 12] ?? [], (value) => value + random() * 0.8),
  );
}

function filled(engine: VectorEngine, vectors: readonly Float32Array[]): VectorEngine {
  for (const vector of vectors) engine.add(vector);
  return engine;
}

const points = clustered(2_050, 7);
const vectors = points.slice(0, 2_000);
const queries = points.slice(2_000);
const nodes = (found: readonly { readonly node: number }[]) => found.map(({ node }) => node);

test("exact distances are pgvector's", async () => {
  const distances = async (metric: Metric) => {
    const engine = new ExactEngine({ dimensions: 2, metric });
    filled(engine, [Float32Array.of(3, 4), Float32Array.of(0, 2)]);
    return (await engine.search(Float32Array.of(0, 1), 2)).map(({ node, distance }) => [
      node,
      Number(distance.toFixed(5)),
    ]);
  };
  expect(await distances("cosine")).toEqual([
    [1, 0],
    [0, 0.2],
  ]);
  expect(await distances("l2")).toEqual([
    [1, 1],
    [0, 4.24264],
  ]);
  expect(await distances("ip")).toEqual([
    [0, -4],
    [1, -2],
  ]);
});

test("exact search finds what sorting finds, in order, and only what is allowed", async () => {
  const engine = filled(new ExactEngine({ dimensions, metric: "l2" }, 1), vectors);
  const [query = new Float32Array()] = queries;
  const sorted = vectors
    .map((vector, node) => ({
      node,
      distance: Math.hypot(...vector.map((v, i) => v - (query[i] ?? 0))),
    }))
    .sort((a, b) => a.distance - b.distance);
  expect(nodes(await engine.search(query, 10, 0))).toEqual(nodes(sorted.slice(0, 10)));
  const allowed = new Set([5, 700, 1999, 90_000]);
  expect(nodes(await engine.searchFiltered(query, 10, 0, allowed))).toEqual(
    nodes(sorted.filter(({ node }) => allowed.has(node))),
  );
  engine.remove(sorted[0]?.node ?? 0);
  expect(nodes(await engine.search(query, 1, 0))).toEqual(nodes(sorted.slice(1, 2)));
});

if (!isHnswAvailable()) missing("hnswlib-node", "install make and g++, then npm ci");

describe.skipIf(!isHnswAvailable())("hnsw", () => {
  test.for(metrics)(
    "%s: recall of 10 at ef 50 is at least 0.95, distances agree",
    async (metric) => {
      const shape = { dimensions, metric };
      const exact = filled(new ExactEngine(shape), vectors);
      const hnsw = filled(HnswEngine.create(shape, { m: 16, efConstruction: 80 }, 10), vectors);
      let hits = 0;
      for (const query of queries) {
        const right = await exact.search(query, 10, 0);
        const found = await hnsw.search(query, 10, 50);
        hits += found.filter(({ node }) => nodes(right).includes(node)).length;
        expect(found[0]?.distance).toBeCloseTo(right[0]?.distance ?? Number.NaN, 3);
      }
      expect(hits / (queries.length * 10)).toBeGreaterThanOrEqual(0.95);
    },
  );

  test("a saved graph finds the same after it is loaded, with the effort that is asked for", async () => {
    const shape = { dimensions, metric: "cosine" } as const;
    const engine = filled(HnswEngine.create(shape, { m: 16, efConstruction: 80 }, 2_000), vectors);
    const path = join(mkdtempSync(join(tmpdir(), "lakewire-hnsw-")), "graph");
    expect(await engine.save(path)).toBe(true);
    const loaded = await HnswEngine.load(shape, path, 2_000);
    for (const query of queries) {
      expect(await loaded.search(query, 10, 40)).toEqual(await engine.search(query, 10, 40));
    }
    await expect(HnswEngine.load(shape, path, 1_999)).rejects.toMatchObject({ sqlstate: "XX001" });
  });

  test("a filter leaves only what is allowed, and a removed vector is not found", async () => {
    const engine = HnswEngine.create(
      { dimensions, metric: "l2" },
      { m: 16, efConstruction: 80 },
      2_000,
    );
    filled(engine, vectors);
    const allowed = new Set([...vectors.keys()].filter((node) => node % 3 === 0));
    const [query = new Float32Array()] = queries;
    const found = await engine.searchFiltered(query, 10, 100, allowed);
    expect(found).toHaveLength(10);
    expect(nodes(found).every((node) => node % 3 === 0)).toBe(true);
    engine.remove(nodes(found)[0] ?? 0);
    expect(nodes(await engine.searchFiltered(query, 10, 100, allowed))).not.toContain(
      nodes(found)[0],
    );
    expect(engine.count).toBe(1_999);
  });

  test("a search for more than there is gives what there is", async () => {
    const engine = HnswEngine.create(
      { dimensions, metric: "l2" },
      { m: 16, efConstruction: 80 },
      1,
    );
    expect(await engine.search(new Float32Array(dimensions), 5, 30)).toEqual([]);
    filled(engine, vectors.slice(0, 3));
    expect(await engine.search(new Float32Array(dimensions), 5, 30)).toHaveLength(3);
  });
});
