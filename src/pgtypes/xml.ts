/**
 * XML 1.0 as a tree, and back into text: https://www.w3.org/TR/xml/. Refuses what libxml2, which PostgreSQL uses, refuses, in
 * its words. Of a document type only the entities with a text of their own are read; nothing is ever fetched.
 */
import { PgError } from "../base/error.ts";
import { XmlReader } from "./xml-reader.ts";

import { prefixOf, XmlFault, type XmlForm, type XmlNode, xmlDeclaration } from "./xml-tree.ts";

/** An XmlFault for what is not well-formed. */
export function parseXml(text: string, form: XmlForm): XmlNode {
  return new XmlReader(text).read(form);
}

/** The text, when it is well-formed: 2200M or 2200N, and where it is not. */
export function readXml(text: string, form: XmlForm): string {
  try {
    parseXml(text, form);
    return text;
  } catch (error) {
    if (!(error instanceof XmlFault)) throw error;
    throw new PgError(form === "document" ? "2200M" : "2200N", `invalid XML ${form}`, {
      detail: faultDetail(text, error),
    });
  }
}

export function isWellFormed(text: string, form: XmlForm): boolean {
  try {
    parseXml(text, form);
    return true;
  } catch (error) {
    if (error instanceof XmlFault) return false;
    throw error;
  }
}

/** `line 1: …`, the line and a mark below it, as PostgreSQL's error detail has it. */
export function faultDetail(text: string, { message, at }: XmlFault): string {
  const before = text.slice(0, at);
  const start = before.lastIndexOf("\n") + 1;
  const end = text.indexOf("\n", start);
  const line = text.slice(start, end < 0 ? undefined : end);
  return `line ${before.split("\n").length}: ${message}\n${line}\n${" ".repeat(Math.max(at - start, 0))}^`;
}

/** The declaration that is told: one that says what goes without saying is left out. */
export function declarationText(
  version: string | undefined,
  standalone: boolean | undefined,
): string {
  if ((version === undefined || version === "1.0") && standalone === undefined) return "";
  const alone = standalone === undefined ? "" : ` standalone="${standalone ? "yes" : "no"}"`;
  return `<?xml version="${version ?? "1.0"}"${alone}?>`;
}

/** As PostgreSQL's xml_out: no encoding, no needless declaration, no line's end in front. */
export function shownXml(text: string): string {
  const found = xmlDeclaration(text);
  if (found === undefined) return text.replace(/^\n/, "");
  const told = declarationText(found.version, found.standalone);
  const rest = text.slice(found.end);
  return told === "" ? rest.replace(/^\n/, "") : told + rest;
}

// ── Back into text ──────────────────────────────────────────────────────────────────────────────────────────────────

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "\n": "&#10;",
  "\r": "&#13;",
  "\t": "&#9;",
};
const entity = (character: string) => entities[character] ?? character;

/** A node and all below it, with the namespaces it stands in. */
export function writeXml(node: XmlNode, isTop = true): string {
  switch (node.kind) {
    case "root":
      return `${node.children.map((one) => writeXml(one, false)).join("")}\n`;
    case "element":
      return writeElement(node, isTop);
    case "attribute":
    case "namespace":
      return node.value;
    case "text":
      return node.value.replace(/[&<>\r]/g, entity);
    case "cdata":
      return `<![CDATA[${node.value}]]>`;
    case "comment":
      return `<!--${node.value}-->`;
    case "instruction":
      return `<?${node.name}${node.value === "" ? "" : ` ${node.value}`}?>`;
    default:
      return node.kind satisfies never;
  }
}

function writeElement(node: XmlNode, isTop: boolean): string {
  const declared = new Map(node.namespaces);
  if (isTop) for (const [prefix, uri] of neededNamespaces(node)) declared.set(prefix, uri);
  const spaces = [...declared].map(
    ([prefix, uri]) =>
      ` xmlns${prefix === "" ? "" : `:${prefix}`}="${uri.replace(/[&<>"]/g, entity)}"`,
  );
  const attributes = node.attributes.map(
    ({ name, value }) => ` ${name}="${value.replace(/[&<>"\n\r\t]/g, entity)}"`,
  );
  const start = `<${node.name}${spaces.join("")}${attributes.join("")}`;
  if (node.children.length === 0) return `${start}/>`;
  return `${start}>${node.children.map((one) => writeXml(one, false)).join("")}</${node.name}>`;
}

/** Those of outer elements that names in here speak of. */
function neededNamespaces(top: XmlNode): ReadonlyMap<string, string> {
  const needed = new Map<string, string>();
  const visit = (node: XmlNode, own: ReadonlySet<string>) => {
    const declared = new Set([...own, ...node.namespaces.keys()]);
    for (const one of [node, ...node.attributes]) {
      const prefix = prefixOf(one.name);
      if (one.uri !== "" && prefix !== "xml" && !declared.has(prefix)) needed.set(prefix, one.uri);
    }
    for (const child of node.children) if (child.kind === "element") visit(child, declared);
  };
  visit(top, new Set());
  return needed;
}
