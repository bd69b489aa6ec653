/** What a change makes of a schema's types, with PostgreSQL's checks and words. */
import { isDeepStrictEqual } from "node:util";
import { PgError } from "../base/error.ts";
import type { CatalogChange } from "./catalog.ts";
import type { Relation } from "./relation.ts";
import type { UserType } from "./user-type.ts";

export type TypeChange = Extract<
  CatalogChange,
  { kind: "create type" | "drop type" | "replace type" }
>;

interface TypeNames {
  type(schema: string, name: string): UserType | undefined;
  typeByOid(oid: number): UserType | undefined;
  typesIn(schema: string): ReadonlyMap<string, UserType>;
}

type Changed = readonly (readonly [schema: string, types: ReadonlyMap<string, UserType>])[];

/** The schemas that change, each with its types as they become. */
export function changeTypes(names: TypeNames, change: TypeChange): Changed {
  switch (change.kind) {
    case "create type": {
      const { type } = change;
      refuseTypeTaken(names, type.schema, type.name);
      return [[type.schema, including(names, type)]];
    }
    case "drop type": {
      const type = existing(names, change.oid);
      return [[type.schema, without(names, type)]];
    }
    case "replace type":
      return replaced(names, change);
    default:
      return change satisfies never;
  }
}

function replaced(
  names: TypeNames,
  { base, type }: Extract<TypeChange, { kind: "replace type" }>,
): Changed {
  const before = existing(names, base.oid);
  if (!isDeepStrictEqual(before, base)) {
    throw new PgError("40001", "could not serialize access due to concurrent update", {
      detail: `Type "${base.name}" was altered meanwhile.`,
    });
  }
  const isSameName = before.name === type.name && before.schema === type.schema;
  if (!isSameName) refuseTypeTaken(names, type.schema, type.name, before.schema !== type.schema);
  if (before.schema !== type.schema)
    return [
      [before.schema, without(names, before)],
      [type.schema, including(names, type)],
    ];
  return [[type.schema, new Map(without(names, before)).set(type.name, type)]];
}

/** 42710: tables' row types have their names too. */
export function refuseTypeTaken(
  names: Pick<TypeNames, "type">,
  schema: string,
  name: string,
  isMoved = false,
): void {
  if (names.type(schema, name) === undefined) return;
  const where = isMoved ? ` in schema "${schema}"` : "";
  throw new PgError("42710", `type "${name}" already exists${where}`);
}

function existing(names: TypeNames, oid: number): UserType {
  const type = names.typeByOid(oid);
  if (type === undefined) throw new PgError("42704", `type with OID ${oid} does not exist`);
  return type;
}

function including(names: TypeNames, type: UserType): ReadonlyMap<string, UserType> {
  return new Map(names.typesIn(type.schema)).set(type.name, type);
}

function without(names: TypeNames, { schema, name }: UserType): Map<string, UserType> {
  const types = new Map(names.typesIn(schema));
  types.delete(name);
  return types;
}

const rowTypes = new WeakMap<Relation, UserType>();

/** Every dataset has one; what it says is its table's. */
export function rowType(relation: Relation): UserType | undefined {
  const { kind } = relation.source;
  if (kind === "shadow" || kind === "live" || kind === "sequence") return undefined;
  const known = rowTypes.get(relation);
  if (known !== undefined) return known;
  const { schema, name, owner, columns } = relation;
  const made: UserType = {
    kind: "composite",
    oid: relation.oid + 1,
    schema,
    name,
    owner,
    comment: null,
    columns,
    columnsMade: relation.columnsMade ?? columns.length,
    isRowType: true,
  };
  rowTypes.set(relation, made);
  return made;
}
