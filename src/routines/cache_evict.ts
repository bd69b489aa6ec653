import { bool, text } from "./columns.ts";
import { findOwnDataset } from "./dataset-name.ts";
import { defineProcedure } from "./define.ts";

export const cache_evict = defineProcedure({
  oid: 90_032,
  name: "cache_evict",
  summary: "Takes a dataset out of memory again; it is read from its files.",
  arguments: {
    dataset: text("Dataset, as name or bucket.name."),
  },
  returns: {
    bucket: text("Bucket of the dataset."),
    dataset: text("Its name."),
    evicted: bool("False: it was not in memory."),
  },
  examples: [
    {
      title: "Give the memory back",
      before: ["CALL cache_pin('primary.animals')"],
      sql: "CALL cache_evict('primary.animals')",
    },
  ],
  requires: ({ dataset }) => [{ kind: "owner", name: dataset }],

  async *run({ dataset }, context) {
    const place = await findOwnDataset(context, dataset);
    const evicted = context.rooms.hotCache.evict(place);
    yield { bucket: place.relation.schema, dataset: place.relation.name, evicted };
  },
});
