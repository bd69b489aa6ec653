/** What an XML text is made of. */

export type XmlKind =
  | "root"
  | "element"
  | "attribute"
  | "text"
  | "cdata"
  | "comment"
  | "instruction"
  | "namespace";

export interface XmlNode {
  readonly kind: XmlKind;
  /** With its prefix; an instruction's target; a namespace's prefix. */
  readonly name: string;
  readonly local: string;
  /** "": none. */
  readonly uri: string;
  /** Of what has no children. */
  readonly value: string;
  readonly parent: XmlNode | undefined;
  readonly children: XmlNode[];
  readonly attributes: XmlNode[];
  /** Declared here: URI by prefix. */
  readonly namespaces: ReadonlyMap<string, string>;
  /** Place in the document. */
  readonly order: number;
}

export type XmlForm = "document" | "content";

/** What is wrong, and where: a line from 1 and the offset of the fault in the text. */
export class XmlFault extends Error {
  readonly at: number;

  constructor(message: string, at: number) {
    super(message);
    this.at = at;
  }
}

export interface XmlDeclaration {
  readonly version: string | undefined;
  readonly standalone: boolean | undefined;
  /** Offset of what follows it. */
  readonly end: number;
}

const declaration =
  /^<\?xml(?:\s+version\s*=\s*(["'])(.*?)\1)?(?:\s+encoding\s*=\s*(["'])[A-Za-z][\w.-]*\3)?(?:\s+standalone\s*=\s*(["'])(yes|no)\4)?\s*\?>/;

/** Undefined: there is none, or not a right one. */
export function xmlDeclaration(text: string): XmlDeclaration | undefined {
  const found = declaration.exec(text);
  if (found === null) return undefined;
  const [whole, , version, , , standalone] = found;
  return {
    version,
    standalone: standalone === undefined ? undefined : standalone === "yes",
    end: whole.length,
  };
}

export const prefixOf = (name: string) => (name.includes(":") ? (name.split(":")[0] ?? "") : "");
