/**
 * Names as they were: a stored text is read again as if nothing had been renamed, added or made since. Its relations are found
 * by OID and their columns by number, under the names by which the text calls them.
 */
import type { FrozenNames, FrozenPast, FrozenRelation, Relation } from "../../catalog/relation.ts";
import type { UserFunction } from "../../catalog/user-function.ts";
import type { PastRelation, PastRelations } from "../past.ts";
import type { QueryContext } from "../query.ts";
import { searchSchemas } from "./registered.ts";
import type { Expression } from "./tree.ts";

/** A view whose text is being analyzed. */
export interface FrozenView {
  readonly relation: { readonly oid: number; readonly name: string };
  /** What reads itself says so. */
  readonly what: "rules" | "policy";
  /** Of a function: what its parameters stand for, by their place. */
  readonly arguments?: readonly Expression[];
  readonly context: QueryContext;
  /** Whose privileges count; undefined: those of whoever asks. */
  readonly asRole: number | undefined;
  /** By attribute number; undefined for a relation the text does not name. */
  columnNames(relation: Relation): ReadonlyMap<number, string> | undefined;
  /** Where the relation was. */
  schemaOf(relation: Relation): string;
  past(place: number | undefined): PastRelation | undefined;
}

export function frozenView(
  relation: { readonly oid: number; readonly name: string },
  names: FrozenNames,
  asRole: number | undefined,
  context: QueryContext,
  what: FrozenView["what"] = "rules",
): FrozenView {
  const byOid = new Map(names.relations.map((each) => [each.oid, each]));
  return {
    relation,
    what,
    context: frozenContext(names, context),
    asRole,
    columnNames: ({ oid }) => {
      const frozen = byOid.get(oid);
      return frozen && new Map(frozen.columns.map(([name, number]) => [number, name]));
    },
    schemaOf: ({ oid, schema }) => byOid.get(oid)?.schema ?? schema,
    past: (place) => {
      const past = names.past?.find((each) => each.place === place);
      return past && pastRelation(past, context);
    },
  };
}

/** The text of a function; only one that was parsed when it was made keeps its names. */
export function frozenFunction(
  { oid, name, body }: UserFunction,
  asRole: number | undefined,
  given: readonly Expression[],
  asker: QueryContext,
  context: QueryContext,
): FrozenView {
  const relation = { oid, name };
  return body.kind === "parsed"
    ? { ...frozenView(relation, body.names, asRole, context), arguments: given }
    : openFunction(relation, asRole, given, asker);
}

/** A text whose names are those of whoever asks. */
export function openFunction(
  { oid, name }: { readonly oid: number; readonly name: string },
  asRole: number | undefined,
  given: readonly Expression[],
  asker: QueryContext,
): FrozenView {
  return {
    relation: { oid, name },
    what: "rules",
    context: asker,
    asRole,
    arguments: given,
    columnNames: () => undefined,
    schemaOf: ({ schema }) => schema,
    past: () => undefined,
  };
}

function frozenContext(names: FrozenNames, context: QueryContext): QueryContext {
  const byName = new Map(names.relations.map((each) => [nameKey(each.schema, each.name), each]));
  const { catalog } = context;
  return overridden(context, {
    catalog: overridden(catalog, {
      buckets: [],
      temporary: undefined,
      relation: (schema, name) => {
        const frozen = byName.get(nameKey(schema, name));
        return frozen && catalog.relationByOid(frozen.oid);
      },
    }),
    searchPath: names.path,
  });
}

/** The same context, which remembers what each name was found to be. */
export function recording(context: QueryContext): {
  readonly context: QueryContext;
  names(past: PastRelations | undefined): FrozenNames;
} {
  const found = new Map<string, FrozenRelation>();
  const { catalog } = context;
  const relation = (schema: string, name: string) => {
    const known = catalog.relation(schema, name);
    if (known !== undefined) found.set(nameKey(schema, name), frozenRelation(schema, name, known));
    return known;
  };
  return {
    context: overridden(context, { catalog: overridden(catalog, { relation }) }),
    names(past) {
      const all = past?.frozen() ?? [];
      return {
        path: searchSchemas(context),
        relations: [...found.values()],
        ...(all.length === 0 ? {} : { past: all }),
      };
    },
  };
}

export function frozenRelation(
  schema: string,
  name: string,
  { oid, columns }: Relation,
): FrozenRelation {
  return { schema, name, oid, columns: columns.map((column) => [column.name, column.number]) };
}

function pastRelation(past: FrozenPast, { catalog }: QueryContext): PastRelation | undefined {
  const relation = catalog.relationByOid(past.oid);
  if (relation === undefined) return undefined;
  const { version, timestamp, columns } = past;
  const at = version === undefined ? { timestamp: new Date(timestamp ?? 0) } : { version };
  return { at, relation: { ...relation, columns } };
}

const nameKey = (schema: string, name: string) => `${schema}\0${name}`;

/** What is not `own` is asked of the base when it is asked for: a context counts what it is asked. */
export function overridden<T extends object>(base: T, own: Partial<T>): T {
  return new Proxy(base, {
    get: (target, property) => {
      if (property in own) return Reflect.get(own, property) as unknown;
      const value: unknown = Reflect.get(target, property);
      return typeof value === "function" ? (value.bind(target) as unknown) : value;
    },
  });
}
