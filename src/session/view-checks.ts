/** Rows written through a view WITH CHECK OPTION must be rows that it shows; those of a table, what its policies let be. */
import type { Relation } from "../catalog/relation.ts";
import type { ViewCheckText } from "../query/plan.ts";
import type { Backend } from "./backend.ts";
import { rowNotHeld } from "./constraints.ts";
import type { Stage } from "./stage.ts";
import { againstPolicy, outsideView } from "./violations.ts";

/** 44000, or 42501, for the first that is not. */
export async function checkViews(
  checks: readonly ViewCheckText[],
  target: Relation,
  stage: Stage,
  mark: number,
  backend: Backend,
): Promise<void> {
  if (checks.length === 0) return;
  for (const { fault, action, text } of checks) {
    const which = action === undefined ? "<> 'd'" : `= '${action}'`;
    const written = `(SELECT * FROM (${stage.written(target, mark)}) AS changes WHERE "@action" ${which})`;
    const row = await rowNotHeld(target, text, { written, seen: mark - 1 }, backend);
    if (row === undefined) continue;
    throw fault.kind === "view"
      ? outsideView(fault.view, target, row, backend)
      : againstPolicy(fault.table, fault.policy);
  }
}
