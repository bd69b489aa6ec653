/**
 * PostgreSQL's parse tree → names resolved, types decided, engine SQL printed. Works as PostgreSQL's own analyzer does and
 * fails with its words and places. Knows which node kinds there are and prints those alone: what it does not know is
 * 0A000, and nothing of the client's text is ever run. Does not decide who may read what: `relations` and `routines`
 * say what was used, for authorize.
 */
import type { CallStmt, InsertStmt, Node, SelectStmt } from "@pgsql/types";
import type { Relation, RelationColumn } from "../../catalog/relation.ts";
import type { TableIndex } from "../../catalog/table-index.ts";
import type {
  CallArgument,
  EngineText,
  FunctionCall,
  InsertPlan,
  KnownRow,
  ModifyPlan,
  RoutineCall,
  WrittenKeys,
} from "../plan.ts";
import { printText } from "../print/print.ts";
import type { QueryContext } from "../query.ts";
import { alteredRows, type FilledColumn } from "./alteration.ts";
import type { Analysis, SourceText } from "./analysis.ts";
import { assignDeclared, defaultValue } from "./assign.ts";
import { callSyntax } from "./call.ts";
import { check, checkedRows, copiedRows, entryColumn, indexed, indexKeys } from "./check.ts";
import { canCoerce, coerceToTarget, typeOf } from "./coerce.ts";
import { deleteRows } from "./delete.ts";
import { domainRows, domainTest } from "./domain.ts";
import { expression } from "./expression.ts";
import { type AnalyzedQuery, checkTexts, finish } from "./finish.ts";
import { findProcedure } from "./function.ts";
import { generation, withGenerated } from "./generated.ts";
import { guarded, parseExpression } from "./guarded.ts";
import { completed, insert } from "./insert.ts";
import { knownRows } from "./known-rows.ts";
import { merge } from "./merge.ts";
import { oid } from "./oids.ts";
import { placedQuery } from "./placed-query.ts";
import { plainSelect } from "./plain-select.ts";
import { query } from "./query.ts";
import { routineNamed } from "./routine.ts";
import { routineCall, settled } from "./routine-call.ts";
import { functionCall } from "./run-rows.ts";
import { newScope } from "./scope.ts";
import { refuseSecondChange } from "./steps.ts";
import type { Modification } from "./target.ts";
import { nameParts, typeName } from "./types.ts";
import { update } from "./update.ts";

export type { FilledColumn } from "./alteration.ts";
export type { RelationUse, SourceText } from "./analysis.ts";
export type { AnalyzedQuery } from "./finish.ts";

export interface AnalyzedInsert {
  /** Gives every column of the target, in its order. */
  readonly source: AnalyzedQuery;
  readonly target: Relation;
  /** Its FROM is the `{ written: true }` piece. */
  readonly returning: AnalyzedQuery | undefined;
  /** ON CONFLICT: the source is ModifyPlan's. */
  readonly isModification: boolean;
  readonly keys: WrittenKeys | undefined;
  readonly known: readonly KnownRow[] | undefined;
  readonly checks: Pick<InsertPlan, "viewChecks">;
}

/** SELECT, VALUES, TABLE, set operations, WITH. `parameterTypes`: 0 where it is to be inferred. */
export function analyzeSelect(
  tree: SelectStmt,
  source: SourceText,
  parameterTypes: readonly number[],
  context: QueryContext,
): AnalyzedQuery {
  return guarded(source, parameterTypes, context, (analysis) => {
    const made = query(tree, undefined, {}, analysis);
    return finish(made, analysis, analysis.parameterTypes());
  });
}

/** A cursor's query with the places of its rows as its last two columns; undefined where they are not one table's. */
export function analyzePlaced(
  tree: SelectStmt,
  source: SourceText,
  parameterTypes: readonly number[],
  context: QueryContext,
): { readonly analyzed: AnalyzedQuery; readonly relation: Relation } | undefined {
  return guarded(source, parameterTypes, context, (analysis) => {
    const made = placedQuery(tree, analysis);
    if (made === undefined) return undefined;
    const analyzed = finish(made.query, analysis, analysis.parameterTypes());
    return { analyzed, relation: made.relation };
  });
}

export interface AnalyzedModification {
  readonly plan: Omit<ModifyPlan, "kind" | "source" | "returning">;
  readonly source: AnalyzedQuery;
  /** Its FROM is the `{ written: true }` piece. */
  readonly returning: AnalyzedQuery | undefined;
}

const modifications = {
  UpdateStmt: update,
  DeleteStmt: deleteRows,
  MergeStmt: merge,
} as const;

type Modifications = typeof modifications;

/** UPDATE, DELETE, MERGE: which rows are touched and what becomes of them. */
export function analyzeModification<Kind extends keyof Modifications>(
  kind: Kind,
  tree: Parameters<Modifications[Kind]>[0],
  source: SourceText,
  parameterTypes: readonly number[],
  context: QueryContext,
): AnalyzedModification {
  return guarded(source, parameterTypes, context, (analysis) => {
    // The table pairs each kind with its own tree; the compiler cannot follow that through a look-up.
    const analyze = modifications[kind] as (body: unknown, analysis: Analysis) => Modification;
    const made = analyze(tree, analysis);
    refuseSecondChange({ plan: { kind: "modify", ...made } }, analysis);
    return finishModification(made, analysis);
  });
}

function finishModification(made: Modification, analysis: Analysis): AnalyzedModification {
  const { verb, target, whenTwice, keys } = made;
  const types = analysis.parameterTypes();
  const checks = checkTexts(made.checks, analysis);
  return {
    plan: { verb, target, whenTwice, keys, ...checks.plan },
    source: withFunctions(finish(made.source, analysis, types), checks.functions),
    returning: made.returning && finish(made.returning, analysis, types),
  };
}

function withFunctions(query: AnalyzedQuery, more: readonly string[]): AnalyzedQuery {
  return more.length === 0 ? query : { ...query, functions: [...query.functions, ...more] };
}

export function analyzeInsert(
  tree: InsertStmt,
  source: SourceText,
  parameterTypes: readonly number[],
  context: QueryContext,
): AnalyzedInsert {
  return guarded(source, parameterTypes, context, (analysis) => {
    const made = insert(tree, analysis);
    if (made.isModification) {
      const { target } = made;
      refuseSecondChange(
        { plan: { kind: "modify", verb: "INSERT", target, whenTwice: "never" } },
        analysis,
      );
    }
    const types = analysis.parameterTypes();
    const checks = checkTexts(made.checks, analysis);
    return {
      target: made.target,
      isModification: made.isModification,
      keys: made.keys,
      known: made.isModification ? undefined : knownRows(made.source, made.target.columns),
      checks: checks.plan,
      source: withFunctions(finish(made.source, analysis, types), checks.functions),
      returning: made.returning && finish(made.returning, analysis, types),
    };
  });
}

export type AnalyzedCall =
  | {
      readonly kind: "routine";
      readonly call: RoutineCall;
      readonly parameterTypes: readonly number[];
    }
  | {
      readonly kind: "procedure";
      readonly call: FunctionCall;
      readonly called: AnalyzedQuery["called"];
      readonly parameterTypes: readonly number[];
    };

/** CALL p(…): which routine, with which arguments. 42883 when there is none, 42809 for a function. */
export function analyzeCall(
  tree: CallStmt,
  source: SourceText,
  parameterTypes: readonly number[],
  context: QueryContext,
): AnalyzedCall {
  return guarded(source, parameterTypes, context, (analysis): AnalyzedCall => {
    const { funccall } = tree;
    const name = nameParts(funccall?.funcname);
    const routine = routineNamed(name);
    const scope = newScope(analysis, undefined, "CALL arguments");
    const own =
      funccall !== undefined && routine === undefined
        ? findProcedure(callSyntax(funccall, scope), analysis)
        : undefined;
    if (own !== undefined) {
      const call = functionCall(own.made, own.found, scope, funccall?.location);
      const types = analysis.parameterTypes();
      return { kind: "procedure", call, called: analysis.calledFunctions, parameterTypes: types };
    }
    if (funccall === undefined || routine === undefined) {
      const values = (funccall?.args ?? []).map((one) => typeOf(expression(one, scope), analysis));
      throw analysis.error(
        "42883",
        `procedure ${name.join(".")}(${values.map(typeName).join(", ")}) does not exist`,
        funccall?.location,
        {
          hint: "No procedure matches the given name and argument types. You might need to add explicit type casts.",
        },
      );
    }
    if (routine.kind === "function")
      throw analysis.error("42809", `${routine.name} is not a procedure`, funccall.location, {
        hint: `To call a function, use SELECT * FROM ${routine.name}(…).`,
      });
    return {
      kind: "routine",
      call: routineCall(funccall, routine, "procedure", scope),
      parameterTypes: analysis.parameterTypes(),
    };
  });
}

/** Every row of `before` as ALTER TABLE makes it, in the order of `columns`. */
export function analyzeAlteration(
  before: Relation,
  after: Relation,
  columns: readonly FilledColumn[],
  source: SourceText,
  context: QueryContext,
): AnalyzedQuery {
  return guarded(source, [], context, (analysis) =>
    finish(
      withGenerated(alteredRows(before, columns, analysis), after, analysis),
      analysis,
      analysis.parameterTypes(),
    ),
  );
}

/** A value for EXECUTE or a setting: a constant or a parameter, cast to `typeOid` (0: as it is). */
export function analyzeExpression(
  tree: Node,
  typeOid: number,
  source: SourceText,
  parameterTypes: readonly number[],
  context: QueryContext,
): { readonly argument: CallArgument; readonly parameterTypes: readonly number[] } {
  return guarded(source, parameterTypes, context, (analysis) => {
    const scope = newScope(analysis, undefined, "EXECUTE parameters");
    const value = expression(tree, scope);
    const wanted =
      typeOid !== 0 ? typeOid : typeOf(value, analysis) === oid.unknown ? oid.text : value.type;
    const cast = coerceToTarget(value, wanted, -1, analysis, "assignment");
    if (cast === undefined)
      throw analysis.error(
        "42804",
        `parameter is of type ${typeName(typeOf(value, analysis))} but ${typeName(wanted)} is expected`,
        value.location,
        { hint: "You will need to rewrite or cast the expression." },
      );
    const argument = settled(cast, undefined, scope);
    return { argument, parameterTypes: analysis.parameterTypes() };
  });
}

/** A DEFAULT at CREATE TABLE: must be of the column's type and read no column. Gives nothing back: the text is kept. */
export function analyzeColumnDefault(
  tree: Node,
  column: { readonly name: string; readonly typeOid: number; readonly typmod: number },
  source: SourceText,
  context: QueryContext,
): void {
  guarded(source, [], context, (analysis) => {
    const scope = newScope(analysis, undefined, "DEFAULT expressions");
    refuseColumns(tree, analysis);
    assignDeclared(expression(tree, scope), column, scope);
    analysis.parameterTypes();
  });
}

/** CHECK at its declaration: boolean, of the row's own columns alone. The attribute numbers of those it reads, ascending. */
export function analyzeCheck(
  tree: Node,
  relation: Relation,
  source: SourceText,
  context: QueryContext,
): readonly number[] {
  return guarded(source, [], context, (analysis) => {
    const { columns } = check(tree, relation, analysis);
    analysis.parameterTypes();
    return columns.map(({ number }) => number);
  });
}

/** GENERATED ALWAYS AS (…) at its declaration. The attribute numbers of the columns it reads. */
export function analyzeGeneration(
  tree: Node,
  column: RelationColumn,
  relation: Relation,
  source: SourceText,
  context: QueryContext,
): readonly number[] {
  return guarded(source, [], context, (analysis) => {
    const columns = generation(tree, column, relation, analysis);
    analysis.parameterTypes();
    return columns;
  });
}

/** Rows of some columns of a table, read from `{written}`, made whole: defaults of the others, and what is generated. */
export function completedRows(
  target: Relation,
  given: readonly RelationColumn[],
  context: QueryContext,
): AnalyzedQuery {
  return guarded({ sql: "", offset: 0 }, [], context, (analysis) =>
    finish(completed(target, given, analysis), analysis, []),
  );
}

/** An expression of an index at its declaration: its type, and the attribute numbers of the columns it reads. */
export function analyzeIndexed(
  tree: Node,
  relation: Relation,
  source: SourceText,
  context: QueryContext,
): { readonly typeOid: number; readonly columns: readonly number[] } {
  return guarded(source, [], context, (analysis) => {
    const found = indexed(tree, relation, analysis);
    analysis.parameterTypes();
    return found;
  });
}

/** CHECK of a domain at its declaration: boolean, of VALUE alone. */
export function analyzeDomainCheck(
  tree: Node,
  domain: { readonly base: number; readonly typmod: number },
  source: SourceText,
  context: QueryContext,
): void {
  guarded(source, [], context, (analysis) => {
    domainTest(tree, domain, analysis);
    analysis.parameterTypes();
  });
}

/** Fails, as engine text, where a column of `{written}` holds what its domain does not take. */
export function domainText(relation: Relation, context: QueryContext): EngineText {
  return guarded(
    { sql: "", offset: 0 },
    [],
    context,
    (analysis) => printText(domainRows(relation, analysis), analysis).text,
  );
}

/**
 * A stored CHECK as engine text over `{written}`, which must have the relation's columns: each row's `"@holds"`
 * (BOOLEAN; NULL counts as true), then the relation's columns under their names.
 */
export function checkText(
  relation: Relation,
  expression: string,
  context: QueryContext,
): EngineText {
  return guarded({ sql: expression, offset: 0 }, [], context, (analysis) => {
    const made = check(parseExpression(expression), relation, analysis);
    return printText(checkedRows(made), analysis).text;
  });
}

/** What an index is of, as engine text over `{written}`: columns k0, k1, …, a row for each row that it is of. */
export function indexKeysText(
  relation: Relation,
  index: TableIndex,
  context: QueryContext,
): EngineText {
  return guarded(
    { sql: "", offset: 0 },
    [],
    context,
    (analysis) => printText(indexKeys(relation, index, analysis), analysis, false).text,
  );
}

/** Of COPY's rows, the `{ written: true }` piece, those that its WHERE lets through. */
export function analyzeCopyWhere(
  tree: Node,
  target: Relation,
  source: SourceText,
  context: QueryContext,
): AnalyzedQuery {
  return guarded(source, [], context, (analysis) =>
    finish(copiedRows(tree, target, analysis), analysis, []),
  );
}

/** A stored DEFAULT as engine text of one row and one column, of the column's type; NULL where there is none. */
export function defaultText(column: RelationColumn, context: QueryContext): EngineText {
  const sql = column.defaultText ?? "NULL";
  return guarded({ sql, offset: 0 }, [], context, (analysis) => {
    const expression = defaultValue(column, analysis);
    const made = plainSelect({
      targets: [{ name: column.name, expression, isJunk: false }],
      from: [],
      columns: [entryColumn(column)],
    });
    return printText(made, analysis).text;
  });
}

/** Whether a column's default can stay when the column becomes another type: it has the type the column had. */
export function keepsDefault(
  tree: Node,
  before: { readonly typeOid: number },
  after: { readonly typeOid: number },
  source: SourceText,
  context: QueryContext,
): boolean {
  return guarded(source, [], context, (analysis) => {
    const scope = newScope(analysis, undefined, "DEFAULT expressions");
    const type = typeOf(expression(tree, scope), analysis);
    const own = type === oid.unknown ? before.typeOid : type;
    return own === after.typeOid || canCoerce([own], [after.typeOid], "assignment");
  });
}

function refuseColumns(tree: Node, analysis: Analysis): void {
  if (!("ColumnRef" in tree)) return;
  throw analysis.error(
    "0A000",
    "cannot use column reference in DEFAULT expression",
    tree.ColumnRef.location,
  );
}
