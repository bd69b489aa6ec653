import { expect, test } from "vitest";
import { withFeatures } from "./protocol.ts";

const vectors = new Set(["deletionVectors"] as const);
const mapping = new Set(["columnMapping"] as const);

test("a new dataset is readable to all unless its columns ask for more", () => {
  expect(withFeatures(undefined, new Set())).toEqual({ minReaderVersion: 1, minWriterVersion: 2 });
  expect(withFeatures(undefined, mapping)).toEqual({ minReaderVersion: 2, minWriterVersion: 5 });
});

test("the lists of features keep what the versions before them stood for", () => {
  const old = { minReaderVersion: 2, minWriterVersion: 5 };
  expect(withFeatures(old, vectors)).toEqual({
    minReaderVersion: 3,
    minWriterVersion: 7,
    readerFeatures: ["columnMapping", "deletionVectors"],
    writerFeatures: [
      "appendOnly",
      "invariants",
      "checkConstraints",
      "changeDataFeed",
      "generatedColumns",
      "columnMapping",
      "deletionVectors",
    ],
  });
  const writerListed = {
    minReaderVersion: 1,
    minWriterVersion: 7,
    writerFeatures: ["appendOnly", "domainMetadata"],
  };
  expect(withFeatures(writerListed, mapping)).toEqual({
    minReaderVersion: 3,
    minWriterVersion: 7,
    readerFeatures: ["columnMapping"],
    writerFeatures: ["appendOnly", "domainMetadata", "columnMapping"],
  });
});

test("a protocol that has the features stays the very same", () => {
  const listed = withFeatures(undefined, vectors);
  expect(withFeatures(listed, vectors)).toBe(listed);
  const old = { minReaderVersion: 2, minWriterVersion: 6 };
  expect(withFeatures(old, mapping)).toBe(old);
});
