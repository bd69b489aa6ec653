/** XPath 1.0 over the trees of pgtypes/xml.ts. A set of nodes is in the order of the document. */
import type { XmlNode } from "../pgtypes/xml-tree.ts";
import { callXPath } from "./xpath-functions.ts";
import type { Axis, NodeTest, Step, XPath } from "./xpath-parse.ts";
import {
  below,
  booleanOf,
  faulty,
  nodesOf,
  numberOf,
  stringValue,
  type XPathContext,
  type XPathValue,
} from "./xpath-values.ts";

export function evaluateXPath(expression: XPath, context: XPathContext): XPathValue {
  switch (expression.kind) {
    case "number":
    case "string":
      return expression.value;
    case "variable":
      throw faulty("Undefined variable");
    case "call": {
      const values = expression.arguments.map((one) => evaluateXPath(one, context));
      return callXPath(expression.name, values, context);
    }
    case "negate":
      return -numberOf(evaluateXPath(expression.operand, context));
    case "binary":
      return binary(expression.operator, expression.left, expression.right, context);
    case "filter": {
      const nodes = nodesOf(evaluateXPath(expression.from, context));
      return expression.predicates.reduce((left, one) => kept(left, one, context), nodes);
    }
    case "path":
      return followPath(expression, context);
    default:
      return expression satisfies never;
  }
}

// ── Paths ───────────────────────────────────────────────────────────────────────────────────────────────────────────

function followPath(
  path: Extract<XPath, { kind: "path" }>,
  context: XPathContext,
): readonly XmlNode[] {
  let nodes: readonly XmlNode[] =
    path.from !== undefined
      ? nodesOf(evaluateXPath(path.from, context))
      : [path.isAbsolute ? rootOf(context.node) : context.node];
  for (const step of path.steps) nodes = taken(nodes, step, context);
  return nodes;
}

function taken(from: readonly XmlNode[], step: Step, context: XPathContext): readonly XmlNode[] {
  const found = new Set<XmlNode>();
  for (const node of from) {
    const candidates = along(step.axis, node).filter((one) =>
      passes(one, step.axis, step.test, context),
    );
    const left = step.predicates.reduce((nodes, one) => kept(nodes, one, context), candidates);
    for (const one of left) found.add(one);
  }
  return inOrder(found);
}

/** By a predicate: a number is a place. */
function kept(nodes: readonly XmlNode[], predicate: XPath, context: XPathContext): XmlNode[] {
  return nodes.filter((node, i) => {
    const value = evaluateXPath(predicate, {
      ...context,
      node,
      position: i + 1,
      size: nodes.length,
    });
    return typeof value === "number" ? value === i + 1 : booleanOf(value);
  });
}

/** What goes back begins at what is nearest. */
function along(axis: Axis, node: XmlNode): readonly XmlNode[] {
  switch (axis) {
    case "child":
      return node.children;
    case "attribute":
      return node.attributes;
    case "self":
      return [node];
    case "parent":
      return node.parent === undefined ? [] : [node.parent];
    case "descendant":
      return below(node);
    case "descendant-or-self":
      return [node, ...below(node)];
    case "ancestor":
      return above(node);
    case "ancestor-or-self":
      return [node, ...above(node)];
    case "following-sibling":
      return siblings(node).filter((one) => one.order > node.order);
    case "preceding-sibling":
      return siblings(node)
        .filter((one) => one.order < node.order)
        .toReversed();
    case "following":
      return [node, ...above(node)].flatMap((one) =>
        along("following-sibling", one).flatMap((sibling) => [sibling, ...below(sibling)]),
      );
    case "preceding":
      return [node, ...above(node)].flatMap((one) =>
        along("preceding-sibling", one).flatMap((sibling) =>
          [sibling, ...below(sibling)].toReversed(),
        ),
      );
    case "namespace":
      return namespacesOf(node);
    default:
      return axis satisfies never;
  }
}

function above(node: XmlNode): readonly XmlNode[] {
  return node.parent === undefined ? [] : [node.parent, ...above(node.parent)];
}

function siblings(node: XmlNode): readonly XmlNode[] {
  return node.kind === "attribute" ? [] : (node.parent?.children ?? []);
}

function namespacesOf(node: XmlNode): readonly XmlNode[] {
  if (node.kind !== "element") return [];
  const spaces = new Map([["xml", "http://www.w3.org/XML/1998/namespace"]]);
  for (const one of [node, ...above(node)].toReversed())
    for (const [prefix, uri] of one.namespaces) spaces.set(prefix, uri);
  return [...spaces].map(([name, value], i) => ({
    ...node,
    kind: "namespace",
    name,
    local: name,
    uri: "",
    value,
    parent: node,
    children: [],
    attributes: [],
    order: node.order + i / 1000,
  }));
}

function passes(node: XmlNode, axis: Axis, test: NodeTest, { namespaces }: XPathContext): boolean {
  switch (test.kind) {
    case "node":
      return true;
    case "text":
      return node.kind === "text" || node.kind === "cdata";
    case "comment":
      return node.kind === "comment";
    case "processing-instruction":
      return (
        node.kind === "instruction" && (test.target === undefined || test.target === node.name)
      );
    case "name": {
      const principal = axis === "attribute" || axis === "namespace" ? axis : "element";
      if (node.kind !== principal) return false;
      if (test.prefix === undefined && test.local === "*") return true;
      const uri = test.prefix === undefined ? "" : spaceOf(test.prefix, namespaces);
      return node.uri === uri && (test.local === "*" || test.local === node.local);
    }
    default:
      return test satisfies never;
  }
}

function spaceOf(prefix: string, namespaces: ReadonlyMap<string, string>): string {
  const uri = prefix === "xml" ? "http://www.w3.org/XML/1998/namespace" : namespaces.get(prefix);
  if (uri === undefined) throw faulty("Undefined namespace prefix");
  return uri;
}

function rootOf(node: XmlNode): XmlNode {
  return node.parent === undefined ? node : rootOf(node.parent);
}

function inOrder(nodes: Iterable<XmlNode>): readonly XmlNode[] {
  return [...nodes].sort((a, b) => a.order - b.order);
}

// ── Operators ───────────────────────────────────────────────────────────────────────────────────────────────────────

function binary(operator: string, left: XPath, right: XPath, context: XPathContext): XPathValue {
  const value = (one: XPath) => evaluateXPath(one, context);
  switch (operator) {
    case "or":
      return booleanOf(value(left)) || booleanOf(value(right));
    case "and":
      return booleanOf(value(left)) && booleanOf(value(right));
    case "|":
      return inOrder(new Set([...nodesOf(value(left)), ...nodesOf(value(right))]));
    case "+":
      return numberOf(value(left)) + numberOf(value(right));
    case "-":
      return numberOf(value(left)) - numberOf(value(right));
    case "*":
      return numberOf(value(left)) * numberOf(value(right));
    case "div":
      return numberOf(value(left)) / numberOf(value(right));
    case "mod":
      return numberOf(value(left)) % numberOf(value(right));
    default:
      return compared(operator, value(left), value(right));
  }
}

/** Of a set of nodes: whether any of them is so. */
function compared(operator: string, left: XPathValue, right: XPathValue): boolean {
  if (typeof left === "object" && typeof right !== "boolean")
    return left.some((one) => compared(operator, stringValue(one), right));
  if (typeof right === "object" && typeof left !== "boolean")
    return right.some((one) => compared(operator, left, stringValue(one)));
  if (operator === "=" || operator === "!=") {
    const isEqual =
      typeof left === "boolean" || typeof right === "boolean"
        ? booleanOf(left) === booleanOf(right)
        : typeof left === "number" || typeof right === "number"
          ? numberOf(left) === numberOf(right)
          : left === right;
    return isEqual === (operator === "=");
  }
  const [a, b] = [numberOf(left), numberOf(right)];
  return operator === "<" ? a < b : operator === "<=" ? a <= b : operator === ">" ? a > b : a >= b;
}
