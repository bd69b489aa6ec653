/** Arrays: `{1,NULL,"a b"}` and the binary form. https://www.postgresql.org/docs/15/arrays.html#ARRAYS-IO */
import { PgError, unsupported } from "../base/error.ts";
import { dimensionsMax, readArrayText, type Tree } from "./array-text.ts";
import { type Codec, noConversion, type Present, type TypedValue } from "./codec.ts";
import type { LogicalType } from "./logical-type.ts";
import { oids } from "./oids.ts";
import type { TextSettings } from "./text-settings.ts";
import { logicalTypeFor } from "./types.ts";
import type { EngineValue } from "./vector.ts";

export function arrayCodec(elementOid: number, element: Codec): Codec {
  const delimiter = elementOid === 603 ? ";" : ",";
  const self: Codec = {
    text(type, value, typmod, settings) {
      if (isList(type)) return listText(type, value, typmod, settings);
      // A text of numerics is as it is to be shown: each with its own digits.
      if (elementOid === oids.numeric && typeof value === "string") return value;
      return listText(...parsed(type, value, typmod, settings));
    },
    binary(type, value, typmod, settings) {
      if (isList(type)) return arrayBinary(type, elements(value), typmod, settings);
      const [listType, list] = parsed(type, value, typmod, settings);
      return arrayBinary(listType, elements(list), typmod, settings);
    },
    parse(text, typmod, settings) {
      return typedList(readArrayText(text, delimiter), elementType(typmod), (item) =>
        element.parse(item, typmod, settings),
      );
    },
    read: (bytes, typmod, settings) => readArray(bytes, typmod, settings),
  };
  return self;

  function parsed(
    type: LogicalType,
    value: Present,
    typmod: number,
    settings: TextSettings,
  ): [LogicalType, Present, number, TextSettings] {
    if (typeof value !== "string") throw noConversion(type, elementOid);
    const list = self.parse(value, typmod, settings);
    return [list.type, list.value ?? [], typmod, settings];
  }

  function listText(
    type: LogicalType,
    value: Present,
    typmod: number,
    settings: TextSettings,
  ): string {
    const child = childOf(type);
    const items = elements(value);
    if (isList(child) && items.every((item) => item === null || elements(item).length === 0)) {
      if (items.every((item) => item !== null)) return "{}";
    }
    const texts = items.map((item) => {
      if (item === null) return "NULL";
      if (isList(child)) return listText(child, item, typmod, settings);
      return quoted(element.text(child, item, typmod, settings), delimiter);
    });
    return `{${texts.join(delimiter)}}`;
  }

  function arrayBinary(
    type: LogicalType,
    value: readonly EngineValue[],
    typmod: number,
    settings: TextSettings,
  ): Uint8Array {
    const { lengths, leaves, leafType } = flatten(type, value);
    const bodies = leaves.map((leaf) =>
      leaf === null ? null : element.binary(leafType, leaf, typmod, settings),
    );
    const dimensions = leaves.length === 0 ? [] : lengths;
    const header = Buffer.alloc(12 + dimensions.length * 8);
    header.writeInt32BE(dimensions.length, 0);
    header.writeInt32BE(bodies.includes(null) ? 1 : 0, 4);
    header.writeUInt32BE(elementOid, 8);
    for (const [i, length] of dimensions.entries()) {
      header.writeInt32BE(length, 12 + i * 8);
      header.writeInt32BE(1, 16 + i * 8);
    }
    return Buffer.concat([header, ...bodies.flatMap(withLength)]);
  }

  function readArray(bytes: Uint8Array, typmod: number, settings: TextSettings): TypedValue {
    const reader = new ArrayReader(bytes, elementOid);
    const values = reader.read();
    return typedList(values, elementType(typmod), (item) => element.read(item, typmod, settings));
  }

  function elementType(typmod: number): LogicalType {
    return logicalTypeFor(elementOid, typmod) ?? { id: "VARCHAR" };
  }
}

/** int2vector and oidvector: blanks between, always one dimension, and it begins at 0. */
export function vectorCodec(elementOid: number, element: Codec): Codec {
  const array = arrayCodec(elementOid, element);
  return {
    text(type, value, typmod, settings) {
      if (!isList(type)) return String(value);
      const items = elements(value).map((item) =>
        element.text(childOf(type), item ?? 0, typmod, settings),
      );
      return items.join(" ");
    },
    binary(type, value, typmod, settings) {
      const list = isList(type) ? { type, value } : this.parse(String(value), typmod, settings);
      const bytes = array.binary(list.type, list.value ?? [], typmod, settings);
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      if (view.getInt32(0) === 1) {
        view.setInt32(16, 0);
        return bytes;
      }
      return Buffer.concat([Uint8Array.of(0, 0, 0, 1), bytes.subarray(4), new Uint8Array(8)]);
    },
    parse(text, typmod, settings) {
      const items = text.trim() === "" ? [] : text.trim().split(/\s+/);
      return array.parse(`{${items.join(",")}}`, typmod, settings);
    },
    read: array.read,
  };
}

function isList(type: LogicalType): boolean {
  return type.id === "LIST" || type.id === "ARRAY";
}

function childOf(type: LogicalType): LogicalType {
  return type.id === "LIST" || type.id === "ARRAY" ? type.child : type;
}

function elements(value: EngineValue): readonly EngineValue[] {
  return Array.isArray(value) ? value : [];
}

/** Lists of lists as one run of elements; all of one depth must be equally long, as PostgreSQL's arrays are boxes. */
function flatten(
  type: LogicalType,
  value: readonly EngineValue[],
): { lengths: number[]; leaves: readonly EngineValue[]; leafType: LogicalType } {
  const lengths = [value.length];
  let leaves = value;
  let leafType = childOf(type);
  while (isList(leafType)) {
    const lists = leaves.map(elements);
    const length = lists[0]?.length ?? 0;
    if (leaves.includes(null) || lists.some((list) => list.length !== length)) {
      throw new PgError(
        "2202E",
        "multidimensional arrays must have array expressions with matching dimensions",
      );
    }
    lengths.push(length);
    leaves = lists.flat();
    leafType = childOf(leafType);
  }
  return { lengths, leaves, leafType };
}

function withLength(body: Uint8Array | null): Uint8Array[] {
  const length = Buffer.alloc(4);
  length.writeInt32BE(body === null ? -1 : body.length);
  return body === null ? [length] : [length, body];
}

function quoted(text: string, delimiter: string): string {
  const needs =
    text === "" || /^null$/i.test(text) || /[{}"\\ \t-\r]/.test(text) || text.includes(delimiter);
  return needs ? `"${text.replace(/["\\]/g, "\\$&")}"` : text;
}

/** Reads the leaves, finds the one type they share, and says the list's. */
function typedList<Item extends string | Uint8Array>(
  tree: readonly Tree<Item>[],
  fallback: LogicalType,
  read: (item: Item) => TypedValue,
): TypedValue {
  const types: LogicalType[] = [];
  let depth = 1;
  const typed = (node: Tree<Item>, level: number): Typed => {
    if (Array.isArray(node)) {
      depth = Math.max(depth, level);
      return (node as readonly Tree<Item>[]).map((each) => typed(each, level + 1));
    }
    if (node === null) return null;
    const value = read(node as Item);
    types.push(value.type);
    return { leaf: value };
  };
  const values = tree.map((node) => typed(node, 2));
  const child = common(types) ?? fallback;
  let type: LogicalType = { id: "LIST", child };
  for (let i = 1; i < depth; i++) type = { id: "LIST", child: type };
  return { type, value: values.map((value) => settle(value, child)) };
}

type Typed = null | { readonly leaf: TypedValue } | readonly Typed[];

function settle(node: Typed, child: LogicalType): EngineValue {
  if (node === null) return null;
  if (!("leaf" in node)) return node.map((each) => settle(each, child));
  const { type, value } = node.leaf;
  if (child.id === "DECIMAL" && type.id === "DECIMAL" && typeof value === "bigint") {
    return value * 10n ** BigInt(child.scale - type.scale);
  }
  if (child.id === "DOUBLE" && type.id === "DECIMAL") return Number(value) / 10 ** type.scale;
  return value;
}

/** Decimals of several widths share the one that holds them all. */
function common(types: readonly LogicalType[]): LogicalType | undefined {
  const [first] = types;
  if (!first) return undefined;
  if (types.some((type) => type.id === "DOUBLE")) return { id: "DOUBLE" };
  if (first.id !== "DECIMAL") return first;
  let scale = 0;
  let whole = 1;
  for (const type of types) {
    if (type.id !== "DECIMAL") continue;
    scale = Math.max(scale, type.scale);
    whole = Math.max(whole, type.width - type.scale);
  }
  if (whole + scale > 38) throw unsupported("a numeric array whose elements need over 38 digits");
  return { id: "DECIMAL", width: whole + scale, scale };
}

/** array_recv. */
class ArrayReader {
  readonly #view: DataView;
  readonly #bytes: Uint8Array;
  readonly #elementOid: number;
  #at = 0;

  constructor(bytes: Uint8Array, elementOid: number) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#elementOid = elementOid;
  }

  read(): readonly Tree<Uint8Array>[] {
    const dimensions = this.#int();
    if (dimensions < 0 || dimensions > dimensionsMax) {
      throw new PgError("22P03", `invalid number of dimensions: ${dimensions}`);
    }
    const flags = this.#int();
    if (flags !== 0 && flags !== 1) throw new PgError("22P03", "invalid array flags");
    const element = this.#int() >>> 0;
    if (element !== this.#elementOid && this.#elementOid !== oids.unknown) {
      throw new PgError(
        "42804",
        `binary data has array element type ${element} (${element}) instead of expected ${this.#elementOid} (${this.#elementOid})`,
      );
    }
    const lengths: number[] = [];
    for (let i = 0; i < dimensions; i++) {
      lengths.push(this.#int());
      const lowerBound = this.#int();
      // int2vector and oidvector count from 0.
      if (lowerBound !== 1 && lowerBound !== 0)
        throw unsupported("an array whose subscripts do not begin at 1");
    }
    const tree = dimensions === 0 ? [] : this.#level(lengths, 0);
    if (this.#at !== this.#bytes.length) {
      throw new PgError("22P03", "incorrect binary data format");
    }
    return tree;
  }

  #level(lengths: readonly number[], depth: number): readonly Tree<Uint8Array>[] {
    const length = lengths[depth] ?? 0;
    // Every element takes four bytes at least, so a length beyond that is a lie.
    if (length < 0 || length * 4 > this.#bytes.length) {
      throw new PgError("22P03", "insufficient data left in message");
    }
    return Array.from({ length }, () =>
      depth + 1 < lengths.length ? this.#level(lengths, depth + 1) : this.#item(),
    );
  }

  #item(): Uint8Array | null {
    const length = this.#int();
    if (length === -1) return null;
    if (length < -1 || this.#at + length > this.#bytes.length) {
      throw new PgError("22P03", "insufficient data left in message");
    }
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }

  #int(): number {
    if (this.#at + 4 > this.#bytes.length) {
      throw new PgError("08P01", "insufficient data left in message");
    }
    this.#at += 4;
    return this.#view.getInt32(this.#at - 4);
  }
}
