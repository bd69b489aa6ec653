/**
 * Functions of DuckDB's that make much out of little, in the client's own DuckDB SQL: they are called through macros that
 * ask for the size first, as PostgreSQL's are (rewrite/sizes.ts). Arguments are evaluated once, so that random() is not
 * asked twice; a list of one is what binds them.
 */
import type { ValueLimits } from "../rewrite/sizes.ts";
import type { TreeNode } from "./walk.ts";

const sized: ReadonlySet<string> = new Set([
  "array_resize",
  "bitstring",
  "generate_series",
  "list_resize",
  "lpad",
  "range",
  "repeat",
  "replace",
  "rpad",
]);

/** Of any number of arguments, so it is the first that goes through a macro. */
const formatted: ReadonlySet<string> = new Set(["format", "printf"]);

const prefix = "duckdb_";

/** Makes the call a capped one; the name of the macro it calls then, undefined when it needs none. */
export function cap(call: TreeNode): string | undefined {
  const name = String(call["function_name"]).toLowerCase();
  if (sized.has(name)) {
    call["schema"] = "pg_shim";
    call["function_name"] = `${prefix}${name}`;
    call["catalog"] = "";
    return `pg_shim.${prefix}${name}`;
  }
  const { children } = call;
  if (!formatted.has(name) || !Array.isArray(children) || isPlain(children[0])) return undefined;
  const made = { schema: "pg_shim", function_name: `${prefix}${name}`, catalog: "", alias: "" };
  call["children"] = [{ ...call, ...made, children: children.slice(0, 1) }, ...children.slice(1)];
  return `pg_shim.${made.function_name}`;
}

/** A constant without a large width, or one that is an argument. */
function isPlain(format: TreeNode | undefined): boolean {
  if (format?.["class"] !== "CONSTANT") return false;
  const value = (format["value"] as TreeNode | undefined)?.["value"];
  return typeof value === "string" && !/[0-9]{6}|\*|:[^{}]*\{/.test(value);
}

/** What columns are called that nobody has named: by the function that was written. */
export function nameAsWritten(name: string): string {
  return name.replaceAll(`pg_shim.${prefix}`, "");
}

/** The value of `given`, or an error: neither is evaluated before, nor twice. */
const asked = (given: string, isTooMuch: string, fault: string, otherwise = "asked") =>
  `list_transform([${given}], lambda asked: CASE WHEN ${isTooMuch} THEN ${fault} ELSE ${otherwise} END)[1]`;

export function duckdbSizeMacros({ valueBytesMax, valueItemsMax }: ValueLimits): string[] {
  const tooLong = "error('PGERR:54000:requested length too large')";
  const tooMany = `error('PGERR:54000:array size exceeds the maximum allowed (${valueItemsMax})')`;
  const macro = (name: string, ...overloads: readonly string[]) =>
    `CREATE OR REPLACE MACRO pg_shim.${prefix}${name}${overloads.join(", ")}`;
  const length = `pg_shim.${prefix}length(size)`;
  const items = `pg_shim.${prefix}items(size)`;
  const resized = (name: string) =>
    macro(
      name,
      `(list, size) AS ${name}(list, ${items})`,
      `(list, size, value) AS ${name}(list, ${items}, value)`,
    );
  const widths = (name: string, directive: string, given: string) =>
    macro(
      name,
      `(pattern) AS ${asked(
        "pattern",
        `regexp_matches(asked, '${given}')`,
        "error('PGERR:0A000:a width that is an argument is not supported')",
        `CASE WHEN list_sum(list_transform(
          regexp_extract_all(array_to_string(regexp_extract_all(asked, '${directive}'), ' '), '[0-9]+'),
          lambda width: CAST(width AS DOUBLE))) > ${valueBytesMax} THEN ${tooLong} ELSE asked END`,
      )}`,
    );
  return [
    macro(
      "length",
      `(size) AS ${asked("size", `CAST(asked AS BIGINT) > ${valueBytesMax}`, tooLong, "CAST(asked AS INTEGER)")}`,
    ),
    macro(
      "items",
      `(size) AS ${asked("size", `CAST(asked AS BIGINT) > ${valueItemsMax}`, tooMany)}`,
    ),
    macro("lpad", `(value, size, padding) AS lpad(value, ${length}, padding)`),
    macro("rpad", `(value, size, padding) AS rpad(value, ${length}, padding)`),
    macro("bitstring", `(bits, size) AS bitstring(bits, ${length})`),
    macro("replace", "(value, old, new) AS pg_shim.text_replace(value, old, new)"),
    macro(
      "repeat",
      `(value, times) AS list_transform([{'value': value, 'times': CAST(times AS BIGINT)}], lambda asked: repeat(asked.value,
      CASE WHEN strlen(CAST(asked.value AS VARCHAR)) * CAST(greatest(asked.times, 0) AS HUGEINT) > ${valueBytesMax}
        THEN ${tooLong} ELSE asked.times END))[1]`,
    ),
    resized("list_resize"),
    resized("array_resize"),
    seriesMacro("range", valueItemsMax, tooMany),
    seriesMacro("generate_series", valueItemsMax, tooMany),
    widths("format", "\\{[^{}]*\\}", "\\{[0-9]*:[^{}]*\\{"),
    widths("printf", "%[-+ #0-9.$]*", "%[-+ #0-9.$]*\\*"),
  ];
}

/** Of numbers or instants: what overflows lies beyond all that a series can reach. */
function seriesMacro(name: string, itemsMax: number, tooMany: string): string {
  const within = (given: string, isTooMuch: string, step: string) =>
    `list_transform([{${given}}], lambda asked: ${name}(asked.start, CASE WHEN ${isTooMuch} THEN ${tooMany} ELSE asked.upto END${step}))[1]`;
  const furthest = `TRY(asked.start + asked.step * ${itemsMax})`;
  const isTooMuch = `CASE WHEN TRY(asked.start + asked.step) > asked.start THEN asked.upto > ${furthest}
    WHEN TRY(asked.start + asked.step) < asked.start THEN asked.upto < ${furthest} ELSE false END`;
  const far = `CAST(asked.upto AS HUGEINT) - asked.start > ${itemsMax}`;
  return `CREATE OR REPLACE MACRO pg_shim.${prefix}${name}(size) AS ${name}(pg_shim.${prefix}items(size)),
  (start, upto) AS ${within("'start': start, 'upto': upto", far, "")},
  (start, upto, step) AS ${within("'start': start, 'upto': upto, 'step': step", isTooMuch, ", asked.step")}`;
}
