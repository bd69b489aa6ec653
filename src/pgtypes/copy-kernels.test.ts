import fc from "fast-check";
import { expect, test } from "vitest";
import { codecFor } from "./codecs.ts";
import { coerce } from "./coerce.ts";
import { createCopyDecoder } from "./copy-decoder.ts";
import { oids } from "./oids.ts";
import { readValue } from "./read-value.ts";
import { defaultSettings } from "./text-settings.ts";
import { logicalTypeFor, numericTypmod } from "./types.ts";

/** What COPY makes of one field, or its error. */
function copied(field: string, typeOid: number, typmod: number): unknown {
  const text = field.replace(
    /[\\\t\n\r]/g,
    (c) => `\\${{ "\t": "t", "\n": "n", "\r": "r" }[c] ?? c}`,
  );
  return decoded(Buffer.from(`${text}\n`), "text", typeOid, typmod);
}

function decoded(data: Buffer, format: "text" | "binary", typeOid: number, typmod: number) {
  const options = {
    format,
    delimiter: "\t",
    null: "NULL!",
    header: false,
    quote: '"',
    escape: '"',
  };
  const decoder = createCopyDecoder([{ name: "c", typeOid, typmod }], { ...options, table: "t" });
  try {
    for (const { columns } of [...decoder.push(data), ...decoder.end()]) {
      const [column] = columns;
      if (column) return "data" in column ? readValue(column, 0) : column[0];
    }
  } catch (error) {
    return String(error);
  }
  return undefined;
}

/** The same by the codec, which knows every form. */
function parsed(field: string, typeOid: number, typmod: number): unknown {
  try {
    const type = logicalTypeFor(typeOid, typmod) ?? { id: "VARCHAR" };
    return coerce(codecFor(typeOid).parse(field, typmod, defaultSettings), type);
  } catch (error) {
    return String(error);
  }
}

const digits = (most: number) => fc.stringMatching(new RegExp(`^-?[0-9]{0,${most}}$`));
const decimal = fc.stringMatching(/^-?[0-9]{0,20}\.?[0-9]{0,14}(e[0-9])?$/);
const moment = fc.stringMatching(
  /^[0-2][0-9]{3}-[01][0-9]-[0-3][0-9]( [0-2][0-9]:[0-6][0-9]:[0-6][0-9](\.[0-9]{1,7})?)?(\+0[0-2])?$/,
);
const word = fc.string({ unit: "grapheme", maxLength: 20 }).filter((text) => !text.includes("\0"));

const kinds: readonly (readonly [string, number, number, fc.Arbitrary<string>])[] = [
  ["int2", oids.int2, -1, digits(7)],
  ["int4", oids.int4, -1, digits(12)],
  ["int8", oids.int8, -1, digits(20)],
  ["float8", oids.float8, -1, decimal],
  ["float4", oids.float4, -1, decimal],
  ["numeric", oids.numeric, -1, decimal],
  ["numeric(4,2)", oids.numeric, numericTypmod(4, 2), decimal],
  ["numeric(9,0)", oids.numeric, numericTypmod(9, 0), decimal],
  ["numeric(15,2)", oids.numeric, numericTypmod(15, 2), decimal],
  ["numeric(18,6)", oids.numeric, numericTypmod(18, 6), decimal],
  ["numeric(38,4)", oids.numeric, numericTypmod(38, 4), decimal],
  ["date", oids.date, -1, moment],
  ["timestamp", oids.timestamp, -1, moment],
  ["timestamptz", oids.timestamptz, -1, moment],
  ["bool", oids.bool, -1, fc.constantFrom("t", "f", "true", "no", "x", "1")],
  ["uuid", oids.uuid, -1, fc.uuid().map((id) => id.toUpperCase())],
  ["text", oids.text, -1, word],
  ["varchar(5)", oids.varchar, 9, word],
  ["char(4)", oids.bpchar, 8, word],
];

test.each(kinds)("COPY reads the text of %s as its codec does", (_, typeOid, typmod, text) => {
  fc.assert(
    fc.property(text, (field) => {
      expect(copied(field, typeOid, typmod)).toEqual(parsed(field, typeOid, typmod));
    }),
    { numRuns: 300 },
  );
});

test.each(kinds)(
  "COPY reads the binary form of %s as its codec does",
  (_, typeOid, typmod, text) => {
    const codec = codecFor(typeOid);
    fc.assert(
      fc.property(text, (field) => {
        let bytes: Uint8Array;
        try {
          const { type, value } = codec.parse(field, typmod, defaultSettings);
          if (value === null) return;
          bytes = codec.binary(type, value, typmod, defaultSettings);
        } catch {
          return; // No value of the type.
        }
        const data = Buffer.alloc(25 + bytes.length);
        data.write("PGCOPY\n\xff\r\n\0", 0, "latin1");
        data.writeInt16BE(1, 19);
        data.writeInt32BE(bytes.length, 21);
        data.set(bytes, 25);
        expect(decoded(data, "binary", typeOid, typmod)).toEqual(parsed(field, typeOid, typmod));
      }),
      { numRuns: 300 },
    );
  },
);
