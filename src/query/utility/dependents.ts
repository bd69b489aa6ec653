/** What DROP says of the foreign keys and views that depend on what is to go. https://www.postgresql.org/docs/15/ddl-depend.html */
import { PgError } from "../../base/error.ts";
import { type ConstraintOf, type ForeignKey, referencesTo } from "../../catalog/constraints.ts";
import { qualified, quoteIdent } from "../../catalog/identifiers.ts";
import { type Reader, readersOf } from "../../catalog/readers.ts";
import type { Relation } from "../../catalog/relation.ts";
import { relationKind } from "../../catalog/relation-kind.ts";
import { type PolicyOf, policiesReading } from "../../catalog/row-security.ts";
import { type DefaultOf, defaultsFrom, sequencesOf } from "../../catalog/sequence-uses.ts";
import { findRelation } from "../analyze/registered.ts";
import type { QueryContext } from "../query.ts";

/** So many are listed, the rest is counted. */
const listedMax = 100;

/** What PostgreSQL calls more than one. */
export const several = "desired object(s)";

/** One thing that goes with another. */
export interface Dependent {
  readonly what: string;
  /** That on which it depends. */
  readonly on: string;
  readonly reference?: ConstraintOf<ForeignKey>;
  readonly view?: Relation;
  readonly policy?: PolicyOf;
  /** A default that draws from a sequence that goes. */
  readonly default?: DefaultOf;
}

/** Everything that goes with relations, in the order in which PostgreSQL tells it: what reads a view follows the view. */
export function dependentsOf(
  targets: readonly Relation[],
  context: QueryContext,
): readonly Dependent[] {
  const seen = new Set(targets.map(({ oid }) => oid));
  return targets.flatMap((target) => below(target, seen, context)).reverse();
}

/** Something in a schema that is no relation, and what goes with it elsewhere. */
export interface InSchema {
  readonly oid: number;
  readonly what: string;
  readonly dependents: readonly string[];
}

/** What is in a schema, each followed by what reads it from elsewhere. */
export function schemaDependents(
  name: string,
  inside: readonly Relation[],
  others: readonly InSchema[],
  context: QueryContext,
): readonly Dependent[] {
  const on = `schema ${quoteIdent(name)}`;
  const newest = [...inside, ...others].sort((a, b) => b.oid - a.oid);
  const seen = new Set<number>();
  const found: Dependent[] = [];
  for (const relation of newest) {
    if ("what" in relation) {
      const { what, dependents } = relation;
      found.push(...dependents.toReversed().map((each) => ({ what: each, on: what })));
      found.push({ what, on });
      continue;
    }
    if (seen.has(relation.oid)) continue;
    seen.add(relation.oid);
    const { view } = relation;
    found.push(...below(relation, seen, context), {
      what: named(relation, context),
      on,
      ...(view === undefined ? {} : { view: relation }),
    });
  }
  return found.reverse();
}

/** Foreign keys that stand on a part of a relation: `on` says which. */
export function referring(
  references: readonly ConstraintOf<ForeignKey>[],
  on: string,
  context: QueryContext,
): readonly Dependent[] {
  return references.map((reference) => ({ what: described(reference, context), on, reference }));
}

/** Views and policies that read a column, and what reads those. */
export function columnDependents(
  relation: Relation,
  column: { readonly name: string; readonly number: number },
  context: QueryContext,
): readonly Dependent[] {
  const seen = new Set([relation.oid]);
  const readers = readersOf(relation.oid, context.catalog).filter(({ columns }) =>
    columns.includes(column.number),
  );
  const on = columnOf(relation, column, context);
  const policies = policiesReading(relation.oid, context.catalog, column.number);
  return inOrder([...readers, ...policies], [], on, seen, context).reverse();
}

/** Views that call a function, and what reads those. */
export function functionDependents(
  readers: readonly (Reader | PolicyOf)[],
  on: string,
  context: QueryContext,
): readonly Dependent[] {
  return inOrder(readers, [], on, new Set(), context).reverse();
}

export function columnOf(
  relation: Relation,
  { name }: { readonly name: string },
  context: QueryContext,
): string {
  return `column ${quoteIdent(name)} of ${named(relation, context)}`;
}

/** The newest first, and each after what depends on it: as PostgreSQL drops them. */
function below(relation: Relation, seen: Set<number>, context: QueryContext): Dependent[] {
  const { catalog } = context;
  const on = named(relation, context);
  const references = referencesTo(relation.oid, catalog).filter(
    ({ relation: { oid } }) => !seen.has(oid),
  );
  return [
    ...defaultsBelow(relation, seen, context),
    ...inOrder(
      [...readersOf(relation.oid, catalog), ...policiesElsewhere(relation.oid, seen, context)],
      references,
      on,
      seen,
      context,
    ),
  ];
}

/** Defaults of other tables that draw from a sequence, or from those that go with a table. */
export function defaultsBelow(
  relation: Relation,
  seen: ReadonlySet<number>,
  context: QueryContext,
  column?: number,
): Dependent[] {
  const { catalog } = context;
  const sequences =
    relation.source.kind === "sequence" ? [relation] : sequencesOf(relation.oid, catalog, column);
  return sequences.flatMap((sequence) =>
    defaultsFrom(sequence.oid, catalog)
      .filter((each) => !seen.has(each.relation.oid))
      .map((each) => ({
        what: `default value for ${columnOf(each.relation, each.column, context)}`,
        on: named(sequence, context),
        default: each,
      }))
      .reverse(),
  );
}

function policiesElsewhere(oid: number, seen: ReadonlySet<number>, { catalog }: QueryContext) {
  return policiesReading(oid, catalog).filter(({ relation }) => !seen.has(relation.oid));
}

function inOrder(
  readers: readonly (Reader | PolicyOf)[],
  references: readonly ConstraintOf<ForeignKey>[],
  on: string,
  seen: Set<number>,
  context: QueryContext,
): Dependent[] {
  const parts = [
    ...readers.map((reader) =>
      "view" in reader
        ? { oid: reader.view.oid, view: reader.view }
        : { oid: reader.policy.oid, policy: reader },
    ),
    ...references.map((reference) => ({ oid: reference.constraint.oid, reference })),
  ];
  return parts
    .sort((a, b) => b.oid - a.oid)
    .flatMap((part): Dependent[] => {
      if ("policy" in part)
        return [{ what: policyWords(part.policy, context), on, policy: part.policy }];
      if ("reference" in part)
        return [{ what: described(part.reference, context), on, reference: part.reference }];
      const { view } = part;
      if (seen.has(view.oid)) return [];
      seen.add(view.oid);
      return [...below(view, seen, context), { what: named(view, context), on, view }];
    });
}

/** 2BP01. `what`: "table p". */
export function dependedOn(
  what: string,
  dependents: readonly Pick<Dependent, "what" | "on">[],
): PgError {
  const lines = dependents.map((each) => `${each.what} depends on ${each.on}`);
  const it = what === several ? "them" : "it";
  return new PgError("2BP01", `cannot drop ${what} because other objects depend on ${it}`, {
    detail: listed(lines),
    hint: "Use DROP ... CASCADE to drop the dependent objects too.",
  });
}

/** NOTICE of what CASCADE takes along. */
export function cascadeNotice(dependents: readonly Pick<Dependent, "what">[]): {
  readonly sqlstate: string;
  readonly message: string;
  readonly detail?: string;
} {
  const lines = dependents.map(({ what }) => `drop cascades to ${what}`);
  const [only = "", second] = lines;
  if (second === undefined) return { sqlstate: "00000", message: only };
  const message = `drop cascades to ${lines.length} other objects`;
  return { sqlstate: "00000", message, detail: listed(lines) };
}

export function policyWords({ relation, policy }: PolicyOf, context: QueryContext): string {
  return `policy ${quoteIdent(policy.name)} on table ${tableName(relation, context)}`;
}

function described({ relation, constraint }: ConstraintOf, context: QueryContext): string {
  return `constraint ${quoteIdent(constraint.name)} on table ${tableName(relation, context)}`;
}

/** "view v": its kind, and its name as `tableName` gives it. */
export function named(relation: Relation, context: QueryContext): string {
  return `${relationKind(relation)} ${tableName(relation, context)}`;
}

/** Qualified where the path does not find it: that a name alone is looked for in every bucket does not count. */
export function tableName(relation: Relation, context: QueryContext): string {
  const { name, schema, oid } = relation;
  const isOnPath = schema.startsWith("pg_temp") || context.searchPath.includes(schema);
  const isVisible = isOnPath && findRelation(context, undefined, name)?.oid === oid;
  return isVisible ? quoteIdent(relation.name) : qualified(relation.schema, relation.name);
}

function listed(lines: readonly string[]): string {
  const rest = lines.length - listedMax;
  const shown = lines.slice(0, listedMax);
  return [
    ...shown,
    ...(rest > 0 ? [`and ${rest} other objects (see server log for list)`] : []),
  ].join("\n");
}
