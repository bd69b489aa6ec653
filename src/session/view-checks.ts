/** WITH CHECK OPTION: rows written through a view must be rows that it shows. */
import type { Relation } from "../catalog/relation.ts";
import type { ViewCheckText } from "../query/plan.ts";
import type { Backend } from "./backend.ts";
import { rowNotHeld } from "./constraints.ts";
import type { Stage } from "./stage.ts";
import { outsideView } from "./violations.ts";

/** 44000 for the first that is not. */
export async function checkViews(
  checks: readonly ViewCheckText[],
  target: Relation,
  stage: Stage,
  mark: number,
  backend: Backend,
): Promise<void> {
  if (checks.length === 0) return;
  const written = `(SELECT * FROM (${stage.written(target, mark)}) AS changes WHERE "@action" <> 'd')`;
  for (const { view, text } of checks) {
    const row = await rowNotHeld(target, text, { written, seen: mark - 1 }, backend);
    if (row !== undefined) throw outsideView(view, target, row, backend);
  }
}
