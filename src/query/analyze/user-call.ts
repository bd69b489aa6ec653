/** Calls of functions that people made of SQL: the function's own query stands where the call stood. */
import type { SelectStmt } from "@pgsql/types";
import { must } from "../../base/assert.ts";
import type { UserFunction } from "../../catalog/user-function.ts";
import { argumentNames, blank, boundArguments, type Found } from "./bound-arguments.ts";
import { asOneColumn, entryOf, isRowOf, spreadOut } from "./called-rows.ts";
import { coerceToTarget } from "./coerce.ts";
import { make, nullConstant } from "./constant.ts";
import { frozenFunction, openFunction } from "./frozen.ts";
import { functionTree, isRun } from "./function-body.ts";
import { oid } from "./oids.ts";
import { plainSelect } from "./plain-select.ts";
import { compositeFields } from "./record.ts";
import { noteSetReturning } from "./restrictions.ts";
import { runRows } from "./run-rows.ts";
import { columnUse, type Scope } from "./scope.ts";
import type { Expression, Query, SubqueryExpression } from "./tree.ts";

/** A call that gives one value. */
export function userCall(
  made: UserFunction,
  found: Found,
  scope: Scope,
  location: number | undefined,
  /** It is evaluated once, whatever else the statement does. */
  isLone = false,
): Expression {
  const { analysis } = scope;
  const isOfStatements = isRun(made, new Set(analysis.asker.catalog.buckets));
  if (isOfStatements && !isLone)
    throw analysis.error(
      "0A000",
      `calling function ${made.name}, which writes or has several statements, in this place is not supported`,
      location,
      { hint: `Use SELECT ${made.name}(…) alone, or SELECT * FROM ${made.name}(…).` },
    );
  if (made.returnsSet) return setInList(made, found, scope, location);
  if (isOfStatements) {
    const rows = runRows(made, found, scope, location);
    const [column] = rows.columns;
    const { type = oid.void, typmod = -1 } = rows.columns.length === 1 ? (column ?? {}) : {};
    if (rows.columns.length !== 1)
      throw analysis.error(
        "0A000",
        `a row of function ${made.name} as one value is not supported`,
        location,
        { hint: `Use SELECT * FROM ${made.name}(…).` },
      );
    return { ...subquery("scalar", rows, location), type, typmod };
  }
  const bound = boundArguments(made, found, scope);
  const called = functionQuery(made, bound, scope, location);
  const query = isRowOf(called, found.result)
    ? asOneColumn(made.name, first(called), found, scope)
    : called;
  const value = resultOf(query, found.result, location);
  const typed =
    found.result === oid.void
      ? value
      : must(
          coerceToTarget(value, found.result, -1, analysis, "assignment"),
          "a function's result was judged when it was made",
        );
  const written = { kind: "call", proc: found.proc, arguments: found.arguments } as const;
  return { ...(made.isStrict ? strict(typed, bound, location) : typed), written };
}

/** A row of the select list for every value. */
function setInList(
  made: UserFunction,
  found: Found,
  scope: Scope,
  location: number | undefined,
): Expression {
  const { analysis } = scope;
  const isRunFirst = isRun(made, new Set(analysis.asker.catalog.buckets));
  const bound = isRunFirst ? [] : boundArguments(made, found, scope);
  const called = isRunFirst
    ? runRows(made, found, scope, location)
    : functionQuery(made, bound, scope, location);
  const rows = made.isStrict ? onlyWhere(called, allPresent(bound, location), scope) : called;
  const values = spreadOut(asOneColumn(made.name, rows, found, scope), found.result, location);
  if (values === undefined)
    throw analysis.error(
      "0A000",
      `calling function ${made.name}, which returns a set of arrays, outside FROM is not supported`,
      location,
      { hint: `Use SELECT * FROM ${made.name}(…).` },
    );
  noteSetReturning(scope, location);
  const written = { kind: "call", proc: found.proc, arguments: found.arguments } as const;
  const { array, spread } = values;
  return { ...spread(array), written };
}

/** The rows of a call in FROM, their columns of the types the function declares. */
export function userRows(
  made: UserFunction,
  found: Found,
  scope: Scope,
  location: number | undefined,
): Query {
  if (isRun(made, new Set(scope.analysis.asker.catalog.buckets)))
    return runRows(made, found, scope, location);
  const bound = boundArguments(made, found, scope);
  const isOneValue =
    made.returnType !== oid.record && compositeFields(made.returnType) === undefined;
  if (!made.returnsSet && isOneValue) {
    const expression = userCall(made, found, scope, location);
    const { type, typmod } = expression;
    return plainSelect({
      targets: [{ name: made.name, expression, isJunk: false }],
      from: [],
      columns: [{ name: made.name, engineName: made.name, type, typmod }],
    });
  }
  const query = functionQuery(made, bound, scope, location);
  const limited = made.returnsSet ? query : first(query);
  return made.isStrict ? onlyWhere(limited, allPresent(bound, location), scope) : limited;
}

/** The function's query with its arguments in it. `isNew`: its names are still to be found. */
export function functionQuery(
  made: UserFunction,
  bound: readonly Expression[],
  scope: Scope,
  location: number | undefined,
  isNew = false,
): Query {
  const { analysis } = scope;
  analysis.calledFunctions.push({
    made,
    as: analysis.definer,
    within: analysis.view?.relation.oid,
  });
  const asRole = made.isSecurityDefiner ? made.owner : analysis.definer;
  const frame = isNew
    ? openFunction(made, asRole, bound, analysis.asker)
    : frozenFunction(made, asRole, bound, analysis.asker, analysis.context);
  const tree: SelectStmt = functionTree(made, new Set(analysis.asker.catalog.buckets));
  if (analysis.isWithin(made.oid))
    throw analysis.error(
      "0A000",
      `function ${made.name} calling itself is not supported`,
      location,
      {
        hint: "Use WITH RECURSIVE.",
      },
    );
  return analysis.withinView(frame, () =>
    analysis.rules.query(tree, blank(scope, [argumentNames(made, bound)])),
  );
}

/** A select list alone is its expression; any other query a subquery of at most one row. */
function resultOf(query: Query, type: number, location: number | undefined): Expression {
  if (type === oid.void) return emptied(query, location);
  const { body } = query;
  const [target, second] = body.kind === "select" ? body.targets : [];
  const isExpression =
    body.kind === "select" &&
    body.from.length === 0 &&
    body.where === undefined &&
    body.having === undefined &&
    body.groups === undefined &&
    body.distinct === undefined &&
    !body.isAggregated &&
    query.sort.length + query.commonTables.length === 0 &&
    query.limit === undefined &&
    query.offset === undefined;
  if (isExpression && target !== undefined && second === undefined) return target.expression;
  const [column] = query.columns;
  return {
    ...subquery("scalar", first(query), location),
    type: column?.type ?? oid.text,
    typmod: column?.typmod ?? -1,
  };
}

/** Of a function that returns nothing the query runs, and its rows are let go. */
function emptied(query: Query, location: number | undefined): Expression {
  const nothing = nullConstant(oid.void, location);
  return {
    kind: "case",
    branches: [{ when: subquery("exists", query, location), result: nothing }],
    otherwise: nothing,
    type: oid.void,
    typmod: -1,
    location,
  };
}

function subquery(
  form: "scalar" | "exists",
  query: Query,
  location: number | undefined,
): SubqueryExpression {
  const none = { left: [], tests: [], entry: undefined, operator: "" } as const;
  return { kind: "subquery", form, query, ...none, type: oid.bool, typmod: -1, location };
}

function first(query: Query): Query {
  return query.limit === undefined ? { ...query, limit: make(oid.int8, "1", undefined) } : query;
}

function strict(
  value: Expression,
  bound: readonly Expression[],
  location: number | undefined,
): Expression {
  const open = bound.filter((one) => one.kind !== "constant" || one.text === null);
  if (open.length === 0) return value;
  const { type, typmod } = value;
  return {
    kind: "case",
    branches: [{ when: allPresent(open, location), result: value }],
    otherwise: nullConstant(type, location),
    type,
    typmod,
    location,
  };
}

function allPresent(bound: readonly Expression[], location: number | undefined): Expression {
  const test = { type: oid.bool, typmod: -1, location } as const;
  const tests = bound.map(
    (argument): Expression => ({ kind: "null test", isNegated: true, argument, ...test }),
  );
  const [only = make(oid.bool, "t", location), second] = tests;
  return second === undefined
    ? only
    : { kind: "boolean", operation: "AND", arguments: tests, ...test };
}

function onlyWhere(query: Query, where: Expression, scope: Scope): Query {
  const entry = entryOf(query, scope);
  return plainSelect({
    targets: entry.columns.map((column) => ({
      name: column.name,
      expression: columnUse(entry, column, undefined),
      isJunk: false,
    })),
    from: [{ kind: "entry", entry, isLateral: false }],
    columns: query.columns,
    where,
  });
}
