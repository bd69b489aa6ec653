/** The way into this room: one analysis, with the recursions of the grammar, and its limits. */
import type { Node } from "@pgsql/types";
import { parseSync } from "libpg-query";
import { PgError } from "../../base/error.ts";
import type { QueryContext } from "../query.ts";
import {
  Analysis,
  type QueryOptions,
  type Rules,
  type SourceText,
  stackDepth,
} from "./analysis.ts";
import { expression } from "./expression.ts";
import { query } from "./query.ts";
import { withinFunction } from "./running.ts";
import { step } from "./steps.ts";

/** Too deep for JavaScript's stack is too deep: 54001 in the client's terms. */
export function guarded<T>(
  source: SourceText,
  parameterTypes: readonly number[],
  context: QueryContext,
  step: (analysis: Analysis) => T,
): T {
  const analysis: Analysis = new Analysis(source, context, rules, parameterTypes);
  const { running } = context;
  try {
    return running === undefined ? step(analysis) : withinFunction(running, analysis, step);
  } catch (error) {
    if (error instanceof RangeError) throw stackDepth();
    throw error;
  }
}

const rules: Rules = {
  expression,
  step,
  query: (tree, parent, options: QueryOptions = {}) =>
    query(tree, parent, options, parent.analysis),
  wholeQuery: (tree, analysis) => query(tree, undefined, {}, analysis),
  parseExpression,
};

export function parseExpression(text: string): Node {
  const { stmts = [] } = parseSync(`SELECT ${text}`);
  const statement = stmts[0]?.stmt;
  const [target, second] =
    statement !== undefined && "SelectStmt" in statement
      ? (statement.SelectStmt.targetList ?? [])
      : [];
  const value = target !== undefined && "ResTarget" in target ? target.ResTarget.val : undefined;
  if (value === undefined || second !== undefined || stmts.length !== 1)
    throw new PgError("42601", `"${text}" is not an expression`);
  return withoutPlaces(value);
}

/** Places in a text of ours mean nothing in the client's. */
function withoutPlaces(node: Node): Node {
  return JSON.parse(
    JSON.stringify(node, (key, value: unknown) => (key === "location" ? undefined : value)),
  ) as Node;
}
