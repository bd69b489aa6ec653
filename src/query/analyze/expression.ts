/** A value expression of PostgreSQL's tree, made typed: PostgreSQL's parse_expr.c. Nodes not in the table are 0A000. */
import type { Node } from "@pgsql/types";
import { callExpression, groupingExpression } from "./call.ts";
import {
  coerce,
  coerceToBoolean,
  coerceToCommon,
  coerceToTarget,
  commonType,
  commonTypmod,
  typeOf,
} from "./coerce.ts";
import { withCollation } from "./collation.ts";
import { columnReference } from "./column.ts";
import { constant, nullConstant } from "./constant.ts";
import { indirection } from "./indirection.ts";
import { oid } from "./oids.ts";
import { makeOperator } from "./operator.ts";
import { operatorExpression } from "./operator-expression.ts";
import { withoutSets } from "./restrictions.ts";
import { columnUse, type Scope } from "./scope.ts";
import { sessionFunction } from "./session-value.ts";
import { subquery } from "./subquery.ts";
import type { Expression } from "./tree.ts";
import {
  arrayType,
  baseType,
  category,
  elementType,
  nameParts,
  resolveType,
  typeName,
} from "./types.ts";
import { xmlExpression, xmlSerialize } from "./xml.ts";

type Union<U> = (U extends unknown ? (u: U) => void : never) extends (i: infer I) => void
  ? I
  : never;
type Nodes = Union<Node>;
type Body<Kind extends keyof Nodes> = Nodes[Kind];
type Transform<Kind extends keyof Nodes> = (node: Body<Kind>, scope: Scope) => Expression;

const transforms: { readonly [Kind in keyof Nodes]?: Transform<Kind> } = {
  A_Const: (node, scope) => constant(node, scope.analysis),
  ParamRef: parameter,
  ColumnRef: columnReference,
  TypeCast: typeCast,
  CollateClause: collate,
  A_Expr: operatorExpression,
  BoolExpr: booleanExpression,
  NullTest: nullTest,
  BooleanTest: booleanTest,
  FuncCall: callExpression,
  GroupingFunc: groupingExpression,
  SQLValueFunction: sessionFunction,
  CaseExpr: caseExpression,
  CoalesceExpr: coalesce,
  MinMaxExpr: extremum,
  A_ArrayExpr: (node, scope) => arrayExpression(node, scope, undefined),
  RowExpr: rowExpression,
  A_Indirection: indirection,
  SubLink: subquery,
  XmlExpr: xmlExpression,
  XmlSerialize: xmlSerialize,
};

/** What cannot be analyzed, by the words of its grammar. */
const unsupportedNodes: Readonly<Record<string, string>> = {
  JsonObjectConstructor: "JSON_OBJECT",
  JsonArrayConstructor: "JSON_ARRAY",
  JsonArrayQueryConstructor: "JSON_ARRAY",
  JsonObjectAgg: "JSON_OBJECTAGG",
  JsonArrayAgg: "JSON_ARRAYAGG",
  JsonIsPredicate: "IS JSON",
  JsonFuncExpr: "SQL/JSON query functions",
  JsonParseExpr: "JSON()",
  JsonScalarExpr: "JSON_SCALAR",
  JsonSerializeExpr: "JSON_SERIALIZE",
  SetToDefault: "DEFAULT in this context",
  CurrentOfExpr: "CURRENT OF in this place",
  MergeSupportFunc: "MERGE_ACTION",
};

export function expression(node: Node, scope: Scope): Expression {
  const { analysis } = scope;
  return analysis.nested(() => {
    for (const kind in node) {
      const transform = transforms[kind as keyof Nodes];
      const body: unknown = Reflect.get(node, kind);
      // The table pairs each kind with its own body; the compiler cannot follow that through a look-up.
      if (transform !== undefined)
        return (transform as (body: unknown, scope: Scope) => Expression)(body, scope);
      const what = unsupportedNodes[kind] ?? `the expression ${kind}`;
      throw analysis.error("0A000", `${what} is not supported yet`, locationOf(body));
    }
    throw analysis.error("0A000", "an empty expression is not supported", undefined);
  });
}

function locationOf(body: unknown): number | undefined {
  if (typeof body !== "object" || body === null || !("location" in body)) return undefined;
  return typeof body.location === "number" ? body.location : undefined;
}

function child(node: Node | undefined, scope: Scope): Expression {
  return node === undefined
    ? nullConstant(oid.unknown, undefined)
    : scope.analysis.rules.expression(node, scope);
}

function children(nodes: readonly Node[] | undefined, scope: Scope): Expression[] {
  return (nodes ?? []).map((node) => scope.analysis.rules.expression(node, scope));
}

function parameter(node: Body<"ParamRef">, scope: Scope): Expression {
  const { analysis } = scope;
  const { number = 0, location } = node;
  if (number < 1 || number > 65535)
    throw analysis.error("42P02", `there is no parameter $${number}`, location);
  const given = analysis.view?.arguments;
  if (given !== undefined) {
    const value = given[number - 1];
    if (value !== undefined) return value;
    throw analysis.error("42P02", `there is no parameter $${number}`, location);
  }
  if (analysis.isKept) throw analysis.error("42P02", `there is no parameter $${number}`, location);
  const index = number - 1;
  analysis.noteParameter(index);
  return { kind: "parameter", index, type: analysis.parameterType(index), typmod: -1, location };
}

function typeCast(node: Body<"TypeCast">, scope: Scope): Expression {
  const { analysis } = scope;
  if (node.typeName === undefined) return child(node.arg, scope);
  const { type, typmod } = resolveType(node.typeName, (error, location) => {
    throw analysis.at(error, location);
  });
  const { arg } = node;
  const argument =
    arg !== undefined && "A_ArrayExpr" in arg
      ? arrayExpression(arg.A_ArrayExpr, scope, { type, typmod })
      : child(arg, scope);
  const from = typeOf(argument, analysis);
  const location =
    node.location !== undefined && node.location >= 0 ? node.location : node.typeName.location;
  const coerced = coerceToTarget(argument, type, typmod, analysis, "explicit");
  if (coerced !== undefined) return coerced;
  throw analysis.error(
    "42846",
    `cannot cast type ${typeName(from)} to ${typeName(type)}`,
    location,
  );
}

const collations: ReadonlySet<string> = new Set([
  "default",
  "C",
  "POSIX",
  "ucs_basic",
  "C.UTF-8",
  "C.utf8",
]);

/** Text is ordered by its bytes here, as under "C"; another order is not to be had. */
function collate(node: Body<"CollateClause">, scope: Scope): Expression {
  const { analysis } = scope;
  const argument = child(node.arg, scope);
  const type = typeOf(argument, analysis);
  if (type !== oid.unknown && category(baseType(type)) !== "S" && type !== oid.engineTyped)
    throw analysis.error(
      "42804",
      `collations are not supported by type ${typeName(type)}`,
      node.location,
    );
  const name = nameParts(node.collname).at(-1) ?? "";
  if (collations.has(name)) return withCollation(argument, name);
  throw analysis.error(
    "42704",
    `collation "${name}" for encoding "UTF8" does not exist`,
    node.location,
  );
}

const booleanWords = { AND_EXPR: "AND", OR_EXPR: "OR", NOT_EXPR: "NOT" } as const;

function booleanExpression(node: Body<"BoolExpr">, scope: Scope): Expression {
  const operation = booleanWords[node.boolop ?? "AND_EXPR"];
  const operands = children(node.args, scope).map((one) =>
    coerceToBoolean(one, operation, scope.analysis),
  );
  return {
    kind: "boolean",
    operation,
    arguments: operands,
    type: oid.bool,
    typmod: -1,
    location: node.location,
  };
}

function nullTest(node: Body<"NullTest">, scope: Scope): Expression {
  return {
    kind: "null test",
    isNegated: node.nulltesttype === "IS_NOT_NULL",
    argument: child(node.arg, scope),
    type: oid.bool,
    typmod: -1,
    location: node.location,
  };
}

const booleanTests = {
  IS_TRUE: ["TRUE", false],
  IS_NOT_TRUE: ["TRUE", true],
  IS_FALSE: ["FALSE", false],
  IS_NOT_FALSE: ["FALSE", true],
  IS_UNKNOWN: ["UNKNOWN", false],
  IS_NOT_UNKNOWN: ["UNKNOWN", true],
} as const;

function booleanTest(node: Body<"BooleanTest">, scope: Scope): Expression {
  const [test, isNegated] = booleanTests[node.booltesttype ?? "IS_TRUE"];
  const what = `IS ${isNegated ? "NOT " : ""}${test}`;
  return {
    kind: "boolean test",
    test,
    isNegated,
    argument: coerceToBoolean(child(node.arg, scope), what, scope.analysis),
    type: oid.bool,
    typmod: -1,
    location: node.location,
  };
}

function caseExpression(node: Body<"CaseExpr">, scope: Scope): Expression {
  const { analysis } = scope;
  const { subject, conditions, results, otherwise } = withoutSets(
    scope,
    "CASE",
    node.location,
    () => caseParts(node, scope),
  );
  const type = commonType([otherwise, ...results], "CASE", analysis);
  const settled = results.map((one) => coerceToCommon(one, type, "CASE/WHEN", analysis));
  const last = coerceToCommon(otherwise, type, "CASE/ELSE", analysis);
  return {
    kind: "case",
    ...(subject === undefined ? {} : { subject }),
    branches: conditions.map((when, i) => ({ when, result: settled[i] ?? last })),
    otherwise: node.defresult === undefined ? undefined : last,
    type,
    typmod: commonTypmod([...settled, last], type),
    location: node.location,
  };
}

function caseParts(
  node: Body<"CaseExpr">,
  scope: Scope,
): {
  subject: Expression | undefined;
  conditions: Expression[];
  results: Expression[];
  otherwise: Expression;
} {
  const { analysis } = scope;
  const subject = caseSubject(node, scope);
  const conditions: Expression[] = [];
  const results: Expression[] = [];
  for (const branch of node.args ?? []) {
    if (!("CaseWhen" in branch)) continue;
    const { expr, result, location } = branch.CaseWhen;
    const value = child(expr, scope);
    const test =
      subject === undefined ? value : makeOperator("=", subject, value, analysis, location);
    conditions.push(coerceToBoolean(test, "CASE/WHEN", analysis));
    results.push(child(result, scope));
  }
  return { subject, conditions, results, otherwise: child(node.defresult, scope) };
}

function caseSubject(node: Body<"CaseExpr">, scope: Scope): Expression | undefined {
  if (node.arg === undefined) return undefined;
  const subject = child(node.arg, scope);
  return typeOf(subject, scope.analysis) === oid.unknown
    ? coerce(subject, oid.text, scope.analysis)
    : subject;
}

function coalesce(node: Body<"CoalesceExpr">, scope: Scope): Expression {
  const operands = withoutSets(scope, "COALESCE", node.location, () => children(node.args, scope));
  const { settled, type } = settleAll(operands, "COALESCE", scope);
  return {
    kind: "coalesce",
    arguments: settled,
    type,
    typmod: commonTypmod(settled, type),
    location: node.location,
  };
}

function extremum(node: Body<"MinMaxExpr">, scope: Scope): Expression {
  const isLeast = node.op === "IS_LEAST";
  const what = isLeast ? "LEAST" : "GREATEST";
  const { settled, type } = settleAll(children(node.args, scope), what, scope);
  return {
    kind: "extremum",
    function: isLeast ? "least" : "greatest",
    arguments: settled,
    type,
    typmod: commonTypmod(settled, type),
    location: node.location,
  };
}

function settleAll(
  operands: readonly Expression[],
  what: string,
  scope: Scope,
): { settled: Expression[]; type: number } {
  const type = commonType(operands, what, scope.analysis);
  return {
    settled: operands.map((one) => coerceToCommon(one, type, what, scope.analysis)),
    type,
  };
}

/** `wanted`: ARRAY[…]::type[] hands the type down to its elements. */
function arrayExpression(
  node: Body<"A_ArrayExpr">,
  scope: Scope,
  wanted: { readonly type: number; readonly typmod: number } | undefined,
): Expression {
  const { analysis } = scope;
  const { location } = node;
  const wantedElement = wanted === undefined ? undefined : elementType(baseType(wanted.type));
  const elements = (node.elements ?? []).map((element) =>
    "A_ArrayExpr" in element
      ? arrayExpression(
          element.A_ArrayExpr,
          scope,
          wantedElement === undefined ? undefined : wanted,
        )
      : analysis.rules.expression(element, scope),
  );
  refuseUneven(elements, analysis);
  const isNested = elements.some((one) => elementType(typeOf(one, analysis)) !== undefined);
  if (wanted !== undefined && wantedElement !== undefined) {
    const inner = isNested ? wanted.type : wantedElement;
    const settled = elements.map((one) => castElement(one, inner, wanted.typmod, scope));
    return { kind: "array", elements: settled, type: wanted.type, typmod: wanted.typmod, location };
  }
  if (elements.length === 0)
    throw analysis.error("42P18", "cannot determine type of empty array", location, {
      hint: "Explicitly cast to the desired type, for example ARRAY[]::integer[].",
    });
  const common = commonType(elements, "ARRAY", analysis);
  const settled = elements.map((one) => coerceToCommon(one, common, "ARRAY", analysis));
  const type = elementType(common) === undefined ? arrayType(common) : common;
  if (type === undefined && common !== oid.engineTyped)
    throw analysis.error(
      "42704",
      `could not find array type for data type ${typeName(common)}`,
      location,
    );
  return { kind: "array", elements: settled, type: type ?? oid.engineTyped, typmod: -1, location };
}

/** Rows of one array are of one length. */
function refuseUneven(elements: readonly Expression[], analysis: Scope["analysis"]): void {
  const lengths = elements.flatMap((one) => (one.kind === "array" ? [one.elements.length] : []));
  if (lengths.every((length) => length === lengths[0])) return;
  throw analysis.error(
    "2202E",
    "multidimensional arrays must have array expressions with matching dimensions",
    undefined,
  );
}

function castElement(element: Expression, type: number, typmod: number, scope: Scope): Expression {
  const { analysis } = scope;
  const coerced = coerceToTarget(element, type, typmod, analysis, "explicit");
  if (coerced !== undefined) return coerced;
  throw analysis.error(
    "42846",
    `cannot cast type ${typeName(typeOf(element, analysis))} to ${typeName(type)}`,
    element.location,
  );
}

/** ROW(t.*, x): a field for each of its columns. */
function wholeRowFields(node: Node, scope: Scope): readonly Expression[] | undefined {
  if (!("ColumnRef" in node) || !(node.ColumnRef.fields ?? []).some((one) => "A_Star" in one))
    return undefined;
  const whole = child(node, scope);
  return whole.kind === "whole row"
    ? whole.entry.columns.map((column) => columnUse(whole.entry, column, whole.location))
    : [whole];
}

function rowExpression(node: Body<"RowExpr">, scope: Scope): Expression {
  const { analysis } = scope;
  const given = (node.args ?? []).flatMap(
    (one) => wholeRowFields(one, scope) ?? [child(one, scope)],
  );
  const fields = given.map((field) => {
    if (typeOf(field, analysis) !== oid.unknown) return field;
    if (field.kind === "parameter")
      throw analysis.error(
        "42P18",
        `could not determine data type of parameter $${field.index + 1}`,
        field.location,
      );
    return coerce(field, oid.text, analysis);
  });
  const unknowns = given.flatMap((field, at) =>
    typeOf(field, analysis) === oid.unknown ? [at] : [],
  );
  return {
    kind: "row",
    fields,
    ...(unknowns.length > 0 ? { unknowns } : {}),
    names: fields.map((_, i) => `f${i + 1}`),
    type: oid.record,
    typmod: -1,
    location: node.location,
  };
}
