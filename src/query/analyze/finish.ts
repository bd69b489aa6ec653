/** An analyzed query, printed: its text, and what Describe and authorize ask of it. */
import type { Routine } from "../../routines/define.ts";
import type { EngineText, InsertPlan, ResultColumn, WithPlan } from "../plan.ts";
import { printText } from "../print/print.ts";
import type { Analysis, CalledFunction, RelationUse, Step } from "./analysis.ts";
import { fold } from "./fold.ts";
import { oid, registered } from "./oids.ts";
import { isRecord, recordFields } from "./record.ts";
import { relationOf } from "./scope.ts";
import type { Constant, Expression, Query } from "./tree.ts";
import { baseType, elementType } from "./types.ts";
import type { ViewCheck } from "./view-target.ts";

export interface AnalyzedQuery {
  readonly text: EngineText;
  readonly columns: readonly ResultColumn[];
  readonly parameterTypes: readonly number[];
  readonly relations: readonly RelationUse[];
  readonly routines: readonly RoutineUse[];
  /** Functions that people made. */
  readonly called: readonly CalledFunction[];
  /** Engine functions printed, for the verifier. */
  readonly functions: readonly string[];
  /** When every result is known: its values in text form, under default settings. The engine need not run. */
  readonly constantRow: readonly (string | null)[] | undefined;
  /** Data-modifying statements of WITH, which run first. */
  readonly steps: readonly AnalyzedStep[];
  /** True when a run-time parameter's value is part of the plan: not to be kept for another session or a later SET. */
  readonly readsSettings: boolean;
}

export type AnalyzedStep = WithPlan["steps"][number];

export interface RoutineUse {
  readonly routine: Routine;
}

export function finish(
  made: Query,
  analysis: Analysis,
  parameterTypes: readonly number[],
): AnalyzedQuery {
  const { text, functions } = printText(made, analysis);
  const steps = analysis.steps.map((one) => finishStep(one, analysis));
  return {
    text,
    columns: resultColumns(made),
    parameterTypes,
    relations: analysis.relations(),
    routines: analysis.routines.map((routine) => ({ routine })),
    called: analysis.calledFunctions,
    functions: [...functions, ...steps.flatMap((one) => one.functions)],
    constantRow: steps.length > 0 ? undefined : constantRow(made),
    steps: steps.map(({ plan }) => plan),
    readsSettings: analysis.readsSettings,
  };
}

function finishStep(
  { plan, source, returning, checks }: Step,
  analysis: Analysis,
): { readonly plan: AnalyzedStep; readonly functions: readonly string[] } {
  const from = printText(source, analysis);
  const back = returning && printText(returning, analysis, false);
  const texts = { source: from.text, returning: back?.text };
  const asked = checkTexts(checks, analysis);
  return {
    plan: { ...plan, ...texts, ...asked.plan },
    functions: [...from.functions, ...(back?.functions ?? []), ...asked.functions],
  };
}

/** What a plan says of WITH CHECK OPTION: nothing when there is none. */
export function checkTexts(
  checks: readonly ViewCheck[],
  analysis: Analysis,
): {
  readonly plan: Pick<InsertPlan, "viewChecks">;
  readonly functions: readonly string[];
} {
  if (checks.length === 0) return { plan: {}, functions: [] };
  const printed = checks.map(({ query, ...check }) => ({
    check,
    ...printText(query, analysis, false),
  }));
  return {
    plan: { viewChecks: printed.map(({ check, text }) => ({ ...check, text })) },
    functions: printed.flatMap(({ functions }) => functions),
  };
}

function resultColumns(made: Query): readonly ResultColumn[] {
  const targets =
    made.body.kind === "select" ? made.body.targets.filter((target) => !target.isJunk) : [];
  return made.columns.map((column, i) => {
    const origin = originOf(targets[i]?.expression);
    const base = baseType(column.type);
    return {
      name: column.name,
      typeOid: base === oid.unknown ? oid.text : base,
      typmod: column.typmod,
      tableOid: origin?.tableOid ?? 0,
      columnNumber: origin?.columnNumber ?? 0,
      ...(isRecord(base) ? { fields: recordFields(made, i) } : {}),
    };
  });
}

/** The table column that a result column is, seen through subqueries. */
function originOf(
  expression: Expression | undefined,
): { readonly tableOid: number; readonly columnNumber: number } | undefined {
  if (expression?.kind !== "column") return undefined;
  const { entry, column } = expression;
  const relation = relationOf(entry);
  if (relation !== undefined && column.number !== 0)
    return { tableOid: relation.oid, columnNumber: column.number };
  const { source } = entry;
  const inner =
    source.kind === "query" || source.kind === "returned"
      ? source.query
      : source.kind === "common table"
        ? source.table().query
        : undefined;
  if (inner?.body.kind !== "select") return undefined;
  const targets = inner.body.targets.filter((target) => !target.isJunk);
  return originOf(targets[entry.columns.indexOf(column)]?.expression);
}

/** SELECT of values that are all known, without FROM. */
function constantRow(made: Query): readonly (string | null)[] | undefined {
  const { body } = made;
  if (body.kind !== "select" || body.from.length > 0 || body.isAggregated) return undefined;
  if (body.where !== undefined || body.distinct !== undefined) return undefined;
  if (made.limit !== undefined || made.offset !== undefined || made.commonTables.length > 0)
    return undefined;
  const row: (string | null)[] = [];
  for (const target of body.targets) {
    const value = knownValue(target.expression);
    if (value === undefined) return undefined;
    row.push(value.text);
  }
  return row;
}

function knownValue(expression: Expression): Constant | undefined {
  const value = fold(expression);
  if (value?.kind !== "constant") return undefined;
  const element = elementType(value.type);
  // Names of catalog entries are told by the catalog; a blank-padded text by its length.
  if (registered.has(element ?? value.type) || value.type === oid.bpchar) return undefined;
  // Numerics in an array would all get as many digits: their text is printed.
  return element === oid.numeric ? undefined : value;
}
