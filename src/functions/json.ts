/** Functions and operators of json, whose parts are taken out as they were written. */
import { PgError } from "../base/error.ts";
import {
  isArray,
  isObject,
  type Json,
  type JsonPart,
  kindOf,
  partsOf,
  plainText,
  readJson,
  writeJson,
} from "../pgtypes/json-value.ts";
import { checkJson } from "../pgtypes/jsonb.ts";
import { withoutNulls } from "./json-change.ts";
import { arrayLength, pairsOf, pairsOfTwo } from "./jsonb.ts";
import type { KernelTable } from "./kernel.ts";

type Path = readonly (string | null)[];

const cut = (text: string, part: JsonPart | undefined) =>
  part === undefined ? null : text.slice(part.start, part.end);

/** The last of equal keys. */
function memberText(text: string, key: string): string | null {
  return cut(
    text,
    partsOf(text)?.findLast((part) => part.key === key),
  );
}

function itemText(text: string, place: number): string | null {
  const parts = partsOf(text);
  if (parts === undefined || parts[0]?.key !== undefined) return null;
  return cut(text, parts.at(place));
}

function textAt(text: string, path: Path): string | null {
  let at: string | null = text;
  for (const step of path) {
    if (at === null || step === null) return null;
    const isPlace = /^\s*[+-]?\d+$/.test(step);
    at = at.trimStart().startsWith("{")
      ? memberText(at, step)
      : isPlace
        ? itemText(at, Number(step))
        : null;
  }
  return at;
}

/** A string without its quotes, null as NULL, the rest as it is written. */
function plain(text: string | null): string | null {
  if (text === null || text === "null") return null;
  return text.startsWith('"') ? (JSON.parse(text) as string) : text;
}

function itemTexts(text: string, f: string): readonly string[] {
  const parts = partsOf(text);
  const isItems = text.trimStart().startsWith("[");
  if (parts === undefined || !isItems)
    throw new PgError(
      "22023",
      `cannot call ${f} on a ${parts === undefined ? "scalar" : "non-array"}`,
    );
  return parts.map(({ start, end }) => text.slice(start, end));
}

function memberTexts(text: string, f: string): readonly (readonly [key: string, text: string])[] {
  const isMembers = text.trimStart().startsWith("{");
  const parts = partsOf(text) ?? [];
  if (!isMembers)
    throw new PgError(
      "22023",
      f.endsWith("_keys")
        ? `cannot call ${f} on ${text.trimStart().startsWith("[") ? "an array" : "a scalar"}`
        : `cannot deconstruct ${text.trimStart().startsWith("[") ? "an array as an object" : "a scalar"}`,
    );
  return parts.map(({ key = "", start, end }) => [key, text.slice(start, end)]);
}

function objectText(pairs: readonly (readonly [string, string | null])[]): string {
  const members = pairs.map(([key, value]) => `${JSON.stringify(key)} : ${JSON.stringify(value)}`);
  return `{${members.join(", ")}}`;
}

/** A json array as PostgreSQL's array literal, so that a column of an array type can be read from it. */
function arrayLiteral(value: Json): string {
  if (isArray(value)) return `{${value.map(arrayLiteral).join(",")}}`;
  const text = plainText(value);
  return text === null ? "NULL" : `"${text.replace(/["\\]/g, "\\$&")}"`;
}

function fieldText(text: string, key: string): string | null {
  const value = readJson(text);
  if (isObject(value)) return plain(memberText(text, key));
  throw new PgError(
    "22023",
    isArray(value)
      ? "cannot call populate_composite on an array"
      : "cannot call populate_composite on a scalar",
  );
}

export const jsonKernels: KernelTable = {
  "read_json(text) json": checkJson,
  "json_object_field(json,text) json": memberText,
  "json_object_field_text(json,text) text": (text: string, key: string) =>
    plain(memberText(text, key)),
  "json_array_element(json,int4) json": itemText,
  "json_array_element_text(json,int4) text": (text: string, at: number) =>
    plain(itemText(text, at)),
  "json_extract_path(json,_text) json": textAt,
  "json_extract_path_text(json,_text) text": (text: string, path: Path) =>
    plain(textAt(text, path)),
  "json_typeof(json) text": (text: string) => kindOf(readJson(text)),
  "json_array_length(json) int4": (text: string) => arrayLength(readJson(text)),
  "json_strip_nulls(json) json": (text: string) => writeJson(withoutNulls(readJson(text))),
  "json_array_elements(json) json[]": (text: string) => itemTexts(text, "json_array_elements"),
  "json_array_elements_text(json) text[]": (text: string) =>
    itemTexts(text, "json_array_elements_text").map(plain),
  "json_object_keys(json) text[]": (text: string) =>
    memberTexts(text, "json_object_keys").map(([key]) => key),
  "json_each_key(json) text[]": (text: string) =>
    memberTexts(text, "json_each").map(([key]) => key),
  "json_each_value(json) json[]": (text: string) =>
    memberTexts(text, "json_each").map(([, value]) => value),
  "json_each_text_key(json) text[]": (text: string) =>
    memberTexts(text, "json_each_text").map(([key]) => key),
  "json_each_text_value(json) text[]": (text: string) =>
    memberTexts(text, "json_each_text").map(([, value]) => plain(value)),
  "json_object_of(text) json": (text: string) => objectText(pairsOf(text)),
  "json_object(_text,_text) json": (keys: Path, values: Path) =>
    objectText(pairsOfTwo(keys, values)),
  "json_field_of(json,text) text": fieldText,
  "json_array_of(json,text) text": (text: string, key: string) => {
    const field = memberText(text, key);
    if (field === null || field === "null") return null;
    const value = readJson(field);
    return isArray(value) ? arrayLiteral(value) : plainText(value);
  },
  "json_elements_of(json,text) json[]": (text: string, f: string) => {
    if (!text.trimStart().startsWith("["))
      throw new PgError(
        "22023",
        `cannot call ${f} on ${text.trimStart().startsWith("{") ? "an object" : "a scalar"}`,
      );
    return itemTexts(text, f);
  },
};
