/** PostgreSQL's numeric: any number of digits, a display scale, NaN and infinities. Text and base-10000 binary. */
import { PgError } from "../base/error.ts";
import { numericModifier } from "./types.ts";

export type Numeric =
  | { readonly kind: "finite"; readonly unscaled: bigint; readonly scale: number }
  | { readonly kind: "NaN" | "Infinity" | "-Infinity" };

export function finite(unscaled: bigint, scale: number): Numeric {
  return { kind: "finite", unscaled, scale };
}

export function decimalText(unscaled: bigint, scale: number): string {
  if (scale === 0) return String(unscaled);
  const isNegative = unscaled < 0n;
  const digits = String(isNegative ? -unscaled : unscaled).padStart(scale + 1, "0");
  const point = digits.length - scale;
  return `${isNegative ? "-" : ""}${digits.slice(0, point)}.${digits.slice(point)}`;
}

export function numericText(value: Numeric): string {
  return value.kind === "finite" ? decimalText(value.unscaled, value.scale) : value.kind;
}

const pattern = /^\s*([+-]?)(?:(\d+)(?:\.(\d*))?|\.(\d+))(?:e([+-]?\d+))?\s*$/i;
const special = /^\s*(?:(nan)|([+-]?)inf(?:inity)?)\s*$/i;
/** PostgreSQL's own limits: digits before and after the point. */
const integerDigitsMax = 131072;
const scaleMax = 16383;

/** numeric_in; undefined when it is no number. */
export function parseNumeric(text: string): Numeric | undefined {
  const match = pattern.exec(text);
  if (!match) {
    const named = special.exec(text);
    if (!named) return undefined;
    if (named[1]) return { kind: "NaN" };
    return { kind: named[2] === "-" ? "-Infinity" : "Infinity" };
  }
  const [, sign, whole = "", after, only, exponentText = "0"] = match;
  const fraction = after ?? only ?? "";
  const exponent = Number(exponentText);
  if (Math.abs(exponent) > 1_000_000 || whole.length + exponent > integerDigitsMax + 16383) {
    throw new PgError("22003", "value overflows numeric format");
  }
  const scale = fraction.length - exponent;
  let unscaled = BigInt(whole + fraction);
  if (sign === "-") unscaled = -unscaled;
  if (scale >= 0) return rescale(finite(unscaled, scale), Math.min(scale, scaleMax));
  return finite(unscaled * 10n ** BigInt(-scale), 0);
}

/** Rounded half away from zero, as PostgreSQL does. */
export function rescale(value: Numeric, scale: number): Numeric {
  if (value.kind !== "finite" || value.scale === scale) return value;
  if (scale > value.scale) {
    return finite(value.unscaled * 10n ** BigInt(scale - value.scale), scale);
  }
  const unit = 10n ** BigInt(value.scale - scale);
  const { unscaled } = value;
  const half = unit / 2n;
  const rounded = unscaled < 0n ? -((-unscaled + half) / unit) : (unscaled + half) / unit;
  return finite(rounded, scale);
}

/** apply_typmod: rounds to numeric(p,s), 22003 when more digits are left than p allows. */
export function applyNumericTypmod(value: Numeric, typmod: number): Numeric {
  if (typmod < 4) return value;
  const { precision, scale } = numericModifier(typmod);
  if (value.kind !== "finite") {
    if (value.kind === "NaN") return value;
    throw overflow(precision, scale, "cannot hold an infinite value");
  }
  const kept = scale < 0 ? rescale(rescale(value, scale), 0) : rescale(value, scale);
  const digits = kept.kind === "finite" ? kept.unscaled : 0n;
  const limit = 10n ** BigInt(scale < 0 ? precision - scale : precision);
  if (digits < limit && -digits < limit) return kept;
  const bound = precision - scale === 0 ? "1" : `10^${precision - scale}`;
  throw overflow(precision, scale, `must round to an absolute value less than ${bound}`);
}

function overflow(precision: number, scale: number, what: string): PgError {
  return new PgError("22003", "numeric field overflow", {
    detail: `A field with precision ${precision}, scale ${scale} ${what}.`,
  });
}

/** Without the zeros at the end of its fraction. */
export function trimmed(value: Numeric): Numeric {
  if (value.kind !== "finite") return value;
  let { unscaled, scale } = value;
  while (scale > 0 && unscaled % 10n === 0n) {
    unscaled /= 10n;
    scale--;
  }
  return finite(unscaled, scale);
}

const signs = { NaN: 0xc000, Infinity: 0xd000, "-Infinity": 0xf000 } as const;

/** numeric_send: count of base-10000 digits, weight of the first, sign, display scale, digits. */
export function numericBinary(value: Numeric): Uint8Array {
  if (value.kind !== "finite") {
    const bytes = new Uint8Array(8);
    // PostgreSQL 15 gives infinities the display scale its special values carry in memory.
    const view = new DataView(bytes.buffer);
    view.setUint16(4, signs[value.kind]);
    view.setUint16(6, value.kind === "NaN" ? 0 : 32);
    return bytes;
  }
  const { scale } = value;
  const isNegative = value.unscaled < 0n;
  const text = String(isNegative ? -value.unscaled : value.unscaled);
  const fractionPad = (4 - (scale % 4)) % 4;
  const padded = text + "0".repeat(fractionPad);
  const aligned = padded.padStart(Math.ceil(padded.length / 4) * 4, "0");
  const groups = Array.from({ length: aligned.length / 4 }, (_, i) =>
    Number(aligned.slice(i * 4, i * 4 + 4)),
  );
  let weight = groups.length - (scale + fractionPad) / 4 - 1;
  while (groups[0] === 0) {
    groups.shift();
    weight--;
  }
  while (groups.at(-1) === 0) groups.pop();
  const bytes = new Uint8Array(8 + groups.length * 2);
  const view = new DataView(bytes.buffer);
  view.setInt16(0, groups.length);
  view.setInt16(2, groups.length === 0 ? 0 : weight);
  view.setUint16(4, isNegative ? 0x4000 : 0);
  view.setUint16(6, scale);
  for (const [i, group] of groups.entries()) view.setInt16(8 + i * 2, group);
  return bytes;
}

/** numeric_recv. */
export function readNumericBinary(bytes: Uint8Array): Numeric {
  const invalid = (what: string) =>
    new PgError("22P03", `invalid ${what} in external "numeric" value`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.byteLength < 8) throw new PgError("08P01", "insufficient data left in message");
  const count = view.getUint16(0);
  const weight = view.getInt16(2);
  const sign = view.getUint16(4);
  const scale = view.getUint16(6);
  if (bytes.byteLength < 8 + count * 2) {
    throw new PgError("08P01", "insufficient data left in message");
  }
  if (bytes.byteLength > 8 + count * 2) {
    throw new PgError("22P03", "incorrect binary data format");
  }
  if (sign === signs.NaN) return { kind: "NaN" };
  if (sign === signs.Infinity) return { kind: "Infinity" };
  if (sign === signs["-Infinity"]) return { kind: "-Infinity" };
  if (sign !== 0 && sign !== 0x4000) throw invalid("sign");
  if (scale > scaleMax) throw invalid("scale");
  let unscaled = 0n;
  for (let i = 0; i < count; i++) {
    const digit = view.getUint16(8 + i * 2);
    if (digit > 9999) throw invalid("digit");
    unscaled = unscaled * 10000n + BigInt(digit);
  }
  const power = (weight - count + 1) * 4;
  const value = finite(
    (sign === 0x4000 ? -unscaled : unscaled) * 10n ** BigInt(Math.max(0, power)),
    Math.max(0, -power),
  );
  return truncated(value, scale);
}

/** Digits beyond the display scale are cut off, not rounded. */
function truncated(value: Numeric, scale: number): Numeric {
  if (value.kind !== "finite" || value.scale <= scale) return rescale(value, scale);
  return finite(value.unscaled / 10n ** BigInt(value.scale - scale), scale);
}
