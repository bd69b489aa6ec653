/** TypeORM: a schema synchronized, rows saved and joined, tables read back; a JSON line a step. */
import { createRequire } from "node:module";
import { join } from "node:path";
import { environment, report } from "./report.mjs";

const load = createRequire(join(process.env["PACKAGES"], "index.js"));
const { DataSource, EntitySchema } = load("typeorm");

const author = new EntitySchema({
  name: "Author",
  tableName: "author",
  columns: {
    id: { type: "int", primary: true, generated: "increment" },
    name: { type: "varchar", length: 40, unique: true },
    kind: { type: "enum", enum: ["a", "b"], default: "a", nullable: true },
    tags: { type: "text", array: true, nullable: true },
    born: { type: "date", nullable: true },
    score: { type: "numeric", precision: 8, scale: 2, default: 0 },
    made: { type: "timestamptz", createDate: true },
  },
  relations: { books: { type: "one-to-many", target: "Book", inverseSide: "author" } },
  checks: [{ expression: '"score" >= 0' }],
});
const book = new EntitySchema({
  name: "Book",
  tableName: "book",
  columns: {
    id: { type: "uuid", primary: true, generated: "uuid" },
    title: { type: "text" },
    data: { type: "jsonb", nullable: true },
  },
  relations: {
    author: {
      type: "many-to-one",
      target: "Author",
      inverseSide: "books",
      onDelete: "CASCADE",
      joinColumn: true,
    },
  },
  indices: [{ columns: ["title"] }],
});

const { host, port, user, password, database } = environment;
const source = new DataSource({
  ...{ type: "postgres", host, port, username: user, password, database, schema: "orm" },
  ...{ entities: [author, book], uuidExtension: "pgcrypto", installExtensions: false },
});
await source.initialize();
await source.query("CREATE SCHEMA IF NOT EXISTS orm");
await source.synchronize();
const { upQueries } = await source.driver.createSchemaBuilder().log();
report(
  "what synchronizing again would do",
  upQueries.map(({ query }) => query),
);

const [authors, books] = [source.getRepository("Author"), source.getRepository("Book")];
const ann = await authors.save({ name: "Ann", tags: ["x", "y"], born: "1980-01-02", score: 1.5 });
await books.save([
  { title: "One", author: ann, data: { a: 1 } },
  { title: "Two", author: ann },
]);
const found = await authors.find({
  relations: { books: true },
  order: { books: { title: "ASC" } },
});
report(
  "authors with their books",
  found.map(({ made: _, books: own, ...rest }) => [
    rest,
    own.map(({ title, data }) => [title, data]),
  ]),
);
await source.transaction(async (manager) => {
  await manager.update("Author", { id: ann.id }, { score: 3 });
  await manager.delete("Book", { title: "Two" });
});
report("after a transaction", [
  await books.count(),
  (await authors.findOneBy({ name: "Ann" })).score,
]);

const runner = source.createQueryRunner();
for (const name of ["orm.author", "orm.book", "shop.customer", "shop.pairref"]) {
  const { columns, indices, foreignKeys, uniques, checks, comment } = await runner.getTable(name);
  const byName = (things) => things.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  report(`table ${name}`, {
    ...{ columns, comment, indices: byName(indices), foreignKeys: byName(foreignKeys) },
    ...{ uniques: byName(uniques), checks: byName(checks) },
  });
}
await runner.release();
await source.query("DROP SCHEMA orm CASCADE");
await source.destroy();
