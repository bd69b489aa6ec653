import { expect, test } from "vitest";
import { float8, int4, jsonb, oneOf, text, textArray } from "./columns.ts";
import { defineFunction, type RoutineContext } from "./define.ts";

const nearest = defineFunction({
  oid: 90_999,
  name: "nearest",
  summary: "For this test.",
  arguments: {
    query: text("Words."),
    k: int4("How many.").default(2),
    filter: text("Predicate.").orNull(),
    metric: oneOf(["cosine", "l2"], "Distance.").default("cosine"),
  },
  returns: { key: text("Key."), distance: float8("Distance.").orNull() },
  examples: [{ title: "Two", sql: "SELECT * FROM nearest('x')" }],
  async *run({ query, k, filter, metric }) {
    for (let n = 0; n < k; n++) yield { key: `${query}/${filter}/${metric}`, distance: null };
  },
});

const context = {} as RoutineContext;

async function rows(args: Parameters<typeof nearest.run>[0]) {
  const all: unknown[] = [];
  for await (const row of nearest.run(args, context)) all.push(row);
  return all;
}

test("arguments left out have their defaults", async () => {
  expect(await rows({ query: "a" })).toEqual([
    { key: "a/null/cosine", distance: null },
    { key: "a/null/cosine", distance: null },
  ]);
});

test("NULL is refused where the body does not take it", () => {
  expect(() => nearest.run({ query: "a", k: null }, context)).toThrowError(
    expect.objectContaining({ sqlstate: "22004", message: 'argument "k" must not be null' }),
  );
});

test("an unknown word is 22023 with the known ones as hint", () => {
  expect(() => nearest.run({ query: "a", metric: "cosin" }, context)).toThrowError(
    expect.objectContaining({
      sqlstate: "22023",
      details: { hint: "Valid values are cosine, l2." },
    }),
  );
});

test("\\df can show every default", () => {
  const shown = Object.values(nearest.arguments).map((column) => column.defaultText);
  expect(shown).toEqual([undefined, "2", "NULL", "'cosine'"]);
});

test("a value of another type is 22023", () => {
  expect(textArray("Words.").accept(["a", "b"], "words")).toEqual(["a", "b"]);
  expect(() => textArray("Words.").accept([1], "words")).toThrowError(/argument "words"/);
  expect(jsonb("Any.").default("{}").defaultText).toBe("'{}'");
  expect(() => int4("How many.").accept("3", "k")).toThrowError(
    expect.objectContaining({ sqlstate: "22023", message: 'invalid value for argument "k": "3"' }),
  );
});

test("a wrong type, an unknown argument and a wrong default do not compile", () => {
  const base = {
    oid: 90_998,
    name: "wrong",
    summary: "For this test.",
    arguments: { k: int4("How many.") },
    returns: { distance: float8("Distance.") },
    examples: [{ title: "One", sql: "SELECT 1" }],
  } as const;
  defineFunction({
    ...base,
    // @ts-expect-error distance is a number
    async *run() {
      yield { distance: "near" };
    },
  });
  defineFunction({
    ...base,
    // @ts-expect-error there is no argument q
    async *run({ q }) {
      yield { distance: Number(q) };
    },
  });
  // @ts-expect-error no such word
  oneOf(["cosine", "l2"], "Distance.").default("cosin");
});
