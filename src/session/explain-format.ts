/** A plan in the four formats of EXPLAIN, as PostgreSQL 15 writes them: https://www.postgresql.org/docs/15/sql-explain.html */
import type { ExplainOptions } from "../query/plan.ts";
import type { PlanNode } from "./explain-tree.ts";

export interface Explained {
  readonly root: PlanNode;
  readonly planningMs: number;
  /** Undefined: it was not run. */
  readonly executionMs: number | undefined;
}

/** Lines of text; one value in the other formats. */
export function formatted(explained: Explained, options: ExplainOptions): string[] {
  switch (options.format) {
    case "text":
      return textLines(explained, options);
    case "json":
      return [json([grouped(explained, options)], "")];
    case "yaml":
      return [`- ${yaml(grouped(explained, options), "  ").trimStart()}`];
    case "xml":
      return [
        `<explain xmlns="http://www.postgresql.org/2009/explain">\n${xml("Query", grouped(explained, options), "  ")}\n</explain>`,
      ];
    default:
      return options.format satisfies never;
  }
}

type Value =
  | string
  | number
  | boolean
  | Fixed
  | readonly Value[]
  | { readonly [key: string]: Value };

/** A number with all its digits. */
class Fixed {
  readonly text: string;

  constructor(value: number, digits: number) {
    this.text = value.toFixed(digits);
  }
}

function textLines(
  { root, planningMs, executionMs }: Explained,
  options: ExplainOptions,
): string[] {
  return [
    ...nodeLines(root, options, "", ""),
    ...(options.summary ? [`Planning Time: ${planningMs.toFixed(3)} ms`] : []),
    ...(options.summary && executionMs !== undefined
      ? [`Execution Time: ${executionMs.toFixed(3)} ms`]
      : []),
  ];
}

/** Keys that text shows in a node's first line, or not at all. */
const inTitle = new Set([
  "Relation Name",
  "Alias",
  "Join Type",
  "Strategy",
  "Operation",
  "Subplan Name",
]);

function nodeLines(
  node: PlanNode,
  options: ExplainOptions,
  arrow: string,
  indent: string,
): string[] {
  const title = `${node.title ?? node.type}${node.relation === undefined || node.title?.includes(" on ") ? "" : ` on ${node.relation}`}`;
  const details = Object.entries(node.details)
    .filter(([key]) => !inTitle.has(key))
    .map(([key, value]) => `${indent}  ${key}: ${Array.isArray(value) ? value.join(", ") : value}`);
  return [
    `${arrow}${title}${costs(node, options)}${actual(node, options)}`,
    ...details,
    ...node.children.flatMap((child) => {
      const subplan = child.details["Subplan Name"];
      const deeper = subplan === undefined ? indent : `${indent}  `;
      return [
        ...(subplan === undefined ? [] : [`${indent}  ${subplan}`]),
        ...nodeLines(child, options, `${deeper}  ->  `, `${deeper}      `),
      ];
    }),
  ];
}

function costs({ startupCost, totalCost, rows, width }: PlanNode, options: ExplainOptions): string {
  if (!options.costs) return "";
  return `  (cost=${startupCost.toFixed(2)}..${totalCost.toFixed(2)} rows=${rows} width=${width})`;
}

function actual({ actual: done }: PlanNode, { analyze, timing }: ExplainOptions): string {
  if (!analyze || done === undefined) return "";
  const time = timing ? `time=0.000..${done.milliseconds.toFixed(3)} ` : "";
  return ` (actual ${time}rows=${done.rows} loops=1)`;
}

function grouped({ root, planningMs, executionMs }: Explained, options: ExplainOptions) {
  return {
    Plan: nodeValue(root, options, undefined),
    ...(options.summary ? { "Planning Time": new Fixed(planningMs, 3) } : {}),
    ...(options.analyze ? { Triggers: [] } : {}),
    ...(options.summary && executionMs !== undefined
      ? { "Execution Time": new Fixed(executionMs, 3) }
      : {}),
  };
}

function nodeValue(
  node: PlanNode,
  options: ExplainOptions,
  relationship: string | undefined,
): Readonly<Record<string, Value>> {
  const { startupCost, totalCost, rows, width, actual: done } = node;
  const {
    Strategy: strategy,
    Operation: operation,
    "Subplan Name": subplan,
    ...details
  } = node.details;
  return {
    "Node Type": node.type,
    ...(strategy === undefined ? {} : { Strategy: strategy, "Partial Mode": "Simple" }),
    ...(operation === undefined ? {} : { Operation: operation }),
    ...(relationship === undefined ? {} : { "Parent Relationship": relationship }),
    ...(subplan === undefined ? {} : { "Subplan Name": subplan }),
    "Parallel Aware": false,
    "Async Capable": false,
    ...namesFirst(details, true),
    ...(options.costs
      ? {
          "Startup Cost": new Fixed(startupCost, 2),
          "Total Cost": new Fixed(totalCost, 2),
          "Plan Rows": rows,
          "Plan Width": width,
        }
      : {}),
    ...(options.analyze && done
      ? {
          ...(options.timing
            ? {
                "Actual Startup Time": new Fixed(0, 3),
                "Actual Total Time": new Fixed(done.milliseconds, 3),
              }
            : {}),
          "Actual Rows": done.rows,
          "Actual Loops": 1,
        }
      : {}),
    ...namesFirst(details, false),
    ...(node.children.length === 0
      ? {}
      : {
          Plans: node.children.map((child, at) =>
            nodeValue(
              child,
              options,
              child.details["Subplan Name"] ? "InitPlan" : at === 0 ? "Outer" : "Inner",
            ),
          ),
        }),
  };
}

/** What a node is stands before its costs, what it does behind them. */
function namesFirst(
  details: PlanNode["details"],
  isName: boolean,
): Readonly<Record<string, Value>> {
  return Object.fromEntries(Object.entries(details).filter(([key]) => inTitle.has(key) === isName));
}

function json(value: Value, indent: string): string {
  const inner = `${indent}  `;
  if (value instanceof Fixed) return value.text;
  if (isList(value)) {
    if (value.length > 0 && value.every((item) => typeof item === "string"))
      return JSON.stringify(value).replaceAll('","', '", "');
    return value.length === 0
      ? `[\n${indent}]`
      : `[\n${value.map((item) => `${inner}${json(item, inner)}`).join(",\n")}\n${indent}]`;
  }
  if (typeof value !== "object") return JSON.stringify(value);
  const fields = Object.entries(value).map(
    ([key, item]) => `${inner}${JSON.stringify(key)}: ${json(item, inner)}`,
  );
  return `{\n${fields.join(",\n")}\n${indent}}`;
}

function yaml(value: Readonly<Record<string, Value>>, indent: string): string {
  return Object.entries(value)
    .map(([key, item]) => `${indent}${key}:${yamlItem(item, indent)}`)
    .join("\n");
}

/** With PostgreSQL's blank behind the colon, also where a line ends there. */
function yamlItem(item: Value, indent: string): string {
  const inner = `${indent}  `;
  if (item instanceof Fixed) return ` ${item.text}`;
  if (isRecord(item)) return ` \n${yaml(item, inner)}`;
  if (!isList(item)) return ` ${JSON.stringify(item)}`;
  const items = item.map((each) =>
    isRecord(each)
      ? `\n${inner}- ${yaml(each, `${inner}  `).trimStart()}`
      : `\n${inner}-${yamlItem(each, inner)}`,
  );
  return ` ${items.join("")}`;
}

function xml(key: string, value: Value, indent: string): string {
  const tag = key.replaceAll(" ", "-");
  const inner = `${indent}  `;
  const wrapped = (body: string) =>
    `${indent}<${tag}>\n${body}${body === "" ? "" : "\n"}${indent}</${tag}>`;
  if (isList(value)) {
    const item = key === "Plans" ? "Plan" : "Item";
    return wrapped(value.map((each) => xml(item, each, inner)).join("\n"));
  }
  if (isRecord(value))
    return wrapped(
      Object.entries(value)
        .map(([name, each]) => xml(name, each, inner))
        .join("\n"),
    );
  const text = value instanceof Fixed ? value.text : String(value);
  return `${indent}<${tag}>${escaped(text)}</${tag}>`;
}

const isList = (value: Value): value is readonly Value[] => Array.isArray(value);
const isRecord = (value: Value): value is { readonly [key: string]: Value } =>
  typeof value === "object" && !isList(value) && !(value instanceof Fixed);

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
