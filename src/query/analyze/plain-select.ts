/** A SELECT made by the analyzer itself: targets FROM … WHERE, nothing else. */
import type { CommonTable, Expression, FromItem, Query, QueryColumn, Target } from "./tree.ts";

export interface PlainSelect {
  readonly targets: readonly Target[];
  readonly from: readonly FromItem[];
  readonly columns: readonly QueryColumn[];
  readonly where?: Expression | undefined;
  readonly commonTables?: readonly CommonTable[];
}

export function plainSelect(parts: PlainSelect): Query {
  const { targets, from, columns, where, commonTables = [] } = parts;
  return {
    commonTables,
    body: {
      kind: "select",
      targets,
      from,
      where,
      groups: undefined,
      having: undefined,
      distinct: undefined,
      isAggregated: false,
    },
    columns,
    ...unlimited,
  };
}

export const unlimited = {
  sort: [],
  limit: undefined,
  offset: undefined,
  withTies: false,
} as const;
