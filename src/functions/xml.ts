/** xml: texts that are well-formed, what is made of them and what is found in them. https://www.postgresql.org/docs/15/functions-xml.html */
import { PgError } from "../base/error.ts";
import { readArrayText } from "../pgtypes/array-text.ts";
import {
  declarationText,
  faultDetail,
  isWellFormed,
  parseXml,
  readXml,
  shownXml,
  writeXml,
} from "../pgtypes/xml.ts";
import { XmlFault, type XmlNode, xmlDeclaration } from "../pgtypes/xml-tree.ts";
import type { KernelTable } from "./kernel.ts";
import { evaluateXPath } from "./xpath.ts";
import { parseXPath } from "./xpath-parse.ts";
import { stringOf, type XPathValue } from "./xpath-values.ts";

const escapes: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  "\r": "&#x0d;",
};
const escaped = (text: string) => text.replace(/[&<>\r]/g, (one) => escapes[one] ?? one);

export const xmlKernels: KernelTable = {
  "read_xml(text) xml": (text: string) => readXml(text, "content"),
  "shown_xml(xml) text": shownXml,
  "xml(text) xml": (text: string) => readXml(text, "content"),
  "xmlparse(text,bool) xml": (text: string, isDocument: boolean) =>
    readXml(text, isDocument ? "document" : "content"),
  "xml_escaped(text) text": escaped,
  "xml_attribute(text) text": attribute,
  "xmlcomment(text) xml": (text: string) => {
    if (text.includes("--") || text.endsWith("-"))
      throw new PgError("2200S", "invalid XML comment");
    return `<!--${text}-->`;
  },
  "xmlpi(text,text) xml": (target: string, text: string) => {
    if (text.includes("?>"))
      throw new PgError("2200T", "invalid XML processing instruction", {
        detail: 'XML processing instruction cannot contain "?>".',
      });
    const value = text.replace(/^ +/, "");
    return `<?${target}${value === "" ? "" : ` ${value}`}?>`;
  },
  "xmlconcat_of(_xml) xml": concatenated,
  "?xmlroot(xml,text,int4) xml": withRoot,
  "xmlconcat2(xml,xml) xml": (left: string, right: string) => concatenated([left, right]),
  "xml_is_document(xml) bool": (text: string) => isWellFormed(text, "document"),
  "xmlserialize_document(xml) text": (text: string) => {
    if (!isWellFormed(text, "document")) throw new PgError("2200L", "not an XML document");
    return text;
  },
  "xml_is_well_formed(text) bool": (text: string) => isWellFormed(text, "content"),
  "xml_is_well_formed_content(text) bool": (text: string) => isWellFormed(text, "content"),
  "xml_is_well_formed_document(text) bool": (text: string) => isWellFormed(text, "document"),
  "xpath(text,xml) _xml": (path: string, text: string) => shownValues(find(path, text)),
  "xpath_in(text,xml,text) _xml": (path: string, text: string, spaces: string) =>
    shownValues(find(path, text, spaces)),
  "xpath_exists(text,xml) bool": (path: string, text: string) => isFound(find(path, text)),
  "xpath_exists_in(text,xml,text) bool": (path: string, text: string, spaces: string) =>
    isFound(find(path, text, spaces)),
  "xmlexists(text,xml) bool": (path: string, text: string) => isFound(find(path, text)),
  "xmltable_rows(text,text,text,_text) _text[]": tableRows,
};

/** Beyond ASCII as numbers, as libxml2 writes attributes of no document. */
function attribute(text: string): string {
  const known: Readonly<Record<string, string>> = {
    ...escapes,
    '"': "&quot;",
    "\n": "&#10;",
    "\r": "&#13;",
    "\t": "&#9;",
  };
  return text.replace(
    /[&<>"\n\r\t]|[^\0-\x7f]/gu,
    (one) => known[one] ?? `&#x${(one.codePointAt(0) ?? 0).toString(16).toUpperCase()};`,
  );
}

/** One declaration for all: the version of those that say one, and standalone when none is otherwise. */
function concatenated(texts: readonly (string | null)[]): string | null {
  const present = texts.filter((text) => text !== null);
  if (present.length === 0) return null;
  const declared = present.map(xmlDeclaration);
  const rest = present.map((text, i) => text.slice(declared[i]?.end ?? 0));
  const versions = declared.map((one) => one?.version);
  const alone = declared.map((one) => one?.standalone);
  const version = versions.includes(undefined) ? undefined : versions.toSorted().at(-1);
  const standalone = alone.includes(undefined) ? undefined : !alone.includes(false);
  return declarationText(version, standalone) + rest.join("");
}

/** XMLROOT: 0 and 1 are STANDALONE YES and NO, 2 is NO VALUE, and 3 leaves it as it was. */
function withRoot(
  text: string | null,
  version: string | null,
  alone: number | null,
): string | null {
  if (text === null) return null;
  const found = xmlDeclaration(text);
  const standalone =
    alone === 0 ? true : alone === 1 ? false : alone === 2 ? undefined : found?.standalone;
  return declarationText(version ?? undefined, standalone) + text.slice(found?.end ?? 0);
}

// ── XPath ───────────────────────────────────────────────────────────────────────────────────────────────────────────

let lastText: string | undefined;
let lastTree: XmlNode | undefined;

/** The last one is likely asked for again: by the columns of one row. */
function treeOf(text: string): XmlNode {
  if (lastTree !== undefined && lastText === text) return lastTree;
  try {
    lastTree = parseXml(text, "document");
    lastText = text;
    return lastTree;
  } catch (error) {
    if (!(error instanceof XmlFault)) throw error;
    throw new PgError("2200M", "could not parse XML document", {
      detail: faultDetail(text, error),
    });
  }
}

function find(path: string, text: string, spaces = "{}"): XPathValue {
  if (path === "") throw new PgError("22000", "empty XPath expression");
  const node = treeOf(text);
  return evaluateXPath(parseXPath(path), {
    node,
    position: 1,
    size: 1,
    namespaces: namespacesOf(spaces),
  });
}

/** An array of pairs: a prefix and its URI. */
function namespacesOf(text: string): ReadonlyMap<string, string> {
  const pairs = readArrayText(text, ",");
  return new Map(
    pairs.map((pair) => {
      const [prefix, uri] = typeof pair === "object" && pair !== null ? pair : [];
      if (prefix === undefined || uri === undefined || pair?.length !== 2)
        throw new PgError("22000", "invalid array for XML namespace mapping", {
          detail: "The array must be two-dimensional with length of the second axis equal to 2.",
        });
      if (prefix === null || uri === null)
        throw new PgError("22004", "neither namespace name nor URI may be null");
      return [String(prefix), String(uri)] as const;
    }),
  );
}

function isFound(value: XPathValue): boolean {
  return typeof value === "object" ? value.length > 0 : true;
}

function shownValues(value: XPathValue): readonly string[] {
  return typeof value === "object" ? value.map(shownNode) : [escaped(String(value))];
}

function shownNode(node: XmlNode): string {
  return node.kind === "attribute" ||
    node.kind === "text" ||
    node.kind === "cdata" ||
    node.kind === "namespace"
    ? escaped(node.value)
    : writeXml(node);
}

// ── XMLTABLE ────────────────────────────────────────────────────────────────────────────────────────────────────────

/** For each row that is found its columns' texts, in the order of their paths; a path "x…" wants xml, "t…" a value's text. */
function tableRows(
  text: string,
  path: string,
  spaces: string,
  columns: readonly (string | null)[],
) {
  const namespaces = namespacesOf(spaces);
  if (path === "") throw new PgError("22000", "row path filter must not be empty string");
  const rows = evaluateXPath(parseXPath(path), {
    node: treeOf(text),
    position: 1,
    size: 1,
    namespaces,
  });
  if (typeof rows !== "object") return [];
  const paths = columns.map((one) => ({
    isXml: one?.startsWith("x") === true,
    path: parseXPath((one ?? "").slice(1)),
  }));
  return rows.map((node, i) =>
    paths.map((column) => {
      const context = { node, position: i + 1, size: rows.length, namespaces };
      return cell(evaluateXPath(column.path, context), column.isXml);
    }),
  );
}

function cell(value: XPathValue, isXml: boolean): string | null {
  if (typeof value !== "object") return isXml ? escaped(String(value)) : String(value);
  if (value.length === 0) return null;
  if (isXml) return value.map(shownNode).join("");
  if (value.length > 1)
    throw new PgError("21000", "more than one value returned by column XPath expression");
  return stringOf(value);
}
