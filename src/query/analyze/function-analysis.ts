/** A function as it is made: its query judged with its parameters unknown, and its result with what it declares. */
import { must } from "../../base/assert.ts";
import { PgError } from "../../base/error.ts";
import { quoteIdent } from "../../catalog/identifiers.ts";
import type { FrozenNames, ViewDefinition } from "../../catalog/relation.ts";
import { userType } from "../../catalog/types-in-force.ts";
import { isInput, type UserFunction } from "../../catalog/user-function.ts";
import type { Call } from "../plan.ts";
import type { QueryContext } from "../query.ts";
import type { SourceText } from "./analysis.ts";
import { ownParameters } from "./bound-arguments.ts";
import { canCoerce } from "./coerce.ts";
import { recording } from "./frozen.ts";
import { functionTree } from "./function-body.ts";
import { guarded } from "./guarded.ts";
import { oid } from "./oids.ts";
import { isPolymorphic } from "./pathway.ts";
import { newScope } from "./scope.ts";
import type { Expression, Query } from "./tree.ts";
import { typeName } from "./types.ts";
import { functionQuery } from "./user-call.ts";
import { readsOf } from "./view-analysis.ts";

/** 42P13 when it does not give what it declares. What its names stand for, should it keep them. */
export function analyzeBody(
  made: UserFunction,
  source: SourceText,
  context: QueryContext,
): { readonly names: FrozenNames; readonly reads: ViewDefinition["reads"] } {
  const recorded = recording(context);
  const inputs = made.parameters.filter(isInput);
  return guarded(source, [], recorded.context, (analysis) => {
    const found = () => ({
      names: recorded.names(undefined),
      reads: readsOf(analysis, made.oid),
    });
    // A type that calls decide cannot be judged before.
    if (inputs.some(({ type }) => isPolymorphic(type))) return found();
    const query = functionQuery(
      made,
      ownParameters(made),
      newScope(analysis, undefined),
      undefined,
      true,
    );
    refuseOtherResult(
      made,
      query.columns.map(({ type }) => (type === oid.unknown ? oid.text : type)),
    );
    return found();
  });
}

/** A function as it stands, with its parameters by name. */
export function analyzeFunction(
  made: UserFunction,
  context: QueryContext,
): { readonly query: Query; readonly calls: readonly Call[] } {
  const { fromClause } = functionTree(made, new Set(context.catalog.buckets));
  const prefix = fromClause === undefined ? "" : `${quoteIdent(made.name)}.`;
  const given = made.parameters.filter(isInput).map(
    ({ name, type }, index): Expression => ({
      kind: "parameter",
      index,
      type,
      typmod: -1,
      location: undefined,
      written: {
        kind: "key word",
        text: name === "" ? `$${index + 1}` : `${prefix}${quoteIdent(name)}`,
      },
    }),
  );
  return guarded({ sql: "", offset: 0 }, [], context, (analysis) => ({
    query: functionQuery(made, given, newScope(analysis, undefined), undefined),
    calls: analysis.calls,
  }));
}

/** `types`: of the columns that its last statement gives. */
export function refuseOtherResult(made: UserFunction, types: readonly number[]): void {
  const { returnType } = made;
  if (returnType === oid.void) return;
  const wanted = resultTypes(made);
  if (wanted === undefined) return;
  const refuse = (detail: string) =>
    new PgError(
      "42P13",
      `return type mismatch in function declared to return ${typeName(returnType)}`,
      { detail },
    );
  const [only] = types;
  if (wanted.length === 1 && returnType !== oid.record) {
    if (types.length === 0)
      throw refuse("Function's final statement must be SELECT or INSERT/UPDATE/DELETE RETURNING.");
    if (types.length !== 1) throw refuse("Final statement must return exactly one column.");
    if (!canCoerce([must(only, "one column")], wanted, "assignment"))
      throw refuse(`Actual return type is ${typeName(only ?? 0)}.`);
    return;
  }
  if (types.length < wanted.length) throw refuse("Final statement returns too few columns.");
  if (types.length > wanted.length) throw refuse("Final statement returns too many columns.");
  for (const [i, type] of types.entries()) {
    const expected = wanted[i] ?? type;
    if (!canCoerce([type], [expected], "assignment"))
      throw refuse(
        `Final statement returns ${typeName(type)} instead of ${typeName(expected)} at column ${i + 1}.`,
      );
  }
}

/** Of the columns it gives; undefined where only the call says them. */
export function resultTypes(made: UserFunction): readonly number[] | undefined {
  const outputs = made.parameters.filter(({ mode }) => "obt".includes(mode));
  if (outputs.length > 0) return outputs.map(({ type }) => type);
  const row = userType(made.returnType);
  if (row?.kind === "composite") return row.columns.map(({ typeOid }) => typeOid);
  return made.returnType === oid.record ? undefined : [made.returnType];
}
