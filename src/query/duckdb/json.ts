/**
 * JSON that comes back as it was: numbers keep their text, for 9007199254740993 is not …992 and 18446744073709551615
 * (no location) is no double at all.
 */
import { randomBytes } from "node:crypto";

export type Json = string | boolean | null | readonly Json[] | JsonObject;
export type JsonObject = { readonly [key: string]: Json };

/** Unguessable, so that no string of a client's can be taken for a number. */
const mark = `#${randomBytes(12).toString("hex")}:`;

const stringOrNumber = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;
const marked = new RegExp(`"${mark}(-?[0-9][0-9.eE+-]*)"`, "g");

export function readJson(text: string): Json {
  const quoted = text.replace(stringOrNumber, (token) =>
    token.startsWith('"') ? token : `"${mark}${token}"`,
  );
  return JSON.parse(quoted) as Json;
}

export function writeJson(value: Json): string {
  return JSON.stringify(value).replace(marked, "$1");
}

/** A number read by `readJson` (or JSON.parse), as its text. */
export function numberText(value: unknown): string | undefined {
  if (typeof value === "number") return String(value);
  return typeof value === "string" && value.startsWith(mark) ? value.slice(mark.length) : undefined;
}
