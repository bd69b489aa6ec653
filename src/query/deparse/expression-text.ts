/** An expression that is kept, as PostgreSQL would write it again. */
import type { Node } from "@pgsql/types";
import { PgError } from "../../base/error.ts";
import { formatType } from "../../catalog/format-type.ts";
import type { SourceText } from "../analyze/analysis.ts";
import { coerceToTarget, typeOf } from "../analyze/coerce.ts";
import { guarded } from "../analyze/guarded.ts";
import { newScope } from "../analyze/scope.ts";
import type { QueryContext } from "../query.ts";
import { writerOf } from "./writer-of.ts";

/** A parameter's DEFAULT, made to be of its type. 42804 when it cannot be. */
export function defaultExpressionText(
  tree: Node,
  type: number,
  source: SourceText,
  context: QueryContext,
): string {
  return guarded(source, [], context, (analysis) => {
    const scope = newScope(analysis, undefined, "DEFAULT expressions");
    const value = analysis.rules.expression(tree, scope);
    const cast = coerceToTarget(value, type, -1, analysis, "assignment");
    if (cast === undefined)
      throw new PgError(
        "42804",
        `argument of DEFAULT must be type ${formatType(type, undefined)}, not type ${formatType(typeOf(value, analysis), undefined)}`,
      );
    const writer = writerOf({ isPretty: false, wrapColumn: 0 }, analysis.calls, context);
    writer.expression(cast, true);
    return writer.text;
  });
}
