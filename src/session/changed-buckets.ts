/** The buckets whose names a transaction changes: each has a log of its own. */
import type { CatalogChange, CatalogVersion } from "../catalog/catalog.ts";

export function bucketsChanged(
  changes: readonly CatalogChange[],
  before: CatalogVersion | undefined,
  after: CatalogVersion,
): string[] {
  const schemaOf = (oid: number) =>
    (after.relationByOid(oid) ?? before?.relationByOid(oid))?.schema;
  const touched = changes.flatMap((change) => {
    switch (change.kind) {
      case "create schema":
      case "drop schema":
      case "alter schema":
        return [change.name];
      case "rename schema":
        return [change.name, change.to];
      case "create table":
        return [change.relation.schema];
      case "replace table":
        return [change.base.schema, change.relation.schema];
      case "create type":
        return [change.type.schema];
      case "replace type":
        return [change.base.schema, change.type.schema];
      case "put function":
        return [change.made.schema, change.base?.schema];
      case "drop function":
        return [change.schema];
      case "drop type":
        return [before?.typeByOid(change.oid)?.schema];
      case "drop table":
      case "rename table":
      case "comment":
        return [schemaOf(change.oid)];
      default:
        return change satisfies never;
    }
  });
  return [...new Set(touched.filter((name) => name !== undefined))];
}
