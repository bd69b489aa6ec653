/** INSERT into a view: the same upon its table, columns by the table's names. */
import type { InsertStmt, Node, SelectStmt } from "@pgsql/types";
import type { Relation } from "../../catalog/relation.ts";
import type { Analysis } from "./analysis.ts";
import { resolveRelation } from "./from.ts";
import { type ViewTarget, viewTarget } from "./view-target.ts";

export interface InsertThrough {
  readonly tree: InsertStmt;
  readonly target: ViewTarget;
  /** The table with the defaults of the view's columns, where they have some. */
  readonly base: Relation;
}

/** Undefined when the statement names no view. */
export function insertThrough(tree: InsertStmt, analysis: Analysis): InsertThrough | undefined {
  const { relation: node, onConflictClause: conflict } = tree;
  if (node === undefined || analysis.source.past?.has(node.location)) return undefined;
  const view = resolveRelation(node, analysis);
  if (view.source.kind !== "view") return undefined;
  const cols = tree.cols ?? givenColumns(tree, view);
  const given = namesOf(cols);
  const changed = namesOf(conflict?.targetList);
  const target = viewTarget(view, node, "INSERT", [...given, ...changed], analysis);
  const { base, named } = target;
  if (conflict?.action === "ONCONFLICT_UPDATE") viewTarget(view, node, "UPDATE", [], analysis);
  analysis.use(view, "INSERT", given);
  return {
    target,
    base: withDefaults(target),
    tree: {
      ...tree,
      cols: cols.map((col) => {
        const { name, location } = "ResTarget" in col ? col.ResTarget : {};
        const number = named.columns.find((one) => one.name === name)?.number;
        const own = base.columns.find((column) => column.number === number);
        if (own === undefined)
          throw analysis.error(
            "42703",
            `column "${name}" of relation "${view.name}" does not exist`,
            location,
          );
        return { ResTarget: { ...("ResTarget" in col ? col.ResTarget : {}), name: own.name } };
      }),
    },
  };
}

function namesOf(nodes: readonly Node[] = []): readonly string[] {
  return nodes.flatMap((node) => ("ResTarget" in node ? [node.ResTarget.name ?? ""] : []));
}

/** Without a list, the first columns, as many as there are values; all where that cannot be told. */
function givenColumns({ selectStmt }: InsertStmt, { columns }: Relation): Node[] {
  const width =
    selectStmt === undefined
      ? 0
      : "SelectStmt" in selectStmt
        ? widthOf(selectStmt.SelectStmt)
        : undefined;
  return columns.slice(0, width).map(({ name }) => ({ ResTarget: { name } }));
}

function widthOf({ valuesLists, targetList }: SelectStmt): number | undefined {
  const [first] = valuesLists ?? [];
  if (first !== undefined && "List" in first) return first.List.items?.length;
  const isSpread = targetList?.some(
    (node) => "ResTarget" in node && JSON.stringify(node.ResTarget.val).includes('"A_Star"'),
  );
  return isSpread ? undefined : targetList?.length;
}

function withDefaults({ base, defaults }: ViewTarget): Relation {
  if (defaults.size === 0) return base;
  const columns = base.columns.map((column) => ({
    ...column,
    defaultText: defaults.get(column.number) ?? column.defaultText,
  }));
  return { ...base, columns };
}
