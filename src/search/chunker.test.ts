import fc from "fast-check";
import { expect, test } from "vitest";
import { chunk } from "./chunker.ts";

test("a short text is one chunk, and a blank one none", () => {
  expect(chunk("  One sentence. ", { size: 800, overlap: 120 })).toEqual(["One sentence."]);
  expect(chunk(" \n ", { size: 800, overlap: 120 })).toEqual([]);
});

test("chunks end where sentences end", () => {
  const text = "The first one is here. The second is longer than it. And a third! Is it? Yes.";
  expect(chunk(text, { size: 40, overlap: 0 })).toEqual([
    "The first one is here.",
    "The second is longer than it.",
    "And a third! Is it? Yes.",
  ]);
});

test("a chunk begins with the last whole sentence of the one before, when it fits the overlap", () => {
  const text = "Alpha beta gamma delta. Short one. Epsilon zeta eta theta iota kappa.";
  expect(chunk(text, { size: 40, overlap: 15 })).toEqual([
    "Alpha beta gamma delta. Short one.",
    "Short one. Epsilon zeta eta theta iota",
    "eta theta iota kappa.",
  ]);
});

test("a text without blanks is cut by size, never within a character", () => {
  const chunks = chunk("😀".repeat(30), { size: 7, overlap: 0 });
  expect(chunks.join("")).toBe("😀".repeat(30));
  expect(chunks.every((one) => one.length <= 7 && !/\p{Surrogate}/u.test(one))).toBe(true);
});

test("a word that fills the second half of the room is not cut", () => {
  const text = "abcdefghi. jklmnopqr. x";
  expect(chunk(text, { size: 20, overlap: 0 })).toEqual(["abcdefghi.", "jklmnopqr. x"]);
});

test("every word is in some chunk, and no chunk is too long", () => {
  const word = fc.stringMatching(/^[a-zé]{1,9}[.!]?$/);
  const blank = fc.constantFrom(" ", "\n\n", "  ");
  fc.assert(
    fc.property(
      fc.array(fc.tuple(word, blank), { maxLength: 60 }),
      fc.integer({ min: 20, max: 60 }),
      fc.integer({ min: 0, max: 19 }),
      (parts, size, overlap) => {
        const text = parts.flat().join("");
        const chunks = chunk(text, { size, overlap });
        let from = 0;
        for (const one of chunks) {
          expect(one.length).toBeLessThanOrEqual(size);
          const at = text.indexOf(one, Math.max(0, from - overlap - size));
          expect(at).toBeGreaterThanOrEqual(0);
          from = at + one.length;
        }
        const together = chunks.join(" ");
        for (const [part] of parts) expect(together).toContain(part);
      },
    ),
  );
});
