/**
 * numeric as text: exact, with the digits PostgreSQL shows. For values that are looked at; what is computed with goes by the
 * engine's own numbers.
 */
import { PgError } from "../../base/error.ts";
import type { ScalarFunction } from "../../engine/engine.ts";
import { type Numeric, numericText, parseNumeric } from "../../pgtypes/numeric.ts";
import {
  add,
  compare,
  deviation,
  divide,
  exponential,
  type Finite,
  greatestCommonDivisor,
  leastCommonMultiple,
  logarithm,
  multiply,
  naturalLogarithm,
  power,
  remainder,
  round,
  squareRoot,
  subtract,
  truncate,
  wholeQuotient,
} from "../../pgtypes/numeric-arithmetic.ts";
import { scalar } from "./scalar.ts";

function read(text: string): Numeric {
  const value = parseNumeric(text);
  if (value === undefined)
    throw new PgError("22P02", `invalid input syntax for type numeric: "${text}"`);
  return value;
}

type Special = (a: number, b: number) => number;

/** NaN and infinities go by the rules of floating point, which numeric's are. */
function infix(
  name: string,
  call: (a: Finite, b: Finite) => Finite,
  special: Special,
): ScalarFunction {
  return scalar(`shim_numeric_${name}`, ["text", "text"], "text", (left, right) => {
    const [a, b] = [read(left), read(right)];
    return a.kind === "finite" && b.kind === "finite"
      ? numericText(call(a, b))
      : String(special(asDouble(a), asDouble(b)));
  });
}

function prefix(
  name: string,
  call: (value: Finite) => Finite,
  special: (value: number) => number,
): ScalarFunction {
  return scalar(`shim_numeric_${name}`, ["text"], "text", (text) => {
    const value = read(text);
    return value.kind === "finite" ? numericText(call(value)) : String(special(asDouble(value)));
  });
}

const shownNumeric = (value: Numeric) =>
  value.kind === "finite" ? numericText(value) : value.kind;

function asDouble(value: Numeric): number {
  return value.kind === "finite" ? Number(numericText(value)) : Number(value.kind);
}

function byDigits(name: string, call: (value: Finite, digits: number) => Finite): ScalarFunction {
  return scalar(`shim_numeric_${name}`, ["text", "int4"], "text", (text, digits) => {
    const value = read(text);
    const kept = Math.max(Math.min(digits, 1000), -1000);
    return value.kind === "finite" ? numericText(call(value, kept)) : text;
  });
}

const none = () => Number.NaN;
const byZero = (call: Special): Special => {
  return (a, b) => {
    if (b === 0 && !Number.isNaN(a)) throw new PgError("22012", "division by zero");
    return call(a, b);
  };
};
const quotient = byZero((a, b) => a / b);

function ofPositive(...values: readonly number[]): void {
  if (values.some((value) => value === 0))
    throw new PgError("2201E", "cannot take logarithm of zero");
  if (values.some((value) => value < 0))
    throw new PgError("2201E", "cannot take logarithm of a negative number");
}

const specialLog: Special = (base, value) => {
  ofPositive(base, value);
  return Math.log(value) / Math.log(base);
};

const specialLn = (value: number) => {
  ofPositive(value);
  return Math.log(value);
};

const specialPower: Special = (a, b) => {
  if (a === 0 && b === Number.NEGATIVE_INFINITY)
    throw new PgError("2201F", "zero raised to a negative power is undefined");
  if (a < 0 && Number.isFinite(b) && !Number.isInteger(b))
    throw new PgError(
      "2201F",
      "a negative number raised to a non-integer power yields a complex result",
    );
  // One to whatever power, and minus one to an infinite one, are 1 here.
  return a === 1 || (a === -1 && Math.abs(b) === Number.POSITIVE_INFINITY) ? 1 : a ** b;
};

const specialRoot = (value: number) => {
  if (value < 0) throw new PgError("2201F", "cannot take square root of a negative number");
  return Math.sqrt(value);
};
const ten: Finite = { kind: "finite", unscaled: 10n, scale: 0 };

/** sixteen significant digits, as a cast of a floating value has. */
function floatDigits(value: number, digits: number): string {
  if (!Number.isFinite(value)) return String(value);
  const parsed = parseNumeric(value.toPrecision(digits));
  if (parsed === undefined || parsed.kind !== "finite") return String(value);
  let { unscaled, scale } = parsed;
  while (scale > 0 && unscaled % 10n === 0n) {
    unscaled /= 10n;
    scale--;
  }
  return numericText({ kind: "finite", unscaled, scale });
}

export const numericScalars: readonly ScalarFunction[] = [
  infix("add", add, (a, b) => a + b),
  infix("subtract", subtract, (a, b) => a - b),
  infix("multiply", multiply, (a, b) => a * b),
  infix("divide", divide, quotient),
  infix(
    "remainder",
    remainder,
    byZero((a, b) => a % b),
  ),
  infix("power", power, specialPower),
  infix("whole_quotient", wholeQuotient, quotient),
  infix("gcd", greatestCommonDivisor, none),
  infix("lcm", leastCommonMultiple, none),
  infix("log", logarithm, specialLog),
  prefix(
    "negate",
    ({ unscaled, scale }) => ({ kind: "finite", unscaled: -unscaled, scale }),
    (a) => -a,
  ),
  prefix(
    "abs",
    ({ unscaled, scale }) => ({
      kind: "finite",
      unscaled: unscaled < 0n ? -unscaled : unscaled,
      scale,
    }),
    Math.abs,
  ),
  prefix("sqrt", squareRoot, specialRoot),
  prefix("exp", exponential, Math.exp),
  prefix("ln", naturalLogarithm, specialLn),
  prefix(
    "log10",
    (value) => logarithm(ten, value),
    (value) => {
      ofPositive(value);
      return Math.log10(value);
    },
  ),
  scalar("shim_numeric_read", ["text"], "text", (text) => shownNumeric(read(text))),
  prefix("trim", trimmedOf, (a) => a),
  byDigits("round", round),
  byDigits("trunc", truncate),
  scalar("shim_numeric_sum", ["text"], "text", (texts) => {
    const values = texts.split(" ").map(read);
    const finite = values.filter((value) => value.kind === "finite");
    return finite.length === values.length
      ? numericText(finite.reduce(add))
      : String(values.map(asDouble).reduce((a, b) => a + b));
  }),
  scalar("shim_numeric_of_double", ["float8", "int4"], "text", floatDigits),
  scalar("shim_numeric_order", ["text", "text"], "int4", (left, right) => {
    const [a, b] = [read(left), read(right)];
    if (a.kind === "finite" && b.kind === "finite") return compare(a, b);
    // NaN is above all.
    const [x, y] = [asDouble(a), asDouble(b)];
    if (Number.isNaN(x)) return Number.isNaN(y) ? 0 : 1;
    return Number.isNaN(y) || x < y ? -1 : x > y ? 1 : 0;
  }),
  scalar(
    "shim_numeric_deviation",
    ["text", "text", "text", "bool", "bool"],
    "text",
    (count, sum, squares, isSample, isRoot) => {
      const [n, s, q] = [read(count), read(sum), read(squares)];
      if (n.kind !== "finite" || s.kind !== "finite" || q.kind !== "finite") return "NaN";
      const value = deviation(n, s, q, isSample, isRoot);
      return value === null ? null : numericText(value);
    },
  ),
];

function trimmedOf({ unscaled, scale }: Finite): Finite {
  let [digits, places] = [unscaled, scale];
  while (places > 0 && digits % 10n === 0n) {
    digits /= 10n;
    places--;
  }
  return { kind: "finite", unscaled: digits, scale: places };
}
