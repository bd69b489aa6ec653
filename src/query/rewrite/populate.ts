/** json[b]_populate_record and its kin: an object's members as the fields of a composite. */
import { quoteName, quoteText } from "../../base/quote.ts";
import { oid } from "../analyze/oids.ts";
import { compositeFields } from "../analyze/record.ts";
import type { Expression, FunctionCall } from "../analyze/tree.ts";
import { baseType, elementType } from "../analyze/types.ts";
import { list, type Printer } from "../print/printer.ts";
import { printCast } from "./casts.ts";

/** One row as a struct. What the object lacks is the base's. */
export function printPopulate(call: FunctionCall, printer: Printer): string | undefined {
  const [base, json] = call.arguments;
  const fields = compositeFields(call.type);
  if (base === undefined || json === undefined || fields === undefined) return undefined;
  const object = printer.expression(json);
  const isNull = base.kind === "constant" && base.text === null;
  const whole = isNull ? undefined : printer.expression(base);
  const values = fields.map(({ name, type }) => {
    const member = memberOf("domain_object", name, type, printer);
    const value =
      whole === undefined
        ? member
        : `CASE WHEN json_exists(domain_object, ${path(name)}) THEN ${member} ELSE struct_extract(${whole}, ${quoteText(name)}) END`;
    return `${quoteName(name)} := ${value}`;
  });
  return `list_extract(list_transform([${object}], lambda domain_object: struct_pack(${list(values)})), 1)`;
}

/** The rows of an array of objects, a list for each field. */
export function populatedLists(
  call: FunctionCall,
  printer: Printer,
): readonly string[] | undefined {
  const [, json] = call.arguments;
  const fields = compositeFields(call.type);
  if (json === undefined || fields === undefined) return undefined;
  const objects = `from_json(${printer.expression(json)}, '["JSON"]')`;
  return fields.map(
    ({ name, type }) =>
      `list_transform(${objects}, lambda domain_object: ${memberOf("domain_object", name, type, printer)})`,
  );
}

const path = (name: string) => quoteText(`$.${JSON.stringify(name)}`);

function memberOf(object: string, name: string, type: number, printer: Printer): string {
  const base = baseType(type);
  if (base === oid.json || base === oid.jsonb) return `json_extract(${object}, ${path(name)})`;
  const text = `json_extract_string(${object}, ${path(name)})`;
  const isArray = elementType(base) !== undefined;
  // A list's text in json is an array's in PostgreSQL but for its brackets.
  const item = isArray
    ? `'{' || regexp_replace(CAST(json_extract(${object}, ${path(name)}) AS VARCHAR), '^\\[|\\]$', '', 'g') || '}'`
    : text;
  const location = undefined;
  const value: Expression = { kind: "item", name: item, type: oid.text, typmod: -1, location };
  if (base === oid.text || base === oid.varchar) return text;
  const cast: Extract<Expression, { kind: "cast" }> = {
    kind: "cast",
    argument: value,
    type,
    typmod: -1,
    method: "convert",
    context: "explicit",
    location,
  };
  return printCast(cast, printer);
}
