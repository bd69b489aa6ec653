/** A policy's condition at its declaration. */
import type { Node } from "@pgsql/types";
import type { PolicyText, Relation } from "../../catalog/relation.ts";
import { printText } from "../print/print.ts";
import type { QueryContext } from "../query.ts";
import type { SourceText } from "./analysis.ts";
import { checkedRows, writtenEntry } from "./check.ts";
import { coerceToBoolean } from "./coerce.ts";
import { frozenRelation, recording } from "./frozen.ts";
import { guarded } from "./guarded.ts";
import { namespaceItem, newScope } from "./scope.ts";
import { placeless } from "./view.ts";
import { readsOf } from "./view-analysis.ts";

/** What its names stand for. 42804 when it is not boolean, 0A000 for what could not be run. */
export function analyzePolicy(
  tree: Node,
  relation: Relation,
  source: SourceText,
  context: QueryContext,
): Pick<PolicyText, "names" | "reads"> {
  const recorded = recording(context);
  return guarded(source, [], recorded.context, (analysis) => {
    analysis.isKept = true;
    const scope = newScope(analysis, undefined, "policy expressions");
    const row = writtenEntry(relation, relation.name, scope);
    scope.items = [namespaceItem(row, analysis, { schema: relation.schema })];
    // PostgreSQL tells no places here.
    const bare = placeless(tree, new Set()) as Node;
    const condition = coerceToBoolean(analysis.rules.expression(bare, scope), "POLICY", analysis);
    const reads = readsOf(analysis);
    printText(checkedRows({ condition, columns: [], row }), analysis);
    const names = recorded.names(undefined);
    const { schema, name, oid } = relation;
    const others = names.relations.filter((each) => each.oid !== oid || each.name !== name);
    const own = frozenRelation(schema, name, relation);
    return { names: { ...names, relations: [...others, own] }, reads };
  });
}
