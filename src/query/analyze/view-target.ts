/** INSERT, UPDATE and DELETE through views that show one table. https://www.postgresql.org/docs/15/sql-createview.html#SQL-CREATEVIEW-UPDATABLE-VIEWS */
import type { RangeVar } from "@pgsql/types";
import { must } from "../../base/assert.ts";
import { PgError } from "../../base/error.ts";
import type { Relation, RelationColumn } from "../../catalog/relation.ts";
import type { ViewCheckText } from "../plan.ts";
import type { Analysis } from "./analysis.ts";
import { checkedRows, writtenEntry } from "./check.ts";
import { allOf, choose, truth } from "./made.ts";
import { type NamespaceItem, newScope } from "./scope.ts";
import type { Expression, Query, RangeEntry } from "./tree.ts";
import { baseEntry, notUpdatable, writtenColumns } from "./updatable.ts";
import { isSecurityInvoker, viewQuery } from "./view.ts";
import { noted, shownRow } from "./view-rows.ts";

export type ViewVerb = "INSERT" | "UPDATE" | "DELETE";

/** What rows written must be, that the view shows them or a policy lets them: `"@holds"`, then the table's columns, of `{written}`. */
export interface ViewCheck extends Pick<ViewCheckText, "fault" | "action"> {
  readonly query: Query;
}

export interface ViewTarget {
  readonly view: Relation;
  /** OID of the role in whose name the table is written; undefined: whoever asks. */
  readonly asRole: number | undefined;
  readonly base: Relation;
  /** The view with the table's own columns under the view's names, for those that can be given values. */
  readonly named: Relation;
  /** SQL text by the number of the table's column: of the highest view that has one. */
  readonly defaults: ReadonlyMap<number, string>;
  /** WITH CHECK OPTION, in the order in which they are asked. */
  readonly checks: readonly ViewCheck[];
  /** `row` of the table as the view shows it, and the condition under which it does. */
  shown(row: RangeEntry): { readonly item: NamespaceItem; readonly where: Expression | undefined };
}

/** A view and what it stands on. */
interface Level {
  readonly view: Relation;
  /** For each of its columns the number of the column below that it is. */
  readonly numbers: readonly (number | undefined)[];
}

/** 55000 in PostgreSQL's words for a view that is more than a table; 0A000 for a column that is no column of the table. */
export function viewTarget(
  view: Relation,
  node: RangeVar,
  verb: ViewVerb,
  given: readonly string[],
  analysis: Analysis,
): ViewTarget {
  const { base, levels } = levelsOf(view, verb, given, analysis);
  const asRole = useBelow(levels, base, verb, analysis);
  const upwards = levels.map((level) => level.view).toReversed();
  return {
    view,
    base,
    asRole,
    defaults: defaultsOf(levels, base),
    named: { ...view, columns: namedColumns(levels, base), constraints: [] },
    checks: verb === "DELETE" ? [] : viewChecks(upwards, base, analysis),
    shown(row) {
      const { values, conditions } = shownRow(upwards, base, row, analysis);
      const wheres = conditions.flatMap((one) => one ?? []);
      return {
        item: itemOf(view, node, values, row, analysis),
        where: wheres.length === 0 ? undefined : allOf(wheres),
      };
    },
  };
}

/** From the view down to the table. */
function levelsOf(
  view: Relation,
  verb: ViewVerb,
  given: readonly string[],
  analysis: Analysis,
): { readonly base: Relation; readonly levels: readonly Level[] } {
  const levels: Level[] = [];
  let relation = view;
  let names = given;
  for (;;) {
    const query = viewQuery(relation, analysis);
    const reason = notUpdatable(query, verb !== "DELETE");
    if (reason !== undefined) throw refused(relation, verb, reason);
    const numbers = writtenColumns(query);
    for (const name of names) refuseColumn(name, numbers, relation, verb);
    levels.push({ view: relation, numbers });
    const { body } = query;
    const entry = must(body.kind === "select" ? baseEntry(body) : undefined, "one table is shown");
    const { source } = entry;
    if (source.kind !== "view" && source.kind !== "relation")
      throw new Error("bug: a view stands on a relation");
    const below = source.relation;
    // A table whose policies count stands there as what it shows.
    if (below.source.kind !== "view") return { base: below, levels };
    const above = relation;
    names = names.flatMap((name) => {
      const column = above.columns.find((one) => one.name === name);
      const number = column && numbers[column.number - 1];
      return below.columns.find((one) => one.number === number)?.name ?? [];
    });
    relation = below;
  }
}

/** What a view's owner does to what is below it; an invoker's view does it as whoever asks. */
function useBelow(
  levels: readonly Level[],
  base: Relation,
  verb: ViewVerb,
  analysis: Analysis,
): number | undefined {
  let asRole: number | undefined;
  levels.forEach(({ view }, i) => {
    if (!isSecurityInvoker(view)) asRole = view.owner;
    const below = levels[i + 1]?.view ?? base;
    if (asRole === undefined) analysis.use(below, verb, []);
    else analysis.useAs(asRole, below, verb);
  });
  return asRole;
}

function itemOf(
  view: Relation,
  { alias }: RangeVar,
  values: readonly Expression[],
  row: RangeEntry,
  analysis: Analysis,
): NamespaceItem {
  return {
    name: alias?.aliasname ?? view.name,
    schema: alias === undefined ? view.schema : undefined,
    aliasOf: alias === undefined ? undefined : view.name,
    columns: view.columns.flatMap(({ name, number }) => {
      const value = values[number - 1];
      if (value === undefined) return [];
      return [
        {
          name,
          expression: () => {
            analysis.use(view, "SELECT", [name]);
            return noted(value, row);
          },
        },
      ];
    }),
    entry: undefined,
    rowType: view.oid + 1,
    isNameVisible: true,
    areColumnsVisible: true,
    isLateralOnly: false,
    lateralOk: true,
  };
}

function namedColumns(levels: readonly Level[], base: Relation): readonly RelationColumn[] {
  const view = must(levels[0], "a view").view;
  return view.columns.flatMap(({ name, number }) => {
    const own = baseColumn(number, levels, base);
    return own === undefined ? [] : [{ ...own, name }];
  });
}

function defaultsOf(levels: readonly Level[], base: Relation): ReadonlyMap<number, string> {
  const found = new Map<number, string>();
  levels.forEach(({ view }, i) => {
    for (const { number, defaultText } of view.columns) {
      const own = baseColumn(number, levels.slice(i), base)?.number;
      if (defaultText !== null && own !== undefined && !found.has(own)) found.set(own, defaultText);
    }
  });
  return found;
}

/** The table's column that a column of the highest view is. */
function baseColumn(
  number: number,
  levels: readonly Level[],
  base: Relation,
): RelationColumn | undefined {
  let at: number | undefined = number;
  for (const { numbers } of levels) at = at === undefined ? undefined : numbers[at - 1];
  return base.columns.find((column) => column.number === at);
}

// ── WITH CHECK OPTION ───────────────────────────────────────────────────────────────────────────────────────────────

/** A cascaded option is that of all views below. Inner views are asked first. */
function viewChecks(
  upwards: readonly Relation[],
  base: Relation,
  analysis: Analysis,
): readonly ViewCheck[] {
  const highest = upwards.findLastIndex((view) => checkOption(view) === "cascaded");
  const isAsked = upwards.map((view, i) => i <= highest || checkOption(view) !== undefined);
  if (!isAsked.includes(true)) return [];
  const row = writtenEntry(base, base.name, newScope(analysis, undefined));
  const { conditions } = shownRow(upwards, base, row, analysis);
  return upwards.flatMap((view, i) => {
    const holds = conditions[i];
    if (!isAsked[i] || holds === undefined) return [];
    const condition = choose([{ when: holds, result: truth(true) }], truth(false));
    const fault = { kind: "view", view: view.name } as const;
    return [{ fault, query: checkedRows({ condition, columns: [], row }) }];
  });
}

function checkOption({ options = [] }: Relation): string | undefined {
  return options.find((option) => option.startsWith("check_option="))?.split("=")[1];
}

// ── Refusals ────────────────────────────────────────────────────────────────────────────────────────────────────────

function refuseColumn(
  name: string,
  numbers: readonly (number | undefined)[],
  view: Relation,
  verb: ViewVerb,
): void {
  const column = view.columns.find((one) => one.name === name);
  if (column === undefined || numbers[column.number - 1] !== undefined) return;
  const act = verb === "INSERT" ? "insert into" : "update";
  throw new PgError("0A000", `cannot ${act} column "${name}" of view "${view.name}"`, {
    detail: "View columns that are not columns of their base relation are not updatable.",
  });
}

const acts = {
  INSERT: ["insert into", "inserting into"],
  UPDATE: ["update", "updating"],
  DELETE: ["delete from", "deleting from"],
} as const;

function refused(view: Relation, verb: ViewVerb, detail: string): PgError {
  const [act, acting] = acts[verb];
  return new PgError("55000", `cannot ${act} view "${view.name}"`, {
    detail,
    hint: `To enable ${acting} the view, provide an INSTEAD OF ${verb} trigger or an unconditional ON ${verb} DO INSTEAD rule.`,
  });
}
