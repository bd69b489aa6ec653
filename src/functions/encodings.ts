/** convert, convert_from, convert_to: texts from and to other character sets. */
import { PgError } from "../base/error.ts";
import { type Encoding, encodingNamed } from "../pgtypes/encodings.ts";

type Side = "source" | "destination";

function named(name: string, side: Side): Encoding {
  const encoding = encodingNamed(name);
  if (encoding === undefined) throw new PgError("22023", `invalid ${side} encoding name "${name}"`);
  return encoding;
}

export function fromEncoding(bytes: Uint8Array, name: string, side: Side): string {
  return named(name, side).decode(bytes);
}

export function toEncoding(text: string, name: string, side: Side): Uint8Array {
  return new Uint8Array(named(name, side).encode(text));
}
