/** A message as one line, `Name {json}`, for logs and wire scripts. Fields that hold their default are left out. */
import { isUtf8 } from "node:buffer";

interface Message {
  readonly type: string;
  readonly [field: string]: unknown;
}

export type Direction = "frontend" | "backend";

/** `F Parse {"sql":"SELECT 1"}`: F from the client, B from the server. */
export function traceLine(direction: Direction, message: Message): string {
  return `${direction === "frontend" ? "F" : "B"} ${printMessage(message)}`;
}

export function printMessage(message: Message): string {
  const { type, ...fields } = message;
  const json = JSON.stringify(printable(fields));
  return json === "{}" ? type : `${type} ${json}`;
}

/** Bytes as text where they are text, else as {"hex": …}; defaults dropped from objects, never from lists. */
function printable(value: unknown): unknown {
  if (value instanceof Uint8Array) return printBytes(Buffer.from(value));
  if (Array.isArray(value)) return value.map(printable);
  if (typeof value !== "object" || value === null) return value;
  const kept = Object.entries(value).filter(([name, field]) => !isDefault(name, field));
  return Object.fromEntries(kept.map(([name, field]) => [name, printable(field)]));
}

function isDefault(name: string, value: unknown): boolean {
  if (name === "typmod") return value === -1;
  if (Array.isArray(value)) return value.length === 0;
  return value === "" || value === 0 || value === undefined;
}

function printBytes(bytes: Buffer): string | { readonly hex: string } {
  const isText = isUtf8(bytes) && !bytes.some((byte) => byte < 0x20 && !whitespace.has(byte));
  return isText ? bytes.toString("utf8") : { hex: bytes.toString("hex") };
}

const whitespace: ReadonlySet<number> = new Set([0x09, 0x0a, 0x0d]);
