/** Constraints as tables get and lose them: OIDs given, catalog changes staged. */
import type { Policy, Relation, TableConstraint } from "../catalog/relation.ts";
import type { TableIndex } from "../catalog/table-index.ts";
import type { ConstraintDefinition } from "../query/plan.ts";
import type { Backend } from "./backend.ts";

/** Definitions as the relation with this OID keeps them. `allot` gives an OID nobody else has. */
export async function constraintsMade(
  definitions: readonly ConstraintDefinition[],
  relation: number,
  allot: () => Promise<number>,
): Promise<readonly TableConstraint[]> {
  const made: TableConstraint[] = [];
  for (const definition of definitions) {
    const oid = await allot();
    switch (definition.kind) {
      case "primary key":
      case "unique":
        made.push({ ...definition, oid, indexOid: await allot() });
        break;
      case "check":
        made.push({ ...definition, oid });
        break;
      case "foreign key":
        made.push({ ...definition, oid, target: definition.target || relation });
        break;
      default:
        definition satisfies never;
    }
  }
  return made;
}

/** A relation whose new constraints, which have OID 0, have OIDs of their own. */
export async function withOids(
  relation: Relation,
  allot: () => Promise<number>,
): Promise<Relation> {
  const { constraints = [], rowSecurity } = relation;
  if (rowSecurity?.policies.some(({ oid }) => oid === 0) === true) {
    const policies: Policy[] = [];
    for (const policy of rowSecurity.policies)
      policies.push(policy.oid === 0 ? { ...policy, oid: await allot() } : policy);
    return withOids({ ...relation, rowSecurity: { ...rowSecurity, policies } }, allot);
  }
  if (relation.indexes?.some(({ oid }) => oid === 0) === true) {
    const indexes: TableIndex[] = [];
    for (const index of relation.indexes)
      indexes.push(index.oid === 0 ? { ...index, oid: await allot() } : index);
    return withOids({ ...relation, indexes }, allot);
  }
  if (constraints.every(({ oid }) => oid !== 0)) return relation;
  const numbered: TableConstraint[] = [];
  for (const constraint of constraints) {
    const isNew = constraint.oid === 0;
    numbered.push(
      ...(isNew ? await constraintsMade([constraint], relation.oid, allot) : [constraint]),
    );
  }
  return { ...relation, constraints: numbered };
}

/** What rows must not change under while a table gets its new constraints: its own, and those referred to. */
export async function standOnRows(
  before: Relation | undefined,
  after: Relation,
  { transaction }: Backend,
): Promise<void> {
  const known = new Set(before?.constraints?.map(({ oid }) => oid));
  const fresh = (after.constraints ?? []).filter(
    ({ oid, isEnforced }) => isEnforced && !known.has(oid),
  );
  const indexed = new Set(before?.indexes?.map(({ oid }) => oid));
  const isFreshIndex = after.indexes?.some(({ oid, isUnique }) => isUnique && !indexed.has(oid));
  if (fresh.length === 0 && isFreshIndex !== true) return;
  const catalog = await transaction.catalog();
  if (before !== undefined) transaction.standsOn(after);
  for (const constraint of fresh) {
    if (constraint.kind !== "foreign key" || constraint.target === after.oid) continue;
    const target = catalog.relationByOid(constraint.target);
    if (target !== undefined) transaction.standsOn(target);
  }
}
