/** Bit strings, which are texts of 0 and 1. https://www.postgresql.org/docs/15/functions-bitstring.html */
import { PgError } from "../base/error.ts";
import type { KernelTable } from "./kernel.ts";

function joined(word: string, call: (a: string, b: string) => boolean) {
  return (left: string, right: string) => {
    if (left.length !== right.length)
      throw new PgError("22026", `cannot ${word} bit strings of different sizes`);
    let bits = "";
    for (let i = 0; i < left.length; i++) bits += call(left[i] ?? "0", right[i] ?? "0") ? "1" : "0";
    return bits;
  };
}

/** To the left when positive; what is shifted out is lost. */
function shifted(bits: string, by: number): string {
  const { length } = bits;
  if (Math.abs(by) >= length) return "0".repeat(length);
  return by >= 0
    ? bits.slice(by).padEnd(length, "0")
    : bits.slice(0, length + by).padStart(length, "0");
}

function slice(bits: string, start: number, length: number): string {
  if (length < 0) throw new PgError("22011", "negative substring length not allowed");
  const from = Math.max(start, 1) - 1;
  return bits.slice(from, Math.max(start - 1 + length, from));
}

function overlay(bits: string, put: string, start: number, length: number): string {
  if (start <= 0) throw new PgError("22011", "negative substring length not allowed");
  return bits.slice(0, start - 1) + put + bits.slice(start + length - 1);
}

function index(at: number, { length }: string): number {
  if (at >= 0 && at < length) return at;
  throw new PgError("2202E", `bit index ${at} out of valid range (0..${length - 1})`);
}

function whole(bits: string, size: number, title: string): bigint {
  if (bits.length > size) throw new PgError("22003", `${title} out of range`);
  const value = bits === "" ? 0n : BigInt(`0b${bits}`);
  return BigInt.asIntN(size, value);
}

export const bitKernels: KernelTable = {
  "bitand(bit,bit) bit": joined("AND", (a, b) => a === "1" && b === "1"),
  "bitor(bit,bit) bit": joined("OR", (a, b) => a === "1" || b === "1"),
  "bitxor(bit,bit) bit": joined("XOR", (a, b) => a !== b),
  "bitnot(bit) bit": (bits: string) => bits.replace(/[01]/g, (one) => (one === "1" ? "0" : "1")),
  "bitshiftleft(bit,int4) bit": shifted,
  "bitshiftright(bit,int4) bit": (bits: string, by: number) => shifted(bits, -by),
  "bit_count(bit) int8": (bits: string) => BigInt(bits.replaceAll("0", "").length),
  "bit_length(bit) int4": (bits: string) => bits.length,
  "length(bit) int4": (bits: string) => bits.length,
  "octet_length(bit) int4": (bits: string) => Math.ceil(bits.length / 8),
  "substring(bit,int4) bit": (bits: string, start: number) =>
    slice(bits, start, bits.length + Math.abs(start) + 1),
  "substring(bit,int4,int4) bit": slice,
  "overlay(bit,bit,int4) bit": (bits: string, put: string, start: number) =>
    overlay(bits, put, start, put.length),
  "overlay(bit,bit,int4,int4) bit": overlay,
  "position(bit,bit) int4": (bits: string, part: string) => bits.indexOf(part) + 1,
  "get_bit(bit,int4) int4": (bits: string, at: number) => Number(bits[index(at, bits)]),
  "set_bit(bit,int4,int4) bit": (bits: string, at: number, bit: number) => {
    if (bit !== 0 && bit !== 1) throw new PgError("22023", "new bit must be 0 or 1");
    const place = index(at, bits);
    return bits.slice(0, place) + bit + bits.slice(place + 1);
  },
  "int4(bit) int4": (bits: string) => Number(whole(bits, 32, "integer")),
  "int8(bit) int8": (bits: string) => whole(bits, 64, "bigint"),
  // All the digits a number has, and so many of them from the right as the type takes.
  "bits_of(int8,int4) bit": (value: bigint, size: number) =>
    BigInt.asUintN(size, value).toString(2).padStart(size, "0"),
  // Cut, or filled with zeros: what an explicit cast does.
  "bit(bit,int4,bool) bit": (bits: string, size: number, isExplicit: boolean) => {
    if (!isExplicit && bits.length !== size)
      throw new PgError(
        "22026",
        `bit string length ${bits.length} does not match type bit(${size})`,
      );
    return bits.slice(0, size).padEnd(size, "0");
  },
  "varbit(varbit,int4,bool) varbit": (bits: string, size: number, isExplicit: boolean) => {
    if (!isExplicit && bits.length > size)
      throw new PgError("22001", `bit string too long for type bit varying(${size})`);
    return bits.slice(0, size);
  },
  "varbit_in(text) varbit": (text: string) => {
    const bad = /[^01]/u.exec(text);
    if (bad !== null) throw new PgError("22P02", `"${bad[0]}" is not a valid binary digit`);
    return text;
  },
};
