import { float8, int8, text } from "./columns.ts";
import { findOwnDataset } from "./dataset-name.ts";
import { defineProcedure } from "./define.ts";

export const cache_pin = defineProcedure({
  oid: 90_031,
  name: "cache_pin",
  summary:
    "Keeps a dataset in memory: scans of its newest version read there. A write is seen at once, from files, until the memory has caught up. Keys by which rows are looked up again and again get an index there; rows that are looked up by a whole number are kept by it, and given without the engine.",
  arguments: {
    dataset: text("Dataset, as name or bucket.name."),
  },
  returns: {
    bucket: text("Bucket of the dataset."),
    dataset: text("Its name."),
    version: int8("Version that is in memory."),
    rows: int8("Rows of it."),
    bytes: int8("Memory it takes, about."),
    load_ms: float8("Time it took to read."),
  },
  examples: [{ title: "Keep a dataset in memory", sql: "CALL cache_pin('primary.animals')" }],
  requires: ({ dataset }) => [{ kind: "owner", name: dataset }],

  async *run({ dataset }, context) {
    const { hotCache, tables } = context.rooms;
    const { relation, bucket, location } = await findOwnDataset(context, dataset);
    const pinned = await hotCache.pin(tables.get(bucket, location), context.signal);
    yield {
      bucket: relation.schema,
      dataset: relation.name,
      version: BigInt(pinned.version ?? 0),
      rows: BigInt(pinned.rows),
      bytes: BigInt(pinned.bytes),
      load_ms: pinned.loadMs,
    };
  },
});
