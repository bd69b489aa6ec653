/**
 * PostgreSQL's arithmetic of numeric: exact, and with as many digits behind the point as it shows.
 * https://github.com/postgres/postgres/blob/REL_15_STABLE/src/backend/utils/adt/numeric.c
 */
import { PgError } from "../base/error.ts";
import { expFixed, lnFixed, sqrtFloor } from "./fixed-point.ts";
import { finite, type Numeric, rescale } from "./numeric.ts";

export type Finite = Extract<Numeric, { kind: "finite" }>;

/** NUMERIC_MIN_SIG_DIGITS and NUMERIC_MAX_DISPLAY_SCALE. */
const significantDigits = 16;
const scaleMax = 1000;

const pow10 = (exponent: number) => 10n ** BigInt(exponent);
const absolute = (value: bigint) => (value < 0n ? -value : value);
const make = (unscaled: bigint, scale: number) => finite(unscaled, scale) as Finite;
const shownScale = (scale: number, ...least: readonly number[]) =>
  Math.min(Math.max(scale, 0, ...least), scaleMax);

/** 22012 for a divisor of zero. Special values make NaN. */
export function computed(operator: "+" | "-" | "*" | "/" | "%", a: Numeric, b: Numeric): Numeric {
  if (a.kind !== "finite" || b.kind !== "finite") return { kind: "NaN" };
  return operations[operator](a, b);
}

function aligned(a: Finite, b: Finite): readonly [bigint, bigint, number] {
  const scale = Math.max(a.scale, b.scale);
  return [a.unscaled * pow10(scale - a.scale), b.unscaled * pow10(scale - b.scale), scale];
}

export function add(a: Finite, b: Finite): Finite {
  const [x, y, scale] = aligned(a, b);
  return make(x + y, scale);
}

export function subtract(a: Finite, b: Finite): Finite {
  const [x, y, scale] = aligned(a, b);
  return make(x - y, scale);
}

export function multiply(a: Finite, b: Finite): Finite {
  return make(a.unscaled * b.unscaled, a.scale + b.scale);
}

const operations = { "+": add, "-": subtract, "*": multiply, "/": divide, "%": remainder };

export function compare(a: Finite, b: Finite): number {
  const [x, y] = aligned(a, b);
  return x < y ? -1 : x > y ? 1 : 0;
}

/** Of a number's groups of four digits: the place of the first, counted from the point, and its value. */
function leading({ unscaled, scale }: Finite): { readonly weight: number; readonly digit: number } {
  if (unscaled === 0n) return { weight: 0, digit: 0 };
  const digits = String(absolute(unscaled));
  const whole = digits.length - scale;
  const weight = Math.ceil(whole / 4) - 1;
  const taken = whole - weight * 4;
  return { weight, digit: Number(digits.slice(0, taken).padEnd(taken, "0")) };
}

/** select_div_scale */
function quotientScale(a: Finite, b: Finite): number {
  const [first, second] = [leading(a), leading(b)];
  const weight = first.weight - second.weight - (first.digit <= second.digit ? 1 : 0);
  return shownScale(significantDigits - weight * 4, a.scale, b.scale);
}

export function divide(a: Finite, b: Finite): Finite {
  if (b.unscaled === 0n) throw divisionByZero();
  return dividedTo(a, b, quotientScale(a, b));
}

function dividedTo(a: Finite, b: Finite, scale: number): Finite {
  const shift = scale + b.scale - a.scale;
  const [x, y] =
    shift >= 0 ? [a.unscaled * pow10(shift), b.unscaled] : [a.unscaled, b.unscaled * pow10(-shift)];
  const half = (absolute(x) * 2n + absolute(y)) / (absolute(y) * 2n);
  return make(x < 0n !== y < 0n ? -half : half, scale);
}

export function remainder(a: Finite, b: Finite): Finite {
  if (b.unscaled === 0n) throw divisionByZero();
  const [x, y, scale] = aligned(a, b);
  return make(x % y, scale);
}

/** div(a, b): the whole part of the quotient. */
export function wholeQuotient(a: Finite, b: Finite): Finite {
  if (b.unscaled === 0n) throw divisionByZero();
  const [x, y] = aligned(a, b);
  return make(x / y, 0);
}

export function round(value: Finite, digits: number): Finite {
  if (digits >= 0) return rescale(value, digits) as Finite;
  const unit = pow10(-digits);
  const whole = rescale(make(value.unscaled, value.scale - digits), 0) as Finite;
  return make(whole.unscaled * unit, 0);
}

export function truncate(value: Finite, digits: number): Finite {
  const kept = Math.max(digits, 0);
  if (digits >= value.scale) return rescale(value, kept) as Finite;
  const cut = value.unscaled / pow10(value.scale - digits);
  return digits >= 0 ? make(cut, digits) : make(cut * pow10(-digits), 0);
}

export function greatestCommonDivisor(a: Finite, b: Finite): Finite {
  let [x, y, scale] = aligned(a, b);
  while (y !== 0n) [x, y] = [y, x % y];
  return make(absolute(x), scale);
}

export function leastCommonMultiple(a: Finite, b: Finite): Finite {
  const [x, y, scale] = aligned(a, b);
  if (x === 0n || y === 0n) return make(0n, scale);
  const { unscaled } = greatestCommonDivisor(a, b);
  return make(absolute((x / unscaled) * y), scale);
}

export function squareRoot(value: Finite): Finite {
  if (value.unscaled < 0n)
    throw new PgError("2201F", "cannot take square root of a negative number");
  const weight = Math.trunc(((leading(value).weight + 1) * 4) / 2) - 1;
  return rootTo(value, shownScale(significantDigits - weight, value.scale));
}

function rootTo(value: Finite, scale: number): Finite {
  // Two digits more, then rounded.
  const digits = scale + 2;
  const shift = digits * 2 - value.scale;
  const radicand = shift >= 0 ? value.unscaled * pow10(shift) : value.unscaled / pow10(-shift);
  return rescale(make(sqrtFloor(radicand), digits), scale) as Finite;
}

/** As a double, however many digits it has. */
function approximate({ unscaled, scale }: Finite): number {
  return Number(`${unscaled}e${-scale}`);
}

/** Digits that computing goes beyond the ones shown. */
const guardDigits = 12;

/** A series of that many digits takes a tenth of a second; the time grows with their square. */
const seriesDigitsMax = 6000;

function refuseLong(digits: number): void {
  if (digits > seriesDigitsMax)
    throw new PgError("0A000", `powers of more than ${seriesDigitsMax} digits are not supported`);
}

/** What raising by multiplying may make: PostgreSQL's numeric is as long at most. */
const powerDigitsMax = 300_000;
const tenLog = Math.LOG10E;

export function exponential(value: Finite): Finite {
  const weight = approximate(value) * tenLog;
  if (weight > 131072) throw new PgError("22003", "value overflows numeric format");
  const scale = shownScale(significantDigits - Math.trunc(Math.max(weight, -2000)), value.scale);
  const digits = scale + Math.max(0, Math.ceil(weight)) + guardDigits;
  refuseLong(digits);
  return rescale(make(expFixed(fixed(value, digits), digits), digits), scale) as Finite;
}

function fixed({ unscaled, scale }: Finite, digits: number): bigint {
  return digits >= scale ? unscaled * pow10(digits - scale) : unscaled / pow10(scale - digits);
}

/** estimate_ln_dweight: how many digits ln(value) has before its point, about. */
function lnWeight(value: Finite): number {
  if (value.unscaled <= 0n) return 0;
  if (compare(value, make(9n, 1)) >= 0 && compare(value, make(11n, 1)) <= 0) {
    const distance = subtract(value, make(1n, 0));
    const { weight, digit } = leading(distance);
    return digit === 0 ? 0 : weight * 4 + Math.trunc(Math.log10(digit));
  }
  return Math.trunc(Math.log10(Math.abs(lnApproximate(value))));
}

function lnApproximate({ unscaled, scale }: Finite): number {
  const digits = String(unscaled);
  const taken = Math.min(digits.length, 16);
  return Math.log(Number(digits.slice(0, taken))) + (digits.length - taken - scale) * Math.LN10;
}

function positive(value: Finite): void {
  if (value.unscaled === 0n) throw new PgError("2201E", "cannot take logarithm of zero");
  if (value.unscaled < 0n) throw new PgError("2201E", "cannot take logarithm of a negative number");
}

export function naturalLogarithm(value: Finite): Finite {
  positive(value);
  const scale = shownScale(significantDigits - lnWeight(value), value.scale);
  return lnTo(value, scale);
}

function lnTo(value: Finite, scale: number): Finite {
  const digits = scale + guardDigits + Math.max(0, value.scale - String(value.unscaled).length);
  return rescale(make(lnFixed(fixed(value, digits), digits), digits), scale) as Finite;
}

export function logarithm(base: Finite, value: Finite): Finite {
  positive(base);
  positive(value);
  const weight = lnWeight(value) - lnWeight(base);
  const scale = shownScale(significantDigits - weight, base.scale, value.scale);
  const digits = scale + 20 + Math.abs(weight);
  return divideLogarithms(lnTo(value, digits), lnTo(base, digits), scale);
}

function divideLogarithms(value: Finite, base: Finite, scale: number): Finite {
  if (base.unscaled === 0n) throw divisionByZero();
  return dividedTo(value, base, scale);
}

const exponentMax = 2 ** 31;

export function power(base: Finite, exponent: Finite): Finite {
  const isWhole = exponent.unscaled % pow10(exponent.scale) === 0n;
  const whole = isWhole ? exponent.unscaled / pow10(exponent.scale) : 0n;
  if (base.unscaled === 0n && exponent.unscaled < 0n)
    throw new PgError("2201F", "zero raised to a negative power is undefined");
  if (base.unscaled < 0n && !isWhole)
    throw new PgError(
      "2201F",
      "a negative number raised to a non-integer power yields a complex result",
    );
  if (isWhole && absolute(whole) < exponentMax) return wholePower(base, Number(whole));
  if (base.unscaled === 0n) return make(0n, significantDigits);
  return fractionalPower(base, exponent);
}

function wholePower(base: Finite, exponent: number): Finite {
  const scale = shownScale(significantDigits, base.scale);
  const count = Math.abs(exponent);
  const weight = count * (base.unscaled === 0n ? 0 : lnApproximate(positiveOf(base)) * tenLog);
  if ((exponent < 0 ? -weight : weight) > 131072)
    throw new PgError("22003", "value overflows numeric format");
  if (exponent < 0 && weight > 2000) return make(0n, scale);
  if (count * String(base.unscaled).length > powerDigitsMax)
    return fractionalPower(base, make(BigInt(exponent), 0));
  const raised = make(base.unscaled ** BigInt(count), base.scale * count);
  return exponent < 0 ? dividedTo(make(1n, 0), raised, scale) : (rescale(raised, scale) as Finite);
}

const positiveOf = ({ unscaled, scale }: Finite) => make(absolute(unscaled), scale);

function fractionalPower(base: Finite, exponent: Finite): Finite {
  const isNegative = base.unscaled < 0n && exponent.unscaled % 2n !== 0n;
  const magnitude = positiveOf(base);
  const weight = lnApproximate(magnitude) * approximate(exponent) * tenLog;
  if (weight > 131072) throw new PgError("22003", "value overflows numeric format");
  const scale = shownScale(
    significantDigits - Math.trunc(Math.max(weight, -2000)),
    base.scale,
    exponent.scale,
  );
  const digits = scale + Math.max(0, Math.ceil(weight)) + guardDigits + exponent.scale;
  refuseLong(digits);
  const ln = lnTo(magnitude, digits + String(exponent.unscaled).length);
  const product = fixed(multiply(ln, exponent), digits);
  const value = expFixed(product, digits);
  return rescale(make(isNegative ? -value : value, digits), scale) as Finite;
}

/**
 * Variance or standard deviation of `count` values by their sum and the sum of their squares; null when there are too few.
 */
export function deviation(
  count: Finite,
  sum: Finite,
  squares: Finite,
  isSample: boolean,
  isRoot: boolean,
): Finite | null {
  const one = make(1n, 0);
  if (count.unscaled === 0n || (isSample && compare(count, one) <= 0)) return null;
  const numerator = subtract(
    rescale(multiply(count, squares), sum.scale * 2) as Finite,
    multiply(sum, sum),
  );
  if (numerator.unscaled <= 0n) return make(0n, 0);
  const divisor = multiply(count, isSample ? subtract(count, one) : count);
  const scale = quotientScale(numerator, divisor);
  const variance = dividedTo(numerator, divisor, scale);
  return isRoot ? rootTo(variance, scale) : variance;
}

function divisionByZero(): PgError {
  return new PgError("22012", "division by zero");
}
