/** Network addresses. https://www.postgresql.org/docs/15/functions-net.html */
import { PgError } from "../base/error.ts";
import {
  type Address,
  addressText,
  hardwareText,
  hostText,
  maskOf,
  readAddress,
  readHardware,
  widthOf,
} from "../pgtypes/network.ts";
import { comparisons, order } from "./compare.ts";
import type { KernelTable } from "./kernel.ts";

const inet = (text: string) => readAddress(text, "inet");
const shown = (address: Address) => addressText(address, "inet");
const asCidr = (address: Address) => addressText(networkOf(address), "cidr");

function networkOf({ family, bits, value }: Address): Address {
  return { family, bits, value: value & maskOf(family, bits) };
}

/** By their common bits, then the length of the network, then all bits. */
function compare(a: Address, b: Address): number {
  if (a.family !== b.family) return a.family - b.family;
  const mask = maskOf(a.family, Math.min(a.bits, b.bits));
  return order(a.value & mask, b.value & mask) || a.bits - b.bits || order(a.value, b.value);
}

/** A text whose bytes are in the order of the addresses. */
function sortKey({ family, bits, value }: Address): string {
  const width = widthOf(family);
  const digits = value.toString(2).padStart(width, "0");
  const network = digits.slice(0, bits).replaceAll("1", "2").replaceAll("0", "1");
  return `${family}${network}0${digits}`;
}

function contains(a: Address, b: Address, isStrict: boolean): boolean {
  if (a.family !== b.family || (isStrict ? b.bits <= a.bits : b.bits < a.bits)) return false;
  const mask = maskOf(a.family, a.bits);
  return (a.value & mask) === (b.value & mask);
}

function overlaps(a: Address, b: Address): boolean {
  if (a.family !== b.family) return false;
  const mask = maskOf(a.family, Math.min(a.bits, b.bits));
  return (a.value & mask) === (b.value & mask);
}

function sameSize(a: Address, b: Address, what: string): void {
  if (a.family !== b.family)
    throw new PgError("22023", `cannot ${what} inet values of different sizes`);
}

function bitwise(a: string, b: string, what: "AND" | "OR"): string {
  const [left, right] = [inet(a), inet(b)];
  sameSize(left, right, what);
  const value = what === "AND" ? left.value & right.value : left.value | right.value;
  return shown({ ...left, bits: Math.max(left.bits, right.bits), value });
}

function moved(address: Address, by: bigint): string {
  const value = address.value + by;
  if (value < 0n || value >= 1n << BigInt(widthOf(address.family)))
    throw new PgError("22003", "result is out of range");
  return shown({ ...address, value });
}

function difference(a: Address, b: Address): bigint {
  if (a.family !== b.family)
    throw new PgError("22023", "cannot subtract inet values of different sizes");
  const distance = a.value - b.value;
  if (distance < -(2n ** 63n) || distance >= 2n ** 63n)
    throw new PgError("22003", "result is out of range");
  return distance;
}

function merged(a: Address, b: Address): string {
  if (a.family !== b.family)
    throw new PgError("22023", "cannot merge addresses from different families");
  let bits = Math.min(a.bits, b.bits);
  while ((a.value & maskOf(a.family, bits)) !== (b.value & maskOf(a.family, bits))) bits--;
  return asCidr({ ...a, bits });
}

function withLength(address: Address, bits: number): Address {
  const width = widthOf(address.family);
  if (bits < -1 || bits > width) throw new PgError("22023", `invalid mask length: ${bits}`);
  return { ...address, bits: bits === -1 ? width : bits };
}

/** cidr leaves out the octets that say nothing. */
function abbreviated(text: string): string {
  const address = readAddress(text, "cidr");
  const { family, bits } = address;
  if (family === 6) return addressText(address, "cidr");
  const octets = hostText(address)
    .split(".")
    .slice(0, Math.max(1, Math.ceil(bits / 8)));
  return `${octets.join(".")}/${bits}`;
}

const mac = (text: string) => readHardware(text, "macaddr");
const mac8 = (text: string) => readHardware(text, "macaddr8");

export const networkKernels: KernelTable = {
  ...comparisons("network_", "inet", inet, compare),
  ...comparisons("macaddr_", "macaddr", mac, order),
  ...comparisons("macaddr8_", "macaddr8", mac8, order),
  "sort_key(inet) text": (text: string) => sortKey(inet(text)),
  "sort_key(cidr) text": (text: string) => sortKey(inet(text)),
  "network_sub(inet,inet) bool": (a: string, b: string) => contains(inet(b), inet(a), true),
  "network_subeq(inet,inet) bool": (a: string, b: string) => contains(inet(b), inet(a), false),
  "network_sup(inet,inet) bool": (a: string, b: string) => contains(inet(a), inet(b), true),
  "network_supeq(inet,inet) bool": (a: string, b: string) => contains(inet(a), inet(b), false),
  "network_overlap(inet,inet) bool": (a: string, b: string) => overlaps(inet(a), inet(b)),
  "inetnot(inet) inet": (text: string) => {
    const address = inet(text);
    return shown({
      ...address,
      value: maskOf(address.family, widthOf(address.family)) ^ address.value,
    });
  },
  "inetand(inet,inet) inet": (a: string, b: string) => bitwise(a, b, "AND"),
  "inetor(inet,inet) inet": (a: string, b: string) => bitwise(a, b, "OR"),
  "inetpl(inet,int8) inet": (a: string, by: bigint) => moved(inet(a), by),
  "int8pl_inet(int8,inet) inet": (by: bigint, a: string) => moved(inet(a), by),
  "inetmi_int8(inet,int8) inet": (a: string, by: bigint) => moved(inet(a), -by),
  "inetmi(inet,inet) int8": (a: string, b: string) => difference(inet(a), inet(b)),
  "abbrev(inet) text": (text: string) => shown(inet(text)),
  "abbrev(cidr) text": abbreviated,
  "broadcast(inet) inet": (text: string) => {
    const { family, bits, value } = inet(text);
    return shown({
      family,
      bits,
      value: value | (maskOf(family, widthOf(family)) ^ maskOf(family, bits)),
    });
  },
  "family(inet) int4": (text: string) => inet(text).family,
  "host(inet) text": (text: string) => hostText(inet(text)),
  "hostmask(inet) inet": (text: string) => {
    const { family, bits } = inet(text);
    const width = widthOf(family);
    return shown({ family, bits: width, value: maskOf(family, width) ^ maskOf(family, bits) });
  },
  "inet_merge(inet,inet) cidr": (a: string, b: string) => merged(inet(a), inet(b)),
  "inet_same_family(inet,inet) bool": (a: string, b: string) => inet(a).family === inet(b).family,
  "masklen(inet) int4": (text: string) => inet(text).bits,
  "netmask(inet) inet": (text: string) => {
    const { family, bits } = inet(text);
    return shown({ family, bits: widthOf(family), value: maskOf(family, bits) });
  },
  "network(inet) cidr": (text: string) => asCidr(inet(text)),
  "cidr(inet) cidr": (text: string) => asCidr(inet(text)),
  "set_masklen(inet,int4) inet": (text: string, bits: number) =>
    shown(withLength(inet(text), bits)),
  "set_masklen(cidr,int4) cidr": (text: string, bits: number) =>
    asCidr(withLength(inet(text), bits)),
  // Not as a cast shows it: the length of the network is always told.
  "text(inet) text": (text: string) => addressText(inet(text), "cidr"),
  "trunc(macaddr) macaddr": (text: string) => hardwareText(mac(text) & 0xffffff000000n, 6),
  "trunc(macaddr8) macaddr8": (text: string) => hardwareText(mac8(text) & 0xffffff0000000000n, 8),
  "macaddr8_set7bit(macaddr8) macaddr8": (text: string) =>
    hardwareText(mac8(text) | (2n << 56n), 8),
  "macaddr8(macaddr) macaddr8": (text: string) => hardwareText(mac8(text), 8),
  "macaddr(macaddr8) macaddr": (text: string) => {
    const value = mac8(text);
    if (((value >> 24n) & 0xffffn) !== 0xfffen)
      throw new PgError("22003", "macaddr8 data out of range to convert to macaddr", {
        hint: "Only addresses that have FF and FE as values in the 4th and 5th bytes from the left, for example xx:xx:xx:ff:fe:xx:xx:xx, are eligible to be converted from macaddr8 to macaddr.",
      });
    return hardwareText(((value >> 40n) << 24n) | (value & 0xffffffn), 6);
  },
  "macaddr_not(macaddr) macaddr": (text: string) => hardwareText(mac(text) ^ 0xffffffffffffn, 6),
  "macaddr_and(macaddr,macaddr) macaddr": (a: string, b: string) =>
    hardwareText(mac(a) & mac(b), 6),
  "macaddr_or(macaddr,macaddr) macaddr": (a: string, b: string) => hardwareText(mac(a) | mac(b), 6),
  "macaddr8_not(macaddr8) macaddr8": (text: string) =>
    hardwareText(mac8(text) ^ 0xffffffffffffffffn, 8),
  "macaddr8_and(macaddr8,macaddr8) macaddr8": (a: string, b: string) =>
    hardwareText(mac8(a) & mac8(b), 8),
  "macaddr8_or(macaddr8,macaddr8) macaddr8": (a: string, b: string) =>
    hardwareText(mac8(a) | mac8(b), 8),
};
