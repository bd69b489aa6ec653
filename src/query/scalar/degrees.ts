/** Trigonometry in degrees, exact where the answer is: sind(30) is 0.5. Quadrants as PostgreSQL's float.c has them. */
import { PgError } from "../../base/error.ts";
import type { ScalarFunction } from "../../engine/engine.ts";
import { scalar } from "./scalar.ts";

const radian = Math.PI / 180;
const outOfRange = () => new PgError("22003", "input is out of range");

const sin30 = Math.sin(30 * radian);
const oneMinusCos60 = 1 - Math.cos(60 * radian);
const asinHalf = Math.asin(0.5);
const acosHalf = Math.acos(0.5);
const atanOne = Math.atan(1);

const sinTo30 = (x: number) => Math.sin(x * radian) / sin30 / 2;
const cosTo60 = (x: number) => 1 - (1 - Math.cos(x * radian)) / oneMinusCos60 / 2;
const sinInFirst = (x: number) => (x <= 30 ? sinTo30(x) : cosTo60(90 - x));
const cosInFirst = (x: number) => (x <= 60 ? cosTo60(x) : sinTo30(90 - x));

function turned(x: number): { readonly angle: number; readonly isNegative: boolean } {
  if (!Number.isFinite(x) && !Number.isNaN(x)) throw outOfRange();
  const angle = x % 360;
  return { angle: Math.abs(angle), isNegative: angle < 0 };
}

function sind(x: number): number {
  let { angle, isNegative } = turned(x);
  if (angle > 180) [angle, isNegative] = [360 - angle, !isNegative];
  if (angle > 90) angle = 180 - angle;
  return signed(sinInFirst(angle), isNegative);
}

function cosd(x: number): number {
  let { angle } = turned(x);
  if (angle > 180) angle = 360 - angle;
  return angle > 90 ? signed(cosInFirst(180 - angle), true) : cosInFirst(angle);
}

const tan45 = sinInFirst(45) / cosInFirst(45);

/** Where tangent and cotangent are taken: an angle up to 90, and the sign. */
function quadrant(x: number): { readonly angle: number; readonly isNegative: boolean } {
  let { angle, isNegative } = turned(x);
  if (angle > 180) [angle, isNegative] = [360 - angle, !isNegative];
  if (angle > 90) [angle, isNegative] = [180 - angle, !isNegative];
  return { angle, isNegative };
}

function tand(x: number): number {
  const { angle, isNegative } = quadrant(x);
  return signed(sinInFirst(angle) / cosInFirst(angle) / tan45, isNegative);
}

function cotd(x: number): number {
  const { angle, isNegative } = quadrant(x);
  return signed(cosInFirst(angle) / sinInFirst(angle) / tan45, isNegative);
}

/** Never minus nought. */
function signed(value: number, isNegative: boolean): number {
  return isNegative && value !== 0 ? -value : value;
}

function asind(x: number): number {
  if (Math.abs(x) > 1) throw outOfRange();
  const size = Math.abs(x);
  const angle =
    size <= 0.5 ? (Math.asin(size) / asinHalf) * 30 : 90 - (Math.acos(size) / acosHalf) * 60;
  return signed(angle, x < 0);
}

function acosd(x: number): number {
  if (Math.abs(x) > 1) throw outOfRange();
  if (x < 0) return 90 + asind(-x);
  return x <= 0.5 ? 90 - (Math.asin(x) / asinHalf) * 30 : (Math.acos(x) / acosHalf) * 60;
}

const ofOne = {
  sind,
  cosd,
  tand,
  cotd,
  asind,
  acosd,
  atand: (x: number) => (Math.atan(x) / atanOne) * 45,
};

export const degreeScalars: readonly ScalarFunction[] = [
  ...Object.entries(ofOne).map(([name, call]) =>
    scalar(`shim_${name}`, ["float8"], "float8", call),
  ),
  scalar(
    "shim_atan2d",
    ["float8", "float8"],
    "float8",
    (y, x) => (Math.atan2(y, x) / atanOne) * 45,
  ),
];
