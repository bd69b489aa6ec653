import { expect, test } from "vitest";
import { withoutNulls, withoutPath } from "./json-text.ts";

test.each([
  ['{"a":null,"b":[null,{"c":null}]}', '{"b":[null,{}]}'],
  [
    '{"a" : 12345678901234567890.10, "b\\u0041" : "x,}]"}',
    '{"a":12345678901234567890.10,"bA":"x,}]"}',
  ],
  ["null", "null"],
  ["[]", "[]"],
])("%s without nulls is %s", (text, stripped) => {
  expect(withoutNulls(text)).toBe(stripped);
});

test.each([
  ["[1,2,3]", ["1"], "[1,3]"],
  ["[1,2,3]", ["-1"], "[1,2]"],
  ["[1]", ["5"], "[1]"],
  ['{"a":[{"b":1,"c":2}]}', ["a", "0", "b"], '{"a":[{"c":2}]}'],
  ['{"a":1}', ["x", "y"], '{"a":1}'],
  ['{"a":1}', ["a", "b"], '{"a":1}'],
  ['{"a\\"":1}', ['a"'], "{}"],
])("%s without %j is %s", (text, path, rest) => {
  expect(withoutPath(text, path)).toBe(rest);
});

test("what has no path says so", () => {
  expect(() => withoutPath("1", ["a"])).toThrow("cannot delete path in scalar");
  expect(() => withoutPath('{"a":[1]}', ["a", "x"])).toThrow(
    'path element at position 2 is not an integer: "x"',
  );
});
