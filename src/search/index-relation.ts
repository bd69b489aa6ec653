/** lakehouse.vector_indexes: what there is to search, and whether it is up to date. */
import type { Asker, LiveRelation } from "../catalog/relation.ts";
import type { EngineValue } from "../pgtypes/vector.ts";
import type { IndexManifest } from "./index-log.ts";
import type { VectorIndexes } from "./vector-indexes.ts";

/** A dataset as it is now; undefined: it was dropped. */
export type DatasetState = (
  oid: number,
  asker: Asker,
) => Promise<
  | {
      readonly name: string;
      readonly version: number | null;
      readonly committedAt: Date | null;
      /** Whether who asks may read it. */
      readonly isVisible: boolean;
    }
  | undefined
>;

const text = 25;
const int4 = 23;
const int8 = 20;
const float8 = 701;
const jsonb = 3802;
const timestamptz = 1184;

export function vectorIndexesRelation(
  indexes: VectorIndexes,
  datasetState: DatasetState,
): LiveRelation {
  return {
    oid: 88_112,
    schema: "lakehouse",
    name: "vector_indexes",
    comment: "One row per vector index: of what, made how, and whether it is up to date.",
    columns: [
      { name: "bucket", typeOid: text, comment: "Where it lies." },
      { name: "name", typeOid: text },
      {
        name: "dataset",
        typeOid: text,
        comment: "bucket.dataset; the last name of one that was dropped.",
      },
      { name: "text_column", typeOid: text },
      { name: "key_column", typeOid: text },
      { name: "provider", typeOid: text, comment: "What made the embeddings." },
      { name: "model", typeOid: text },
      { name: "model_version", typeOid: text },
      { name: "dimensions", typeOid: int4 },
      { name: "metric", typeOid: text },
      { name: "backend", typeOid: text },
      { name: "parameters", typeOid: jsonb, comment: "How it was built and is searched." },
      { name: "rows", typeOid: int8 },
      { name: "chunks", typeOid: int8 },
      {
        name: "recall",
        typeOid: float8,
        comment: "Of the ten nearest, measured on a sample when it was built.",
      },
      { name: "bytes", typeOid: int8, comment: "Of its files." },
      {
        name: "state",
        typeOid: text,
        comment:
          "ready, stale (the dataset was written to), orphaned (it was dropped) or unreadable.",
      },
      {
        name: "stale_since",
        typeOid: timestamptz,
        comment: "When the dataset was last written to, if stale.",
      },
      { name: "created", typeOid: timestamptz },
      { name: "created_by", typeOid: text },
    ],
    async rows(asker) {
      const rows: (readonly EngineValue[])[] = [];
      for (const manifest of await indexes.list()) {
        const dataset = await datasetState(manifest.dataset.oid, asker);
        const isTheirs = dataset?.isVisible ?? asker.roleName === manifest.createdBy;
        if (isTheirs || asker.isSuperuser) rows.push(row(manifest, dataset));
      }
      return rows;
    },
  };
}

function row(
  manifest: IndexManifest,
  now: Awaited<ReturnType<DatasetState>>,
): readonly EngineValue[] {
  const { dataset, embedder, options, files } = manifest;
  const isStale = stateName(manifest, now) === "stale";
  const parameters = {
    chunk_size: options.size,
    chunk_overlap: options.overlap,
    m: options.m,
    ef_construction: options.efConstruction,
    ef_search: options.efSearch,
  };
  return [
    manifest.bucket,
    manifest.name,
    now?.name ?? dataset.name,
    manifest.textColumn,
    manifest.keyColumn,
    embedder.provider,
    embedder.model,
    embedder.version,
    embedder.dimensions,
    options.metric,
    options.backend,
    JSON.stringify(parameters),
    BigInt(manifest.rows),
    BigInt(manifest.chunks),
    manifest.recall,
    BigInt(Object.values(files).reduce((sum, bytes) => sum + bytes, 0)),
    stateName(manifest, now),
    isStale && now?.committedAt ? BigInt(now.committedAt.getTime()) * 1000n : null,
    BigInt(Date.parse(manifest.createdAt)) * 1000n,
    manifest.createdBy,
  ];
}

function stateName(
  { dataset }: IndexManifest,
  now: Awaited<ReturnType<DatasetState>>,
): "ready" | "stale" | "orphaned" | "unreadable" {
  if (now === undefined) return "orphaned";
  if (now.version === dataset.version) return "ready";
  return now.version === null ? "unreadable" : "stale";
}
