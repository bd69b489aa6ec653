import { expect, test } from "vitest";
import type { Add, DeltaField } from "./actions.ts";
import { rowsPerValue } from "./rows-per-value.ts";
import type { TableVersion } from "./table.ts";

const field = (name: string, type: string): DeltaField => ({
  name,
  type,
  nullable: true,
  metadata: {},
});

function version(...stats: (string | undefined)[]): TableVersion {
  const files = stats.map((text, at): [string, Add] => [
    `${at}`,
    {
      path: `${at}`,
      partitionValues: {},
      size: 1,
      modificationTime: 0,
      dataChange: true,
      ...(text === undefined ? {} : { stats: text }),
    },
  ]);
  // Only what an estimate looks at.
  return { fields: [field("n", "integer"), field("t", "string")], files: new Map(files) } as never;
}

const file = (rows: number, min: number, max: number) =>
  `{"numRecords":${rows},"minValues":{"n":${min},"t":"a"},"maxValues":{"n":${max},"t":"z"},"nullCount":{}}`;

test("a column that numbers its rows has one a value, one of few values has many", () => {
  expect(rowsPerValue(version(file(1000, 1, 1000)), "n")).toBe(1);
  expect(rowsPerValue(version(file(500, 1, 500), file(500, 501, 1000)), "n")).toBe(1);
  expect(rowsPerValue(version(file(1000, 0, 9), file(1000, 0, 9)), "n")).toBe(200);
});

test("nothing is told of texts, of unknown columns, and where a file has no statistics", () => {
  expect(rowsPerValue(version(file(10, 1, 10)), "t")).toBeUndefined();
  expect(rowsPerValue(version(file(10, 1, 10)), "other")).toBeUndefined();
  expect(rowsPerValue(version(file(10, 1, 10), undefined), "n")).toBeUndefined();
  expect(rowsPerValue(version(), "n")).toBeUndefined();
});
