/** Who needs a sequence, and whose it is. */
import type { CatalogVersion } from "./catalog.ts";
import type { Relation, RelationColumn } from "./relation.ts";
import type { SequenceSource } from "./sequence.ts";

export type SequenceRelation = Relation & { readonly source: SequenceSource };

/** Sequences that go with a table; with a column of it, when one is given. */
export function sequencesOf(
  table: number,
  catalog: CatalogVersion,
  column?: number,
): readonly SequenceRelation[] {
  const found: SequenceRelation[] = [];
  for (const relation of catalog.relations()) {
    const { source } = relation;
    if (source.kind !== "sequence" || source.ownedBy?.table !== table) continue;
    if (column === undefined || source.ownedBy.column === column)
      found.push({ ...relation, source });
  }
  return found;
}

export interface DefaultOf {
  readonly relation: Relation;
  readonly column: RelationColumn;
}

/** Defaults that draw from a sequence. */
export function defaultsFrom(sequence: number, catalog: CatalogVersion): readonly DefaultOf[] {
  const text = regclassText(sequence);
  return [...catalog.relations()].flatMap((relation) =>
    relation.columns
      .filter(({ defaultText }) => defaultText?.includes(text) === true)
      .map((column) => ({ relation, column })),
  );
}

/** A sequence as the text of a default names it, whatever it is called. */
export function regclassText(oid: number): string {
  return `'${oid}'::regclass`;
}
