/** PostgreSQL's text form → a typed engine value: constants, text parameters, COPY. */

import type { TypedValue } from "./codec.ts";
import { codecFor } from "./codecs.ts";
import { defaultSettings, type TextSettings } from "./text-settings.ts";
import { logicalTypeFor } from "./types.ts";

/** 22P02, 22003, 22007, 22008 in PostgreSQL's words. null is NULL of the type. */
export function parseText(
  typeOid: number,
  typmod: number,
  text: string | null,
  settings: TextSettings = defaultSettings,
): TypedValue {
  if (text === null) return nullOf(typeOid, typmod);
  return codecFor(typeOid).parse(text, typmod, settings);
}

export function nullOf(typeOid: number, typmod: number): TypedValue {
  return { type: logicalTypeFor(typeOid, typmod) ?? { id: "VARCHAR" }, value: null };
}
