import { expect, test } from "vitest";
import { oids } from "../pgtypes/oids.ts";
import { arrayOf, numericTypmod } from "../pgtypes/types.ts";
import { type ColumnType, castingOf } from "./casting.ts";

const type = (typeOid: number, typmod = -1): ColumnType => ({ typeOid, typmod });
const varchar = (length: number) => type(oids.varchar, length + 4);
const numeric = (width: number, scale: number) => type(oids.numeric, numericTypmod(width, scale));

test.each([
  [type(oids.int4), type(oids.int4), "keep", "safe"],
  [type(oids.int4), type(oids.int8), "widen", "safe"],
  [type(oids.int8), type(oids.int4), "narrow", "checked"],
  [type(oids.int8), type(oids.numeric), "widen", "safe"],
  [type(oids.int8), numeric(10, 2), "convert", "checked"],
  [type(oids.int2), numeric(7, 2), "widen", "safe"],
  [type(oids.int8), type(oids.float8), "approximate", "lossy"],
  [numeric(8, 2), numeric(10, 3), "widen", "safe"],
  [numeric(8, 2), numeric(9, 1), "round", "lossy"],
  [numeric(8, 2), type(oids.numeric), "widen", "safe"],
  [type(oids.numeric), numeric(8, 2), "round", "lossy"],
  [type(oids.date), type(oids.timestamp), "widen", "safe"],
  [type(oids.timestamp), type(oids.date), "drop time", "lossy"],
  [varchar(5), varchar(9), "widen", "safe"],
  [varchar(9), varchar(5), "shorten", "checked"],
  [varchar(9), type(oids.text), "widen", "safe"],
  [type(oids.text), type(oids.date), "parse", "checked"],
  [type(oids.uuid), type(oids.text), "as text", "safe"],
  [type(oids.uuid), varchar(9), "as text", "checked"],
  [type(arrayOf(oids.int4)), type(arrayOf(oids.int8)), "widen each", "safe"],
  [type(oids.int4), type(arrayOf(oids.int4)), "wrap", "safe"],
])("%j becomes %j: %s, %s", (from, to, rule, safety) => {
  expect(castingOf(from, to)).toMatchObject({ rule, safety });
});

test("what cannot be cast has no rule, and a cast that changes values is never sure", () => {
  expect(castingOf(type(oids.bool), type(oids.date))).toBeUndefined();
  expect(castingOf(type(oids.int4), type(arrayOf(oids.text)))).toBeUndefined();
  for (const from of Object.values(oids)) {
    for (const to of Object.values(oids)) {
      const casting = castingOf(type(from), type(to));
      if (casting && casting.safety !== "safe") expect(casting.confidence).toBeLessThan(0.9);
    }
  }
});
