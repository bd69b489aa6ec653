/** A parameter's text → its value in canonical form, and back to what SHOW prints. PostgreSQL's guc.c, by its words. */
import { PgError } from "../base/error.ts";
import { int4Max, type Parameter, type Unit } from "./declare.ts";

/**
 * The canonical text (base units, listed spelling) of what a client wrote; 22023 when it cannot be.
 * `name` is the client's spelling of the parameter's: PostgreSQL repeats that one here.
 */
export function canonicalValue(parameter: Parameter, name: string, text: string): string {
  switch (parameter.type) {
    case "bool":
      return booleanValue(name, text);
    case "enum":
      return enumValue(parameter, name, text);
    case "integer":
      return String(integerValue(parameter, name, text));
    case "real":
      return String(realValue(parameter, name, text));
    case "string":
      return text;
    default:
      return parameter satisfies never;
  }
}

/** As SHOW prints it: integers with a unit in the largest one that divides them. */
export function shownValue(parameter: Parameter, value: string): string {
  if (parameter.type !== "integer" || parameter.unit === undefined) return value;
  const amount = Number(value);
  if (amount <= 0) return value;
  const base = amount * unitSize(parameter.unit);
  const units = Object.entries(unitsLike(parameter.unit)).reverse();
  const [unit, size] = units.find(([, bytes]) => base % bytes === 0) ?? ["", 1];
  return `${base / size}${unit}`;
}

export function invalidValue(
  name: string,
  text: string,
  details: { readonly detail?: string; readonly hint?: string } = {},
): PgError {
  return new PgError("22023", `invalid value for parameter "${name}": "${text}"`, details);
}

/** Any unambiguous beginning of true, false, yes, no, on, off; 1 and 0. */
export function parseBoolean(text: string): boolean | undefined {
  const word = text.toLowerCase();
  if (word === "") return undefined;
  if (word === "1" || "true".startsWith(word) || "yes".startsWith(word) || word === "on")
    return true;
  const isOff = word.length > 1 && "off".startsWith(word);
  if (word === "0" || "false".startsWith(word) || "no".startsWith(word) || isOff) return false;
  return undefined;
}

function booleanValue(name: string, text: string): string {
  const value = parseBoolean(text);
  if (value === undefined)
    throw new PgError("22023", `parameter "${name}" requires a Boolean value`);
  return value ? "on" : "off";
}

function enumValue(parameter: Parameter & { type: "enum" }, name: string, text: string): string {
  const word = text.toLowerCase();
  const listed = parameter.values.find((value) => value === word) ?? parameter.hidden[word];
  if (listed !== undefined) return listed;
  const hint = `Available values: ${parameter.values.join(", ")}.`;
  throw invalidValue(name, text, { hint });
}

function integerValue(
  parameter: Parameter & { type: "integer" },
  name: string,
  text: string,
): number {
  const { unit, min, max } = parameter;
  const value = parseInteger(text, unit);
  if (typeof value !== "number") throw invalidValue(name, text, value);
  if (value < min || value > max) {
    const amount = unit === undefined ? `${value}` : `${value} ${unit}`;
    throw outOfRange(name, amount, min, max);
  }
  return value;
}

function realValue(parameter: Parameter & { type: "real" }, name: string, text: string): number {
  const { min, max } = parameter;
  const trimmed = text.trim();
  const isNumber = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(trimmed);
  const value = isNumber ? Number(trimmed) : Number.NaN;
  if (!Number.isFinite(value)) throw invalidValue(name, text);
  if (value < min || value > max) throw outOfRange(name, printedReal(value), min, max);
  return value;
}

function outOfRange(name: string, amount: string, min: number, max: number): PgError {
  const range = `(${printedReal(min)} .. ${printedReal(max)})`;
  return new PgError(
    "22023",
    `${amount} is outside the valid range for parameter "${name}" ${range}`,
  );
}

/** %g for what is not a whole number of ordinary size. */
function printedReal(value: number): string {
  if (Number.isInteger(value) && Math.abs(value) <= int4Max) return String(value);
  return String(Number(value.toPrecision(6)));
}

/** PostgreSQL's parse_int: decimal, 0x or octal; a fraction and a unit are allowed, and rounded. */
function parseInteger(text: string, unit: Unit | undefined): number | { readonly hint?: string } {
  const pattern =
    /^\s*([+-]?)(0x[0-9a-f]+|\d+\.?\d*(?:e[+-]?\d+)?|\.\d+(?:e[+-]?\d+)?)\s*(.*?)\s*$/is;
  const match = pattern.exec(text);
  if (!match) return {};
  const [, sign, digits = "", suffix = ""] = match;
  const isOctal = /^0\d+$/.test(digits);
  const size = isOctal ? Number.parseInt(digits, 8) : Number(digits);
  let value = sign === "-" ? -size : size;
  if (suffix !== "") {
    if (unit === undefined) return {};
    const suffixSize = unitsLike(unit)[suffix];
    if (suffixSize === undefined) return { hint: unitHint(unit) };
    value = inUnit(value, suffix, suffixSize, unit);
  }
  // C's rint: half to even.
  const rounded = Math.abs(value % 1) === 0.5 ? 2 * Math.round(value / 2) : Math.round(value);
  if (Math.abs(rounded) > int4Max) return { hint: "Value exceeds integer range." };
  return rounded + 0;
}

/** A fraction is first rounded to a multiple of the next smaller unit: 30.1GB is 30822MB. */
function inUnit(value: number, suffix: string, suffixSize: number, unit: Unit): number {
  const names = Object.keys(unitsLike(unit));
  const smaller = names[names.indexOf(suffix) - 1];
  const smallerSize = smaller === undefined ? undefined : unitsLike(unit)[smaller];
  const base = unitSize(unit);
  if (Number.isInteger(value) || smallerSize === undefined) return (value * suffixSize) / base;
  return (Math.round((value * suffixSize) / smallerSize) * smallerSize) / base;
}

const timeUnits = { us: 1, ms: 1e3, s: 1e6, min: 60e6, h: 3600e6, d: 86400e6 };
const memoryUnits = { B: 1, kB: 2 ** 10, MB: 2 ** 20, GB: 2 ** 30, TB: 2 ** 40 };

function unitsLike(unit: Unit): Readonly<Record<string, number>> {
  return unit === "ms" || unit === "s" ? timeUnits : memoryUnits;
}

function unitSize(unit: Unit): number {
  return unit === "8kB" ? 8192 : (unitsLike(unit)[unit] ?? 1);
}

function unitHint(unit: Unit): string {
  const names = Object.keys(unitsLike(unit)).map((name) => `"${name}"`);
  const last = names.pop();
  return `Valid units for this parameter are ${names.join(", ")}, and ${last}.`;
}
