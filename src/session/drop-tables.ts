/** DROP of relations and what depends on them: views that read them, the foreign keys of other tables. */
import { PgError } from "../base/error.ts";
import { type ConstraintOf, type ForeignKey, referencesTo } from "../catalog/constraints.ts";
import type { Relation } from "../catalog/relation.ts";
import { type PolicyOf, policiesReading } from "../catalog/row-security.ts";
import { type DefaultOf, defaultsFrom, sequencesOf } from "../catalog/sequence-uses.ts";
import type { QueryContext } from "../query/query.ts";
import {
  cascadeNotice,
  columnOf,
  dependedOn,
  dependentsOf,
  named,
  several,
} from "../query/utility/dependents.ts";
import type { Backend } from "./backend.ts";

/** Stages the changes. 2BP01 without CASCADE when something that stays depends on what goes. */
export async function dropTables(
  targets: readonly Relation[],
  isCascade: boolean,
  backend: Backend,
): Promise<void> {
  const context = await backend.context();
  refuseIdentities(targets, context);
  const dependents = dependentsOf(targets, context);
  const [first, second] = targets;
  if (dependents.length > 0 && first !== undefined) {
    if (!isCascade) throw dependedOn(second ? several : named(first, context), dependents);
    backend.notice({ severity: "NOTICE", ...cascadeNotice(dependents) });
  }
  const views = dependents.flatMap(({ view }) => view ?? []);
  await dropAll([...new Set([...views, ...targets])], backend);
}

/** With the foreign keys that refer to them, the sequences of their columns, and the defaults that draw from those. */
export async function dropAll(relations: readonly Relation[], backend: Backend): Promise<void> {
  const catalog = await backend.transaction.catalog();
  await dropReferences(
    relations.flatMap(({ oid }) => referencesTo(oid, catalog)),
    backend,
  );
  const known = new Set(relations.map(({ oid }) => oid));
  await dropPolicies(
    relations
      .flatMap(({ oid }) => policiesReading(oid, catalog))
      .filter(({ relation }) => !known.has(relation.oid)),
    backend,
  );
  const owned = relations.flatMap(({ oid }) => sequencesOf(oid, catalog));
  const going = [...relations, ...owned.filter(({ oid }) => !known.has(oid))];
  await dropDefaults(
    going
      .filter(({ source }) => source.kind === "sequence")
      .flatMap(({ oid }) => defaultsFrom(oid, catalog)),
    backend,
  );
  dropInOrder(going, backend);
}

/** Takes policies away from the tables they are of. */
export async function dropPolicies(
  gone: readonly PolicyOf[],
  { transaction }: Backend,
): Promise<void> {
  const oids = new Set(gone.map(({ policy }) => policy.oid));
  for (const oid of new Set(gone.map(({ relation }) => relation.oid))) {
    const base = (await transaction.catalog()).relationByOid(oid);
    if (base?.rowSecurity === undefined) continue;
    const policies = base.rowSecurity.policies.filter((each) => !oids.has(each.oid));
    const rowSecurity = { ...base.rowSecurity, policies };
    transaction.change({ kind: "replace table", base, relation: { ...base, rowSecurity } });
  }
}

/** Takes defaults away. */
export async function dropDefaults(
  defaults: readonly DefaultOf[],
  { transaction }: Backend,
): Promise<void> {
  for (const { relation, column } of defaults) {
    const base = (await transaction.catalog()).relationByOid(relation.oid);
    if (base === undefined) continue;
    const columns = base.columns.map((each) =>
      each.number === column.number ? { ...each, defaultText: null } : each,
    );
    transaction.change({ kind: "replace table", base, relation: { ...base, columns } });
  }
}

/** An identity's sequence goes with its column alone. */
function refuseIdentities(targets: readonly Relation[], context: QueryContext): void {
  for (const target of targets) {
    const owner = target.source.kind === "sequence" ? target.source.ownedBy : undefined;
    if (owner?.isIdentity !== true) continue;
    const table = context.catalog.relationByOid(owner.table);
    const column = table?.columns.find(({ number }) => number === owner.column);
    if (!table || !column || targets.some(({ oid }) => oid === table.oid)) continue;
    const name = columnOf(table, column, context);
    throw new PgError(
      "2BP01",
      `cannot drop ${named(target, context)} because ${name} requires it`,
      {
        hint: `You can drop ${name} instead.`,
      },
    );
  }
}

/** What is read goes after what reads it. */
export function dropInOrder(relations: readonly Relation[], { transaction }: Backend): void {
  const isGoing = new Map(relations.map((relation) => [relation.oid, relation]));
  const drop = (relation: Relation) => {
    if (!isGoing.delete(relation.oid)) return;
    for (const reader of isGoing.values())
      if (reader.view?.reads.some(({ oid }) => oid === relation.oid) === true) drop(reader);
    transaction.change({ kind: "drop table", oid: relation.oid });
  };
  for (const relation of relations) drop(relation);
}

/** Takes foreign keys away from the tables they are of. */
export async function dropReferences(
  references: readonly ConstraintOf<ForeignKey>[],
  { transaction }: Backend,
): Promise<void> {
  const gone = new Set(references.map(({ constraint }) => constraint.oid));
  for (const oid of new Set(references.map(({ relation }) => relation.oid))) {
    const base = (await transaction.catalog()).relationByOid(oid);
    if (base?.constraints === undefined) continue;
    const constraints = base.constraints.filter((constraint) => !gone.has(constraint.oid));
    transaction.change({ kind: "replace table", base, relation: { ...base, constraints } });
  }
}
