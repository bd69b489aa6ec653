/** Ranges and multiranges: kept as their text in UTC, shown in the session's style and zone; range_send and range_recv. */
import { PgError } from "../base/error.ts";
import { bytesOf, type Codec } from "./codec.ts";
import { oids } from "./oids.ts";
import { type Bound, canonical, empty, type Point, type Range, RangeText, union } from "./range.ts";
import { defaultSettings, type TextSettings } from "./text-settings.ts";

type CodecOf = (oid: number) => Codec;

export function rangeCodec(oid: number, isMany: boolean, codecOf: CodecOf): Codec {
  const plain = new RangeText(oid, codecOf);
  const { element } = plain.type;
  const isMoment =
    element === oids.date || element === oids.timestamp || element === oids.timestamptz;
  const styled = (settings: TextSettings) =>
    isMoment ? new RangeText(oid, codecOf, settings) : plain;
  const rewritten = (text: string, from: RangeText, to: RangeText) =>
    isMany ? to.writeMany(from.readMany(text)) : to.write(from.read(text));
  const bytes = new RangeBytes(plain, codecOf(element));
  return {
    text: (_type, value, _typmod, settings) =>
      isMoment ? rewritten(String(value), plain, styled(settings)) : String(value),
    parse: (text, _typmod, settings) => ({
      type: { id: "VARCHAR" },
      value: rewritten(text, styled(settings), plain),
    }),
    binary: (_type, value) =>
      isMany
        ? bytes.writeMany(plain.readMany(String(value)))
        : bytes.write(plain.read(String(value))),
    read: (sent) => ({
      type: { id: "VARCHAR" },
      value: isMany ? plain.writeMany(bytes.readMany(sent)) : plain.write(bytes.read(sent)),
    }),
  };
}

/** Bits of a range's first byte. */
const flag = { empty: 1, lowerInclusive: 2, upperInclusive: 4, noLower: 8, noUpper: 16 } as const;

class RangeBytes {
  readonly #texts: RangeText;
  readonly #element: Codec;

  constructor(texts: RangeText, element: Codec) {
    this.#texts = texts;
    this.#element = element;
  }

  write({ lower, upper, isEmpty }: Range): Buffer {
    if (isEmpty) return Buffer.of(flag.empty);
    const flags =
      (lower.isInclusive ? flag.lowerInclusive : 0) |
      (upper.isInclusive ? flag.upperInclusive : 0) |
      (lower.value === undefined ? flag.noLower : 0) |
      (upper.value === undefined ? flag.noUpper : 0);
    const bounds = [lower, upper].flatMap(({ value }) =>
      value === undefined ? [] : [withLength(this.#pointBytes(value))],
    );
    return Buffer.concat([Buffer.of(flags), ...bounds]);
  }

  writeMany(ranges: readonly Range[]): Buffer {
    const parts = ranges.map((range) => withLength(this.write(range)));
    return Buffer.concat([int4(parts.length), ...parts]);
  }

  read(bytes: Uint8Array): Range {
    const rest = new Pieces(bytes);
    const flags = rest.byte();
    if (flags & flag.empty) {
      rest.end();
      return empty;
    }
    const lower = this.#bound(rest, flags & flag.noLower, flags & flag.lowerInclusive, true);
    const upper = this.#bound(rest, flags & flag.noUpper, flags & flag.upperInclusive, false);
    rest.end();
    return canonical(lower, upper, this.#texts.type);
  }

  readMany(bytes: Uint8Array): readonly Range[] {
    const rest = new Pieces(bytes);
    const ranges: Range[] = [];
    for (let left = rest.int4(); left > 0; left--) ranges.push(this.read(rest.sized()));
    rest.end();
    return union(ranges, this.#texts.type);
  }

  #bound(rest: Pieces, isNone: number, isInclusive: number, isLower: boolean): Bound {
    if (isNone) return { value: undefined, isInclusive: false, isLower };
    return { value: this.#point(rest.sized()), isInclusive: isInclusive !== 0, isLower };
  }

  #pointBytes(value: Point): Uint8Array {
    const text = this.#texts.pointText(value);
    const { type, value: stored } = this.#element.parse(text, -1, defaultSettings);
    return this.#element.binary(type, stored ?? 0, -1, defaultSettings);
  }

  #point(bytes: Uint8Array): Point {
    const { type, value } = this.#element.read(bytes, -1, defaultSettings);
    return this.#texts.point(this.#element.text(type, value ?? 0, -1, defaultSettings));
  }
}

const int4 = (value: number) => bytesOf(4, (view) => view.setInt32(0, value));

function withLength(bytes: Uint8Array): Buffer {
  return Buffer.concat([int4(bytes.length), bytes]);
}

/** Binary data taken from its front; 08P01 when there is too little of it, or more. */
class Pieces {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  byte(): number {
    return this.#take(1).readUInt8(0);
  }

  int4(): number {
    return this.#take(4).readInt32BE(0);
  }

  sized(): Buffer {
    return this.#take(this.int4());
  }

  end(): void {
    if (this.#at < this.#bytes.length) throw new PgError("22P03", "incorrect binary data format");
  }

  #take(length: number): Buffer {
    const end = this.#at + length;
    if (length < 0 || end > this.#bytes.length) {
      throw new PgError("08P01", "insufficient data left in message");
    }
    const taken = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return taken;
  }
}
