/** The codec of every type, by OID. One entry a type; arrays follow from their elements. */
import { arrayCodec, vectorCodec } from "./array-codec.ts";
import type { Codec } from "./codec.ts";
import { type RecordField, recordCodec } from "./composite-codec.ts";
import { datetimeCodecs } from "./datetime-codecs.ts";
import { madeCodec } from "./made-codecs.ts";
import { firstMadeOid, madeType } from "./made-types.ts";
import { numberCodecs } from "./number-codecs.ts";
import { oids } from "./oids.ts";
import { packedCodecs } from "./packed-codecs.ts";
import { subtypes } from "./range.ts";
import { rangeCodec } from "./range-codec.ts";
import { textCodecs, textOnlyCodec } from "./text-codecs.ts";
import { elementOf } from "./types.ts";

const codecs = new Map<number, Codec>([
  ...numberCodecs,
  ...datetimeCodecs,
  ...textCodecs,
  ...packedCodecs,
]);
for (const { range, multirange } of subtypes) {
  codecs.set(range, rangeCodec(range, false, codecFor));
  codecs.set(multirange, rangeCodec(multirange, true, codecFor));
}

/** A type without an entry is its text, and has no binary form here. */
export function codecFor(oid: number): Codec {
  const known = codecs.get(oid);
  if (known) return known;
  // What was made can be made anew: labels are added, columns too.
  if (oid >= firstMadeOid) return codecOfMade(oid);
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

/** The same where more is known of a column than its type's OID: the fields of rows that have no type of their own. */
export function codecForColumn({ typeOid, fields }: Omit<RecordField, "typmod">): Codec {
  if (fields === undefined) return codecFor(typeOid);
  const record = recordCodec(fields, codecForColumn);
  if (typeOid === oids.record) return record;
  return typeOid === oids.recordArray ? arrayCodec(oids.record, record) : codecFor(typeOid);
}

function codecOfMade(oid: number): Codec {
  const made = madeType(oid);
  if (made) return madeCodec(made, codecFor);
  const element = elementOf(oid);
  return element === 0 ? textOnlyCodec(oid) : arrayCodec(element, codecFor(element));
}
