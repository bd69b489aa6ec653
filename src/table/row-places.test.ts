import { expect, test } from "vitest";
import { disjoint } from "./row-places.ts";

const paths = (count: number) => Array.from({ length: count }, (_, i) => `part-${i}.parquet`);

test("a file keeps its blocks whatever other files come and go", () => {
  const all = paths(20);
  const blocks = new Map(
    disjoint(
      all,
      all.map(() => 3),
    ).map((block, i) => [all[i], block]),
  );
  const some = all.filter((_, i) => i % 3 === 0).toReversed();
  expect(
    disjoint(
      some,
      some.map(() => 3),
    ),
  ).toEqual(some.map((path) => blocks.get(path)));
});

test("no two files share a block, however many they take", () => {
  const files = paths(400);
  const sizes = files.map((_, i) => 1 + ((i * 997) % 65_536));
  const ranges = disjoint(files, sizes)
    .map((first, i) => [first, first + (sizes[i] ?? 0)] as const)
    .toSorted(([a], [b]) => a - b);
  for (const [at, [first]] of ranges.entries())
    expect(first).toBeGreaterThanOrEqual(ranges[at - 1]?.[1] ?? 0);
  expect(ranges.at(-1)?.[1]).toBeLessThan(2 ** 32);
});
