/** Floating-point numbers as PostgreSQL writes them: the shortest digits that read back, exponents by its own rule. */

/** `digits` is extra_float_digits: above 0 shortest, else 15 + digits significant ones. */
export function float8Text(value: number, digits: number): string {
  if (digits <= 0) return special(value) ?? significant(value, Math.max(1, 15 + digits));
  if (Number.isInteger(value) && value < 1e15 && value > -1e15) {
    return value === 0 && 1 / value < 0 ? "-0" : String(value);
  }
  return special(value) ?? arrange(value.toExponential(), 15);
}

export function float4Text(value: number, digits: number): string {
  if (digits <= 0) return special(value) ?? significant(value, Math.max(1, 6 + digits));
  if (Number.isInteger(value) && value < 1e6 && value > -1e6) {
    return value === 0 && 1 / value < 0 ? "-0" : String(value);
  }
  return special(value) ?? arrange(shortestSingle(value), 6);
}

function special(value: number): string | undefined {
  if (Number.isNaN(value)) return "NaN";
  if (value === Number.POSITIVE_INFINITY) return "Infinity";
  return value === Number.NEGATIVE_INFINITY ? "-Infinity" : undefined;
}

/** Fewest digits that read back as the same single; of a power of two the neighbour above may do when the nearest does not. */
function shortestSingle(value: number): string {
  for (let digits = 0; digits < 9; digits++) {
    const text = value.toExponential(digits);
    if (Math.fround(Number(text)) === value) return text;
    const [mantissa = "", exponent = ""] = text.split("e");
    const step = value < 0 ? -(10 ** -digits) : 10 ** -digits;
    const above = `${(Number(mantissa) + step).toFixed(digits)}e${exponent}`;
    if (isPowerOfTwo(value) && Math.fround(Number(above)) === value) return above;
  }
  return value.toExponential(8);
}

function isPowerOfTwo(value: number): boolean {
  return Number.isInteger(Math.log2(Math.abs(value)));
}

/** "1.5e+3" → "1500", or "1.5e+20": with an exponent of two digits at least, below 1e-4 and from 10^limit on. */
function arrange(text: string, limit: number): string {
  const match = /^(-?)(\d)(?:\.(\d+))?e([+-]\d+)$/.exec(text);
  if (!match) return text;
  const [, sign = "", first = "", rest = "", exponentText = "0"] = match;
  const exponent = Number(exponentText);
  if (exponent < -4 || exponent >= limit) return `${sign}${withExponent(first, rest, exponent)}`;
  return sign + withoutExponent(first + rest, exponent);
}

function withExponent(first: string, rest: string, exponent: number): string {
  const size = String(Math.abs(exponent)).padStart(2, "0");
  return `${first}${rest === "" ? "" : `.${rest}`}e${exponent < 0 ? "-" : "+"}${size}`;
}

function withoutExponent(digits: string, exponent: number): string {
  if (exponent < 0) return `0.${"0".repeat(-exponent - 1)}${digits}`;
  if (digits.length <= exponent + 1) return digits.padEnd(exponent + 1, "0");
  return `${digits.slice(0, exponent + 1)}.${digits.slice(exponent + 1)}`;
}

/** printf's %.*g. */
function significant(value: number, digits: number): string {
  if (value === 0) return 1 / value < 0 ? "-0" : "0";
  const match = /^(-?)(\d)(?:\.(\d+))?e([+-]\d+)$/.exec(value.toExponential(digits - 1));
  if (!match) return String(value);
  const [, sign = "", first = "", rest = "", exponentText = "0"] = match;
  const exponent = Number(exponentText);
  const kept = rest.replace(/0+$/, "");
  if (exponent < -4 || exponent >= digits) return sign + withExponent(first, kept, exponent);
  return sign + withoutExponent(first + kept, exponent);
}
