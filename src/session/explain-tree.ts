/** The engine's plan as PostgreSQL would draw it: its node types, costs in its units. Pure. */

export interface PlanNode {
  readonly type: string;
  /** In front of the type in text: Hash Left Join, Insert on t. */
  readonly title?: string;
  /** Keys of PostgreSQL's own, in its order: Relation Name, Join Type, Filter, Sort Key. */
  readonly details: Readonly<Record<string, string | number | readonly string[]>>;
  readonly relation?: string;
  readonly startupCost: number;
  readonly totalCost: number;
  readonly rows: number;
  readonly width: number;
  readonly actual?: { readonly milliseconds: number; readonly rows: number };
  readonly children: readonly PlanNode[];
}

/** What the drawing needs besides: how wide a row is, and the relation read when there is only one. */
export interface TreeOptions {
  readonly width: number;
  readonly relation: string | undefined;
}

/** A node of EXPLAIN (FORMAT JSON), or of EXPLAIN (ANALYZE, FORMAT JSON), which has other names for the same. */
interface EngineNode {
  readonly name?: string;
  readonly operator_name?: string;
  readonly operator_timing?: number;
  readonly operator_cardinality?: number;
  readonly extra_info?: Readonly<Record<string, string | readonly string[]>>;
  readonly children?: readonly EngineNode[];
}

/** PostgreSQL's cpu_tuple_cost. */
const rowCost = 0.01;

/** Of the text that the engine gives. */
export function planTree(json: string, options: TreeOptions): PlanNode | undefined {
  const read: EngineNode | readonly EngineNode[] = JSON.parse(json);
  const roots = Array.isArray(read) ? read : [read];
  return roots.flatMap((root: EngineNode) => nodesOf(root, options))[0];
}

/** What PostgreSQL does within another node is left out, and so are the wrappers of the engine's own. */
const within = new Set([
  "PROJECTION",
  "EXPLAIN_ANALYZE",
  "QUERY",
  "RESULT_COLLECTOR",
  "STREAMING_LIMIT",
]);

function nodesOf(node: EngineNode, options: TreeOptions): PlanNode[] {
  const name = nameOf(node);
  const children = (node.children ?? []).flatMap((child) => nodesOf(child, options));
  if (name === "" || within.has(name)) return children;
  if (name === "FILTER" && children.length === 1)
    return children.map((child) => filtered(child, node));
  return [drawn(name, node, children, options)];
}

function nameOf({ name, operator_name: operator }: EngineNode): string {
  return (name ?? operator ?? "").trim().toUpperCase();
}

function filtered(child: PlanNode, node: EngineNode): PlanNode {
  const rows = estimate(node) ?? child.rows;
  return { ...child, rows, details: { ...child.details, ...shown("Filter", node, "Expression") } };
}

function drawn(
  name: string,
  node: EngineNode,
  children: readonly PlanNode[],
  { width, relation }: TreeOptions,
): PlanNode {
  const { type, isBlocking = false, details = {}, title, isScan = false } = kindOf(name, node);
  const below = children.reduce((sum, child) => sum + child.totalCost, 0);
  const rows = estimate(node) ?? Math.max(1, ...children.map((child) => child.rows));
  const { operator_timing: seconds, operator_cardinality: given } = node;
  return {
    type,
    details: {
      ...(isScan && relation ? { "Relation Name": relation, Alias: relation } : {}),
      ...details,
    },
    ...(title === undefined ? {} : { title }),
    ...(isScan && relation ? { relation } : {}),
    startupCost: isBlocking ? below : Math.max(0, ...children.map((child) => child.startupCost)),
    totalCost: below + rows * rowCost,
    rows,
    width,
    ...(given === undefined
      ? {}
      : { actual: { milliseconds: (seconds ?? 0) * 1000, rows: given } }),
    children,
  };
}

interface Kind {
  readonly type: string;
  readonly title?: string;
  /** It gives nothing before it has read everything. */
  readonly isBlocking?: boolean;
  readonly isScan?: boolean;
  readonly details?: PlanNode["details"];
}

function kindOf(name: string, node: EngineNode): Kind {
  if (/GROUP_BY$/.test(name)) return aggregate("Hashed", "HashAggregate", node);
  if (/UNGROUPED_AGGREGATE|SIMPLE_AGGREGATE/.test(name))
    return aggregate("Plain", "Aggregate", node);
  if (/JOIN/.test(name)) return join(name, node);
  if (/WINDOW/.test(name)) return { type: "WindowAgg", isBlocking: true };
  if (/^(?:READ_PARQUET|PARQUET_SCAN|SEQ_SCAN|TABLE_SCAN|READ_CSV)/.test(name))
    return { type: "Seq Scan", isScan: true, details: shown("Filter", node, "Filters") };
  return kinds[name]?.(node) ?? { type: titled(name) };
}

const kinds: Readonly<Record<string, (node: EngineNode) => Kind>> = {
  ORDER_BY: (node) => ({ type: "Sort", isBlocking: true, details: sortKey(node) }),
  TOP_N: (node) => ({ type: "Limit", isBlocking: true, details: sortKey(node) }),
  LIMIT: () => ({ type: "Limit" }),
  UNION: () => ({ type: "Append" }),
  CROSS_PRODUCT: () => ({ type: "Nested Loop", details: { "Join Type": "Inner" } }),
  DUMMY_SCAN: () => ({ type: "Result" }),
  EMPTY_RESULT: () => ({ type: "Result", details: { "One-Time Filter": "false" } }),
  COLUMN_DATA_SCAN: (node) => ({ type: (estimate(node) ?? 1) > 1 ? "Values Scan" : "Result" }),
  CTE_SCAN: () => ({ type: "CTE Scan" }),
  RANGE: () => ({ type: "Function Scan" }),
  GENERATE_SERIES: () => ({ type: "Function Scan" }),
  UNNEST: () => ({ type: "ProjectSet" }),
};

function aggregate(strategy: string, title: string, node: EngineNode): Kind {
  const details = { Strategy: strategy, ...shown("Group Key", node, "Groups") };
  return { type: "Aggregate", title, isBlocking: true, details };
}

function join(name: string, node: EngineNode): Kind {
  const kind = String(node.extra_info?.["Join Type"] ?? "INNER");
  const joinType = `${kind.slice(0, 1)}${kind.slice(1).toLowerCase()}`;
  const [type, condition, word] = /HASH/.test(name)
    ? (["Hash Join", "Hash Cond", "Hash"] as const)
    : (["Nested Loop", "Join Filter", "Nested Loop"] as const);
  const title =
    joinType === "Inner" ? type : `${word} ${joinType}${word === "Hash" ? " Join" : ""}`;
  return {
    type,
    title,
    details: { "Join Type": joinType, ...shown(condition, node, "Conditions") },
  };
}

function sortKey(node: EngineNode): PlanNode["details"] {
  const given = node.extra_info?.["Order By"];
  if (given === undefined) return {};
  return { "Sort Key": typeof given === "string" ? [given] : given };
}

function shown(
  key: string,
  { extra_info: info }: EngineNode,
  engineKey: string,
): PlanNode["details"] {
  const given = info?.[engineKey];
  if (given === undefined || given === "") return {};
  const text = typeof given === "string" ? given : given.join(" AND ");
  // Deleted rows are a constant as long as the table.
  return /[01]{64,}/.test(text) ? {} : { [key]: key === "Group Key" ? [text] : `(${text})` };
}

function estimate({ extra_info: info }: EngineNode): number | undefined {
  const given = Number(info?.["Estimated Cardinality"]);
  return Number.isFinite(given) ? Math.max(1, given) : undefined;
}

function titled(name: string): string {
  return name
    .split("_")
    .map((word) => `${word.slice(0, 1)}${word.slice(1).toLowerCase()}`)
    .join(" ");
}
