/** DROP TABLE and what depends on it: the foreign keys of other tables. */
import { type ConstraintOf, type ForeignKey, referencesTo } from "../catalog/constraints.ts";
import type { Relation } from "../catalog/relation.ts";
import { cascadeNotice, dependedOn, several, tableName } from "../query/utility/dependents.ts";
import type { Backend } from "./backend.ts";

/** Stages the changes. 2BP01 without CASCADE when a table that stays refers to one that goes. */
export async function dropTables(
  targets: readonly Relation[],
  isCascade: boolean,
  backend: Backend,
): Promise<void> {
  const { transaction } = backend;
  const context = await backend.context();
  const isGoing = (oid: number) => targets.some((target) => target.oid === oid);
  // In PostgreSQL's order: those of the last table first.
  const references = targets.toReversed().flatMap(({ oid }) => referencesTo(oid, context.catalog));
  const others = references.filter(({ relation }) => !isGoing(relation.oid));
  if (others.length > 0) {
    const nameOf = (oid: number) => {
      const target = targets.find((each) => each.oid === oid);
      return `table ${target ? tableName(target, context) : oid}`;
    };
    const [first, second] = targets;
    const what = second ? several : nameOf(first?.oid ?? 0);
    if (!isCascade)
      throw dependedOn(what, others, context, ({ constraint }) => nameOf(constraint.target));
    backend.notice({ severity: "NOTICE", ...cascadeNotice(others, context) });
  }
  await dropReferences(references, backend);
  for (const { oid } of targets) transaction.change({ kind: "drop table", oid });
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
