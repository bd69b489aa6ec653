/** How one PostgreSQL type goes between the engine's values and PostgreSQL's text and binary. */
import { PgError, unsupported } from "../base/error.ts";
import type { LogicalType } from "./logical-type.ts";
import type { TextSettings } from "./text-settings.ts";
import { typeTitle } from "./types.ts";
import type { EngineValue } from "./vector.ts";

export type Present = Exclude<EngineValue, null>;

/** A value and what the engine is to take it as. */
export interface TypedValue {
  readonly type: LogicalType;
  readonly value: EngineValue;
}

export interface Codec {
  text(type: LogicalType, value: Present, typmod: number, settings: TextSettings): string;
  binary(type: LogicalType, value: Present, typmod: number, settings: TextSettings): Uint8Array;
  /** PostgreSQL's input function: 22P02, 22003, 22007, 22008. */
  parse(text: string, typmod: number, settings: TextSettings): TypedValue;
  /** PostgreSQL's receive function: 22P03, 08P01. */
  read(bytes: Uint8Array, typmod: number, settings: TextSettings): TypedValue;
}

/** A type through a value of its own, `T`: what engine values become it, and how it is written. */
export interface Form<T> {
  from(type: LogicalType, value: Present, typmod: number, settings: TextSettings): T;
  to(value: T, typmod: number): TypedValue;
  text(value: T, settings: TextSettings): string;
  parse(text: string, typmod: number, settings: TextSettings): T;
  binary(value: T, settings: TextSettings): Uint8Array;
  read(bytes: Uint8Array, typmod: number): T;
}

export function codecOf<T>(form: Form<T>): Codec {
  return {
    text: (type, value, typmod, settings) =>
      form.text(form.from(type, value, typmod, settings), settings),
    binary: (type, value, typmod, settings) =>
      form.binary(form.from(type, value, typmod, settings), settings),
    parse: (text, typmod, settings) => form.to(form.parse(text, typmod, settings), typmod),
    read: (bytes, typmod) => form.to(form.read(bytes, typmod), typmod),
  };
}

export function invalidText(oid: number, text: string): PgError {
  return new PgError("22P02", `invalid input syntax for type ${typeTitle(oid)}: "${text}"`);
}

export function noConversion(type: LogicalType, oid: number): PgError {
  return new PgError("42846", `cannot convert engine type ${type.id} to ${typeTitle(oid)}`);
}

export function noBinary(oid: number): PgError {
  return unsupported(`the binary format of type ${typeTitle(oid)}`);
}

/** A view of exactly `size` bytes; PostgreSQL's errors when there are fewer or more. */
export function exactly(bytes: Uint8Array, size: number): DataView {
  if (bytes.byteLength < size) throw new PgError("08P01", "insufficient data left in message");
  if (bytes.byteLength > size) throw new PgError("22P03", "incorrect binary data format");
  return new DataView(bytes.buffer, bytes.byteOffset, size);
}

/** New bytes of `size`, filled through a view. */
export function bytesOf(size: number, fill: (view: DataView) => void): Uint8Array {
  const bytes = new Uint8Array(size);
  fill(new DataView(bytes.buffer));
  return bytes;
}

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** 22021 when it is not UTF-8, or holds a NUL. */
export function decodeUtf8(bytes: Uint8Array): string {
  let text: string;
  try {
    text = decoder.decode(bytes);
  } catch {
    throw new PgError("22021", `invalid byte sequence for encoding "UTF8"${firstFault(bytes)}`);
  }
  if (text.includes("\0")) {
    throw new PgError("22021", 'invalid byte sequence for encoding "UTF8": 0x00');
  }
  return text;
}

function firstFault(bytes: Uint8Array): string {
  const lenient = new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
  const good = Buffer.byteLength(lenient.slice(0, lenient.indexOf("\ufffd")));
  const lead = bytes[good] ?? 0;
  const length = lead >= 0xf0 && lead < 0xf8 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc0 ? 2 : 1;
  const shown = [...bytes.subarray(good, good + (lead >= 0xf8 ? 1 : length))];
  return `: ${shown.map((byte) => `0x${byte.toString(16).padStart(2, "0")}`).join(" ")}`;
}

export function encodeUtf8(text: string): Uint8Array {
  return Buffer.from(text, "utf8");
}
