import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { PgError } from "../base/error.ts";
import type { BuildOptions } from "./build-worker.ts";
import { HnswEngine, isHnswAvailable } from "./hnsw-engine.ts";
import { IndexBuilder } from "./index-builder.ts";

const options: BuildOptions = {
  size: 40,
  overlap: 0,
  m: 16,
  efConstruction: 80,
  efSearch: 30,
  backend: isHnswAvailable() ? "hnsw" : "exact",
  metric: "cosine",
};
const texts = Array.from(
  { length: 60 },
  (_, at) => `Number ${at} of ${at % 20} texts. Text ${at}.`,
);

test("another thread chunks, embeds and writes a graph that can be searched", async () => {
  const builder = new IndexBuilder(options, new AbortController().signal);
  try {
    const chunks = (await builder.chunk(texts)).flat();
    expect(chunks.length).toBeGreaterThanOrEqual(60);
    expect((await builder.learn()).length).toBeGreaterThan(100);
    const { nodes, vectors } = await builder.embed([...chunks, chunks[0] ?? ""]);
    expect(nodes.at(-1)).toBe(nodes[0]);
    const count = new Set(nodes).size;
    expect(vectors).toHaveLength(count * 768);
    const path = join(mkdtempSync(join(tmpdir(), "lakewire-build-")), "graph");
    const graph = await builder.finish(path);
    if (!isHnswAvailable()) return expect(graph).toBeUndefined();
    const bytes = readFileSync(path);
    expect(graph?.bytes).toBe(bytes.length);
    expect(graph?.sha256).toBe(createHash("sha256").update(bytes).digest("hex"));
    expect(graph?.recall).toBeGreaterThan(0.9);
    const engine = await HnswEngine.load({ dimensions: 768, metric: "cosine" }, path, count);
    const [nearest] = await engine.search(vectors.subarray(3 * 768, 4 * 768), 1, 30);
    expect(nearest?.node).toBe(3);
  } finally {
    await builder.close();
  }
});

test("a cancelled build stops at once with the reason of the cancel", async () => {
  const controller = new AbortController();
  const builder = new IndexBuilder(options, controller.signal);
  const long = builder.chunk(Array.from({ length: 20_000 }, () => texts.join(" ")));
  setTimeout(() =>
    controller.abort(new PgError("57014", "canceling statement due to user request")),
  );
  await expect(long).rejects.toMatchObject({ sqlstate: "57014" });
  await expect(builder.learn()).rejects.toMatchObject({ sqlstate: "57014" });
});
