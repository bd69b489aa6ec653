import fc from "fast-check";
import { expect, test } from "vitest";
import { createCopyDecoder } from "./copy-decoder.ts";
import { createCopyEncoder } from "./copy-encoder.ts";
import { oids } from "./oids.ts";
import { readValue } from "./read-value.ts";
import { defaultSettings } from "./text-settings.ts";
import type { Vector } from "./vector.ts";

/** Strings as the engine lays them out: up to twelve bytes in their entry, longer ones on a page. */
function vectorOf(texts: readonly (string | null)[]): Vector {
  const data = Buffer.alloc(texts.length * 16);
  const validity = new Uint32Array(((texts.length + 63) >> 6) * 2);
  const long: Buffer[] = [];
  let offset = 0;
  for (const [row, text] of texts.entries()) {
    if (text === null) continue;
    validity[row >> 5] = (validity[row >> 5] ?? 0) | (1 << (row & 31));
    const bytes = Buffer.from(text);
    data.writeInt32LE(bytes.length, row * 16);
    bytes.copy(data, row * 16 + 4, 0, bytes.length > 12 ? 4 : 12);
    if (bytes.length <= 12) continue;
    data.writeInt32LE(offset, row * 16 + 8);
    long.push(bytes);
    offset += bytes.length;
  }
  const type = { id: "VARCHAR" } as const;
  return { type, data: new Uint8Array(data), validity, pages: [Buffer.concat(long)], children: [] };
}

const named = { name: "c", typeOid: oids.text, typmod: -1 };
const formats = {
  text: { format: "text", delimiter: "\t", null: "\\N", quote: '"', escape: '"' },
  "text with bars": { format: "text", delimiter: "|", null: "-", quote: '"', escape: '"' },
  csv: { format: "csv", delimiter: ",", null: "", quote: '"', escape: '"' },
  "csv with bars": { format: "csv", delimiter: "|", null: "NULL", quote: "'", escape: "\\" },
} as const;

/** Mostly letters: most chunks hold nothing that needs anything. */
const plain = fc.stringMatching(/^[a-zäß ]{0,18}$/);
const special = fc.stringMatching(/^[a-z ,|"'\\\t\n\r\f]{0,16}$/);
const texts = fc.oneof(
  fc.array(fc.option(plain), { minLength: 1, maxLength: 40 }),
  fc.array(fc.oneof({ weight: 9, arbitrary: plain }, { weight: 1, arbitrary: special }), {
    minLength: 1,
    maxLength: 40,
  }),
);

test.each(Object.entries(formats))("what COPY writes as %s it reads again", (_, given) => {
  const options = { ...given, header: false } as const;
  const columns = [named, { ...named, name: "d" }];
  fc.assert(
    fc.property(texts, texts, (some, others) => {
      const rowCount = Math.min(some.length, others.length);
      const rows = Array.from({ length: rowCount }, (_, i) => [some[i], others[i]]);
      const type = { id: "VARCHAR" } as const;
      const encoder = createCopyEncoder(
        columns.map((column) => ({ ...column, type })),
        options,
        defaultSettings,
      );
      const bodies: Buffer[] = [];
      const vectors = [vectorOf(some), vectorOf(others)];
      encoder.encode({ rowCount, vectors }, 0, rowCount, (bytes) => {
        const messages = Buffer.from(bytes);
        for (let at = 0; at < messages.length; ) {
          const end = at + 1 + messages.readInt32BE(at + 1);
          bodies.push(messages.subarray(at + 5, end));
          at = end;
        }
      });
      expect(bodies).toHaveLength(rowCount);
      const decoder = createCopyDecoder(columns, { ...options, table: "t" });
      const read: (unknown[] | undefined)[] = [];
      for (const batch of [...decoder.push(Buffer.concat(bodies)), ...decoder.end()]) {
        for (let row = 0; row < batch.rowCount; row++) {
          read.push(
            batch.columns.map((column) =>
              "data" in column ? readValue(column, row) : column[row],
            ),
          );
        }
      }
      expect(read).toEqual(rows);
    }),
    { numRuns: 400 },
  );
});
