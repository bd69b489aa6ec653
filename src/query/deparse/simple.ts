/** Where parentheses can be left out: isSimpleNode of ruleutils.c, for a pretty text. */
import { builtins } from "../../catalog/builtins.ts";
import type { Cast, Expression, OperatorCall } from "../analyze/tree.ts";
import { elementType } from "../analyze/types.ts";

/** Whether `node` needs none within `parent`. */
export function isSimple(node: Expression, parent: Expression): boolean {
  if (node.written !== undefined) return true;
  switch (node.kind) {
    case "cast":
      return castForm(node) === "function" || isSimple(node.argument, node);
    case "field":
      return parent.kind !== "field";
    case "operator":
      return parent.kind === "operator" && parent.written === undefined
        ? bindsTighter(node, parent)
        : isSeparated(parent);
    case "subquery":
    case "null test":
    case "boolean test":
    case "distinct":
      return isSeparated(parent);
    case "array comparison":
      return false;
    case "boolean":
      return parent.kind === "boolean"
        ? isNested(node.operation, parent.operation)
        : isSeparated(parent, true);
    case "row comparison":
      return node.comparison === "=" || node.comparison === "<>"
        ? parent.kind === "boolean"
          ? isNested(node.comparison === "=" ? "AND" : "OR", parent.operation)
          : isSeparated(parent, true)
        : false;
    default:
      return true;
  }
}

type Operation = "AND" | "OR" | "NOT";

function isNested(inner: Operation, outer: Operation): boolean {
  if (inner === "OR") return outer === "OR";
  return outer === "AND" || outer === "OR";
}

/** Its own brackets or commas keep its parts apart. */
function isSeparated(parent: Expression, isBoolean = false): boolean {
  if (parent.written !== undefined) return true;
  switch (parent.kind) {
    case "function":
      return parent.isSyntax !== true;
    case "boolean":
      return !isBoolean;
    case "subscript":
    case "array":
    case "row":
    case "coalesce":
    case "extremum":
    case "nullif":
    case "aggregate":
    case "grouping":
    case "window":
    case "case":
    case "engine function":
      return true;
    default:
      return false;
  }
}

function bindsTighter(node: OperatorCall, parent: OperatorCall): boolean {
  const [own, outer] = [level(node), level(parent)];
  if (own === undefined || outer === undefined) return false;
  if (own !== outer) return own > outer;
  return parent.left === node;
}

/** 2 for what binds tightly, 1 for sums; undefined for what is no plain arithmetic. */
function level({ operator, left }: OperatorCall): 1 | 2 | undefined {
  if (left === undefined) return undefined;
  if (["*", "/", "%"].includes(operator.oprname)) return 2;
  return operator.oprname === "+" || operator.oprname === "-" ? 1 : undefined;
}

/** What PostgreSQL's tree has for a cast: a call of a function is simple whatever it is called with. */
export function castForm({ method, argument, type }: Cast): "function" | "other" {
  if (method === "length") return "function";
  if (method === "relabel") return "other";
  if (elementType(type) !== undefined && elementType(argument.type) !== undefined) return "other";
  const cast = builtins().castsFrom(argument.type, type);
  return cast?.castmethod === "f" ? "function" : "other";
}
