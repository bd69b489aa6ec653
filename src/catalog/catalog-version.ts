/** One consistent view of every name, and what a change makes of it. */
import { isDeepStrictEqual } from "node:util";
import { PgError, unsupported } from "../base/error.ts";
import type { CatalogChange, CatalogVersion } from "./catalog.ts";
import { isNameTaken, referencesTo, referredKey } from "./constraints.ts";
import { type ChangedFunctions, putFunction } from "./function-names.ts";
import type { Relation, Schema } from "./relation.ts";
import { changeTypes, rowType, type TypeChange } from "./type-names.ts";
import type { UserFunction } from "./user-function.ts";
import type { UserType } from "./user-type.ts";
import { refuseBlind, refuseRead, refuseReadColumns } from "./view-guards.ts";

export class Names implements CatalogVersion {
  readonly id: string;
  readonly committed: number | undefined;
  readonly schemas: ReadonlyMap<string, Schema>;
  readonly buckets: readonly string[];
  readonly #bySchema: ReadonlyMap<string, ReadonlyMap<string, Relation>>;
  readonly #typesBySchema: ReadonlyMap<string, ReadonlyMap<string, UserType>>;
  #typesByOid: ReadonlyMap<number, UserType> | undefined;
  #byOid: ReadonlyMap<number, Relation> | undefined;
  readonly #functionsBySchema: ReadonlyMap<string, ReadonlyMap<number, UserFunction>>;
  #temporary: Schema | null | undefined;

  constructor(
    id: string,
    schemas: ReadonlyMap<string, Schema>,
    buckets: readonly string[],
    bySchema: ReadonlyMap<string, ReadonlyMap<string, Relation>>,
    typesBySchema: ReadonlyMap<string, ReadonlyMap<string, UserType>> = new Map(),
    functionsBySchema: ReadonlyMap<string, ReadonlyMap<number, UserFunction>> = new Map(),
    committed?: number,
  ) {
    this.id = id;
    this.committed = committed;
    this.schemas = schemas;
    this.buckets = buckets;
    this.#bySchema = bySchema;
    this.#typesBySchema = typesBySchema;
    this.#functionsBySchema = functionsBySchema;
  }

  functionsIn(schema: string): ReadonlyMap<number, UserFunction> {
    return this.#functionsBySchema.get(schema) ?? noFunctions;
  }

  hasFunction(oid: number): boolean {
    for (const functions of this.#functionsBySchema.values()) if (functions.has(oid)) return true;
    return false;
  }

  /** The same with one schema's functions replaced. */
  withFunctions(id: string, schema: string, made: ReadonlyMap<number, UserFunction>): Names {
    const functions = new Map(this.#functionsBySchema).set(schema, made);
    return new Names(
      id,
      this.schemas,
      this.buckets,
      this.#bySchema,
      this.#typesBySchema,
      functions,
    );
  }

  get temporary(): Schema | undefined {
    if (this.#temporary === undefined) {
      const found = [...this.schemas.values()].find(({ kind }) => kind === "temporary");
      this.#temporary = found ?? null;
    }
    return this.#temporary ?? undefined;
  }

  relation(schema: string, name: string): Relation | undefined {
    const own = schema === "pg_temp" ? this.temporary?.name : schema;
    return own === undefined ? undefined : this.#bySchema.get(own)?.get(name);
  }

  relationByOid(oid: number): Relation | undefined {
    this.#byOid ??= new Map([...this.relations()].map((relation) => [relation.oid, relation]));
    return this.#byOid.get(oid);
  }

  *relations(): Iterable<Relation> {
    for (const relations of this.#bySchema.values()) yield* relations.values();
  }

  relationsIn(schema: string): ReadonlyMap<string, Relation> {
    return this.#bySchema.get(schema) ?? new Map();
  }

  schemaByOid(oid: number): Schema | undefined {
    for (const schema of this.schemas.values()) if (schema.oid === oid) return schema;
    return undefined;
  }

  type(schema: string, name: string): UserType | undefined {
    const found = this.#typesBySchema.get(schema)?.get(name);
    if (found !== undefined) return found;
    const relation = this.relation(schema, name);
    return relation && rowType(relation);
  }

  typeByOid(oid: number): UserType | undefined {
    this.#typesByOid ??= new Map([...this.types()].map((type) => [type.oid, type]));
    const found = this.#typesByOid.get(oid);
    if (found !== undefined) return found;
    const relation = this.relationByOid(oid - 1);
    return relation && rowType(relation);
  }

  *types(): Iterable<UserType> {
    for (const types of this.#typesBySchema.values()) yield* types.values();
  }

  typesIn(schema: string): ReadonlyMap<string, UserType> {
    return this.#typesBySchema.get(schema) ?? new Map();
  }

  /** The same with one schema's types replaced. */
  withTypes(id: string, schema: string, types: ReadonlyMap<string, UserType>): Names {
    const typesBySchema = new Map(this.#typesBySchema).set(schema, types);
    return new Names(
      id,
      this.schemas,
      this.buckets,
      this.#bySchema,
      typesBySchema,
      this.#functionsBySchema,
    );
  }

  /** The same with one schema's relations replaced; undefined takes the schema away. */
  with(id: string, schema: Schema, relations: ReadonlyMap<string, Relation> | undefined): Names {
    const schemas = new Map(this.schemas);
    const bySchema = new Map(this.#bySchema);
    const typesBySchema = new Map(this.#typesBySchema);
    const functionsBySchema = new Map(this.#functionsBySchema);
    if (relations) {
      schemas.set(schema.name, schema);
      bySchema.set(schema.name, relations);
    } else {
      schemas.delete(schema.name);
      bySchema.delete(schema.name);
      typesBySchema.delete(schema.name);
      functionsBySchema.delete(schema.name);
    }
    const isNew = schema.kind === "bucket" && !this.buckets.includes(schema.name);
    const others = this.buckets.filter((name) => relations !== undefined || name !== schema.name);
    const buckets = isNew ? [...others, schema.name] : others;
    return new Names(id, schemas, buckets, bySchema, typesBySchema, functionsBySchema);
  }
}

/** What a change needs to know besides the names. */
export interface Ground {
  /** Cannot be dropped. */
  readonly isFixed: (bucket: string) => boolean;
  /** Of a schema about to be; provisional until its bucket has a range. */
  readonly newSchemaOid: (bucket: string) => number;
}

/** With PostgreSQL's checks and words. */
export function applyChange(
  names: Names,
  id: string,
  change: CatalogChange,
  ground: Ground,
): Names {
  switch (change.kind) {
    case "create schema":
      return createSchema(names, id, change, ground);
    case "drop schema":
      return dropSchema(names, id, change.name, ground);
    case "rename schema":
      throw unsupported("ALTER SCHEMA … RENAME TO", {
        hint: "A bucket's name is recorded with its objects: make another and copy the datasets.",
      });
    case "alter schema": {
      const { kind, name, ...altered } = change;
      const schema = { ...schemaNamed(names, name), ...altered };
      return names.with(id, schema, names.relationsIn(name));
    }
    case "create table":
      return createTable(names, id, change.relation);
    case "drop table": {
      const relation = target(names, change.oid);
      refuseReferenced(names, relation);
      refuseRead(names, relation);
      return edit(names, id, relation.schema, (relations) => relations.delete(relation.name));
    }
    case "rename table": {
      const relation = target(names, change.oid);
      refuseTaken(names, relation.schema, change.to);
      return edit(names, id, relation.schema, (relations) => {
        relations.delete(relation.name);
        relations.set(change.to, { ...relation, name: change.to });
      });
    }
    case "replace table":
      return replaceTable(names, id, change);
    case "create type":
    case "drop type":
    case "replace type":
      return changeType(names, id, change);
    case "put function":
      return changeFunctions(names, id, putFunction(names, change));
    case "drop function": {
      const functions = new Map(names.functionsIn(change.schema));
      functions.delete(change.oid);
      return names.withFunctions(id, change.schema, functions);
    }
    case "comment":
      return replace(names, id, commented(target(names, change.oid), change));
    default:
      return change satisfies never;
  }
}

function changeFunctions(names: Names, id: string, changed: ChangedFunctions): Names {
  return changed.reduce(
    (made, [schema, functions]) => made.withFunctions(id, schema, functions),
    names,
  );
}

const noFunctions: ReadonlyMap<number, UserFunction> = new Map();

function createSchema(
  names: Names,
  id: string,
  change: Extract<CatalogChange, { kind: "create schema" }>,
  ground: Ground,
): Names {
  const { name, owner } = change;
  if (names.schemas.has(name)) throw new PgError("42P06", `schema "${name}" already exists`);
  if (name.startsWith("pg_")) {
    throw new PgError("42939", `unacceptable schema name "${name}"`, {
      detail: 'The prefix "pg_" is reserved for system schemas.',
    });
  }
  const oid = ground.newSchemaOid(name);
  return names.with(id, { oid, name, owner, comment: null, kind: "bucket" }, new Map());
}

function changeType(names: Names, id: string, change: TypeChange): Names {
  const changed = changeTypes(names, change);
  return changed.reduce(
    (now, [schema, types]) => now.withTypes(id, schemaNamed(now, schema).name, types),
    names,
  );
}

function dropSchema(names: Names, id: string, name: string, ground: Ground): Names {
  const schema = schemaNamed(names, name);
  if (schema.kind !== "bucket" || ground.isFixed(name)) {
    throw new PgError(
      "2BP01",
      `cannot drop schema ${name} because it is required by the database system`,
    );
  }
  const inside = [
    ...[...names.relationsIn(name).keys()].map((table) => `table ${name}.${table}`),
    ...[...names.typesIn(name).keys()].map((type) => `type ${name}.${type}`),
  ];
  if (inside.length > 0) {
    throw new PgError("2BP01", `cannot drop schema ${name} because other objects depend on it`, {
      detail: inside.map((object) => `${object} depends on schema ${name}`).join("\n"),
      hint: "Use DROP ... CASCADE to drop the dependent objects too.",
    });
  }
  refuseGuests(names, name);
  return names.with(id, schema, undefined);
}

/** Tables of other schemas whose folders lie in the bucket: SET SCHEMA moves names alone. */
function refuseGuests(names: Names, bucket: string): void {
  const guests = [...names.relations()].filter(
    ({ source }) => source.kind === "dataset" && source.bucket === bucket,
  );
  if (guests.length === 0) return;
  throw new PgError("2BP01", `cannot drop schema ${bucket} because other objects depend on it`, {
    detail: guests
      .map(({ schema, name }) => `data of table ${schema}.${name} lies in bucket ${bucket}`)
      .join("\n"),
    hint: "Copy the table with CREATE TABLE … AS, and drop it first.",
  });
}

function createTable(names: Names, id: string, relation: Relation): Names {
  const schema = schemaNamed(names, relation.schema);
  if (schema.kind === "system") {
    throw new PgError(
      "42501",
      `permission denied to create "${relation.schema}.${relation.name}"`,
      {
        detail: "System catalog modifications are currently disallowed.",
      },
    );
  }
  refuseTaken(names, relation.schema, relation.name);
  refuseDangling(names, relation);
  refuseBlind(names, relation);
  const made = { ...relation, schemaOid: schema.oid };
  return edit(names, id, relation.schema, (relations) => relations.set(relation.name, made));
}

function replaceTable(
  names: Names,
  id: string,
  { base, relation }: Extract<CatalogChange, { kind: "replace table" }>,
): Names {
  const before = target(names, base.oid);
  if (!isSame(before, base)) {
    throw new PgError("40001", "could not serialize access due to concurrent update", {
      detail: `Relation "${base.name}" was altered meanwhile.`,
    });
  }
  refuseDangling(names, relation);
  refuseBlind(names, relation);
  refuseReadColumns(names, relation);
  const schema = schemaNamed(names, relation.schema);
  const isElsewhere = relation.schema !== before.schema;
  if (isElsewhere && names.relation(relation.schema, relation.name)) {
    throw new PgError(
      "42P07",
      `relation "${relation.name}" already exists in schema "${relation.schema}"`,
    );
  }
  if (!isElsewhere && relation.name !== before.name) {
    refuseTaken(names, relation.schema, relation.name);
  }
  const without = edit(names, id, before.schema, (relations) => relations.delete(before.name));
  return replace(without, id, { ...relation, schemaOid: schema.oid });
}

/** A version read anew makes its relations anew. */
function isSame(a: Relation, b: Relation): boolean {
  if (a === b) return true;
  const { schemaOid: _a, ...one } = a;
  const { schemaOid: _b, ...other } = b;
  return isDeepStrictEqual(one, other);
}

function commented(
  relation: Relation,
  change: Extract<CatalogChange, { kind: "comment" }>,
): Relation {
  if (change.column === 0) return { ...relation, comment: change.text };
  if (!relation.columns.some(({ number }) => number === change.column)) {
    throw new PgError(
      "42703",
      `column ${change.column} of relation "${relation.name}" does not exist`,
    );
  }
  const columns = relation.columns.map((column) =>
    column.number === change.column ? { ...column, comment: change.text } : column,
  );
  return { ...relation, columns };
}

function target(names: Names, oid: number): Relation {
  const relation = names.relationByOid(oid);
  if (!relation) throw new PgError("42P01", `relation with OID ${oid} does not exist`);
  const { kind } = relation.source;
  if (kind !== "shadow" && kind !== "live") return relation;
  throw new PgError("42501", `permission denied: "${relation.name}" is a system catalog`);
}

function refuseTaken(names: Names, schema: string, name: string): void {
  if (isNameTaken(names, schema, name)) {
    throw new PgError("42P07", `relation "${name}" already exists`);
  }
}

/** Whoever drops a table takes the foreign keys away first: one that is there now was made meanwhile. */
function refuseReferenced(names: Names, { oid, name }: Relation): void {
  const reference = referencesTo(oid, names).find(({ relation }) => relation.oid !== oid);
  if (reference === undefined) return;
  throw new PgError("2BP01", `cannot drop table ${name} because other objects depend on it`, {
    detail: `constraint ${reference.constraint.name} on table ${reference.relation.name} depends on table ${name}`,
    hint: "Use DROP ... CASCADE to drop the dependent objects too.",
  });
}

/** A foreign key's target, or the key it stands on, may have gone meanwhile. */
function refuseDangling(names: Names, { oid, constraints = [] }: Relation): void {
  for (const constraint of constraints) {
    if (constraint.kind !== "foreign key" || constraint.target === oid) continue;
    if (referredKey(constraint, names) === undefined) {
      throw new PgError(
        "42704",
        `the key that constraint "${constraint.name}" refers to does not exist`,
      );
    }
  }
}

function schemaNamed(names: Names, name: string): Schema {
  const schema = names.schemas.get(name);
  if (schema) return schema;
  throw new PgError("3F000", `schema "${name}" does not exist`, {
    hint: `Buckets are: ${names.buckets.join(", ")}.`,
  });
}

function replace(names: Names, id: string, relation: Relation): Names {
  return edit(names, id, relation.schema, (relations) => relations.set(relation.name, relation));
}

function edit(
  names: Names,
  id: string,
  schema: string,
  change: (relations: Map<string, Relation>) => void,
): Names {
  const relations = new Map(names.relationsIn(schema));
  change(relations);
  return names.with(id, schemaNamed(names, schema), relations);
}
