/** One value → PostgreSQL's text or binary. Results go column by column through the encoders; this is for single ones. */
import { codecFor } from "./codecs.ts";
import type { LogicalType } from "./logical-type.ts";
import { defaultSettings, type TextSettings } from "./text-settings.ts";
import { logicalTypeFor } from "./types.ts";
import type { EngineValue } from "./vector.ts";

/**
 * `value` is in the engine type that stands for the PostgreSQL type (`logicalTypeFor`), or, as a string, in
 * PostgreSQL's text form. null stays null.
 */
export function formatText(
  typeOid: number,
  typmod: number,
  value: EngineValue,
  settings: TextSettings = defaultSettings,
): string | null {
  if (value === null) return null;
  return codecFor(typeOid).text(typeOf(typeOid, typmod, value), value, typmod, settings);
}

export function formatBinary(
  typeOid: number,
  typmod: number,
  value: EngineValue,
  settings: TextSettings = defaultSettings,
): Uint8Array | null {
  if (value === null) return null;
  return codecFor(typeOid).binary(typeOf(typeOid, typmod, value), value, typmod, settings);
}

function typeOf(typeOid: number, typmod: number, value: EngineValue): LogicalType {
  const type = logicalTypeFor(typeOid, typmod) ?? { id: "VARCHAR" };
  if (typeof value === "string" && type.id !== "JSON" && type.id !== "UUID" && type.id !== "BIT") {
    return { id: "VARCHAR" };
  }
  return type;
}
