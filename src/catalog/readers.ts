/** Views by what they read: who depends on a relation or a column. */
import type { CatalogVersion } from "./catalog.ts";
import type { Relation } from "./relation.ts";

export interface Reader {
  readonly view: Relation;
  /** Attribute numbers of what it reads. */
  readonly columns: readonly number[];
}

const lookups = new WeakMap<CatalogVersion, ReadonlyMap<number, readonly Reader[]>>();

/** Views and materialized views whose text names a relation, the newest last. */
export function readersOf(oid: number, catalog: CatalogVersion): readonly Reader[] {
  return readersIn(catalog).get(oid) ?? [];
}

function readersIn(catalog: CatalogVersion): ReadonlyMap<number, readonly Reader[]> {
  const known = lookups.get(catalog);
  if (known !== undefined) return known;
  const made = new Map<number, Reader[]>();
  for (const view of catalog.relations())
    for (const { oid, columns } of view.view?.reads ?? [])
      made.set(oid, [...(made.get(oid) ?? []), { view, columns }]);
  for (const readers of made.values()) readers.sort((a, b) => a.view.oid - b.view.oid);
  lookups.set(catalog, made);
  return made;
}
