/** XPath's core functions. */
import type { XmlNode } from "../pgtypes/xml-tree.ts";
import {
  booleanOf,
  faulty,
  nodesOf,
  numberOf,
  stringOf,
  stringValue,
  type XPathContext,
  type XPathValue,
} from "./xpath-values.ts";

type Call = (values: readonly XPathValue[], context: XPathContext) => XPathValue;

/** How many arguments each takes, and what it gives. */
const functions: Readonly<Record<string, readonly [least: number, most: number, call: Call]>> = {
  last: [0, 0, (_, { size }) => size],
  position: [0, 0, (_, { position }) => position],
  count: [1, 1, ([nodes = []]) => nodesOf(nodes).length],
  id: [1, 1, () => []],
  "local-name": [0, 1, (values, context) => given(values, context)?.local ?? ""],
  "namespace-uri": [0, 1, (values, context) => given(values, context)?.uri ?? ""],
  name: [0, 1, (values, context) => given(values, context)?.name ?? ""],
  string: [0, 1, (values, context) => text(values, context)],
  concat: [2, Number.POSITIVE_INFINITY, (values) => values.map(stringOf).join("")],
  "starts-with": [2, 2, ([a = "", b = ""]) => stringOf(a).startsWith(stringOf(b))],
  contains: [2, 2, ([a = "", b = ""]) => stringOf(a).includes(stringOf(b))],
  "substring-before": [2, 2, ([a = "", b = ""]) => before(stringOf(a), stringOf(b))],
  "substring-after": [2, 2, ([a = "", b = ""]) => after(stringOf(a), stringOf(b))],
  substring: [2, 3, ([all = "", from = 0, count]) => part(stringOf(all), numberOf(from), count)],
  "string-length": [0, 1, (values, context) => [...text(values, context)].length],
  "normalize-space": [
    0,
    1,
    (values, context) =>
      text(values, context)
        .replace(/[ \t\r\n]+/g, " ")
        .replace(/^ | $/g, ""),
  ],
  translate: [
    3,
    3,
    ([a = "", b = "", c = ""]) => translated(stringOf(a), stringOf(b), stringOf(c)),
  ],
  boolean: [1, 1, ([value = ""]) => booleanOf(value)],
  not: [1, 1, ([value = ""]) => !booleanOf(value)],
  true: [0, 0, () => true],
  false: [0, 0, () => false],
  lang: [1, 1, ([wanted = ""], { node }) => speaks(node, stringOf(wanted).toLowerCase())],
  number: [0, 1, ([value], { node }) => numberOf(value ?? stringValue(node))],
  sum: [
    1,
    1,
    ([nodes = []]) => nodesOf(nodes).reduce((all, one) => all + numberOf(stringValue(one)), 0),
  ],
  floor: [1, 1, ([value = 0]) => Math.floor(numberOf(value))],
  ceiling: [1, 1, ([value = 0]) => Math.ceil(numberOf(value))],
  round: [1, 1, ([value = 0]) => Math.round(numberOf(value))],
};

export function callXPath(
  name: string,
  values: readonly XPathValue[],
  context: XPathContext,
): XPathValue {
  const found = Object.hasOwn(functions, name) ? functions[name] : undefined;
  if (found === undefined) throw faulty("Unregistered function");
  const [least, most, call] = found;
  if (values.length < least || values.length > most) throw faulty("Invalid number of arguments");
  return call(values, context);
}

function given(values: readonly XPathValue[], { node }: XPathContext): XmlNode | undefined {
  const [nodes] = values;
  return nodes === undefined ? node : nodesOf(nodes)[0];
}

function text([value]: readonly XPathValue[], { node }: XPathContext): string {
  return value === undefined ? stringValue(node) : stringOf(value);
}

const before = (all: string, mark: string) => all.slice(0, Math.max(all.indexOf(mark), 0));

function after(all: string, mark: string): string {
  const at = all.indexOf(mark);
  return at < 0 ? "" : all.slice(at + mark.length);
}

/** Places are rounded; what is no number takes nothing. */
function part(all: string, from: number, count: XPathValue | undefined): string {
  const start = Math.round(from);
  const end = count === undefined ? Number.POSITIVE_INFINITY : start + Math.round(numberOf(count));
  return [...all].filter((_, i) => i + 1 >= start && i + 1 < end).join("");
}

function translated(all: string, from: string, to: string): string {
  const [sources, targets] = [[...from], [...to]];
  return [...all]
    .map((one) => {
      const at = sources.indexOf(one);
      return at < 0 ? one : (targets[at] ?? "");
    })
    .join("");
}

function speaks(node: XmlNode, wanted: string): boolean {
  const own = node.attributes.find(({ name }) => name === "xml:lang")?.value.toLowerCase();
  if (own !== undefined) return own === wanted || own.startsWith(`${wanted}-`);
  return node.parent !== undefined && speaks(node.parent, wanted);
}
