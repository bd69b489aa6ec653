/** What an XPath expression gives, and one kind of value as another. */
import { PgError } from "../base/error.ts";
import type { XmlNode } from "../pgtypes/xml-tree.ts";

export type XPathValue = readonly XmlNode[] | string | number | boolean;

export interface XPathContext {
  readonly node: XmlNode;
  readonly position: number;
  readonly size: number;
  /** URI by prefix. */
  readonly namespaces: ReadonlyMap<string, string>;
}

export function stringValue(node: XmlNode): string {
  if (node.kind !== "root" && node.kind !== "element") return node.value;
  return below(node)
    .map((one) => (one.kind === "text" || one.kind === "cdata" ? one.value : ""))
    .join("");
}

export function nodesOf(value: XPathValue): readonly XmlNode[] {
  if (typeof value === "object") return value;
  throw faulty("Invalid type");
}

export function stringOf(value: XPathValue): string {
  if (typeof value !== "object") return String(value);
  const [first] = value;
  return first === undefined ? "" : stringValue(first);
}

export function numberOf(value: XPathValue): number {
  if (typeof value === "number") return value;
  if (typeof value === "boolean") return value ? 1 : 0;
  const text = stringOf(value).trim();
  return /^-?(?:\d+(?:\.\d*)?|\.\d+)$/.test(text) ? Number(text) : Number.NaN;
}

export function booleanOf(value: XPathValue): boolean {
  if (typeof value === "object" || typeof value === "string") return value.length > 0;
  return typeof value === "number" ? value !== 0 && !Number.isNaN(value) : value;
}

/** Everything beneath, in order. */
export const below = (node: XmlNode): XmlNode[] =>
  node.children.flatMap((one) => [one, ...below(one)]);

export function faulty(detail: string): PgError {
  return new PgError("XX000", "could not create XPath object", { detail });
}
