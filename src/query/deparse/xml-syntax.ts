/** XMLELEMENT and its kin, as ruleutils.c writes them. */
import { unsupported } from "../../base/error.ts";
import { quoteIdent } from "../../catalog/identifiers.ts";
import type { XmlConstructor } from "../analyze/tree.ts";
import type { Writer } from "./writer.ts";

const words = {
  element: "XMLELEMENT(",
  forest: "XMLFOREST(",
  concat: "XMLCONCAT(",
  pi: "XMLPI(",
  root: "XMLROOT(",
  parse: "XMLPARSE(",
  serialize: "XMLSERIALIZE(",
} as const;

const standalone = [", STANDALONE YES", ", STANDALONE NO", ", STANDALONE NO VALUE", ""] as const;

export function writeXmlSyntax(made: XmlConstructor, writer: Writer): void {
  const { operation, name, arguments: given } = made;
  const [first, version, alone] = given;
  if (operation === "is document") {
    writer.write("(");
    if (first !== undefined) writer.expression(first, false);
    writer.write(" IS DOCUMENT)");
    return;
  }
  if (operation === "table") throw unsupported("printing XMLTABLE again");
  writer.write(words[operation]);
  if (operation === "parse" || operation === "serialize")
    writer.write(made.isDocument ? "DOCUMENT " : "CONTENT ");
  if (operation === "element" || operation === "pi") writer.write(`NAME ${quoteIdent(name)}`);
  writeNamed(made, writer);
  if (operation === "parse" || operation === "serialize" || operation === "root") {
    if (first !== undefined) writer.expression(first, false);
  } else if (given.length > 0) {
    if (operation === "element" || operation === "pi") writer.write(", ");
    writer.list(given);
  }
  if (operation === "parse") writer.write(" STRIP WHITESPACE");
  if (operation === "serialize") writer.write(" AS text");
  if (operation === "root") {
    writer.write(", VERSION ");
    if (version?.kind === "constant" && version.text === null) writer.write("NO VALUE");
    else if (version !== undefined) writer.expression(version, false);
    if (alone?.kind === "constant") writer.write(standalone[Number(alone.text ?? 3)] ?? "");
  }
  writer.write(")");
}

function writeNamed({ operation, names, named }: XmlConstructor, writer: Writer): void {
  if (named.length === 0) return;
  if (operation === "element") writer.write(", XMLATTRIBUTES(");
  named.forEach((one, i) => {
    if (i > 0) writer.write(", ");
    writer.expression(one, true);
    writer.write(` AS ${quoteIdent(names[i] ?? "")}`);
  });
  if (operation === "element") writer.write(")");
}
