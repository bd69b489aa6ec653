/** The codec of every type, by OID. One entry a type; arrays follow from their elements. */
import { arrayCodec, vectorCodec } from "./array-codec.ts";
import type { Codec } from "./codec.ts";
import { datetimeCodecs } from "./datetime-codecs.ts";
import { numberCodecs } from "./number-codecs.ts";
import { oids } from "./oids.ts";
import { textCodecs, textOnlyCodec } from "./text-codecs.ts";
import { elementOf } from "./types.ts";

const codecs = new Map<number, Codec>([...numberCodecs, ...datetimeCodecs, ...textCodecs]);

/** A type without an entry is its text, and has no binary form here. */
export function codecFor(oid: number): Codec {
  const known = codecs.get(oid);
  if (known) return known;
  const element = elementOf(oid);
  const codec =
    element === 0
      ? textOnlyCodec(oid)
      : oid === oids.int2vector || oid === oids.oidvector
        ? vectorCodec(element, codecFor(element))
        : arrayCodec(element, codecFor(element));
  codecs.set(oid, codec);
  return codec;
}
