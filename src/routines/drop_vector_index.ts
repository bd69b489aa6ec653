import { PgError } from "../base/error.ts";
import { text } from "./columns.ts";
import { defineProcedure } from "./define.ts";
import { demandOwner } from "./demand.ts";
import { byName } from "./index-name.ts";

export const drop_vector_index = defineProcedure({
  oid: 90_002,
  name: "drop_vector_index",
  summary: "Drops a vector index and deletes its files; the dataset stays.",
  arguments: { name: text("Name of the index, as name or bucket.name.") },
  returns: {
    name: text("The index that is gone."),
    dataset: text("Its dataset, as bucket.dataset."),
  },
  examples: [
    {
      title: "Drop an index",
      before: [
        "CALL create_vector_index('animals_gone', dataset => 'primary.animals', text_column => 'species', key_column => 'id')",
      ],
      sql: "CALL drop_vector_index('animals_gone')",
    },
  ],

  async *run({ name }, context) {
    const manifest = await byName(context, name);
    if (!manifest) throw new PgError("42704", `vector index "${name}" does not exist`);
    const catalog = await context.rooms.catalog.current();
    const relation = catalog.relationByOid(manifest.dataset.oid);
    if (relation) demandOwner(context, relation);
    else if (!context.role.isSuperuser && context.role.name !== manifest.createdBy) {
      throw new PgError("42501", `must be owner of vector index ${name}`);
    }
    await context.rooms.indexes.drop(manifest);
    yield { name: manifest.name, dataset: manifest.dataset.name };
  },
});
