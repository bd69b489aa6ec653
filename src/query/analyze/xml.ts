/** XMLELEMENT, XMLFOREST, XMLPARSE and their kin: PostgreSQL's transformXmlExpr. */
import type { Node, XmlExpr, XmlSerialize } from "@pgsql/types";
import { coerce, coerceToSpecific, coerceToTarget, typeOf } from "./coerce.ts";
import { oid } from "./oids.ts";
import type { Scope } from "./scope.ts";
import type { Expression, XmlConstructor } from "./tree.ts";
import { nameParts, resolveType, typeName } from "./types.ts";

const operations = {
  IS_XMLCONCAT: "concat",
  IS_XMLELEMENT: "element",
  IS_XMLFOREST: "forest",
  IS_XMLPARSE: "parse",
  IS_XMLPI: "pi",
  IS_XMLROOT: "root",
  IS_XMLSERIALIZE: "serialize",
  IS_DOCUMENT: "is document",
} as const;

export function xmlExpression(node: XmlExpr, scope: Scope): Expression {
  const { location } = node;
  const operation = operations[node.op ?? "IS_XMLCONCAT"];
  const { names, values } = namedParts(node.named_args ?? [], operation === "element", scope);
  const given = (node.args ?? []).map((one, i) => part(operation, i, one, scope));
  if (operation === "pi" && /^xml$/i.test(node.name ?? ""))
    throw scope.analysis.error("42601", "invalid XML processing instruction", undefined, {
      detail: 'XML processing instruction target name cannot be "xml".',
    });
  return {
    kind: "xml",
    operation,
    name: node.name === undefined ? "" : xmlName(node.name, false),
    names,
    named: values,
    arguments: given,
    isDocument: node.xmloption === "XMLOPTION_DOCUMENT",
    type: operation === "is document" ? oid.bool : oid.xml,
    typmod: -1,
    location,
  };
}

export function xmlSerialize(node: XmlSerialize, scope: Scope): Expression {
  const { analysis } = scope;
  const { location } = node;
  const value = settled(node.expr, scope);
  const made: XmlConstructor = {
    kind: "xml",
    operation: "serialize",
    name: "",
    names: [],
    named: [],
    arguments:
      value === undefined ? [] : [coerceToSpecific(value, oid.xml, "XMLSERIALIZE", analysis)],
    isDocument: node.xmloption === "XMLOPTION_DOCUMENT",
    type: oid.text,
    typmod: -1,
    location,
  };
  if (node.typeName === undefined) return made;
  const { type, typmod } = resolveType(node.typeName, (error, at) => {
    throw analysis.at(error, at);
  });
  const cast = coerceToTarget(made, type, typmod, analysis, "implicit");
  if (cast !== undefined) return cast;
  throw analysis.error("42846", `cannot cast XMLSERIALIZE result to ${typeName(type)}`, location);
}

function part(
  operation: (typeof operations)[keyof typeof operations],
  at: number,
  node: Node,
  scope: Scope,
): Expression {
  const { analysis } = scope;
  const value = analysis.rules.expression(node, scope);
  switch (operation) {
    case "concat":
      return coerceToSpecific(value, oid.xml, "XMLCONCAT", analysis);
    case "element":
    case "forest":
      return typed(value, scope);
    case "parse":
      return at === 0 ? coerceToSpecific(value, oid.text, "XMLPARSE", analysis) : value;
    case "pi":
      return coerceToSpecific(value, oid.text, "XMLPI", analysis);
    case "root":
      return coerceToSpecific(value, [oid.xml, oid.text][at] ?? oid.int4, "XMLROOT", analysis);
    case "serialize":
    case "is document":
      return coerceToSpecific(value, oid.xml, "IS DOCUMENT", analysis);
    default:
      return operation satisfies never;
  }
}

/** A literal that nobody has given a type is a text. */
function typed(value: Expression, { analysis }: Scope): Expression {
  return typeOf(value, analysis) === oid.unknown
    ? coerce(value, oid.text, analysis, "implicit")
    : value;
}

function settled(node: Node | undefined, scope: Scope): Expression | undefined {
  return node === undefined ? undefined : scope.analysis.rules.expression(node, scope);
}

function namedParts(nodes: readonly Node[], isAttribute: boolean, scope: Scope) {
  const { analysis } = scope;
  const names: string[] = [];
  const values: Expression[] = [];
  for (const node of nodes) {
    if (!("ResTarget" in node) || node.ResTarget.val === undefined) continue;
    const { name: given, val, location } = node.ResTarget;
    const column = "ColumnRef" in val ? nameParts(val.ColumnRef.fields).at(-1) : undefined;
    const name = given === undefined ? column && xmlName(column, true) : xmlName(given, false);
    if (name === undefined)
      throw analysis.error(
        "42601",
        `unnamed XML ${isAttribute ? "attribute" : "element"} value must be a column reference`,
        location,
      );
    if (isAttribute && names.includes(name))
      throw analysis.error(
        "42601",
        `XML attribute name "${name}" appears more than once`,
        location,
      );
    names.push(name);
    values.push(typed(analysis.rules.expression(val, scope), scope));
  }
  return { names, values };
}

const first =
  /[A-Z_a-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u02ff\u0370-\u037d\u037f-\u1fff\u2070-\u218f\u2c00-\u2fef\u3001-\ud7ff]/u;
const further =
  /[A-Z_a-z.0-9\u00b7\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u037d\u037f-\u1fff\u203f\u2040\u2070-\u218f\u2c00-\u2fef\u3001-\ud7ff-]/u;

/** An SQL name as one of XML: map_sql_identifier_to_xml_name. `isFull`: colons and a leading xml are told too. */
export function xmlName(name: string, isFull: boolean): string {
  const characters = [...name];
  return characters
    .map((one, i) => {
      if (one === ":" && (i === 0 || isFull)) return "_x003A_";
      if (one === "_" && characters[i + 1] === "x") return "_x005F_";
      if (isFull && i === 0 && /^xml/i.test(name)) return one === "x" ? "_x0078_" : "_x0058_";
      if (one === ":" || (i === 0 ? first : further).test(one)) return one;
      return `_x${(one.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}_`;
    })
    .join("");
}
