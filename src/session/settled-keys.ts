/** Keys that a statement has left as they were, or has looked up itself: nobody asks about them once more. */
import { isKey } from "../catalog/constraints.ts";
import type { Relation } from "../catalog/relation.ts";
import type { ModifyPlan } from "../query/plan.ts";

/** The relation with those keys and unique indexes that rows written by the statement may break. */
export function withOpenKeys(
  relation: Relation,
  plan: Pick<ModifyPlan, "verb" | "keys">,
): Relation {
  const { keys, verb } = plan;
  if (keys === undefined) return relation;
  const { constraints, indexes } = relation;
  const isOpen = (oid: number, columns: readonly number[]) =>
    columns.some((number) => keys.sets.includes(number)) ||
    (verb === "INSERT" && !keys.free.includes(oid));
  const open = constraints?.filter((each) => !isKey(each) || isOpen(each.oid, each.columns));
  const openIndexes = indexes?.filter(
    ({ isUnique, oid, reads }) => isUnique !== true || isOpen(oid, reads),
  );
  if (open?.length === constraints?.length && openIndexes?.length === indexes?.length)
    return relation;
  return {
    ...relation,
    ...(open ? { constraints: open } : {}),
    ...(openIndexes ? { indexes: openIndexes } : {}),
  };
}
