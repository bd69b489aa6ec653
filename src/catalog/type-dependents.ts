/** What stands on a type and goes with it, in the order in which PostgreSQL tells it. https://www.postgresql.org/docs/15/ddl-depend.html */
import type { CatalogVersion } from "./catalog.ts";
import type { Relation, RelationColumn } from "./relation.ts";
import { arrayOid, type UserType } from "./user-type.ts";

export type TypeDependent = {
  /** OID of the type it stands on: this one, its array type, or one that stands on it in turn. */
  readonly on: number;
} & (
  | { readonly kind: "column"; readonly relation: Relation; readonly column: RelationColumn }
  | {
      readonly kind: "attribute";
      readonly type: Extract<UserType, { kind: "composite" }>;
      readonly column: RelationColumn;
    }
  | { readonly kind: "type"; readonly type: UserType }
);

export function typeDependents(type: UserType, catalog: CatalogVersion): readonly TypeDependent[] {
  return [...standingOn(arrayOid(type), catalog), ...standingOn(type.oid, catalog)];
}

/** Oldest first; of one relation the last column first. */
function standingOn(oid: number, catalog: CatalogVersion): readonly TypeDependent[] {
  const columns = [...catalog.relations()].flatMap((relation) =>
    columnsOf(oid, relation.columns).map((column) => ({
      order: relation.oid,
      found: [{ kind: "column", relation, column, on: oid } as const],
    })),
  );
  const types = [...catalog.types()].flatMap((type) => {
    if (type.kind === "domain" && type.base === oid) {
      const self: TypeDependent = { kind: "type", type, on: oid };
      return [{ order: type.oid, found: [self, ...typeDependents(type, catalog)] }];
    }
    if (type.kind !== "composite") return [];
    return columnsOf(oid, type.columns).map((column) => ({
      order: type.oid,
      found: [{ kind: "attribute", type, column, on: oid } as const],
    }));
  });
  return [...columns, ...types]
    .toSorted((a, b) => a.order - b.order)
    .flatMap(({ found }): readonly TypeDependent[] => found);
}

function columnsOf(oid: number, columns: readonly RelationColumn[]): readonly RelationColumn[] {
  return columns.filter(({ typeOid }) => typeOid === oid).toReversed();
}
