/** Expressions that the catalog keeps as text, as they stand: for those who print them again. */
import type { KeptExpression } from "../../catalog/facts.ts";
import type { Call } from "../plan.ts";
import type { QueryContext } from "../query.ts";
import type { Analysis } from "./analysis.ts";
import { assignDeclared } from "./assign.ts";
import { writtenEntry } from "./check.ts";
import { coerce } from "./coerce.ts";
import { domainTest } from "./domain.ts";
import { guarded } from "./guarded.ts";
import { oid } from "./oids.ts";
import { keptCondition } from "./row-security.ts";
import { namespaceItem, newScope } from "./scope.ts";
import type { Expression, RangeEntry } from "./tree.ts";

export interface AnalyzedExpression {
  readonly value: Expression;
  /** What it is computed of; a domain's has one column, its VALUE. */
  readonly row: RangeEntry;
  readonly calls: readonly Call[];
}

export function analyzeKept(kept: KeptExpression, context: QueryContext): AnalyzedExpression {
  return guarded({ sql: "", offset: 0 }, [], context, (analysis) => {
    analysis.isKept = true;
    return { ...analyzed(kept, analysis), calls: analysis.calls };
  });
}

function analyzed(kept: KeptExpression, analysis: Analysis): Omit<AnalyzedExpression, "calls"> {
  if ("policy" in kept) {
    const row = writtenEntry(kept.relation, kept.relation.name, newScope(analysis, undefined));
    return { value: keptCondition(kept.policy, kept.relation, row, analysis), row };
  }
  const tree = analysis.rules.parseExpression(kept.text);
  if ("domain" in kept) {
    const { condition, entry } = domainTest(tree, kept.domain, analysis);
    return { value: condition, row: entry };
  }
  const { relation, column } = kept;
  const scope = newScope(analysis, undefined);
  const row = writtenEntry(relation, relation.name, scope);
  scope.items = [namespaceItem(row, analysis, { schema: relation.schema })];
  const value = analysis.rules.expression(tree, scope);
  if (column !== undefined) {
    const stored = assignDeclared(value, column, scope);
    // That a numeric of no scale is kept with one is ours alone.
    const isOurs = stored.kind === "cast" && stored.method === "length" && stored.typmod < 0;
    return { value: isOurs ? stored.argument : stored, row };
  }
  return { value: value.type === oid.unknown ? coerce(value, oid.text, analysis) : value, row };
}
