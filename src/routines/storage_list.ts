import { PgError } from "../base/error.ts";
import { int8, micros, text, timestamptz } from "./columns.ts";
import { defineFunction } from "./define.ts";

export const storage_list = defineFunction({
  oid: 90_005,
  name: "storage_list",
  volatility: "volatile",
  summary: "Objects of a bucket whose key begins with a prefix, in key order.",
  arguments: {
    bucket: text("Bucket to list."),
    prefix: text("Beginning of the keys, '' for all.").default(""),
  },
  returns: {
    key: text("Key, relative to the bucket's root."),
    bytes: int8("Size."),
    modified: timestamptz("When it was written."),
  },
  examples: [
    {
      title: "What the catalog of the primary bucket takes",
      sql: "SELECT count(*), sum(bytes) FROM storage_list('primary', '_lakehouse/')",
    },
  ],
  requires: () => [{ kind: "superuser" }],

  async *run({ bucket: name, prefix }, context) {
    const { buckets } = context.rooms;
    const bucket = buckets.get(name);
    if (!bucket) {
      const names = buckets.list().map((one) => one.name);
      throw new PgError("3F000", `bucket "${name}" does not exist`, {
        hint: `Valid buckets are ${names.join(", ")}.`,
      });
    }
    for (const { key, bytes, modified } of await bucket.list(prefix)) {
      yield { key, bytes: BigInt(bytes), modified: micros(modified) };
    }
  },
});
