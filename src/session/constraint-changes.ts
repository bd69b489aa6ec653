/** Constraints as tables get and lose them: OIDs given, catalog changes staged. */
import type { Relation, TableConstraint } from "../catalog/relation.ts";
import type { ConstraintDefinition } from "../query/plan.ts";

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
  const { constraints = [] } = relation;
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
