/** PostgreSQL's regular expressions: which are the engine's, and what our own matcher makes of the others. */
import { expect, test } from "vitest";
import { engineForm } from "./engine-form.ts";
import { regexLike, regexMatch, regexSubstring } from "./functions.ts";
import { defaultOptions } from "./options.ts";
import { similarPattern } from "./similar.ts";

test.each([
  ["abc", "abc"],
  ["^(emp)$", "^(emp)$"],
  ["[[a]", "[\\x{5b}\\x{61}]"],
  ["[]a]", "[\\x{5d}\\x{61}]"],
  ["[a-c-]", "[\\x{61}-\\x{63}\\x{2d}]"],
  ["***=a.b", "a\\.b"],
  ["(?i)abc", "(?i)abc"],
  ["(?n)a.b", "(?m)a[^\\n]b"],
  ["\\u00e9", "\\x{e9}"],
  ["a{,2}", "a\\{,2}"],
])("the engine's form of %s is %s", (pattern, expected) => {
  expect(engineForm(pattern, defaultOptions, "test")?.pattern).toBe(expected);
});

test.each(["(?=a)b", "(?<=a)b", "(a)\\1", "\\mfoo", "[[.a.]]"])(
  "%s is matched by ourselves",
  (pattern) => {
    expect(engineForm(pattern, defaultOptions, "test")).toBeUndefined();
  },
);

test.each(["a|ab", "a*?b", "(ab)*", "a*"])("where %s matches is found by ourselves", (pattern) => {
  expect(engineForm(pattern, defaultOptions, "test")).toBeDefined();
  expect(engineForm(pattern, defaultOptions, "place")).toBeUndefined();
});

test.each([
  ["a%", "\\", "^(?:a.*)$"],
  ["a_c.d", "\\", "^(?:a.c\\.d)$"],
  ["(a|b)+", "\\", "^(?:(?:a|b)+)$"],
  ["a!%b", "!", "^(?:a\\%b)$"],
  ["[a%]", "\\", "^(?:[a%])$"],
])("SIMILAR TO %s with escape %s is %s", (pattern, escapeWith, expected) => {
  expect(similarPattern(pattern, escapeWith)).toBe(expected);
});

test("the longest whole is preferred, and each part from the left", () => {
  expect(regexMatch("xyz", "x|xy|xyz", "")).toEqual(["xyz"]);
  expect(regexMatch("abc01234xyz", "(.*?)(\\d+)(.*)", "")).toEqual(["abc", "0", ""]);
  expect(regexMatch("abc01234xyz", "(?:(.*?)(\\d+)(.*)){1,1}", "")).toEqual([
    "abc",
    "01234",
    "xyz",
  ]);
  expect(regexSubstring("XY1234Z", "Y*?([0-9]{1,3})")).toBe("1");
});

test("patterns that take others an age take us no longer than the text is long", () => {
  const text = "a".repeat(5000);
  expect(regexLike(`${text}b`, "^(a+)+$", "")).toBe(false);
  expect(regexMatch(text, "^((a|aa)*)*$", "")).toEqual([text, "aa"]);
});

test("what back-references ask for has an end", () => {
  const hard = () => regexLike(`${"a".repeat(61)}b`, "^(a*)(a*)(a*)(a*)(a*)\\1\\2\\3\\4\\5b$", "");
  expect(hard).toThrow(expect.objectContaining({ sqlstate: "2201B" }));
});
