/** Literals as they stand, before anything says what type they should have: PostgreSQL's make_const. */
import type { A_Const } from "@pgsql/types";
import type { Analysis } from "./analysis.ts";
import { oid } from "./oids.ts";
import type { Constant } from "./tree.ts";

export function constant(node: A_Const, analysis: Analysis): Constant {
  const { location } = node;
  if (node.isnull) return nullConstant(oid.unknown, location);
  if (node.ival !== undefined) return make(oid.int4, String(node.ival.ival ?? 0), location);
  if (node.fval !== undefined) return numberConstant(node.fval.fval ?? "0", location);
  if (node.boolval !== undefined) return make(oid.bool, node.boolval.boolval ? "t" : "f", location);
  if (node.sval !== undefined) return make(oid.unknown, node.sval.sval ?? "", location);
  if (node.bsval !== undefined) return bitConstant(node.bsval.bsval ?? "b", location, analysis);
  return nullConstant(oid.unknown, location);
}

export function make(type: number, text: string | null, location: number | undefined): Constant {
  return { kind: "constant", type, typmod: -1, text, location };
}

export function nullConstant(type: number, location: number | undefined): Constant {
  return make(type, null, location);
}

/** Whole numbers that fit are bigint, all else is numeric. Underscores and other bases are PostgreSQL 16's. */
function numberConstant(spelled: string, location: number | undefined): Constant {
  const text = spelled.replaceAll("_", "");
  if (/^0[xob]/i.test(text)) return wholeConstant(BigInt(text).toString(), location);
  if (/^-?\d+$/.test(text)) return wholeConstant(text, location);
  return make(oid.numeric, plainDecimal(text), location);
}

function wholeConstant(digits: string, location: number | undefined): Constant {
  const value = BigInt(digits);
  const fits = value >= -(2n ** 63n) && value < 2n ** 63n;
  return make(fits ? oid.int8 : oid.numeric, value.toString(), location);
}

/** 1.5e3 → 1500, 1e-2 → 0.01, .5 → 0.5: as numeric_out prints it. */
export function plainDecimal(text: string): string {
  const match = /^([+-]?)(\d*)\.?(\d*)(?:[eE]([+-]?\d+))?$/.exec(text);
  if (match === null) return text;
  const [, sign = "", whole = "", fraction = "", exponentText = "0"] = match;
  const exponent = Number(exponentText);
  if (Math.abs(exponent) > 1000) return text;
  const digits = whole + fraction;
  const point = whole.length + exponent;
  const padded = point > 0 ? digits.padEnd(point, "0") : "0".repeat(1 - point) + digits;
  const at = point > 0 ? point : 1;
  const left = padded.slice(0, at).replace(/^0+(?=\d)/, "");
  const right = padded.slice(at);
  return `${sign === "-" ? "-" : ""}${left}${right === "" ? "" : `.${right}`}`;
}

function bitConstant(spelled: string, location: number | undefined, analysis: Analysis): Constant {
  const digits = spelled.slice(1);
  const isHex = /^x/i.test(spelled);
  const bad = isHex ? /[^0-9a-f]/i.exec(digits) : /[^01]/.exec(digits);
  if (bad !== null)
    throw analysis.error(
      "22P02",
      `"${bad[0]}" is not a valid ${isHex ? "hexadecimal" : "binary"} digit`,
      location,
    );
  const bits = isHex
    ? Array.from(digits, (digit) => Number.parseInt(digit, 16).toString(2).padStart(4, "0")).join(
        "",
      )
    : digits;
  return make(oid.bit, bits, location);
}
