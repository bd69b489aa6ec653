/** Keys, checks and references: asked once a statement's rows are staged, before the statement ends. */
import { unsupported } from "../base/error.ts";
import type { Relation } from "../catalog/relation.ts";
import type { Backend } from "./backend.ts";
import type { Stage } from "./stage.ts";

/**
 * Throws what PostgreSQL answers (23505, 23503, 23514) when the rows staged under `mark` break a constraint of the
 * relation. They see one another and everything the transaction saw before them.
 */
export async function checkConstraints(
  _backend: Backend,
  relation: Relation,
  _stage: Stage,
  _mark: number,
): Promise<void> {
  const enforced = relation.constraints?.find(({ isEnforced }) => isEnforced);
  if (enforced) throw unsupported(`writing under constraint "${enforced.name}"`);
}
