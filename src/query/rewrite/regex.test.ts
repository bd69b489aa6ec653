/** PostgreSQL's patterns as RE2's. */
import { expect, test } from "vitest";
import { similarPattern, translate } from "./regex.ts";

test.each([
  ["abc", "abc"],
  ["^(emp)$", "^(emp)$"],
  ["\\mfoo\\M", "\\bfoo\\b"],
  ["\\yfoo\\Y", "\\bfoo\\B"],
  ["[[:<:]]a[[:>:]]", "\\ba\\b"],
  ["[[:alpha:]_]+", "[[:alpha:]_]+"],
  ["[[a]", "[\\[a]"],
  ["[]a]", "[]a]"],
  ["***=a.b", "a\\.b"],
  ["(?i)abc", "(?i)abc"],
  ["(?n)a.b", "(?m-s)a.b"],
  ["\\u00e9", "\\x{00e9}"],
])("the regular expression %s is %s", (pattern, expected) => {
  expect(translate(pattern)).toBe(expected);
});

test.each(["(?=a)", "(?!a)", "(?<=a)b", "(a)\\1"])("%s answers 0A000", (pattern) => {
  expect(() => translate(pattern)).toThrow(expect.objectContaining({ sqlstate: "0A000" }));
});

test.each([
  ["a%", "\\", "(?:a.*)"],
  ["a_c.d", "\\", "(?:a.c\\.d)"],
  ["(a|b)+", "\\", "(?:(?:a|b)+)"],
  ["a!%b", "!", "(?:a\\%b)"],
  ["[a%]", "\\", "(?:[a%])"],
])("SIMILAR TO %s with escape %s is %s", (pattern, escapeWith, expected) => {
  expect(similarPattern(pattern, escapeWith)).toBe(expected);
});
