/** Texts whose bytes sort as the values do that they are made of. */
import { type Numeric, trimmed } from "../pgtypes/numeric.ts";

/** Of any length: sign, places before the point, digits; all turned round when it is negative. */
export function numericKey(value: Numeric): string {
  if (value.kind === "NaN") return "6";
  if (value.kind === "Infinity") return "5";
  if (value.kind === "-Infinity") return "1";
  const { unscaled, scale } = trimmed(value) as Extract<Numeric, { kind: "finite" }>;
  if (unscaled === 0n) return "3";
  const digits = String(unscaled < 0n ? -unscaled : unscaled);
  const exponent = String(digits.length - scale + 500_000).padStart(6, "0");
  // An end that is below every digit, and above every turned one.
  const key = `${exponent}${digits}`;
  return unscaled > 0n ? `4${key}/` : `2${complement(key)}:`;
}

function complement(digits: string): string {
  return digits.replace(/\d/g, (digit) => String(9 - Number(digit)));
}
