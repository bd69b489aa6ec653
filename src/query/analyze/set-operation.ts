/** UNION, INTERSECT, EXCEPT: PostgreSQL's transformSetOperationTree. */
import type { SelectStmt } from "@pgsql/types";
import type { QueryOptions } from "./analysis.ts";
import { castColumns, columnExpressions } from "./cast-columns.ts";
import { commonType } from "./coerce.ts";
import { limits } from "./limit.ts";
import { oid } from "./oids.ts";
import { outputSort } from "./output-sort.ts";
import type { Scope } from "./scope.ts";
import type { CommonTable, Query, QueryColumn } from "./tree.ts";

const operations = {
  SETOP_UNION: "UNION",
  SETOP_INTERSECT: "INTERSECT",
  SETOP_EXCEPT: "EXCEPT",
} as const;

export function setOperation(
  tree: SelectStmt,
  scope: Scope,
  commonTables: readonly CommonTable[],
  options: QueryOptions,
): Query {
  const combined = combine(tree, scope, options);
  return {
    ...combined,
    commonTables,
    sort: outputSort(tree.sortClause ?? [], combined.columns, "UNION/INTERSECT/EXCEPT", scope),
    ...limits(tree, scope),
  };
}

function combine(tree: SelectStmt, scope: Scope, options: QueryOptions): Query {
  const { analysis } = scope;
  const { larg, rarg, op } = tree;
  if (larg === undefined || rarg === undefined || op === undefined || op === "SETOP_NONE")
    throw analysis.error("0A000", "a set operation needs two queries", undefined);
  const operation = operations[op as keyof typeof operations];
  const left = operand(larg, scope);
  if (options.onFirstOperand !== undefined) options.onFirstOperand(left.columns.map(asText));
  const right = operand(rarg, scope);
  const [leftColumns, rightColumns] = [columnExpressions(left), columnExpressions(right)];
  if (leftColumns.length !== rightColumns.length)
    throw analysis.error(
      "42601",
      `each ${operation} query must have the same number of columns`,
      rightColumns[0]?.location,
    );
  const types = leftColumns.map((one, i) =>
    commonType([one, rightColumns[i] ?? one], operation, analysis),
  );
  const columns = left.columns.map((column, i): QueryColumn => {
    const type = types[i] ?? oid.text;
    const other = right.columns[i];
    const isAlike = column.type === type && other?.type === type && other.typmod === column.typmod;
    return { ...column, type, typmod: isAlike ? column.typmod : -1 };
  });
  return {
    commonTables: [],
    body: {
      kind: "set",
      operation,
      isAll: tree.all ?? false,
      left: castColumns(left, types, operation, analysis),
      right: castColumns(right, types, operation, analysis),
    },
    columns,
    sort: [],
    limit: undefined,
    offset: undefined,
    withTies: false,
  };
}

const asText = (column: QueryColumn): QueryColumn =>
  column.type === oid.unknown ? { ...column, type: oid.text } : column;

/** An operand without clauses of its own that is a set operation itself belongs to the same tree. */
function operand(tree: SelectStmt, scope: Scope): Query {
  const isLeaf =
    tree.op === undefined ||
    tree.op === "SETOP_NONE" ||
    tree.sortClause !== undefined ||
    tree.limitCount !== undefined ||
    tree.limitOffset !== undefined ||
    tree.lockingClause !== undefined ||
    tree.withClause !== undefined;
  if (!isLeaf) return scope.analysis.nested(() => combine(tree, scope, {}));
  return scope.analysis.rules.query(tree, scope, { keepUnknown: true });
}
