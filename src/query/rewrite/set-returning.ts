/** Functions that return sets: each as lists side by side, a list a column, which unnest spreads out. */
import { quoteText } from "../../base/quote.ts";
import { oid } from "../analyze/oids.ts";
import { outputColumns } from "../analyze/record.ts";
import type { FromFunction, FunctionCall } from "../analyze/tree.ts";
import { baseType, typeName } from "../analyze/types.ts";
import { engineType } from "../print/engine-type.ts";
import { list, type Printer } from "../print/printer.ts";
import { printMatches, printSplit } from "./regexp-functions.ts";
import { countGroups, flagText } from "./functions-special.ts";
import { kernelOf, printKernel } from "./kernels.ts";
import { printPattern } from "./regex.ts";
import { shimCall } from "./shim.ts";

/** In a select list: one row for every element. */
export function printSetInList(call: FunctionCall, printer: Printer): string {
  const fields = outputColumns(call.proc, call.type, call.arguments);
  const [only, second] = columnLists(call, printer);
  if (fields === undefined && only !== undefined && second === undefined) return `unnest(${only})`;
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
  unnest: (_, [value = "[]"]) => [value],
  generate_series: printSeries,
  generate_subscripts: (call, [array = "[]"]) => {
    const [value] = call.arguments;
    const isVector =
      value !== undefined &&
      [oid.int2vector, oid.oidvector].some((type) => type === baseType(value.type));
    const range = isVector ? `range(0, len(${array}))` : `range(1, len(${array}) + 1)`;
    return [`CAST(${range} AS INTEGER[])`];
  },
  regexp_split_to_table: (call, _, printer) => one(printSplit(call, printer)),
  regexp_matches: (call, _, printer) => one(printMatches(call, printer)),
  string_to_table: (_, [text = "''", separator = "''", nulls]) => {
    const parts = `pg_shim.text_to_array(${text}, ${separator})`;
    return [
      nulls === undefined ? parts : `list_transform(${parts}, lambda item: nullif(item, ${nulls}))`,
    ];
  },
  // Nothing is partitioned.
  pg_partition_tree: () => [
    "CAST([] AS UINTEGER[])",
    "CAST([] AS UINTEGER[])",
    "CAST([] AS BOOLEAN[])",
    "CAST([] AS INTEGER[])",
  ],
  json_array_elements: (_, [value = "NULL"]) => [`json_extract(${value}, '$[*]')`],
  jsonb_array_elements: (_, [value = "NULL"]) => [`json_extract(${value}, '$[*]')`],
  json_array_elements_text: (_, [value = "NULL"]) => [`json_extract_string(${value}, '$[*]')`],
  jsonb_array_elements_text: (_, [value = "NULL"]) => [`json_extract_string(${value}, '$[*]')`],
  json_object_keys: (_, [value = "NULL"]) => [`json_keys(${value})`],
  jsonb_object_keys: (_, [value = "NULL"]) => [`json_keys(${value})`],
  json_each: (_, [value = "NULL"]) => eachField(value, "json_field"),
  jsonb_each: (_, [value = "NULL"]) => eachField(value, "json_field"),
  json_each_text: (_, [value = "NULL"]) => eachField(value, "json_field_text"),
  jsonb_each_text: (_, [value = "NULL"]) => eachField(value, "json_field_text"),
};

function one(printed: string | undefined): readonly string[] | undefined {
  return printed === undefined ? undefined : [printed];
}

function eachField(value: string, reader: string): readonly string[] {
  const keys = `json_keys(${value})`;
  return [keys, `list_transform(${keys}, lambda item: pg_shim.${reader}(${value}, item))`];
}

/** Its columns as lists; empty when it is not known how. */
export function columnLists(call: FunctionCall, printer: Printer): readonly string[] {
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
  const rows = isSet ? `json_extract(${printed}, '$[*]')` : `[${printed}]`;
  return one.columns.map(({ name, type }) => {
    const isJson = type === oid.json || type === oid.jsonb;
    const field = `pg_shim.${isJson ? "json_field" : "json_field_text"}(item, ${quoteText(name)})`;
    const cast = isJson ? field : `CAST(${field} AS ${engineType(type)})`;
    return `list_transform(${rows}, lambda item: ${cast})`;
  });
}

function printSeries(call: FunctionCall, values: readonly string[]): readonly string[] | undefined {
  const type = baseType(call.type);
  if (type === oid.numeric) {
    const [from = "0", to = "0", step = "1"] = values;
    return [
      `list_transform(generate_series(0, pg_shim.items_limit(CAST(floor(pg_shim.numeric_div(${to} - ${from}, ${step})) AS BIGINT))), lambda item: ${from} + item * ${step})`,
    ];
  }
  if (type !== oid.int4 && type !== oid.int8)
    return call.arguments.length === 3 ? [`generate_series(${list(values)})`] : undefined;
  const [from = "0", to = "0", step] = values;
  const checked = [
    from,
    `pg_shim.series_end(${from}, ${to}, ${step ?? "1"})`,
    ...(step === undefined ? [] : [`pg_shim.series_step(${step})`]),
  ];
  return [`CAST(generate_series(${list(checked)}) AS ${engineType(type)}[])`];
}

export const setMacros: readonly string[] = [
  `CREATE OR REPLACE MACRO pg_shim.series_step(step) AS
  CASE WHEN step = 0 THEN error('PGERR:22023:step size cannot equal zero') ELSE step END`,
];
