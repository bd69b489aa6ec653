/** Functions and operators of jsonb. https://www.postgresql.org/docs/15/functions-json.html */
import { PgError } from "../base/error.ts";
import { readArrayText } from "../pgtypes/array-text.ts";
import {
  isArray,
  isNumber,
  isObject,
  type Json,
  kindOf,
  plainText,
  readJsonb,
  sorted,
  writeJsonb,
} from "../pgtypes/json-value.ts";
import { numericText, rescale } from "../pgtypes/numeric.ts";
import type { EngineValue } from "../pgtypes/vector.ts";
import { comparisons } from "./compare.ts";
import {
  assignedAt,
  type Change,
  changeAt,
  concatenated,
  contains,
  withoutKeys,
  withoutNulls,
  withoutPlace,
} from "./json-change.ts";
import { compareJson, jsonSortKey } from "./json-compare.ts";
import type { KernelTable } from "./kernel.ts";

type Path = readonly (string | null)[];

/** As jsonb keeps it; half the time that jsonbText takes. */
const normal = (text: string) => writeJsonb(readJsonb(text));

const same = (a: Json, b: Json) => compareJson(a, b) === 0;

/** The value there, or undefined; a number is a place in an array. */
export function atPath(value: Json, path: Path): Json | undefined {
  let at: Json | undefined = value;
  for (const step of path) {
    if (step === null || at === undefined) return undefined;
    if (isObject(at)) at = at.get(step);
    else if (isArray(at)) at = /^\s*[+-]?\d+$/.test(step) ? at.at(Number(step)) : undefined;
    else return undefined;
  }
  return at;
}

const shown = (value: Json | undefined) => (value === undefined ? null : writeJsonb(value));
const told = (value: Json | undefined) => (value === undefined ? null : plainText(value));

function member(text: string, key: string): Json | undefined {
  const value = readJsonb(text);
  return isObject(value) ? value.get(key) : undefined;
}

function item(text: string, place: number): Json | undefined {
  const value = readJsonb(text);
  if (isObject(value)) return undefined;
  return (isArray(value) ? value : [value]).at(place);
}

function has(value: Json, key: string | null): boolean {
  if (key === null) return false;
  if (isObject(value)) return value.has(key);
  return isArray(value) ? value.includes(key) : value === key;
}

const absent = { value: null, creates: false, isAfter: false } as const;

function put(target: string, path: Path, change: Change): string {
  return writeJsonb(changeAt(readJsonb(target), path, change));
}

function set(target: string, path: Path, value: string, creates: boolean): string {
  return put(target, path, { kind: "set", value: readJsonb(value), creates, isAfter: false });
}

function setLax(
  target: string | null,
  path: Path | null,
  value: string | null,
  creates: boolean | null = true,
  treatment: string | null = "use_json_null",
): string | null {
  if (target === null || path === null || creates === null) return null;
  if (treatment === null) {
    throw new PgError(
      "22023",
      'null_value_treatment must be "delete_key", "return_target", "use_json_null", or "raise_exception"',
    );
  }
  if (value !== null) return set(target, path, value, creates);
  switch (treatment) {
    case "raise_exception":
      throw new PgError("22004", "JSON value must not be null", {
        detail: 'Exception was raised because null_value_treatment is "raise_exception".',
        hint: "To avoid, either change the null_value_treatment argument or ensure that an SQL NULL is not passed.",
      });
    case "use_json_null":
      return set(target, path, "null", creates);
    case "delete_key":
      return put(target, path, { kind: "delete", ...absent });
    case "return_target":
      return normal(target);
    default:
      throw new PgError(
        "22023",
        'null_value_treatment must be "delete_key", "return_target", "use_json_null", or "raise_exception"',
      );
  }
}

function insert(target: string, path: Path, value: string, isAfter: boolean): string {
  return put(target, path, { kind: "insert", value: readJsonb(value), creates: true, isAfter });
}

function pretty(value: Json, depth: number): string {
  const [outer, inner] = ["    ".repeat(depth), "    ".repeat(depth + 1)];
  if (isArray(value)) {
    if (value.length === 0) return `[\n${outer}]`;
    return `[\n${value.map((one) => inner + pretty(one, depth + 1)).join(",\n")}\n${outer}]`;
  }
  if (!isObject(value)) return writeJsonb(value);
  const members = [...value].map(
    ([key, one]) => `${inner}${JSON.stringify(key)}: ${pretty(one, depth + 1)}`,
  );
  return members.length === 0 ? `{\n${outer}}` : `{\n${members.join(",\n")}\n${outer}}`;
}

export const names = {
  null: "null",
  boolean: "boolean",
  string: "string",
  number: "numeric",
  array: "array",
  object: "object",
} as const;

function uncastable(value: Json, type: string): PgError {
  return new PgError("22023", `cannot cast jsonb ${names[kindOf(value)]} to type ${type}`);
}

function wholeOf(text: string, type: string, bits: number): bigint {
  const value = readJsonb(text);
  if (!isNumber(value)) throw uncastable(value, type);
  const rounded = rescale(value.numeric, 0);
  const limit = 2n ** BigInt(bits - 1);
  if (rounded.kind !== "finite" || rounded.unscaled < -limit || rounded.unscaled >= limit)
    throw new PgError("22003", `${type} out of range`);
  return rounded.unscaled;
}

function numberText(text: string, type: string): string {
  const value = readJsonb(text);
  if (!isNumber(value)) throw uncastable(value, type);
  return numericText(value.numeric);
}

export function arrayLength(value: Json): number {
  if (isArray(value)) return value.length;
  throw new PgError(
    "22023",
    `cannot get array length of a ${isObject(value) ? "non-array" : "scalar"}`,
  );
}

/** 22023 where `f` is no function of such a value. */
export function itemsOf(value: Json, f: string): readonly Json[] {
  if (isArray(value)) return value;
  throw new PgError(
    "22023",
    f.endsWith("_text") || f.startsWith("jsonb")
      ? `cannot extract elements from ${isObject(value) ? "an object" : "a scalar"}`
      : `cannot call ${f} on a ${isObject(value) ? "non-array" : "scalar"}`,
  );
}

export function membersOf(value: Json, f: string): readonly (readonly [string, Json])[] {
  if (isObject(value)) return [...value];
  throw new PgError(
    "22023",
    f.endsWith("_keys")
      ? `cannot call ${f} on ${isArray(value) ? "an array" : "a scalar"}`
      : `cannot call ${f} on a non-object`,
  );
}

/** `{a,1,b,2}` or `{{a,1},{b,2}}`. */
export function pairsOf(text: string): readonly (readonly [string, string | null])[] {
  const tree = readArrayText(text, ",");
  if (tree.some(Array.isArray)) {
    return tree.map((pair) => {
      const [key, value, more] = pair as readonly (string | null)[];
      if (value === undefined || more !== undefined || Array.isArray(value))
        throw new PgError("2202E", "array must have two columns");
      return pairOf(key ?? null, value);
    });
  }
  if (tree.length % 2 === 1) throw new PgError("2202E", "array must have even number of elements");
  return Array.from({ length: tree.length / 2 }, (_, i) =>
    pairOf((tree[i * 2] ?? null) as string | null, (tree[i * 2 + 1] ?? null) as string | null),
  );
}

export function pairsOfTwo(
  keys: readonly (string | null)[],
  values: readonly (string | null)[],
): readonly (readonly [string, string | null])[] {
  if (keys.length !== values.length) throw new PgError("2202E", "mismatched array dimensions");
  return keys.map((key, i) => pairOf(key, values[i] ?? null));
}

function pairOf(key: string | null, value: string | null): readonly [string, string | null] {
  if (key === null) throw new PgError("22004", "null value not allowed for object key");
  return [key, value];
}

export const jsonbKernels: KernelTable = {
  ...comparisons("jsonb_", "jsonb", readJsonb, compareJson),
  "sort_key(jsonb) text": (text: string) => jsonSortKey(readJsonb(text)),
  "jsonb_text(jsonb) text": normal,
  "jsonb_of(text) jsonb": normal,
  "read_jsonb(text) jsonb": normal,
  "jsonb_object_field(jsonb,text) jsonb": (text: string, key: string) => shown(member(text, key)),
  "jsonb_object_field_text(jsonb,text) text": (text: string, key: string) =>
    told(member(text, key)),
  "jsonb_array_element(jsonb,int4) jsonb": (text: string, at: number) => shown(item(text, at)),
  "jsonb_array_element_text(jsonb,int4) text": (text: string, at: number) => told(item(text, at)),
  "jsonb_extract_path(jsonb,_text) jsonb": (text: string, path: Path) =>
    shown(atPath(readJsonb(text), path)),
  "jsonb_extract_path_text(jsonb,_text) text": (text: string, path: Path) =>
    told(atPath(readJsonb(text), path)),
  "jsonb_contains(jsonb,jsonb) bool": (a: string, b: string) =>
    contains(readJsonb(a), readJsonb(b), same),
  "jsonb_contained(jsonb,jsonb) bool": (a: string, b: string) =>
    contains(readJsonb(b), readJsonb(a), same),
  "jsonb_exists(jsonb,text) bool": (text: string, key: string) => has(readJsonb(text), key),
  "jsonb_exists_any(jsonb,_text) bool": (text: string, keys: Path) =>
    keys.some((key) => has(readJsonb(text), key)),
  "jsonb_exists_all(jsonb,_text) bool": (text: string, keys: Path) =>
    keys.every((key) => key === null || has(readJsonb(text), key)),
  "jsonb_concat(jsonb,jsonb) jsonb": (a: string, b: string) =>
    writeJsonb(concatenated(readJsonb(a), readJsonb(b))),
  "jsonb_delete(jsonb,text) jsonb": (text: string, key: string) =>
    writeJsonb(withoutKeys(readJsonb(text), new Set([key]))),
  "jsonb_delete(jsonb,int4) jsonb": (text: string, at: number) =>
    writeJsonb(withoutPlace(readJsonb(text), at)),
  "jsonb_delete(jsonb,_text) jsonb": (text: string, keys: Path) =>
    writeJsonb(withoutKeys(readJsonb(text), new Set(keys))),
  "jsonb_delete_path(jsonb,_text) jsonb": (text: string, path: Path) =>
    put(text, path, { kind: "delete", ...absent }),
  "jsonb_set(jsonb,_text,jsonb) jsonb": (text: string, path: Path, value: string) =>
    set(text, path, value, true),
  "jsonb_set(jsonb,_text,jsonb,bool) jsonb": set,
  "?jsonb_set_lax(jsonb,_text,jsonb) jsonb": setLax,
  "?jsonb_set_lax(jsonb,_text,jsonb,bool) jsonb": setLax,
  "?jsonb_set_lax(jsonb,_text,jsonb,bool,text) jsonb": setLax,
  "jsonb_insert(jsonb,_text,jsonb) jsonb": (text: string, path: Path, value: string) =>
    insert(text, path, value, false),
  "jsonb_insert(jsonb,_text,jsonb,bool) jsonb": insert,
  "?jsonb_assign(jsonb,_text,bool,jsonb) jsonb": (
    text: string | null,
    path: Path,
    isArray: boolean,
    value: string | null,
  ) =>
    writeJsonb(
      assignedAt(
        text === null ? (isArray ? [] : new Map()) : readJsonb(text),
        path,
        value === null ? null : readJsonb(value),
      ),
    ),
  "jsonb_strip_nulls(jsonb) jsonb": (text: string) => writeJsonb(withoutNulls(readJsonb(text))),
  "jsonb_pretty(jsonb) text": (text: string) => pretty(readJsonb(text), 0),
  "jsonb_typeof(jsonb) text": (text: string) => kindOf(readJsonb(text)),
  "jsonb_array_length(jsonb) int4": (text: string) => arrayLength(readJsonb(text)),
  "jsonb_array_elements(jsonb) jsonb[]": (text: string) =>
    itemsOf(readJsonb(text), "jsonb_array_elements").map(writeJsonb),
  "jsonb_array_elements_text(jsonb) text[]": (text: string) =>
    itemsOf(readJsonb(text), "jsonb_array_elements_text").map(plainText),
  "jsonb_object_keys(jsonb) text[]": (text: string) =>
    membersOf(readJsonb(text), "jsonb_object_keys").map(([key]) => key),
  "jsonb_each_key(jsonb) text[]": (text: string) =>
    membersOf(readJsonb(text), "jsonb_each").map(([key]) => key),
  "jsonb_each_value(jsonb) jsonb[]": (text: string) =>
    membersOf(readJsonb(text), "jsonb_each").map(([, value]) => writeJsonb(value)),
  "jsonb_each_text_key(jsonb) text[]": (text: string) =>
    membersOf(readJsonb(text), "jsonb_each_text").map(([key]) => key),
  "jsonb_each_text_value(jsonb) text[]": (text: string) =>
    membersOf(readJsonb(text), "jsonb_each_text").map(([, value]) => plainText(value)),
  "jsonb_object_of(text) jsonb": (text: string) => objectText(pairsOf(text)),
  "jsonb_object(_text,_text) jsonb": (keys: Path, values: Path) =>
    objectText(pairsOfTwo(keys, values)),
  "bool(jsonb) bool": (text: string): EngineValue => {
    const value = readJsonb(text);
    if (typeof value !== "boolean") throw uncastable(value, "boolean");
    return value;
  },
  "int2(jsonb) int2": (text: string) => Number(wholeOf(text, "smallint", 16)),
  "int4(jsonb) int4": (text: string) => Number(wholeOf(text, "integer", 32)),
  "int8(jsonb) int8": (text: string) => wholeOf(text, "bigint", 64),
  "float4(jsonb) float4": (text: string) => Number(numberText(text, "real")),
  "float8(jsonb) float8": (text: string) => Number(numberText(text, "double precision")),
  "numeric(jsonb) numeric": (text: string) => numberText(text, "numeric"),
};

function objectText(pairs: readonly (readonly [string, string | null])[]): string {
  return writeJsonb(sorted(new Map<string, Json>(pairs)));
}
