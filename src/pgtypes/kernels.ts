/** Which kernel encodes a column: by what the engine holds, what PostgreSQL calls it, and the format asked for. */
import { codecForColumn } from "./codecs.ts";
import type { RecordField } from "./composite-codec.ts";
import { dateBinary, dateText, timestampBinary, timestampText } from "./datetime-kernels.ts";
import { float8Text } from "./float-text.ts";
import { fixedKernel, type Kernel, valueKernel } from "./kernel.ts";
import type { LogicalType } from "./logical-type.ts";
import {
  decimalBinaryKernel,
  int4Binary,
  int8Binary,
  integerBinary,
} from "./number-binary-kernels.ts";
import { decimalTextKernel, doubleText, integerText } from "./number-kernels.ts";
import { oids } from "./oids.ts";
import { stringKernel } from "./string-kernels.ts";
import { readDateStyle, type TextSettings } from "./text-settings.ts";
import { zoneOf } from "./time-zone.ts";
import { isBareNumeric } from "./types.ts";
import type { Bounds } from "./whole-numbers.ts";

export interface EncodedColumn {
  readonly type: LogicalType;
  readonly typeOid: number;
  readonly typmod: number;
  /** 0 = text, 1 = binary. */
  readonly format: number;
  /** Of rows without a type of their own. */
  readonly fields?: readonly RecordField[] | undefined;
}

export function kernelFor(column: EncodedColumn, settings: TextSettings): Kernel {
  const slow = slowKernel(column, settings);
  const isBinary = column.format === 1;
  return (isBinary ? binaryKernel(column, slow) : textKernel(column, settings, slow)) ?? slow;
}

/** Every pair of types has this one; the others are quicker. */
function slowKernel(column: EncodedColumn, settings: TextSettings): Kernel {
  const { typeOid, typmod, format } = column;
  const codec = codecForColumn(column);
  const kernel = valueKernel(
    format === 1
      ? (type, value) => codec.binary(type, value, typmod, settings)
      : (type, value) => Buffer.from(codec.text(type, value, typmod, settings), "utf8"),
  );
  return { ...kernel, isPlain: isNumberOid(typeOid) };
}

function isNumberOid(oid: number): boolean {
  switch (oid) {
    case oids.bool:
    case oids.int2:
    case oids.int4:
    case oids.int8:
    case oids.oid:
    case oids.float4:
    case oids.float8:
    case oids.numeric:
    case oids.date:
    case oids.uuid:
      return true;
    default:
      return false;
  }
}

const bounds: Readonly<Record<number, Bounds>> = {
  [oids.int2]: { min: -32768, max: 32767, title: "smallint" },
  [oids.int4]: { min: -2147483648, max: 2147483647, title: "integer" },
  [oids.oid]: { min: 0, max: 4294967295, title: "OID" },
};

/** Character types whose stored text is what is shown, and whose binary form is that text. */
const textOids: ReadonlySet<number> = new Set([
  oids.text,
  oids.varchar,
  oids.bpchar,
  oids.name,
  oids.json,
  oids.unknown,
]);

function isInteger(type: LogicalType): boolean {
  return /^U?(?:TINYINT|SMALLINT|INTEGER|BIGINT|HUGEINT)$/.test(type.id);
}

function isText(type: LogicalType): boolean {
  return type.id === "VARCHAR" || type.id === "JSON";
}

function textKernel(
  { type, typeOid, typmod }: EncodedColumn,
  settings: TextSettings,
  slow: Kernel,
): Kernel | undefined {
  if (isText(type) && textOids.has(typeOid)) return stringKernel;
  switch (typeOid) {
    case oids.bool:
      return type.id === "BOOLEAN" ? boolText : undefined;
    case oids.int2:
    case oids.int4:
    case oids.oid:
      return isInteger(type) ? integerText(bounds[typeOid], slow) : undefined;
    case oids.int8:
      return isInteger(type) ? integerText(undefined, slow) : undefined;
    case oids.numeric:
      if (isInteger(type)) return integerText(undefined, slow);
      if (type.id !== "DECIMAL" || (typmod === -1 && isBareNumeric(type))) return undefined;
      return decimalTextKernel(type.scale, slow);
    case oids.float8:
    case oids.float4:
      return floatText(type, typeOid, settings);
    default:
      return datetimeText(type, typeOid, settings, slow);
  }
}

function datetimeText(
  type: LogicalType,
  typeOid: number,
  settings: TextSettings,
  slow: Kernel,
): Kernel | undefined {
  if (readDateStyle(settings.dateStyle).output !== "ISO") return undefined;
  if (typeOid === oids.date && type.id === "DATE") return dateText(slow);
  if (typeOid === oids.timestamp && type.id === "TIMESTAMP") return timestampText(undefined, slow);
  if (typeOid === oids.timestamptz && type.id === "TIMESTAMPTZ") {
    return timestampText(zoneOf(settings.timeZone), slow);
  }
  return undefined;
}

function binaryKernel({ type, typeOid, typmod }: EncodedColumn, slow: Kernel): Kernel | undefined {
  if ((isText(type) && textOids.has(typeOid)) || (type.id === "BLOB" && typeOid === oids.bytea)) {
    return stringKernel;
  }
  switch (typeOid) {
    case oids.bool:
      return type.id === "BOOLEAN" ? boolBinary : undefined;
    case oids.int2:
      return isInteger(type) ? integerBinary(2, bounds[typeOid], slow) : undefined;
    case oids.int4:
    case oids.oid:
      if (type.id === "INTEGER" && typeOid === oids.int4) return int4Binary;
      return isInteger(type) ? integerBinary(4, bounds[typeOid], slow) : undefined;
    case oids.int8:
      if (type.id === "BIGINT") return int8Binary;
      return isInteger(type) ? integerBinary(8, undefined, slow) : undefined;
    case oids.numeric:
      if (isInteger(type)) return decimalBinaryKernel(0, slow);
      if (type.id !== "DECIMAL" || (typmod === -1 && isBareNumeric(type))) return undefined;
      return decimalBinaryKernel(type.scale, slow);
    case oids.float8:
      return type.id === "DOUBLE" ? doubleBinary : undefined;
    case oids.float4:
      return type.id === "FLOAT" ? floatBinary : undefined;
    case oids.date:
      return type.id === "DATE" ? dateBinary : undefined;
    case oids.timestamp:
      return type.id === "TIMESTAMP" ? timestampBinary : undefined;
    case oids.timestamptz:
      return type.id === "TIMESTAMPTZ" ? timestampBinary : undefined;
    case oids.uuid:
      return type.id === "UUID" ? uuidBinary : undefined;
    default:
      return undefined;
  }
}

const boolText = fixedKernel(1, (words, row, view, at) =>
  view.setUint8(at, words.getUint8(row) === 0 ? 102 : 116),
);

const boolBinary = fixedKernel(1, (words, row, view, at) =>
  view.setUint8(at, words.getUint8(row) === 0 ? 0 : 1),
);

const doubleBinary = fixedKernel(8, (words, row, view, at) => {
  view.setUint32(at, words.getUint32(row * 8 + 4, true));
  view.setUint32(at + 4, words.getUint32(row * 8, true));
});

const floatBinary = fixedKernel(4, (words, row, view, at) =>
  view.setUint32(at, words.getUint32(row * 4, true)),
);

/** The engine flips the top bit. */
const uuidBinary = fixedKernel(16, (words, row, view, at) => {
  view.setUint32(at, words.getUint32(row * 16 + 12, true) ^ 0x80000000);
  view.setUint32(at + 4, words.getUint32(row * 16 + 8, true));
  view.setUint32(at + 8, words.getUint32(row * 16 + 4, true));
  view.setUint32(at + 12, words.getUint32(row * 16, true));
});

function floatText(
  type: LogicalType,
  typeOid: number,
  { extraFloatDigits }: TextSettings,
): Kernel | undefined {
  const isDouble = type.id === "DOUBLE" && typeOid === oids.float8 && extraFloatDigits > 0;
  return isDouble ? doubleText((value) => float8Text(value, extraFloatDigits)) : undefined;
}
