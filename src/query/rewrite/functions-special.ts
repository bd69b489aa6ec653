/** Functions that a template cannot say: the types of their arguments, or a constant among them, decide what is printed. */
import { make } from "../analyze/constant.ts";
import { oid } from "../analyze/oids.ts";
import type { Expression, FunctionCall } from "../analyze/tree.ts";
import { baseType, elementType, typeRow } from "../analyze/types.ts";
import { literal } from "../print/literal.ts";
import { list, type Printer } from "../print/printer.ts";
import { dimensionsOf, flattened } from "./dimensions.ts";
import { printEnumFunction } from "./enums.ts";
import { printExtract } from "./extract.ts";
import { printFormat } from "./format.ts";
import { jsonFrom, jsonItem, jsonItemOf, jsonText, lineText } from "./json.ts";
import { printDateTrunc, printTimeZone } from "./moments.ts";
import { printNamedKernel } from "./named-kernel.ts";
import { numericFunctions } from "./numeric-functions.ts";
import { printPopulate } from "./populate.ts";
import { regexpFunctions } from "./regexp-functions.ts";
import { sequenceFunctions } from "./sequences.ts";
import { shimCall } from "./shim.ts";
import { knownNumerics, outputText, partText, textOf } from "./text.ts";
import { printToChar, printToNumber, printToTimestamp } from "./to-char.ts";
import { printXPath } from "./xml.ts";

type Special = (call: FunctionCall, printer: Printer) => string | undefined;

export const specialFunctions: Readonly<Record<string, Special>> = {
  concat: (call, printer) =>
    call.isVariadicArray
      ? joinedArray(call, undefined, call.arguments[0], printer)
      : `concat(${list(call.arguments.map((one) => outputText(one, printer)))})`,
  concat_ws: (call, printer) =>
    call.isVariadicArray
      ? joinedArray(call, call.arguments[0], call.arguments[1], printer)
      : `concat_ws(${list(call.arguments.map((one) => outputText(one, printer)))})`,
  format: printFormat,
  extract: printExtract,
  date_part: printExtract,
  to_char: printToChar,
  timezone: printTimeZone,
  date_trunc: printDateTrunc,
  to_timestamp: printToTimestamp,
  to_number: printToNumber,
  ...numericFunctions,
  age: (call, printer) =>
    call.arguments.length === 1 && call.proc.proargtypes[0] !== 28
      ? ageOfToday(call, printer)
      : call.proc.proargtypes[0] === 28
        ? `pg_shim.xid_age(${printAll(call, printer)[0]})`
        : undefined,
  ...regexpFunctions,
  array_to_string: printArrayToString,
  array_upper: (call, printer) => vectorBound("vector_upper", call, printer),
  array_lower: (call, printer) => vectorBound("vector_lower", call, printer),
  make_interval: printMakeInterval,
  json_build_object: printBuildObject,
  jsonb_build_object: printBuildObject,
  json_build_array: printBuildArray,
  jsonb_build_array: printBuildArray,
  to_json: printToJson,
  to_jsonb: printToJson,
  row_to_json: printToJson,
  array_to_json: printToJson,
  json_object: printJsonObject,
  jsonb_object: printJsonObject,
  pg_column_size: printColumnSize,
  num_nulls: (call, printer) => countNulls(call, "IS NULL", printer),
  num_nonnulls: (call, printer) => countNulls(call, "IS NOT NULL", printer),
  ...sequenceFunctions,
  json_populate_record: printPopulate,
  jsonb_populate_record: printPopulate,
  enum_first: printEnumFunction,
  enum_last: printEnumFunction,
  enum_range: printEnumFunction,
  xpath: (call, printer) => printXPath("xpath_in(text,xml,text)", call, printer),
  xpath_exists: (call, printer) => printXPath("xpath_exists_in(text,xml,text)", call, printer),
  txid_current: (call, printer) => shimCall("own_txid", printAll(call, printer), printer),
  quote_literal: quoting,
  quote_nullable: quoting,
};

function printAll(call: FunctionCall, printer: Printer): string[] {
  return call.arguments.map((one) => printer.expression(one));
}

function quoting(call: FunctionCall, printer: Printer): string | undefined {
  return shimCall(
    call.proc.proname,
    call.arguments.map((one) => textOf(one, printer)),
    printer,
  );
}

/** age(x) is from midnight today. */
function ageOfToday(call: FunctionCall, printer: Printer): string | undefined {
  const [value] = call.arguments;
  if (value === undefined) return undefined;
  const now = printer.parameter({ kind: "session", value: "transaction timestamp" });
  const today =
    baseType(value.type) === oid.timestamp
      ? `CAST(CAST(${now} AS DATE) AS TIMESTAMP)`
      : `CAST(CAST(${now} AS DATE) AS TIMESTAMP WITH TIME ZONE)`;
  return `age(${today}, ${printer.expression(value)})`;
}

function printArrayToString(call: FunctionCall, printer: Printer): string | undefined {
  const [array, separator, nulls] = call.arguments;
  if (array === undefined || separator === undefined) return undefined;
  const element = elementType(baseType(array.type)) ?? oid.text;
  const known = knownNumerics(array);
  const value =
    known === undefined
      ? flattened(printer.expression(array), dimensionsOf(array))
      : literal(oid.textArray, -1, known);
  const item = known === undefined ? partText("item", element, printer) : "item";
  const filled = nulls === undefined ? item : `coalesce(${item}, ${printer.expression(nulls)})`;
  const texts = filled === "item" ? value : `list_transform(${value}, lambda item: ${filled})`;
  const between = printer.expression(separator);
  const joined = `array_to_string(${texts}, ${between})`;
  return separator.kind === "constant" && separator.text !== null
    ? joined
    : `CASE WHEN ${between} IS NOT NULL THEN ${joined} END`;
}

/** concat(VARIADIC array) joins what is in it. */
function joinedArray(
  call: FunctionCall,
  separator: Expression | undefined,
  array: Expression | undefined,
  printer: Printer,
): string | undefined {
  if (array === undefined) return undefined;
  const between = separator ?? make(oid.text, "", undefined);
  return printArrayToString({ ...call, arguments: [array, between] }, printer);
}

/** Vectors begin at 0. */
function vectorBound(name: string, call: FunctionCall, printer: Printer): string | undefined {
  const [array, dimension] = call.arguments;
  if (array === undefined || dimension === undefined) return undefined;
  const base = baseType(array.type);
  if (base !== oid.int2vector && base !== oid.oidvector) return undefined;
  return shimCall(name, [printer.expression(array), printer.expression(dimension)], printer);
}

const intervalParts = ["years", "months", "weeks", "days", "hours", "mins", "secs"] as const;
const makers: Readonly<Record<(typeof intervalParts)[number], (value: string) => string>> = {
  years: (value) => `to_years(${value})`,
  months: (value) => `to_months(${value})`,
  weeks: (value) => `to_days(${value} * 7)`,
  days: (value) => `to_days(${value})`,
  hours: (value) => `to_hours(${value})`,
  mins: (value) => `to_minutes(${value})`,
  secs: (value) => `to_microseconds(CAST(round(${value} * 1000000) AS BIGINT))`,
};

function printMakeInterval(call: FunctionCall, printer: Printer): string {
  const parts = intervalParts.flatMap((name, i) => {
    const value = call.arguments[i];
    if (value === undefined || (value.kind === "constant" && Number(value.text ?? 1) === 0))
      return [];
    return [makers[name](printer.expression(value))];
  });
  return parts.length === 0 ? "CAST('0 days' AS INTERVAL)" : `(${parts.join(" + ")})`;
}

function printBuildObject(call: FunctionCall, printer: Printer): string | undefined {
  if (call.isVariadicArray) return builtFromArray(call, printer);
  call.arguments.forEach((key, i) => {
    if (i % 2 === 0) refuseKey(key, i, printer);
  });
  if (call.arguments.length % 2 === 1)
    throw printer.analysis.error(
      "22023",
      "argument list must have even number of elements",
      undefined,
      {
        hint: `The arguments of ${call.proc.proname}() must consist of alternating keys and values.`,
      },
    );
  const pairs: string[] = [];
  for (let i = 0; i + 1 < call.arguments.length; i += 2) {
    const [key, value] = [call.arguments[i], call.arguments[i + 1]];
    if (key === undefined || value === undefined) continue;
    pairs.push(
      `CAST(to_json(${textOf(key, printer)}) AS VARCHAR) || ' : ' || ${jsonItem(value, printer)}`,
    );
  }
  const text = pairs.length === 0 ? "'{}'" : `'{' || ${pairs.join(" || ', ' || ")} || '}'`;
  return jsonFrom(text, call.type);
}

/** json_build_object(VARIADIC array): keys and values in turn. */
function builtFromArray(call: FunctionCall, printer: Printer): string | undefined {
  const [all] = call.arguments;
  const element = all && elementType(baseType(all.type));
  if (all === undefined || element === undefined) return undefined;
  const { proname } = call.proc;
  const items = flattened(printer.expression(all), dimensionsOf(all));
  const odd = `error('PGERR:22023:argument list must have even number of elements' || chr(30) || 'HThe arguments of ${proname}() must consist of alternating keys and values.')`;
  const none =
    "error('PGERR:22023:argument ' || (2 * pair + 1) || ' cannot be null' || chr(30) || 'HObject keys should be text.')";
  const key = partText(`${items}[2 * pair + 1]`, element, printer);
  const value = jsonItemOf(`${items}[2 * pair + 2]`, element, printer);
  const pairs = `list_transform(range(len(${items}) // 2), lambda pair: CASE WHEN ${items}[2 * pair + 1] IS NULL THEN ${none} ELSE CAST(to_json(${key}) AS VARCHAR) || ' : ' || ${value} END)`;
  const text = `'{' || coalesce(array_to_string(${pairs}, ', '), '') || '}'`;
  return jsonFrom(
    `CASE WHEN ${items} IS NULL THEN NULL WHEN len(${items}) % 2 = 1 THEN ${odd} ELSE ${text} END`,
    call.type,
  );
}

/** A key is a text, or a value that has one. */
function refuseKey(key: Expression, at: number, printer: Printer): void {
  const base = baseType(key.type);
  if (key.kind === "constant" && key.text === null)
    throw printer.analysis.error("22023", `argument ${at + 1} cannot be null`, undefined, {
      hint: "Object keys should be text.",
    });
  const isScalar =
    base !== oid.json &&
    base !== oid.jsonb &&
    base !== oid.record &&
    elementType(base) === undefined;
  if (!isScalar)
    throw printer.analysis.error(
      "22023",
      "key value must be scalar, not array, composite, or json",
      undefined,
    );
}

function printBuildArray(call: FunctionCall, printer: Printer): string | undefined {
  const [all] = call.arguments;
  if (call.isVariadicArray) {
    if (all === undefined) return undefined;
    const element = elementType(baseType(all.type));
    if (element === undefined) return undefined;
    const items = `list_transform(${printer.expression(all)}, lambda item: ${jsonItemOf("item", element, printer)})`;
    return jsonFrom(`'[' || coalesce(array_to_string(${items}, ', '), '') || ']'`, call.type);
  }
  const items = call.arguments.map((one) => jsonItem(one, printer));
  const text = items.length === 0 ? "'[]'" : `'[' || ${items.join(" || ', ' || ")} || ']'`;
  return jsonFrom(text, call.type);
}

function printToJson(call: FunctionCall, printer: Printer): string | undefined {
  const [value, pretty] = call.arguments;
  if (value === undefined) return undefined;
  const isPretty = pretty?.kind === "constant" && pretty.text === "t";
  if (pretty !== undefined && pretty.kind !== "constant") return undefined;
  return jsonFrom(isPretty ? lineText(value, printer) : jsonText(value, printer), call.type);
}

/** Keys and values in one array, of one dimension or of two. */
function printJsonObject(call: FunctionCall, printer: Printer): string | undefined {
  const [pairs, second] = call.arguments;
  if (pairs === undefined || second !== undefined) return undefined;
  return printNamedKernel(`${call.proc.proname}_of(text)`, textOf(pairs, printer));
}

/** As a value in memory: a length of four bytes in front of what varies. */
function printColumnSize(call: FunctionCall, printer: Printer): string | undefined {
  const [value] = call.arguments;
  if (value === undefined) return undefined;
  const base = baseType(value.type);
  const printed = printer.expression(value);
  const size = typeRow(base)?.typlen ?? -1;
  if (size > 0) return `CASE WHEN ${printed} IS NOT NULL THEN ${size} END`;
  if (base === oid.bytea) return `CAST(4 + octet_length(${printed}) AS INTEGER)`;
  return base === oid.text || base === oid.varchar
    ? `CAST(4 + strlen(${printed}) AS INTEGER)`
    : undefined;
}

function countNulls(call: FunctionCall, test: string, printer: Printer): string | undefined {
  const [all] = call.arguments;
  if (call.isVariadicArray)
    return (
      all &&
      `CAST(len(list_filter(${printer.expression(all)}, lambda item: item ${test})) AS INTEGER)`
    );
  const tests = call.arguments.map((one) => `CAST(${printer.expression(one)} ${test} AS INTEGER)`);
  return `(${tests.join(" + ")})`;
}
