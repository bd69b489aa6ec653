/** What Bind carries → a typed engine value. */
import { PgError } from "../base/error.ts";
import { decodeUtf8, type TypedValue } from "./codec.ts";
import { codecFor } from "./codecs.ts";
import { nullOf } from "./text-input.ts";
import { defaultSettings, type TextSettings } from "./text-settings.ts";

/** `format` 0 is text, 1 binary. null bytes are NULL. */
export function decodeParameter(
  typeOid: number,
  format: number,
  bytes: Uint8Array | null,
  settings: TextSettings = defaultSettings,
): TypedValue {
  if (bytes === null) return nullOf(typeOid, -1);
  const codec = codecFor(typeOid);
  if (format === 0) return codec.parse(decodeUtf8(bytes), -1, settings);
  if (format === 1) return codec.read(bytes, -1, settings);
  throw new PgError("22023", `unsupported format code: ${format}`);
}
