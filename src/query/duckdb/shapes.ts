/**
 * Every kind of node in DuckDB's tree that we know, with every field it may have and what stands there. A node, field
 * or class that is not here is not understood, so not let through: a later version's new syntax cannot slip past.
 */

export type FieldKind =
  /** Nothing to look into: words, flags, numbers, lists of them. */
  | "plain"
  | "statement"
  | "query"
  | "commonTables"
  | "modifiers"
  | "orders"
  | "orderModifier"
  | "expression"
  | "expressions"
  | "expressionLists"
  | "table"
  | "type"
  | "value"
  | "values"
  | "sample"
  | "at"
  | "caseChecks"
  | "namedExpressions"
  | "renames"
  | "pivots"
  /** Must be empty or null: nothing we know how to judge. */
  | "nothing";

type Shape = Readonly<Record<string, FieldKind>>;

const expression = {
  class: "plain",
  type: "plain",
  alias: "plain",
  query_location: "plain",
} as const;
const table = { type: "plain", alias: "plain", sample: "sample", query_location: "plain" } as const;
const query = { type: "plain", modifiers: "modifiers", cte_map: "commonTables" } as const;

/** By `class`. */
export const expressions: Readonly<Record<string, Shape>> = {
  BETWEEN: { ...expression, input: "expression", lower: "expression", upper: "expression" },
  CASE: { ...expression, case_checks: "caseChecks", else_expr: "expression" },
  CAST: { ...expression, child: "expression", cast_type: "type", try_cast: "plain" },
  COLLATE: { ...expression, child: "expression", collation: "plain" },
  COLUMN_REF: { ...expression, column_names: "plain" },
  COMPARISON: { ...expression, left: "expression", right: "expression" },
  CONJUNCTION: { ...expression, children: "expressions" },
  CONSTANT: { ...expression, value: "value" },
  DEFAULT: expression,
  FUNCTION: {
    ...expression,
    function_name: "plain",
    schema: "plain",
    catalog: "plain",
    children: "expressions",
    filter: "expression",
    order_bys: "orderModifier",
    distinct: "plain",
    is_operator: "plain",
    export_state: "plain",
  },
  LAMBDA: { ...expression, lhs: "expression", expr: "expression", syntax_type: "plain" },
  LAMBDA_REF: { ...expression, lambda_idx: "plain", column_name: "plain" },
  OPERATOR: { ...expression, children: "expressions" },
  PARAMETER: { ...expression, identifier: "plain" },
  POSITIONAL_REFERENCE: { ...expression, index: "plain" },
  STAR: {
    ...expression,
    relation_name: "plain",
    exclude_list: "plain",
    replace_list: "namedExpressions",
    columns: "plain",
    expr: "expression",
    qualified_exclude_list: "plain",
    rename_list: "renames",
  },
  SUBQUERY: {
    ...expression,
    subquery_type: "plain",
    subquery: "statement",
    child: "expression",
    comparison_type: "plain",
  },
  WINDOW: {
    ...expression,
    function_name: "plain",
    schema: "plain",
    catalog: "plain",
    children: "expressions",
    partitions: "expressions",
    orders: "orders",
    start: "plain",
    end: "plain",
    start_expr: "expression",
    end_expr: "expression",
    offset_expr: "expression",
    default_expr: "expression",
    ignore_nulls: "plain",
    filter_expr: "expression",
    exclude_clause: "plain",
    distinct: "plain",
    arg_orders: "orders",
  },
};

/** By `type`. */
export const tables: Readonly<Record<string, Shape>> = {
  BASE_TABLE: {
    ...table,
    catalog_name: "plain",
    schema_name: "plain",
    table_name: "plain",
    column_name_alias: "plain",
    at_clause: "at",
  },
  EMPTY: table,
  EXPRESSION_LIST: {
    ...table,
    expected_names: "plain",
    expected_types: "nothing",
    values: "expressionLists",
  },
  JOIN: {
    ...table,
    left: "table",
    right: "table",
    condition: "expression",
    join_type: "plain",
    ref_type: "plain",
    using_columns: "plain",
    delim_flipped: "plain",
    duplicate_eliminated_columns: "nothing",
  },
  PIVOT: {
    ...table,
    source: "table",
    aggregates: "expressions",
    unpivot_names: "plain",
    pivots: "pivots",
    groups: "plain",
    column_name_alias: "plain",
    include_nulls: "plain",
  },
  SHOW_REF: {
    ...table,
    table_name: "plain",
    query: "query",
    show_type: "plain",
    catalog_name: "plain",
    schema_name: "plain",
  },
  SUBQUERY: { ...table, subquery: "statement", column_name_alias: "plain" },
  TABLE_FUNCTION: {
    ...table,
    function: "expression",
    column_name_alias: "plain",
    with_ordinality: "plain",
  },
};

/** By `type`. */
export const queries: Readonly<Record<string, Shape>> = {
  SELECT_NODE: {
    ...query,
    select_list: "expressions",
    from_table: "table",
    where_clause: "expression",
    group_expressions: "expressions",
    group_sets: "plain",
    aggregate_handling: "plain",
    having: "expression",
    sample: "sample",
    qualify: "expression",
  },
  SET_OPERATION_NODE: {
    ...query,
    setop_type: "plain",
    left: "query",
    right: "query",
    setop_all: "plain",
    children: "nothing",
  },
  RECURSIVE_CTE_NODE: {
    ...query,
    cte_name: "plain",
    union_all: "plain",
    left: "query",
    right: "query",
    aliases: "plain",
    key_targets: "expressions",
  },
};

/** By `type`. */
export const modifiers: Readonly<Record<string, Shape>> = {
  DISTINCT_MODIFIER: { type: "plain", distinct_on_targets: "expressions" },
  LIMIT_MODIFIER: { type: "plain", limit: "expression", offset: "expression" },
  LIMIT_PERCENT_MODIFIER: { type: "plain", limit: "expression", offset: "expression" },
  ORDER_MODIFIER: { type: "plain", orders: "orders" },
};

/** What has but one shape. */
export const parts = {
  statement: { node: "query", named_param_map: "plain" },
  commonTable: {
    aliases: "plain",
    query: "statement",
    materialized: "plain",
    key_targets: "expressions",
  },
  order: { type: "plain", null_order: "plain", expression: "expression" },
  sample: { sample_size: "value", is_percentage: "plain", method: "plain", seed: "plain" },
  at: { unit: "plain", expr: "expression" },
  caseCheck: { when_expr: "expression", then_expr: "expression" },
  value: { type: "type", is_null: "plain", value: "plain" },
  pivot: {
    pivot_expressions: "expressions",
    unpivot_names: "plain",
    entries: "nothing",
    pivot_enum: "plain",
  },
  pivotEntry: { values: "values", star_expr: "expression", alias: "plain" },
} as const satisfies Readonly<Record<string, Shape>>;
