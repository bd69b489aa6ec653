/** inet, cidr, macaddr and macaddr8: their texts, and the numbers behind them. */
import { PgError } from "../base/error.ts";

export interface Address {
  readonly family: 4 | 6;
  readonly bits: number;
  readonly value: bigint;
}

export const widthOf = (family: 4 | 6) => (family === 4 ? 32 : 128);

/** Ones where a network's part is. */
export function maskOf(family: 4 | 6, bits: number): bigint {
  const host = BigInt(widthOf(family) - bits);
  return (((1n << BigInt(bits)) - 1n) << host) & ((1n << BigInt(widthOf(family))) - 1n);
}

/** inet_in and cidr_in. */
export function readAddress(text: string, type: "inet" | "cidr"): Address {
  const address = text.includes(":") ? readSix(text) : readFour(text, type);
  if (address === undefined)
    throw new PgError("22P02", `invalid input syntax for type ${type}: "${text}"`);
  if (type === "cidr" && (address.value & ~maskOf(address.family, address.bits)) !== 0n)
    throw new PgError("22P02", `invalid cidr value: "${text}"`, {
      detail: "Value has bits set to right of mask.",
    });
  return address;
}

function readFour(text: string, type: "inet" | "cidr"): Address | undefined {
  const [, octets = "", mask] = /^(\d{1,3}(?:\.\d{1,3}){0,3})(?:\/(\d{1,2}))?$/.exec(text) ?? [];
  const parts = octets === "" ? [] : octets.split(".").map(Number);
  if (parts.length === 0 || parts.some((part) => part > 255)) return undefined;
  const bits = mask === undefined ? impliedBits(parts, type) : Number(mask);
  if (bits === undefined || bits > 32) return undefined;
  if (type === "inet" && Math.floor(bits / 8) > parts.length) return undefined;
  const value = [0, 1, 2, 3].reduce((sum, i) => (sum << 8n) | BigInt(parts[i] ?? 0), 0n);
  return { family: 4, bits, value };
}

/** cidr: by the class of the network, and at least the octets that are written. */
function impliedBits(parts: readonly number[], type: "inet" | "cidr"): number | undefined {
  if (parts.length === 4) return 32;
  if (type === "inet") return undefined;
  const [first = 0] = parts;
  const ofClass = first >= 240 ? 32 : first >= 224 ? 8 : first >= 192 ? 24 : first >= 128 ? 16 : 8;
  const bits = Math.max(ofClass, parts.length * 8);
  return bits === 8 && first === 224 ? 4 : bits;
}

function readSix(text: string): Address | undefined {
  const [, spelled = "", mask] = /^([0-9a-f:.]+)(?:\/(\d{1,3}))?$/i.exec(text) ?? [];
  const bits = mask === undefined ? 128 : Number(mask);
  if (spelled === "" || bits > 128) return undefined;
  const words = wordsOf(spelled);
  if (words === undefined) return undefined;
  return { family: 6, bits, value: words.reduce((sum, word) => (sum << 16n) | BigInt(word), 0n) };
}

function wordsOf(spelled: string): readonly number[] | undefined {
  const halves = spelled.split("::");
  if (halves.length > 2) return undefined;
  const [head = "", tail] = halves;
  const front = groupsOf(head);
  const back = tail === undefined ? [] : groupsOf(tail);
  if (front === undefined || back === undefined) return undefined;
  const missing = 8 - front.length - back.length;
  if (tail === undefined ? missing !== 0 : missing < 1) return undefined;
  return [...front, ...new Array<number>(missing).fill(0), ...back];
}

function groupsOf(text: string): number[] | undefined {
  if (text === "") return [];
  const words: number[] = [];
  const groups = text.split(":");
  for (const [i, group] of groups.entries()) {
    if (group.includes(".")) {
      const four = i === groups.length - 1 ? readFour(group, "inet") : undefined;
      if (four === undefined) return undefined;
      words.push(Number(four.value >> 16n), Number(four.value & 0xffffn));
    } else if (/^[0-9a-f]{1,4}$/i.test(group)) words.push(Number.parseInt(group, 16));
    else return undefined;
  }
  return words;
}

/** Without the length of its network. */
export function hostText({ family, value }: Address): string {
  if (family === 4) return fourText(value);
  const words = Array.from({ length: 8 }, (_, i) =>
    Number((value >> BigInt(112 - i * 16)) & 0xffffn),
  );
  const { start, length } = longestZeros(words);
  const isFour = start === 0 && (length === 6 || (length === 5 && words[5] === 0xffff));
  const shown = isFour ? words.slice(0, 6) : words;
  const hex = (part: readonly number[]) => part.map((word) => word.toString(16)).join(":");
  const tail = isFour ? fourText(value & 0xffffffffn) : "";
  if (length < 2) return hex(words);
  const after = [hex(shown.slice(start + length)), tail].filter((part) => part !== "").join(":");
  return `${hex(shown.slice(0, start))}::${after}`;
}

function longestZeros(words: readonly number[]): { start: number; length: number } {
  let best = { start: -1, length: 0 };
  for (let i = 0; i < 8; i++) {
    let end = i;
    while (end < 8 && words[end] === 0) end++;
    if (end - i > best.length) best = { start: i, length: end - i };
    i = Math.max(i, end);
  }
  return best;
}

function fourText(value: bigint): string {
  return [24n, 16n, 8n, 0n].map((shift) => String((value >> shift) & 255n)).join(".");
}

export function addressText(address: Address, type: "inet" | "cidr"): string {
  const isWhole = address.bits === widthOf(address.family) && type === "inet";
  return isWhole ? hostText(address) : `${hostText(address)}/${address.bits}`;
}

/** macaddr (6 bytes) or macaddr8, which takes 6 too and puts ff:fe between. */
export function readHardware(text: string, type: "macaddr" | "macaddr8"): bigint {
  const spelled = text.trim();
  const isEight = type === "macaddr8";
  const forms = isEight
    ? /^[0-9a-f]{2}(?:[:.-]?[0-9a-f]{2}){5}(?:(?:[:.-]?[0-9a-f]{2}){2})?$/i
    : /^[0-9a-f]{1,2}([:-])(?:[0-9a-f]{1,2}\1){4}[0-9a-f]{1,2}$|^[0-9a-f]{6}[:-]?[0-9a-f]{6}$|^[0-9a-f]{4}([.-])[0-9a-f]{4}\2[0-9a-f]{4}$/i;
  const digits = spelled.includes(":") || spelled.includes("-") ? padded(spelled) : spelled;
  const hex = digits.replace(/[:.-]/g, "");
  const isOne = !isEight || new Set(spelled.match(/[:.-]/g)).size <= 1;
  const isWell =
    isOne && forms.test(spelled) && (hex.length === 12 || (isEight && hex.length === 16));
  if (!isWell) throw new PgError("22P02", `invalid input syntax for type ${type}: "${text}"`);
  return isEight && hex.length === 12
    ? BigInt(`0x${hex.slice(0, 6)}fffe${hex.slice(6)}`)
    : BigInt(`0x${hex}`);
}

/** 8:0:2b:1:2:3 → 08:00:2b:01:02:03. */
function padded(text: string): string {
  const groups = text.split(/[:-]/);
  return groups.length === 6 ? groups.map((group) => group.padStart(2, "0")).join(":") : text;
}

export function hardwareText(value: bigint, bytes: 6 | 8): string {
  const hex = value.toString(16).padStart(bytes * 2, "0");
  return (hex.match(/../g) ?? []).join(":");
}
