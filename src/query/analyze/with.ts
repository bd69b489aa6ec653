/** WITH [RECURSIVE]: queries under a name for the rest of the statement. */
import type { CommonTableExpr, Node, WithClause } from "@pgsql/types";
import { must } from "../../base/assert.ts";
import type { PgError } from "../../base/error.ts";
import type { Scope, VisibleTable } from "./scope.ts";
import { withSearchAndCycle } from "./search-cycle.ts";
import type { CommonTable, EntryColumn, Query, QueryColumn } from "./tree.ts";
import { nameParts, typeName } from "./types.ts";
import { walk } from "./walk.ts";

/** Analyzes each in order and leaves it in the scope for what follows. */
export function withClause(node: WithClause, scope: Scope): readonly CommonTable[] {
  const tables: CommonTable[] = [];
  const taken = new Set<string>();
  for (const item of node.ctes ?? []) {
    if (!("CommonTableExpr" in item)) continue;
    const { ctename = "", location } = item.CommonTableExpr;
    if (taken.has(ctename))
      throw scope.analysis.error(
        "42712",
        `WITH query name "${ctename}" specified more than once`,
        location,
      );
    taken.add(ctename);
    const { ctequery } = item.CommonTableExpr;
    if (ctequery !== undefined && !("SelectStmt" in ctequery))
      modifyingTable(item.CommonTableExpr, ctequery, node.recursive ?? false, tables, scope);
    else tables.push(commonTable(item.CommonTableExpr, node.recursive ?? false, scope));
  }
  return tables;
}

/** Runs once, before the rest of the statement, whether or not anything reads what it gives back. */
function modifyingTable(
  node: CommonTableExpr,
  tree: Node,
  mayRecurse: boolean,
  tables: readonly CommonTable[],
  scope: Scope,
): void {
  const { analysis } = scope;
  const { ctename: name = "", location } = node;
  if (scope.parent !== analysis.outermost)
    throw analysis.error(
      "0A000",
      "WITH clause containing a data-modifying statement must be at the top level",
      location,
    );
  if (mayRecurse && names(tree, name))
    throw analysis.error(
      "42P19",
      `recursive query "${name}" must not contain data-modifying statements`,
      location,
    );
  if ("MergeStmt" in tree)
    throw analysis.error("0A000", "MERGE not supported in WITH query", location);
  const made = analysis.rules.step(tree, scope, tables);
  const step = analysis.steps.push(made) - 1;
  scope.commonTables.push({
    name,
    columns: entryColumns(node, made.returning?.columns ?? [], scope),
    table: () => {
      throw new Error("bug: what a step gave back is no WITH query");
    },
    step,
  });
}

function commonTable(node: CommonTableExpr, mayRecurse: boolean, scope: Scope): CommonTable {
  const { analysis } = scope;
  const { ctename: name = "", ctequery, location } = node;
  if (ctequery === undefined || !("SelectStmt" in ctequery))
    throw analysis.error("0A000", "a WITH query must be a query", location);
  const engineName = analysis.alias(name);
  const isRecursive = mayRecurse && names(ctequery, name);
  const steps = { search: node.search_clause, cycle: node.cycle_clause };
  const hasSteps = steps.search !== undefined || steps.cycle !== undefined;
  if (hasSteps && !isRecursive)
    throw analysis.error("42601", "WITH query is not recursive", location);
  let made: CommonTable | undefined;
  const table = () => must(made, "a WITH query is analyzed before it is printed");
  const publish = (columns: readonly QueryColumn[]) => {
    const visible: VisibleTable = { name, columns: entryColumns(node, columns, scope), table };
    scope.commonTables.push(visible);
  };
  const query = isRecursive
    ? recursiveQuery(ctequery.SelectStmt, name, publish, scope, location)
    : analysis.rules.query(ctequery.SelectStmt, scope);
  if (!isRecursive) publish(query.columns);
  const whole = hasSteps
    ? withSearchAndCycle(query, entryColumns(node, query.columns, scope), steps, name, table, scope)
    : query;
  if (hasSteps) {
    scope.commonTables.pop();
    publish(whole.columns);
  }
  made = {
    name,
    engineName,
    isRecursive,
    materialized:
      node.ctematerialized === "CTEMaterializeAlways"
        ? true
        : node.ctematerialized === "CTEMaterializeNever"
          ? false
          : undefined,
    query: whole,
    ...(hasSteps ? { hasSteps } : {}),
    written: { isRecursive: mayRecurse, columns: nameParts(node.aliascolnames) },
  };
  return made;
}

function recursiveQuery(
  tree: Parameters<Scope["analysis"]["rules"]["query"]>[0],
  name: string,
  publish: (columns: readonly QueryColumn[]) => void,
  scope: Scope,
  location: number | undefined,
): Query {
  const { analysis } = scope;
  if (tree.op !== "SETOP_UNION")
    throw analysis.error(
      "42P19",
      `recursive query "${name}" does not have the form non-recursive-term UNION [ALL] recursive-term`,
      location,
    );
  let first: readonly QueryColumn[] = [];
  const query = analysis.rules.query(tree, scope, {
    onFirstOperand(columns) {
      first = columns;
      publish(columns);
    },
  });
  refuseAggregates(query, scope);
  const at = query.columns.findIndex((column, i) => column.type !== first[i]?.type);
  if (at >= 0) throw changedType(name, at, first, query, scope, location);
  return query;
}

function refuseAggregates({ body }: Query, scope: Scope): void {
  const term = body.kind === "set" ? body.right.query.body : body;
  if (term.kind !== "select" || !term.isAggregated) return;
  for (const { expression } of term.targets)
    walk(expression, (part) => {
      if (part.kind === "aggregate")
        throw scope.analysis.error(
          "42P19",
          "aggregate functions are not allowed in a recursive query's recursive term",
          part.location,
        );
    });
}

function changedType(
  name: string,
  at: number,
  first: readonly QueryColumn[],
  query: Query,
  scope: Scope,
  location: number | undefined,
): PgError {
  const [before, after] = [first[at]?.type ?? 0, query.columns[at]?.type ?? 0];
  return scope.analysis.error(
    "42804",
    `recursive query "${name}" column ${at + 1} has type ${typeName(before)} in non-recursive term but type ${typeName(after)} overall`,
    location,
    { hint: "Cast the output of the non-recursive term to the correct type." },
  );
}

function entryColumns(
  node: CommonTableExpr,
  columns: readonly QueryColumn[],
  scope: Scope,
): readonly EntryColumn[] {
  const renamed = nameParts(node.aliascolnames);
  if (renamed.length > columns.length)
    throw scope.analysis.error(
      "42P10",
      `WITH query "${node.ctename}" has ${columns.length} columns available but ${renamed.length} columns specified`,
      node.location,
    );
  return columns.map((column, i) => ({
    ...column,
    name: renamed[i] ?? column.name,
    number: 0,
  }));
}

/** Whether a FROM anywhere in the tree speaks of `name` without a schema. */
function names(tree: unknown, name: string): boolean {
  if (typeof tree !== "object" || tree === null) return false;
  if ("RangeVar" in tree) {
    const { RangeVar: range } = tree;
    if (typeof range === "object" && range !== null && "relname" in range)
      return range.relname === name && !("schemaname" in range);
  }
  return Object.values(tree).some((part) => names(part, name));
}
