/** Views as they are made, and as they stand. */
import type { SelectStmt } from "@pgsql/types";
import { PgError } from "../../base/error.ts";
import type { FrozenNames, Relation, ViewDefinition } from "../../catalog/relation.ts";
import type { Call } from "../plan.ts";
import { printText } from "../print/print.ts";
import type { QueryContext } from "../query.ts";
import type { Analysis, SourceText } from "./analysis.ts";
import { type AnalyzedQuery, finish } from "./finish.ts";
import { recording } from "./frozen.ts";
import { guarded } from "./guarded.ts";
import { query } from "./query.ts";
import type { Query } from "./tree.ts";
import { viewQuery } from "./view.ts";

/** A view at its making. */
export interface AnalyzedView {
  readonly query: Query;
  readonly columns: readonly {
    readonly name: string;
    readonly type: number;
    readonly typmod: number;
  }[];
  readonly names: FrozenNames;
  readonly reads: ViewDefinition["reads"];
}

/** What CREATE VIEW says, and what its names stand for. 0A000 for what could not be run. */
export function analyzeView(
  tree: SelectStmt,
  source: SourceText,
  context: QueryContext,
): AnalyzedView {
  const recorded = recording(context);
  return guarded(source, [], recorded.context, (analysis) => {
    analysis.isKept = true;
    const made = query(tree, undefined, {}, analysis);
    if (analysis.steps.length > 0)
      throw new PgError("0A000", "views must not contain data-modifying statements in WITH");
    const { text } = printText(made, analysis);
    const sequences = [...(text.sequences?.keys() ?? [])].map((oid) => ({ oid, columns: [] }));
    return {
      query: made,
      columns: made.columns,
      names: recorded.names(source.past),
      reads: [...readsOf(analysis), ...sequences],
    };
  });
}

/** A function that a text calls is needed like a relation without columns. */
function functionsCalled(
  { calledFunctions }: Analysis,
  reader: number | undefined,
): { oid: number; columns: number[] }[] {
  const own = calledFunctions.filter(({ within }) => within === reader);
  return [...new Set(own.map(({ made }) => made.oid))].map((oid) => ({ oid, columns: [] }));
}

/** What a materialized view is filled with now. */
export function analyzeFilling(view: Relation, context: QueryContext): AnalyzedQuery {
  return guarded({ sql: "", offset: 0 }, [], context, (analysis) =>
    finish(viewQuery(view, analysis), analysis, []),
  );
}

/** A view as it stands, for those who print it again. */
export function analyzeStored(
  view: Relation,
  context: QueryContext,
): { readonly query: Query; readonly calls: readonly Call[] } {
  return guarded({ sql: "", offset: 0 }, [], context, (analysis) => {
    analysis.isKept = true;
    return { query: viewQuery(view, analysis), calls: analysis.calls };
  });
}

/** `reader`: OID of the function whose text it is. */
export function readsOf(analysis: Analysis, reader?: number): ViewDefinition["reads"] {
  return analysis
    .relations()
    .filter(({ within }) => within === reader)
    .map(({ relation, columns }) => ({
      oid: relation.oid,
      columns: relation.columns.flatMap(({ name, number }) =>
        columns.includes(name) ? [number] : [],
      ),
    }))
    .concat(functionsCalled(analysis, reader));
}
