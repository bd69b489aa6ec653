/** What stands on a type and goes with it, in the order in which PostgreSQL tells it. https://www.postgresql.org/docs/15/ddl-depend.html */
import type { CatalogVersion } from "./catalog.ts";
import type { Relation, RelationColumn } from "./relation.ts";
import type { UserFunction } from "./user-function.ts";
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
  | { readonly kind: "view"; readonly relation: Relation }
  | { readonly kind: "function"; readonly made: UserFunction }
);

export function typeDependents(type: UserType, catalog: CatalogVersion): readonly TypeDependent[] {
  return [...standingOn(arrayOid(type), catalog), ...standingOn(type.oid, catalog)];
}

interface Found {
  readonly order: number;
  readonly found: readonly TypeDependent[];
}

/** Oldest first; of one relation the last column first. */
function standingOn(oid: number, catalog: CatalogVersion): readonly TypeDependent[] {
  const columns = [...catalog.relations()].flatMap((relation): readonly Found[] => {
    const found = columnsOf(oid, relation.columns);
    if (relation.view !== undefined)
      return found.slice(0, 1).map(() => ({
        order: relation.oid,
        found: [{ kind: "view", relation, on: oid } as const],
      }));
    return found.map((column) => ({
      order: relation.oid,
      found: [{ kind: "column", relation, column, on: oid } as const],
    }));
  });
  const functions = [...catalog.schemas.keys()].flatMap((schema) =>
    [...catalog.functionsIn(schema).values()].flatMap((made): readonly Found[] =>
      made.returnType === oid || made.parameters.some(({ type }) => type === oid)
        ? [{ order: made.oid, found: [{ kind: "function", made, on: oid } as const] }]
        : [],
    ),
  );
  const types = [...catalog.types()].flatMap((type): readonly Found[] => {
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
  return [...columns, ...types, ...functions]
    .toSorted((a, b) => a.order - b.order)
    .flatMap(({ found }): readonly TypeDependent[] => found);
}

function columnsOf(oid: number, columns: readonly RelationColumn[]): readonly RelationColumn[] {
  return columns.filter(({ typeOid }) => typeOid === oid).toReversed();
}
