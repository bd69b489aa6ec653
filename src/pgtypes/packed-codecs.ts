/** Types kept as their text whose binary form is packed: addresses, places, money, log sequence numbers. */
import { PgError } from "../base/error.ts";
import { bytesOf, type Codec, exactly, invalidText } from "./codec.ts";
import {
  type GeometryName,
  geometryBytes,
  geometryOids,
  geometryText,
  parseGeometry,
  readGeometry,
} from "./geometry.ts";
import { moneyText, readMoney } from "./money.ts";
import {
  type Address,
  addressText,
  hardwareText,
  readAddress,
  readHardware,
  widthOf,
} from "./network.ts";
import { oids } from "./oids.ts";
import { textCodec } from "./text-codecs.ts";
import { defaultSettings } from "./text-settings.ts";
import { readTid, tidText } from "./tid.ts";

const families = { 4: 2, 6: 3 } as const;

/** inet_send: family, length of the network, whether it is a cidr, bytes, the address. */
function addressCodec(type: "inet" | "cidr"): Codec {
  return textCodec({
    accept: (text) => addressText(readAddress(text, type), type),
    binary(text) {
      const { family, bits, value } = readAddress(text, type);
      const size = widthOf(family) / 8;
      const bytes = Buffer.from(value.toString(16).padStart(size * 2, "0"), "hex");
      return Buffer.concat([
        Buffer.of(families[family], bits, type === "cidr" ? 1 : 0, size),
        bytes,
      ]);
    },
    read: (bytes) => addressText(addressOf(bytes, type), type),
  });
}

function addressOf(bytes: Uint8Array, type: "inet" | "cidr"): Address {
  const [code, bits = 0, , size = 0] = bytes;
  const fault = (what: string) =>
    new PgError("22P03", `invalid ${what} in external "${type}" value`);
  if (code !== families[4] && code !== families[6]) throw fault("address family");
  const family = code === families[4] ? 4 : 6;
  if (bits > widthOf(family)) throw fault("bits");
  if (size !== widthOf(family) / 8) throw fault("length");
  const address = exactly(bytes.subarray(4), size);
  const digits = Buffer.from(address.buffer, address.byteOffset, size).toString("hex");
  const found: Address = { family, bits, value: BigInt(`0x${digits}`) };
  // What has bits right of its mask is no cidr.
  return type === "cidr" ? readAddress(addressText(found, "cidr"), "cidr") : found;
}

function hardwareCodec(type: "macaddr" | "macaddr8", size: 6 | 8): Codec {
  return textCodec({
    accept: (text) => hardwareText(readHardware(text, type), size),
    binary: (text) =>
      Buffer.from(
        readHardware(text, type)
          .toString(16)
          .padStart(size * 2, "0"),
        "hex",
      ),
    read(bytes) {
      const { buffer, byteOffset } = exactly(bytes, size);
      return hardwareText(
        BigInt(`0x${Buffer.from(buffer, byteOffset, size).toString("hex")}`),
        size,
      );
    },
  });
}

function geometryCodec(name: GeometryName): Codec {
  const digits = defaultSettings.extraFloatDigits;
  const codec = textCodec({
    accept: (text) => geometryText(parseGeometry(name, text), digits),
    binary: (text) => geometryBytes(parseGeometry(name, text)),
    read: (bytes) => geometryText(readGeometry(name, bytes), digits),
  });
  return {
    ...codec,
    text: (_type, value, _typmod, settings) =>
      geometryText(parseGeometry(name, String(value)), settings.extraFloatDigits),
  };
}

const money = textCodec({
  accept: (text) => moneyText(readMoney(text)),
  binary: (text) => bytesOf(8, (view) => view.setBigInt64(0, readMoney(text))),
  read: (bytes) => moneyText(exactly(bytes, 8).getBigInt64(0)),
});

export function parseLsn(text: string): bigint {
  const [, high, low] = /^([0-9a-f]{1,8})\/([0-9a-f]{1,8})$/i.exec(text) ?? [];
  if (high === undefined || low === undefined) throw invalidText(oids.pg_lsn, text);
  return (BigInt(`0x${high}`) << 32n) | BigInt(`0x${low}`);
}

export function lsnText(value: bigint): string {
  return `${(value >> 32n).toString(16)}/${(value & 0xffffffffn).toString(16)}`.toUpperCase();
}

const lsn = textCodec({
  accept: (text) => lsnText(parseLsn(text)),
  binary: (text) => bytesOf(8, (view) => view.setBigUint64(0, parseLsn(text))),
  read: (bytes) => lsnText(exactly(bytes, 8).getBigUint64(0)),
});

const tid = textCodec({
  accept: (text) => tidText(readTid(text)),
  binary: (text) =>
    bytesOf(6, (view) => {
      const { block, offset } = readTid(text);
      view.setUint32(0, block);
      view.setUint16(4, offset);
    }),
  read(bytes) {
    const view = exactly(bytes, 6);
    return tidText({ block: view.getUint32(0), offset: view.getUint16(4) });
  },
});

export const packedCodecs: readonly (readonly [oid: number, codec: Codec])[] = [
  [oids.inet, addressCodec("inet")],
  [oids.cidr, addressCodec("cidr")],
  [oids.macaddr, hardwareCodec("macaddr", 6)],
  [oids.macaddr8, hardwareCodec("macaddr8", 8)],
  [oids.money, money],
  [oids.pg_lsn, lsn],
  [oids.tid, tid],
  ...Object.entries(geometryOids).map(
    ([name, oid]) => [oid, geometryCodec(name as GeometryName)] as const,
  ),
];
