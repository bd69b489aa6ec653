/** A statement of a function that runs: its parameters are the statement's own, under the names the function gave them. */
import type { UserFunction } from "../../catalog/user-function.ts";
import type { Analysis } from "./analysis.ts";
import { argumentNames, ownParameters } from "./bound-arguments.ts";
import { frozenFunction } from "./frozen.ts";
import { newScope } from "./scope.ts";

export function withinFunction<T>(
  made: UserFunction,
  analysis: Analysis,
  step: (analysis: Analysis) => T,
): T {
  const bound = ownParameters(made);
  const asRole = made.isSecurityDefiner ? made.owner : undefined;
  const frame = frozenFunction(made, asRole, bound, analysis.asker, analysis.context);
  analysis.outermost = { ...newScope(analysis, undefined), items: [argumentNames(made, bound)] };
  return analysis.withinView(frame, () => step(analysis));
}
