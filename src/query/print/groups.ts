/** GROUP BY with ROLLUP, CUBE, GROUPING SETS and DISTINCT. */
import type { Expression, GroupClause, GroupItem } from "../analyze/tree.ts";
import { list, type Printer } from "./printer.ts";
import { printKey } from "./sort.ts";

export function printGroups(groups: GroupClause, printer: Printer): string {
  const { items, isDistinct, decided } = groups;
  if (isDistinct && items.some((item) => item.kind !== "expressions"))
    return ` GROUP BY GROUPING SETS (${list(distinctSets(items, printer).map((set) => `(${list(set)})`))})`;
  const printed = items.map((item) => printGroup(item, printer));
  return ` GROUP BY ${list([...printed, ...decided.map((one) => printKey(one, printer))])}`;
}

function printGroup(item: GroupItem, printer: Printer): string {
  const set = (expressions: readonly Expression[]) =>
    list(expressions.map((one) => printKey(one, printer)));
  switch (item.kind) {
    case "expressions":
      return item.expressions.length === 0 ? "()" : set(item.expressions);
    case "rollup":
    case "cube":
      return `${item.kind.toUpperCase()} (${list(item.sets.map((one) => (one.length === 1 ? set(one) : `(${set(one)})`)))})`;
    case "sets":
      return `GROUPING SETS (${list(item.items.map((one) => setOf(one, printer)))})`;
    default:
      return item satisfies never;
  }
}

function setOf(item: GroupItem, printer: Printer): string {
  return item.kind === "expressions" && item.expressions.length !== 1
    ? `(${list(item.expressions.map((one) => printKey(one, printer)))})`
    : printGroup(item, printer);
}

type GroupingSet = readonly string[];

/** GROUP BY DISTINCT: every set that the items make together, each once. */
function distinctSets(items: readonly GroupItem[], printer: Printer): readonly GroupingSet[] {
  const all = items
    .map((item) => setsOf(item, printer))
    .reduce<readonly GroupingSet[]>(
      (before, sets) => before.flatMap((left) => sets.map((right) => [...left, ...right])),
      [[]],
    );
  const unique = new Map(
    all.map((set) => [[...new Set(set)].sort().join("\0"), [...new Set(set)]] as const),
  );
  return [...unique.values()];
}

function setsOf(item: GroupItem, printer: Printer): readonly GroupingSet[] {
  const print = (expressions: readonly Expression[]) =>
    expressions.map((one) => printKey(one, printer));
  switch (item.kind) {
    case "expressions":
      return [print(item.expressions)];
    case "rollup":
      return [...item.sets, []].map((_, i) =>
        item.sets.slice(0, item.sets.length - i).flatMap(print),
      );
    case "cube":
      return item.sets.reduce<readonly GroupingSet[]>(
        (before, set) => before.flatMap((left) => [[...left, ...print(set)], left]),
        [[]],
      );
    case "sets":
      return item.items.flatMap((one) => setsOf(one, printer));
    default:
      return item satisfies never;
  }
}
