/** DROP of relations and what depends on them: views that read them, the foreign keys of other tables. */
import { type ConstraintOf, type ForeignKey, referencesTo } from "../catalog/constraints.ts";
import type { Relation } from "../catalog/relation.ts";
import {
  cascadeNotice,
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
  const dependents = dependentsOf(targets, context);
  const [first, second] = targets;
  if (dependents.length > 0 && first !== undefined) {
    if (!isCascade) throw dependedOn(second ? several : named(first, context), dependents);
    backend.notice({ severity: "NOTICE", ...cascadeNotice(dependents) });
  }
  const views = dependents.flatMap(({ view }) => view ?? []);
  await dropAll([...new Set([...views, ...targets])], backend);
}

/** With the foreign keys that refer to them. */
export async function dropAll(relations: readonly Relation[], backend: Backend): Promise<void> {
  const catalog = await backend.transaction.catalog();
  await dropReferences(
    relations.flatMap(({ oid }) => referencesTo(oid, catalog)),
    backend,
  );
  dropInOrder(relations, backend);
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
