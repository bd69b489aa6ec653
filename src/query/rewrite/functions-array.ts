/** Arrays: lists, and lists of lists where they have more dimensions. https://www.postgresql.org/docs/15/functions-array.html */
import type { Expression, FunctionCall } from "../analyze/tree.ts";
import type { Printer } from "../print/printer.ts";
import { dimensionsOf, flattened, transformed } from "./dimensions.ts";

/** Of a call's printed arguments; undefined: not here. */
type ArrayFunction = (
  call: FunctionCall,
  values: readonly string[],
  printer: Printer,
) => string | undefined;

export const arrayFunctions: Readonly<Record<string, ArrayFunction>> = {
  cardinality: (call, [array = ""]) => `CAST(len(${flattened(array, depthOf(call))}) AS INTEGER)`,
  array_append: (call, [array = "", value = ""], printer) => {
    refuseDeep(call, "22000", "argument must be empty or one-dimensional array", printer);
    return `list_append(${array}, ${value})`;
  },
  array_prepend: (call, [value = "", array = ""], printer) => {
    refuseDeep(call, "22000", "argument must be empty or one-dimensional array", printer);
    return `list_prepend(${value}, ${array})`;
  },
  array_cat: (call, _, printer) => {
    const [left, right] = call.arguments;
    return left && right && printArrayConcatenation(left, right, printer);
  },
  array_remove: (call, [array = "", value = ""], printer) => {
    const message = "removing elements from multidimensional arrays is not supported";
    refuseDeep(call, "0A000", message, printer);
    return `list_filter(${array}, lambda item: item IS DISTINCT FROM ${value})`;
  },
  array_replace: (call, [array = "", from = "", to = ""]) =>
    transformed(
      array,
      depthOf(call),
      `CASE WHEN item IS NOT DISTINCT FROM ${from} THEN ${to} ELSE item END`,
    ),
  array_position: (call, [array = "", value = "", start], printer) => {
    refuseSearch(call, printer);
    if (start === undefined) return `CAST(nullif(list_position(${array}, ${value}), 0) AS INTEGER)`;
    const from = `pg_shim.array_start(${start})`;
    return `CAST(list_position(list_slice(${array}, ${from}, len(${array})), ${value}) AS INTEGER) + nullif(${from}, 0) - 1`;
  },
  array_positions: (call, [array = "", value = ""], printer) => {
    refuseSearch(call, printer);
    const places = `list_filter(range(1, len(${array}) + 1), lambda place: list_extract(${array}, place) IS NOT DISTINCT FROM ${value})`;
    return `list_transform(${places}, lambda place: CAST(place AS INTEGER))`;
  },
  array_dims: (call, [array = ""]) => {
    const sizes = lengths(array, depthOf(call)).map((length) => `'[1:' || ${length} || ']'`);
    return `CASE WHEN len(${array}) > 0 THEN ${sizes.join(" || ")} END`;
  },
  array_ndims: (call, [array = ""]) =>
    isVector(call) ? undefined : `CASE WHEN len(${array}) > 0 THEN ${depthOf(call)} END`,
  array_length: printLength,
  array_upper: (call, values) => (isVector(call) ? undefined : printLength(call, values)),
  array_lower: (call, values) => {
    const length = isVector(call) ? undefined : printLength(call, values);
    return length && `CASE WHEN ${length} IS NOT NULL THEN 1 END`;
  },
  trim_array: (_, [array = "", count = ""]) =>
    `list_slice(${array}, 1, len(${array}) - pg_shim.trimmed_count(${array}, ${count}))`,
  array_larger: (_, [a = "", b = ""]) => `greatest(${a}, ${b})`,
  array_smaller: (_, [a = "", b = ""]) => `least(${a}, ${b})`,
  array_fill: printFill,
};

const depthOf = (call: FunctionCall) =>
  Math.max(1, ...call.arguments.map((one) => dimensionsOf(one)));

/** int2vector and oidvector begin at 0: the catalog's macros know. */
function isVector(call: FunctionCall): boolean {
  const [array] = call.arguments;
  return array !== undefined && (array.type === 22 || array.type === 30);
}

function refuseDeep(call: FunctionCall, sqlstate: string, message: string, printer: Printer): void {
  if (depthOf(call) > 1) throw printer.analysis.error(sqlstate, message, undefined);
}

function refuseSearch(call: FunctionCall, printer: Printer): void {
  const message = "searching for elements in multidimensional arrays is not supported";
  refuseDeep(call, "0A000", message, printer);
}

/** Of each dimension, by the first of what is in the one around it. */
function lengths(array: string, dimensions: number): readonly string[] {
  return Array.from(
    { length: dimensions },
    (_, depth) => `len(${"list_extract(".repeat(depth)}${array}${", 1)".repeat(depth)})`,
  );
}

function printLength(call: FunctionCall, [array = "", dimension = ""]: readonly string[]) {
  const cases = lengths(array, depthOf(call)).map(
    (length, i) => `WHEN ${i + 1} THEN nullif(${length}, 0)`,
  );
  return `CAST(CASE ${dimension} ${cases.join(" ")} END AS INTEGER)`;
}

/** || of two arrays: one of fewer dimensions is one more element of the other. */
export function printArrayConcatenation(
  left: Expression,
  right: Expression,
  printer: Printer,
): string {
  const [l, r] = [printer.expression(left), printer.expression(right)];
  const isVoid = (one: Expression) => one.kind === "constant" && (one.text ?? "{}") === "{}";
  const apart = isVoid(left) || isVoid(right) ? 0 : dimensionsOf(left) - dimensionsOf(right);
  if (Math.abs(apart) > 1)
    throw printer.analysis.error("2202E", "cannot concatenate incompatible arrays", undefined);
  if (apart === 1) return `list_append(${l}, ${r})`;
  return apart === -1 ? `list_prepend(${l}, ${r})` : `list_concat(${l}, ${r})`;
}

function printFill(
  call: FunctionCall,
  [value = "", sizes = ""]: readonly string[],
  printer: Printer,
): string | undefined {
  const [, given, bounds] = call.arguments;
  if (given === undefined || bounds !== undefined) return undefined;
  if (given.kind === "constant" && given.text === null)
    throw printer.analysis.error(
      "22004",
      "dimension array or low bound array cannot be null",
      undefined,
    );
  const count =
    given.kind === "array"
      ? given.elements.length
      : given.kind === "constant"
        ? (given.text ?? "").split(",").filter((part) => /\d/.test(part)).length
        : 1;
  if (count === 0) return `list_filter([${value}], lambda item: false)`;
  let filled = value;
  for (let at = count; at >= 1; at--)
    filled = `list_transform(range(0, pg_shim.items_limit(list_extract(${sizes}, ${at}))), lambda place: ${filled})`;
  return filled;
}

const otherBounds =
  "error('PGERR:0A000:an array whose subscripts do not begin at 1 is not supported')";
const nullSubscript = "error('PGERR:22004:array subscript in assignment must not be null')";

export const arrayMacros: readonly string[] = [
  // What lies between the end and the new item is NULL.
  `CREATE OR REPLACE MACRO pg_shim.array_put(items, place, item) AS
  CASE
    WHEN place IS NULL THEN ${nullSubscript}
    WHEN place < 1 OR (place > 1 AND coalesce(len(items), 0) = 0) THEN ${otherBounds}
    ELSE list_concat(list_resize(coalesce(items, []), place - 1), list_append(list_slice(items, 1, 0), item), list_slice(coalesce(items, []), place + 1, len(items)))
  END`,
  `CREATE OR REPLACE MACRO pg_shim.array_put_slice(items, first, last, part) AS
  CASE
    WHEN part IS NULL THEN items
    WHEN coalesce(first, 1) < 1 OR (coalesce(first, 1) > 1 AND coalesce(len(items), 0) = 0) THEN ${otherBounds}
    WHEN coalesce(last, len(items)) < coalesce(first, 1) THEN items
    WHEN last IS NULL AND items IS NULL THEN error('PGERR:2202E:array slice subscript must provide both boundaries\u001eDWhen assigning to a slice of an empty array value, slice boundaries must be fully specified.')
    WHEN len(part) < coalesce(last, len(items)) - coalesce(first, 1) + 1 THEN error('PGERR:2202E:source array too small')
    ELSE list_concat(
      list_resize(coalesce(items, []), coalesce(first, 1) - 1),
      list_slice(part, 1, coalesce(last, len(items)) - coalesce(first, 1) + 1),
      list_slice(coalesce(items, []), coalesce(last, len(items)) + 1, len(items)))
  END`,
  `CREATE OR REPLACE MACRO pg_shim.array_start(place) AS
  CASE WHEN place IS NULL THEN error('PGERR:22004:initial position must not be null') ELSE greatest(place, 1) END`,
  `CREATE OR REPLACE MACRO pg_shim.trimmed_count(items, count) AS
  CASE WHEN count < 0 OR count > len(items)
    THEN error('PGERR:2202E:number of elements to trim must be between 0 and ' || len(items))
    ELSE count END`,
];
