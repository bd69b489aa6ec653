import fc from "fast-check";
import { expect, test } from "vitest";
import { oids } from "../pgtypes/oids.ts";
import type { Add } from "./actions.ts";
import { fieldsOf } from "./schema.ts";
import { filesThatMatter, statisticsOf, statisticsText } from "./statistics.ts";
import type { Predicate, TableVersion } from "./table.ts";

const types = {
  n: oids.int8,
  price: oids.numeric,
  f: oids.float8,
  t: oids.text,
  u: oids.uuid,
  d: oids.date,
  ts: oids.timestamp,
  tz: oids.timestamptz,
  iv: oids.interval,
  padded: oids.bpchar,
};
const fields = fieldsOf(
  Object.entries(types).map(([name, typeOid], i) => ({
    name,
    number: i + 1,
    typeOid,
    typmod: -1,
    notNull: false,
    defaultText: null,
    comment: null,
  })),
);

function version(...stats: (string | undefined)[]): TableVersion {
  const files = stats.map((text, i): [string, Add] => [
    `f${i}`,
    {
      path: `f${i}`,
      partitionValues: {},
      size: 1,
      modificationTime: 0,
      dataChange: true,
      ...(text === undefined ? {} : { stats: text }),
    },
  ]);
  return {
    fields,
    files: new Map(files),
    metaData: { partitionColumns: [] },
  } as unknown as TableVersion;
}

function written(column: string, min: string, max: string, rows = 3, nullCount = 0): string {
  return statisticsText(rows, fields, new Map([[column, { nullCount, min, max }]]));
}

function keeps(stats: string | undefined, ...where: Predicate[]): boolean {
  return filesThatMatter(version(stats), where).length === 1;
}

const is = (
  column: string,
  operator: Predicate["operator"],
  ...values: Predicate["values"][number][]
): Predicate => ({ column, operator, values });

test("a file is left out when no row of it can meet the comparison", () => {
  const stats = written("n", "10", "20");
  for (const value of [10n, 15, "20"]) expect(keeps(stats, is("n", "=", value))).toBe(true);
  for (const value of [9n, 21, "-5", 25.5]) expect(keeps(stats, is("n", "=", value))).toBe(false);
  expect(keeps(stats, is("n", "<", 10))).toBe(true); // not worth a closer look
  expect(keeps(stats, is("n", "<", 9))).toBe(false);
  expect(keeps(stats, is("n", ">=", 21))).toBe(false);
  expect(keeps(stats, is("n", ">", 5))).toBe(true);
  expect(keeps(stats, is("n", "in", 1, 2, 30))).toBe(false);
  expect(keeps(stats, is("n", "in", 1, 12))).toBe(true);
  expect(keeps(stats, is("n", "=", 15), is("n", "=", 30))).toBe(false);
});

test("nulls are counted", () => {
  expect(keeps(written("n", "1", "2", 3, 0), is("n", "is null"))).toBe(false);
  expect(keeps(written("n", "1", "2", 3, 1), is("n", "is null"))).toBe(true);
  const none = statisticsText(
    3,
    fields,
    new Map([["n", { nullCount: 3, min: undefined, max: undefined }]]),
  );
  expect(keeps(none, is("n", "is not null"))).toBe(false);
  expect(keeps(none, is("n", "=", 1))).toBe(false);
  expect(keeps(none, is("n", "is null"))).toBe(true);
});

test("nothing is left out without statistics, or by odd ones", () => {
  for (const stats of [
    undefined,
    "",
    "{",
    "[]",
    '{"stats_json":"{}"}',
    '{"numRecords":"x"}',
    "null",
  ]) {
    expect(keeps(stats, is("n", "=", 1), is("t", "=", "x"), is("n", "is null"))).toBe(true);
  }
  expect(keeps(written("n", "1", "2"), is("unknown", "=", 5))).toBe(true);
});

test("numbers of more than fifteen digits are told and read exactly", () => {
  const stats = written("n", "9007199254740993", "9223372036854775807");
  expect(stats).toContain(":9007199254740993");
  expect(statisticsOf({ stats } as Add).maxValues["n"]).toBe("9223372036854775807");
  expect(keeps(stats, is("n", "=", 9007199254740992n))).toBe(false);
  expect(keeps(stats, is("n", "=", 9007199254740993n))).toBe(true);
  // A float8 literal is compared as one, so it means its neighbours too.
  expect(keeps(stats, is("n", "=", 9007199254740992))).toBe(true);
  expect(
    keeps(
      written("price", "0.1000000000", "99999999999999999.99"),
      is("price", "=", "99999999999999999.99"),
    ),
  ).toBe(true);
  expect(keeps(written("price", "0.10", "0.20"), is("price", ">", "0.3"))).toBe(false);
});

test("a float above the upper bound may still be there, as NaN", () => {
  const stats = written("f", "1.5", "2.5");
  expect(keeps(stats, is("f", ">", 100))).toBe(true);
  expect(keeps(stats, is("f", "<", 1))).toBe(false);
  expect(keeps(stats, is("f", "=", 1))).toBe(false);
});

test("texts compare by their bytes, and long ones are not told", () => {
  expect(keeps(written("t", "b", "d"), is("t", "=", "é"))).toBe(false);
  expect(keeps(written("t", "\u{1F600}", "\u{1F600}"), is("t", "=", "\uFFFD"))).toBe(false);
  expect(keeps(written("t", "\uFFFD", "\u{1F600}"), is("t", "=", "\u{1F600}"))).toBe(true);
  expect(written("t", "a", "x".repeat(65))).not.toContain('"t":"');
  const uuid = "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11";
  expect(keeps(written("u", uuid, uuid), is("u", "=", uuid.toUpperCase()))).toBe(true);
  expect(keeps(written("u", uuid, uuid), is("u", "=", uuid.replace("a", "b")))).toBe(false);
  expect(keeps(written("u", uuid, uuid), is("u", "=", "{b}"))).toBe(true);
});

test("types whose order is not that of their text prune nothing", () => {
  expect(keeps(written("iv", "1 day", "2 days"), is("iv", "=", "9 days"))).toBe(true);
  expect(keeps(written("padded", "a", "b"), is("padded", "=", "c"))).toBe(true);
});

test("instants are told in milliseconds, the upper one rounded up", () => {
  const stats = written("ts", "2024-01-01 10:00:00.123456", "2024-01-01 10:00:00.123456");
  expect(stats).toContain('"minValues":{"ts":"2024-01-01T10:00:00.123"}');
  expect(stats).toContain('"maxValues":{"ts":"2024-01-01T10:00:00.124"}');
  expect(keeps(stats, is("ts", "=", "2024-01-01 10:00:00.123456"))).toBe(true);
  expect(keeps(stats, is("ts", ">", "2024-01-01 10:00:01"))).toBe(false);
  const zoned = written("tz", "2024-01-01 10:00:00+00", "2024-01-01 10:00:00+00");
  expect(zoned).toContain('"tz":"2024-01-01T10:00:00.000Z"');
  expect(keeps(zoned, is("tz", "=", "2024-01-01 15:30:00+05:30"))).toBe(true);
  expect(keeps(zoned, is("tz", "=", "2024-01-01 10:00:00+01"))).toBe(false);
  expect(keeps(zoned, is("tz", "=", "1999-01-01 10:00:00"))).toBe(true); // in the session's zone
  expect(keeps(written("d", "2024-01-01", "2024-01-31"), is("d", ">=", "2024-02-01"))).toBe(false);
  expect(keeps(written("d", "2024-01-01", "2024-01-31"), is("d", ">=", "yesterday"))).toBe(true);
  for (const odd of ["infinity", "0044-03-15 (BC)", "12345-01-01", "12345-01-01 00:00:00"]) {
    expect(written("d", "2024-01-01", odd)).not.toContain("2024");
    expect(written("ts", "2024-01-01 00:00:00", odd)).not.toContain("2024");
  }
});

test("a file that holds the value looked for is never left out", () => {
  const decimal = fc
    .tuple(fc.bigInt({ min: -(10n ** 20n), max: 10n ** 20n }), fc.nat(6))
    .map(([digits, scale]) => {
      const text = String(digits < 0n ? -digits : digits).padStart(scale + 1, "0");
      const point = text.length - scale;
      const unsigned = scale === 0 ? text : `${text.slice(0, point)}.${text.slice(point)}`;
      return {
        text: digits < 0n ? `-${unsigned}` : unsigned,
        number: Number(unsigned) * (digits < 0n ? -1 : 1),
        // A number cannot tell twenty digits apart.
        exact: digits * 10n ** BigInt(6 - scale),
      };
    });
  fc.assert(
    fc.property(fc.array(decimal, { minLength: 1, maxLength: 5 }), (values) => {
      const ordered = [...values].sort((a, b) => (a.exact < b.exact ? -1 : 1));
      const stats = written("price", ordered[0]?.text ?? "", ordered.at(-1)?.text ?? "");
      for (const { text, number } of values) {
        expect(keeps(stats, is("price", "=", text))).toBe(true);
        expect(keeps(stats, is("price", "=", number))).toBe(true);
        expect(keeps(stats, is("price", "<=", text), is("price", ">=", text))).toBe(true);
      }
    }),
  );
});
