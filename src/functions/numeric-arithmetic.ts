/** Arithmetic of numerics, with the scales that PostgreSQL gives its results. */
import { PgError } from "../base/error.ts";
import { finite, type Numeric } from "../pgtypes/numeric.ts";

type Finite = Extract<Numeric, { kind: "finite" }>;

/** 22012 for a divisor of zero. Special values make NaN. */
export function computed(operator: "+" | "-" | "*" | "/" | "%", a: Numeric, b: Numeric): Numeric {
  if (a.kind !== "finite" || b.kind !== "finite") return { kind: "NaN" };
  switch (operator) {
    case "+":
      return sum(a, b, 1n);
    case "-":
      return sum(a, b, -1n);
    case "*":
      return finite(a.unscaled * b.unscaled, a.scale + b.scale);
    case "/":
      return quotient(a, b);
    case "%":
      return remainder(a, b);
    default:
      return operator satisfies never;
  }
}

function aligned(a: Finite, b: Finite): { left: bigint; right: bigint; scale: number } {
  const scale = Math.max(a.scale, b.scale);
  return {
    left: a.unscaled * 10n ** BigInt(scale - a.scale),
    right: b.unscaled * 10n ** BigInt(scale - b.scale),
    scale,
  };
}

function sum(a: Finite, b: Finite, sign: bigint): Numeric {
  const { left, right, scale } = aligned(a, b);
  return finite(left + sign * right, scale);
}

function remainder(a: Finite, b: Finite): Numeric {
  const { left, right, scale } = aligned(a, b);
  if (right === 0n) throw new PgError("22012", "division by zero");
  return finite(left % right, scale);
}

/** https://github.com/postgres/postgres/blob/REL_15_STABLE/src/backend/utils/adt/numeric.c: select_div_scale */
export function quotient(a: Finite, b: Finite): Numeric {
  if (b.unscaled === 0n) throw new PgError("22012", "division by zero");
  const scale = quotientScale(a, b);
  const dividend = a.unscaled * 10n ** BigInt(scale + b.scale);
  const divisor = b.unscaled * 10n ** BigInt(a.scale);
  const [top, bottom] = [dividend < 0n ? -dividend : dividend, divisor < 0n ? -divisor : divisor];
  const half = (2n * top + bottom) / (2n * bottom);
  return finite(dividend < 0n !== divisor < 0n ? -half : half, scale);
}

/** At least sixteen significant digits, and no fewer places than either operand has. */
function quotientScale(a: Finite, b: Finite): number {
  const [first, second] = [leading(a), leading(b)];
  let weight = first.weight - second.weight;
  if (first.digit <= second.digit) weight--;
  return Math.min(Math.max(16 - weight * 4, a.scale, b.scale, 0), 1000);
}

/** The first digit of base 10 000, and its place from the point. */
function leading({ unscaled, scale }: Finite): { weight: number; digit: number } {
  if (unscaled === 0n) return { weight: 0, digit: 0 };
  const digits = String(unscaled < 0n ? -unscaled : unscaled);
  const whole = digits.length - scale;
  const weight = Math.ceil(whole / 4) - 1;
  return {
    weight,
    digit: Number(digits.slice(0, whole - weight * 4).padEnd(whole - weight * 4, "0")),
  };
}
