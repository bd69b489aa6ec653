/** The contract every routine keeps, as far as it can be told without a server. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { Columns } from "../../src/routines/define.ts";
import { routines } from "../../src/routines/registry.ts";
import { registryText, routineNames } from "../../src/routines/registry-text.ts";

/** OIDs of routines that are gone: clients may remember them, so nothing else ever gets one. */
const retired: readonly number[] = [];

const oids = routines.map(({ oid }) => oid);

test("registry.ts is what npm run gen would write", () => {
  const path = join(import.meta.dirname, "../../src/routines/registry.ts");
  expect(readFileSync(path, "utf8")).toBe(registryText());
});

test("a file is named as the routine it declares", () => {
  expect(routines.length).toBeGreaterThan(0);
  expect(routines.map(({ name }) => name)).toEqual(routineNames());
});

test("OIDs are ours, given once, and never again", () => {
  const next = Math.max(...oids, ...retired) + 1;
  const taken = oids.filter((oid, at) => oids.indexOf(oid) !== at || retired.includes(oid));
  expect(taken, `taken; the next free one is ${next}`).toEqual([]);
  for (const oid of oids) {
    expect(oid).toBeGreaterThanOrEqual(90_000);
    expect(oid).toBeLessThan(100_000);
  }
});

describe.for(routines.map((routine) => [routine.name, routine] as const))("%s", ([, routine]) => {
  test("says in a sentence what it does, and so does everything it takes and gives", () => {
    expect(routine.summary).toMatch(/^[A-Z].{10,}\.$/);
    for (const columns of [routine.arguments, routine.returns] satisfies Columns[]) {
      for (const [name, column] of Object.entries(columns)) {
        expect(name).toMatch(/^[a-z][a-z_0-9]*$/);
        expect(column.summary, name).toMatch(/^\S.{2,}[.)]$/);
      }
    }
  });

  test("its examples call it", () => {
    expect(routine.examples.length).toBeGreaterThan(0);
    for (const { title, sql } of routine.examples) {
      expect(title).toMatch(/^[A-Z]/);
      expect(sql).toMatch(new RegExp(`\\b${routine.name}\\s*\\(`));
      expect(sql).not.toContain(";");
    }
  });

  test("no required argument follows an optional one", () => {
    const optional = Object.values(routine.arguments).map(({ isOptional }) => isOptional);
    expect(optional).toEqual(optional.toSorted((a, b) => Number(a) - Number(b)));
  });

  test("what writes runs in a transaction of its own", () => {
    if (routine.kind === "procedure") expect(routine.ownTransaction).toBe(true);
    else expect(routine.ownTransaction).toBe(false);
  });
});
