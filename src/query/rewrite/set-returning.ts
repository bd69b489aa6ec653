/** Functions that return sets: each as lists side by side, a list a column, which unnest spreads out. */
import { quoteName, quoteText } from "../../base/quote.ts";
import { oid } from "../analyze/oids.ts";
import { outputColumns } from "../analyze/record.ts";
import type { Expression, FromFunction, FunctionCall } from "../analyze/tree.ts";
import { baseType, elementType, typeName } from "../analyze/types.ts";
import { engineType } from "../print/engine-type.ts";
import { list, type Printer } from "../print/printer.ts";
import { printCast } from "./casts.ts";
import { dimensionsOf, flattened } from "./dimensions.ts";
import { arrayFunctions } from "./functions-array.ts";
import { kernelOf, printKernel } from "./kernels.ts";
import { printNamedKernel } from "./named-kernel.ts";
import { positional } from "./positional.ts";
import { printMatches, printSplit } from "./regexp-functions.ts";
import { shimCall } from "./shim.ts";

/** In a select list: one row for every element. */
export function printSetInList(call: FunctionCall, printer: Printer): string {
  const fields = outputColumns(call.proc, call.type, call.arguments);
  const lists = columnLists(call, printer);
  const [only, second] = lists;
  if (fields === undefined && only !== undefined && second === undefined) return `unnest(${only})`;
  if (fields !== undefined && second !== undefined && lists.length === fields.length)
    return `unnest(list_transform(list_zip(${list(lists)}), lambda item: struct_pack(${list(
      fields.map(({ name }, i) => `${quoteName(name)} := struct_extract_at(item, ${i + 1})`),
    )})))`;
  const rows = structList(call, printer);
  if (rows !== undefined) return `unnest(${rows})`;
  throw unsupported(call, printer);
}

function unsupported(call: FunctionCall, printer: Printer) {
  return printer.analysis.error(
    "0A000",
    `function ${call.proc.proname}(${call.proc.proargtypes.map(typeName).join(", ")}) is not supported yet`,
    call.location,
  );
}

/** A list of structs with PostgreSQL's field names, where the catalog's macros give one. */
function structList(call: FunctionCall, printer: Printer): string | undefined {
  const values = call.arguments.map((one) => printer.expression(one));
  return shimCall(call.proc.proname, values, printer);
}

type Lists = (
  call: FunctionCall,
  values: readonly string[],
  printer: Printer,
) => readonly string[] | undefined;

const sets: Readonly<Record<string, Lists>> = {
  unnest: (call, [value = "[]"]) =>
    baseType(call.arguments[0]?.type ?? 0) === oid.tsvector
      ? vectorColumns(value)
      : [flattened(value, dimensionsOf(call.arguments[0] ?? call))],
  generate_series: printSeries,
  generate_subscripts: (call, [array = "[]", dimension = "1", isReversed], printer) => {
    const [value] = call.arguments;
    const isVector =
      value !== undefined &&
      [oid.int2vector, oid.oidvector].some((type) => type === baseType(value.type));
    if (isVector) return [`CAST(range(0, len(${array})) AS INTEGER[])`];
    const length = arrayFunctions["array_length"]?.(call, [array, dimension], printer) ?? "0";
    const range = `CAST(range(1, coalesce(${length}, 0) + 1) AS INTEGER[])`;
    return [
      isReversed === undefined
        ? range
        : `CASE WHEN ${isReversed} THEN list_reverse(${range}) ELSE ${range} END`,
    ];
  },
  regexp_split_to_table: (call, _, printer) => one(printSplit(call, printer)),
  regexp_matches: (call, _, printer) => one(printMatches(call, printer)),
  string_to_table: (_, [text = "''", separator = "''", nulls]) => {
    const parts = `pg_shim.text_to_array(${text}, ${separator})`;
    return [
      nulls === undefined ? parts : `list_transform(${parts}, lambda item: nullif(item, ${nulls}))`,
    ];
  },
  json_each: eachField,
  jsonb_each: eachField,
  json_each_text: eachField,
  jsonb_each_text: eachField,
};

function one(printed: string | undefined): readonly string[] | undefined {
  return printed === undefined ? undefined : [printed];
}

/** unnest(tsvector). */
function vectorColumns(value: string): readonly string[] {
  return ["lexeme", "positions", "weights"].flatMap(
    (part) => printNamedKernel(`unnest_${part}(tsvector)`, value) ?? [],
  );
}

/** Keys and values, side by side. */
function eachField(call: FunctionCall, [value = "NULL"]: readonly string[]): readonly string[] {
  const { proname } = call.proc;
  const type = proname.startsWith("jsonb") ? "jsonb" : "json";
  return ["key", "value"].flatMap(
    (part) => printNamedKernel(`${proname}_${part}(${type})`, value) ?? [],
  );
}

/** Its columns as lists; empty when it is not known how. */
export function columnLists(written: FunctionCall, printer: Printer): readonly string[] {
  const call = positional(written);
  const values = call.arguments.map((one) => printer.expression(one));
  const computed = kernelOf(call)?.isSet ? printKernel(call, printer) : undefined;
  if (computed !== undefined) {
    const fields = outputColumns(call.proc, call.type, call.arguments);
    if (fields === undefined) return [computed];
  }
  const lists = sets[call.proc.proname]?.(call, values, printer);
  if (lists !== undefined) return lists;
  const rows = structList(call, printer);
  if (rows === undefined) return [];
  const fields = outputColumns(call.proc, call.type, call.arguments);
  if (fields === undefined) return [rows];
  return fields.map(
    ({ name }) => `list_transform(${rows}, lambda item: struct_extract(item, ${quoteText(name)}))`,
  );
}

/** json_to_recordset(…) AS x(a int): fields by name, cast as the list says. */
export function definedLists(
  one: FromFunction,
  call: FunctionCall,
  printer: Printer,
): readonly string[] {
  const { proname } = call.proc;
  const [value] = call.arguments;
  const isSet = /^jsonb?_to_recordset$/.test(proname);
  if (value === undefined || !/^jsonb?_to_record(?:set)?$/.test(proname))
    throw unsupported(call, printer);
  const printed = printer.expression(value);
  const rows = isSet
    ? (printNamedKernel("json_elements_of(json,text)", printed, quoteText(proname)) ?? "[]")
    : `[${printed}]`;
  return one.columns.map(({ name, type }) => {
    const field = jsonField(name, type);
    const text: Expression = { kind: "item", type: oid.text, typmod: -1, location: call.location };
    const cast = { ...text, kind: "cast", argument: text, type, method: "convert" } as const;
    const read = type === oid.text ? "item" : printCast({ ...cast, context: "explicit" }, printer);
    const fields = `list_transform(${rows}, lambda item: ${field})`;
    return read === "item" ? fields : `list_transform(${fields}, lambda item: ${read})`;
  });
}

/** A member as the text that its column is read from: JSON stays JSON, an array becomes an array's literal. */
function jsonField(name: string, type: number): string {
  const key = quoteText(name);
  if (type === oid.json || type === oid.jsonb)
    return printNamedKernel("json_object_field(json,text)", "item", key) ?? "item";
  const reader = elementType(type) === undefined ? "json_field_of" : "json_array_of";
  return printNamedKernel(`${reader}(json,text)`, "item", key) ?? "item";
}

function printSeries(call: FunctionCall, values: readonly string[]): readonly string[] | undefined {
  const type = baseType(call.type);
  if (type === oid.numeric) {
    const [from = "0", to = "0", step = "1"] = values;
    return [
      `list_transform(generate_series(0, pg_shim.items_limit(CAST(floor(pg_shim.numeric_div(pg_shim.series_bound(${to}, 'stop') - pg_shim.series_bound(${from}, 'start'), pg_shim.series_step(pg_shim.series_bound(${step}, 'step size')))) AS BIGINT))), lambda item: ${from} + item * ${step})`,
    ];
  }
  if (type !== oid.int4 && type !== oid.int8) return printMoments(values);
  const [from = "0", to = "0", step] = values;
  const checked = [
    from,
    `pg_shim.series_end(${from}, ${to}, ${step ?? "1"})`,
    ...(step === undefined ? [] : [`pg_shim.series_step(${step})`]),
  ];
  return [`CAST(generate_series(${list(checked)}) AS ${engineType(type)}[])`];
}

/** From moment to moment. */
function printMoments(values: readonly string[]): readonly string[] | undefined {
  const [from, to, step] = values;
  return step === undefined
    ? undefined
    : [`generate_series(${from}, ${to}, pg_shim.series_interval(${step}))`];
}

export const setMacros: readonly string[] = [
  `CREATE OR REPLACE MACRO pg_shim.series_step(step) AS
  CASE WHEN step = 0 THEN error('PGERR:22023:step size cannot equal zero') ELSE step END`,
  `CREATE OR REPLACE MACRO pg_shim.series_interval(step) AS
  CASE WHEN step = INTERVAL '0 days' THEN error('PGERR:22023:step size cannot equal zero') ELSE step END`,
  `CREATE OR REPLACE MACRO pg_shim.series_bound(value, what) AS
  CASE WHEN isnan(CAST(value AS DOUBLE)) THEN error('PGERR:22023:' || what || ' value cannot be NaN') ELSE value END`,
];
