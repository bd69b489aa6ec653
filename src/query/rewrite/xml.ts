/** XMLELEMENT and its kin as texts put together; what reads XML is functions/xml.ts. */
import { must } from "../../base/assert.ts";
import { quoteText } from "../../base/quote.ts";
import { oid } from "../analyze/oids.ts";
import type { Expression, FunctionCall, XmlConstructor } from "../analyze/tree.ts";
import { baseType, category, elementType } from "../analyze/types.ts";
import { list, type Printer } from "../print/printer.ts";
import { printNamedKernel } from "./named-kernel.ts";
import { textOf, textOfColumn } from "./text.ts";

export function printXml(made: XmlConstructor, printer: Printer): string {
  const printed = () => made.arguments.map((one) => printer.expression(one));
  const [first = "NULL"] = made.operation === "element" ? [] : printed();
  switch (made.operation) {
    case "element":
      return printElement(made, printer);
    case "forest":
      return printForest(made, printer);
    case "concat":
      return kernel("xmlconcat_of(_xml)", `[${list(printed())}]`);
    case "pi":
      return made.arguments.length === 0
        ? quoteText(`<?${made.name}?>`)
        : kernel("xmlpi(text,text)", quoteText(made.name), first);
    case "root":
      return kernel("xmlroot(xml,text,int4)", ...printed());
    case "parse":
      return kernel("xmlparse(text,bool)", first, String(made.isDocument));
    case "serialize":
      return made.isDocument ? kernel("xmlserialize_document(xml)", first) : first;
    case "is document":
      return kernel("xml_is_document(xml)", first);
    case "table":
      return kernel("xmltable_rows(text,text,text,_text)", ...printed());
    default:
      return made.operation satisfies never;
  }
}

/** xpath(path, xml, namespaces): the pairs as one text. */
export function printXPath(name: string, call: FunctionCall, printer: Printer): string | undefined {
  const [path, value, namespaces] = call.arguments;
  if (path === undefined || value === undefined || namespaces === undefined) return undefined;
  return kernel(
    name,
    printer.expression(path),
    printer.expression(value),
    textOf(namespaces, printer),
  );
}

function kernel(name: string, ...values: readonly string[]): string {
  return must(printNamedKernel(name, ...values), `${name} is one of the kernels`);
}

function printElement({ name, names, named, arguments: given }: XmlConstructor, printer: Printer) {
  const attributes = named.map((one, i) => {
    const value = kernel("xml_attribute(text)", valueText(one, printer));
    return `coalesce(${quoteText(` ${names[i] ?? ""}="`)} || ${value} || '"', '')`;
  });
  const contents = given.map((one) => contentOf(one, printer));
  const isEmpty = given.map((one) => `${printer.expression(one)} IS NULL`);
  const filled = `concat('>', ${list([...contents, quoteText(`</${name}>`)])})`;
  const rest =
    contents.length === 0
      ? "'/>'"
      : `CASE WHEN ${isEmpty.join(" AND ")} THEN '/>' ELSE ${filled} END`;
  return `concat(${list([quoteText(`<${name}`), ...attributes, rest])})`;
}

/** NULL makes no element, and no element at all is NULL. */
function printForest({ names, named }: XmlConstructor, printer: Printer): string {
  const parts = named.map((one, i) => {
    const name = names[i] ?? "";
    return `${quoteText(`<${name}>`)} || ${contentOf(one, printer)} || ${quoteText(`</${name}>`)}`;
  });
  return `nullif(concat(${list(parts)}), '')`;
}

/** xml as it is, anything else with its signs told. */
function contentOf(value: Expression, printer: Printer): string {
  const base = baseType(value.type);
  if (base === oid.xml) return kernel("shown_xml(xml)", printer.expression(value));
  const element = elementType(base);
  const text = valueText(value, printer);
  if (element !== undefined) return text;
  return category(base) === "S" || base === oid.json || base === oid.jsonb || category(base) === "U"
    ? kernel("xml_escaped(text)", text)
    : text;
}

/** As map_sql_value_to_xml_value: XML Schema's forms of booleans, moments and bytes. */
function valueText(value: Expression, printer: Printer): string {
  const base = baseType(value.type);
  const element = elementType(base);
  if (element !== undefined) {
    const item = textForm("item", element, printer);
    const escaped = category(element) === "S" ? kernel("xml_escaped(text)", item) : item;
    return `array_to_string(list_transform(${printer.expression(value)}, lambda item: '<element>' || ${escaped} || '</element>'), '')`;
  }
  return isOwnForm(base)
    ? textForm(printer.expression(value), base, printer)
    : textOf(value, printer);
}

const forms: ReadonlySet<number> = new Set([
  oid.bool,
  oid.timestamp,
  oid.timestamptz,
  oid.bytea,
  oid.xml,
  oid.bpchar,
]);
const isOwnForm = (base: number) => forms.has(base);

function textForm(value: string, base: number, printer: Printer): string {
  switch (base) {
    case oid.bool:
      return `CAST(${value} AS VARCHAR)`;
    case oid.timestamp:
      return `replace(CAST(${value} AS VARCHAR), ' ', 'T')`;
    case oid.timestamptz:
      return `regexp_replace(replace(CAST(${value} AS VARCHAR), ' ', 'T'), '([+-]\\d\\d)$', '\\1:00')`;
    case oid.bytea:
      return `to_base64(${value})`;
    case oid.xml:
    case oid.bpchar:
      return value;
    default:
      return textOfColumn(value, base, printer);
  }
}
