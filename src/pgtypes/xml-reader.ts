/** The reading half of xml.ts: a text, character by character. */
import {
  prefixOf,
  XmlFault,
  type XmlForm,
  type XmlKind,
  type XmlNode,
  xmlDeclaration,
} from "./xml-tree.ts";

const nameStart =
  "A-Z_a-z:\\u00c0-\\u00d6\\u00d8-\\u00f6\\u00f8-\\u02ff\\u0370-\\u037d\\u037f-\\u1fff\\u200c\\u200d\\u2070-\\u218f\\u2c00-\\u2fef\\u3001-\\udfff\\uf900-\\ufdcf\\ufdf0-\\ufffd";
const nameAt = new RegExp(
  `[${nameStart}][${nameStart}.0-9\\u00b7\\u0300-\\u036f\\u203f\\u2040-]*`,
  "y",
);
const blankAt = /[ \t\r\n]*/y;
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what no XML may hold
const badCharacter = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/;

const predefined: Readonly<Record<string, string>> = {
  amp: "&",
  lt: "<",
  gt: ">",
  quot: '"',
  apos: "'",
};
const xmlUri = "http://www.w3.org/XML/1998/namespace";

/** How deep elements stand in one another at most, as in libxml2. */
const depthMax = 256;
/** What entities may make of a text. */
const expansionMax = 1_000_000;

type Open = XmlNode & { readonly scope: ReadonlyMap<string, string>; readonly line: number };

export class XmlReader {
  readonly #text: string;
  #at = 0;
  #order = 0;
  readonly #entities = new Map<string, string>();
  #expanded = 0;

  constructor(text: string) {
    this.#text = text;
  }

  read(form: XmlForm): XmlNode {
    const bad = badCharacter.exec(this.#text);
    if (bad !== null) throw new XmlFault("PCDATA invalid Char value", bad.index);
    const root = this.#node("root", "", "", "", undefined);
    const declared = xmlDeclaration(this.#text);
    if (declared !== undefined) this.#at = declared.end;
    else if (/^<\?xml[\s?]/.test(this.#text))
      throw new XmlFault("parsing XML declaration: '?>' expected", 5);
    if (form === "document") this.#prolog(root);
    else {
      this.#misc(root);
      if (this.#is("<!DOCTYPE")) {
        this.#documentType();
        form = "document";
        this.#misc(root);
      } else {
        this.#at = declared?.end ?? 0;
        root.children.length = 0;
      }
    }
    this.#content(root, form);
    return root;
  }

  #prolog(root: XmlNode): void {
    if (this.#text.trim() === "") throw new XmlFault("Document is empty", this.#at);
    this.#misc(root);
    if (this.#is("<!DOCTYPE")) {
      this.#documentType();
      this.#misc(root);
    }
    if (this.#text[this.#at] !== "<")
      throw new XmlFault("Start tag expected, '<' not found", this.#at);
  }

  /** Blanks, comments and instructions. */
  #misc(root: XmlNode): void {
    for (;;) {
      this.#blanks();
      if (this.#is("<!--")) this.#comment(root);
      else if (this.#is("<?")) this.#instruction(root);
      else return;
    }
  }

  #content(root: XmlNode, form: XmlForm): void {
    const open: Open[] = [];
    let parent: XmlNode = root;
    const text = this.#text;
    while (this.#at < text.length) {
      const isDone =
        form === "document" &&
        open.length === 0 &&
        root.children.some((one) => one.kind === "element");
      if (isDone) {
        this.#misc(root);
        if (this.#at < text.length)
          throw new XmlFault("Extra content at the end of the document", this.#at);
        break;
      }
      if (this.#is("</")) parent = this.#close(open, root);
      else if (this.#is("<!--")) this.#comment(parent);
      else if (this.#is("<![CDATA[")) this.#cdata(parent);
      else if (this.#is("<?")) this.#instruction(parent);
      else if (this.#is("<")) parent = this.#open(open, parent);
      else this.#characters(parent);
    }
    const last = open.at(-1);
    if (last !== undefined)
      throw new XmlFault(
        `Premature end of data in tag ${last.name} line ${last.line}`,
        text.length,
      );
    if (form === "document" && !root.children.some((one) => one.kind === "element"))
      throw new XmlFault("Start tag expected, '<' not found", this.#at);
  }

  // ── Elements ────────────────────────────────────────────────────────────────────────────────────────────────────

  #open(open: Open[], parent: XmlNode): XmlNode {
    const start = this.#at;
    this.#at++;
    const name = this.#name("StartTag: invalid element name");
    const given: [name: string, value: string][] = [];
    for (;;) {
      const before = this.#at;
      this.#blanks();
      if (this.#is(">") || this.#is("/>")) break;
      if (this.#at >= this.#text.length || before === this.#at)
        throw new XmlFault(
          `Couldn't find end of Start Tag ${name} line ${this.#line(start)}`,
          this.#at,
        );
      given.push(this.#attribute(given));
    }
    const outer = open.at(-1)?.scope ?? new Map([["xml", xmlUri]]);
    const namespaces = new Map(
      given.flatMap(([key, value]) =>
        key === "xmlns"
          ? [["", value] as const]
          : key.startsWith("xmlns:")
            ? [[key.slice(6), value] as const]
            : [],
      ),
    );
    const scope = namespaces.size === 0 ? outer : new Map([...outer, ...namespaces]);
    const uri = scope.get(prefixOf(name)) ?? "";
    const element = this.#node("element", name, uri, "", parent, namespaces);
    for (const [key, value] of given) {
      if (key === "xmlns" || key.startsWith("xmlns:")) continue;
      const prefix = prefixOf(key);
      element.attributes.push(
        this.#node(
          "attribute",
          key,
          prefix === "" ? "" : (scope.get(prefix) ?? ""),
          value,
          element,
        ),
      );
    }
    parent.children.push(element);
    if (this.#is("/>")) {
      this.#at += 2;
      return parent;
    }
    this.#at++;
    if (open.length >= depthMax)
      throw new XmlFault(
        `Excessive depth in document: ${depthMax} use XML_PARSE_HUGE option`,
        this.#at,
      );
    open.push(Object.assign(element, { scope, line: this.#line(start) }));
    return element;
  }

  #attribute(given: readonly (readonly [string, string])[]): [name: string, value: string] {
    const name = this.#name("error parsing attribute name");
    this.#blanks();
    if (!this.#is("="))
      throw new XmlFault(`Specification mandates value for attribute ${name}`, this.#at);
    this.#at++;
    this.#blanks();
    const quote = this.#text[this.#at];
    if (quote !== '"' && quote !== "'") throw new XmlFault("AttValue: \" or ' expected", this.#at);
    const end = this.#text.indexOf(quote, this.#at + 1);
    if (end < 0) throw new XmlFault("AttValue: ' expected", this.#text.length);
    const start = this.#at + 1;
    const raw = this.#text.slice(start, end);
    const bracket = raw.indexOf("<");
    if (bracket >= 0)
      throw new XmlFault("Unescaped '<' not allowed in attributes values", start + bracket);
    this.#at = end + 1;
    if (given.some(([other]) => other === name))
      throw new XmlFault(`Attribute ${name} redefined`, this.#at);
    return [name, this.#expand(raw.replace(/\r\n|[\n\r\t]/g, " "), start)];
  }

  #close(open: Open[], root: XmlNode): XmlNode {
    const top = open.pop();
    if (top === undefined) throw new XmlFault("StartTag: invalid element name", this.#at + 1);
    this.#at += 2;
    const name = this.#name("expected '>'");
    this.#blanks();
    const isClosed = this.#is(">");
    if (isClosed) this.#at++;
    if (name !== top.name)
      throw new XmlFault(
        `Opening and ending tag mismatch: ${top.name} line ${top.line} and ${name}`,
        this.#at,
      );
    if (!isClosed) throw new XmlFault("expected '>'", this.#at);
    return open.at(-1) ?? root;
  }

  // ── What stands in elements ─────────────────────────────────────────────────────────────────────────────────────

  #characters(parent: XmlNode): void {
    const start = this.#at;
    const end = this.#text.indexOf("<", start);
    const raw = this.#text.slice(start, end < 0 ? undefined : end);
    this.#at = start + raw.length;
    const closing = raw.indexOf("]]>");
    if (closing >= 0) throw new XmlFault("Sequence ']]>' not allowed in content", start + closing);
    const value = this.#expand(raw.replace(/\r\n?/g, "\n"), start);
    if (value !== "") parent.children.push(this.#node("text", "", "", value, parent));
  }

  #comment(parent: XmlNode): void {
    const start = this.#at + 4;
    const end = this.#text.indexOf("--", start);
    if (end < 0) throw new XmlFault("Comment not terminated", start);
    if (this.#text[end + 2] !== ">") throw new XmlFault("Double hyphen within comment", end);
    this.#at = end + 3;
    parent.children.push(this.#node("comment", "", "", this.#text.slice(start, end), parent));
  }

  #cdata(parent: XmlNode): void {
    const start = this.#at + 9;
    const end = this.#text.indexOf("]]>", start);
    if (end < 0) throw new XmlFault("CData section not finished", start);
    this.#at = end + 3;
    parent.children.push(this.#node("cdata", "", "", this.#text.slice(start, end), parent));
  }

  #instruction(parent: XmlNode): void {
    this.#at += 2;
    const target = this.#name("xmlParsePI : no target name");
    if (/^xml$/i.test(target))
      throw new XmlFault(
        target === "xml"
          ? "XML declaration allowed only at the start of the document"
          : `xmlParsePITarget: invalid name prefix 'xml'`,
        this.#at,
      );
    const end = this.#text.indexOf("?>", this.#at);
    if (end < 0) throw new XmlFault(`ParsePI: PI ${target} never end ...`, this.#text.length);
    const value = this.#text.slice(this.#at, end);
    if (value !== "" && !/^[ \t\r\n]/.test(value))
      throw new XmlFault(`ParsePI: PI ${target} space expected`, this.#at);
    this.#at = end + 2;
    parent.children.push(this.#node("instruction", target, "", value.trimStart(), parent));
  }

  // ── Document type and entities ──────────────────────────────────────────────────────────────────────────────────

  #documentType(): void {
    const subset =
      /<!DOCTYPE\s+[^\s[>]+(?:\s+(?:SYSTEM|PUBLIC)(?:\s+(?:"[^"]*"|'[^']*'))+)?\s*(?:\[((?:"[^"]*"|'[^']*'|<!--[\s\S]*?-->|[^\]"'])*)\]\s*)?>/y;
    subset.lastIndex = this.#at;
    const found = subset.exec(this.#text);
    if (found === null) throw new XmlFault("DOCTYPE improperly terminated", this.#at);
    for (const [, name = "", , value = ""] of (found[1] ?? "").matchAll(
      /<!ENTITY\s+([^\s%]+)\s+(["'])([\s\S]*?)\2\s*>/g,
    ))
      if (!this.#entities.has(name)) this.#entities.set(name, value);
    this.#at = subset.lastIndex;
  }

  /** Entities replaced by what they stand for. */
  #expand(raw: string, start: number, within: readonly string[] = []): string {
    if (!raw.includes("&")) return raw;
    return raw.replace(
      /&(?:(#x?[0-9a-fA-F]+|[^;&\s<]+);)?/g,
      (whole, name: string | undefined, at: number) => {
        const place = start + at + whole.length;
        if (name === undefined) throw new XmlFault("xmlParseEntityRef: no name", start + at + 1);
        if (name.startsWith("#")) return character(name, place);
        const known = predefined[name];
        if (known !== undefined) return known;
        const value = this.#entities.get(name);
        if (value === undefined) throw new XmlFault(`Entity '${name}' not defined`, place);
        if (within.includes(name)) throw new XmlFault("Detected an entity reference loop", place);
        this.#expanded += value.length;
        if (this.#expanded > expansionMax)
          throw new XmlFault("Maximum entity amplification factor exceeded", place);
        return this.#expand(value, start, [...within, name]);
      },
    );
  }

  // ── Characters ──────────────────────────────────────────────────────────────────────────────────────────────────

  #is(text: string): boolean {
    return this.#text.startsWith(text, this.#at);
  }

  #blanks(): void {
    blankAt.lastIndex = this.#at;
    this.#at += blankAt.exec(this.#text)?.[0].length ?? 0;
  }

  #name(otherwise: string): string {
    nameAt.lastIndex = this.#at;
    const name = nameAt.exec(this.#text)?.[0];
    if (name === undefined) throw new XmlFault(otherwise, this.#at);
    this.#at += name.length;
    return name;
  }

  #line(at: number): number {
    return this.#text.slice(0, at).split("\n").length;
  }

  #node(
    kind: XmlKind,
    name: string,
    uri: string,
    value: string,
    parent: XmlNode | undefined,
    namespaces: ReadonlyMap<string, string> = none,
  ): XmlNode {
    const local = name.slice(name.indexOf(":") + 1);
    const order = this.#order++;
    return {
      kind,
      name,
      local,
      uri,
      value,
      parent,
      namespaces,
      order,
      children: [],
      attributes: [],
    };
  }
}

const none: ReadonlyMap<string, string> = new Map();

function character(name: string, at: number): string {
  const code = name.startsWith("#x") ? Number.parseInt(name.slice(2), 16) : Number(name.slice(1));
  const isAllowed =
    code === 9 ||
    code === 10 ||
    code === 13 ||
    (code >= 32 &&
      code <= 0x10ffff &&
      (code < 0xd800 || code > 0xdfff) &&
      code !== 0xfffe &&
      code !== 0xffff);
  if (!isAllowed) throw new XmlFault(`xmlParseCharRef: invalid xmlChar value ${code}`, at);
  return String.fromCodePoint(code);
}
