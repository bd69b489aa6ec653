import { expect, test } from "vitest";
import { SharedMap } from "./shared-map.ts";

test("maps made from each other hold what plain maps would, and none changes another", () => {
  let seed = 7;
  const random = (below: number) => {
    seed = (seed * 1103515245 + 12345) % 2 ** 31;
    return seed % below;
  };
  const kept: { readonly map: ReadonlyMap<number, string>; readonly plain: Map<number, string> }[] =
    [];
  let plain = new Map<number, string>();
  let shared = new SharedMap<number, string>();
  for (let version = 0; version < 400; version++) {
    plain = new Map(plain);
    const next = new SharedMap(shared);
    for (let change = random(6); change >= 0; change--) {
      const key = random(300);
      if (random(3) === 0) {
        plain.delete(key);
        next.delete(key);
      } else {
        plain.set(key, `${version}`);
        next.set(key, `${version}`);
      }
    }
    shared = next.settled();
    if (version % 20 === 0) kept.push({ map: shared, plain });
  }
  for (const { map, plain: wanted } of kept) {
    expect(map.size).toBe(wanted.size);
    expect(new Map(map)).toEqual(wanted);
    expect([...map.keys()].sort()).toEqual([...wanted.keys()].sort());
    expect([...map.values()]).toHaveLength(wanted.size);
    for (let key = 0; key < 300; key++) expect(map.get(key)).toBe(wanted.get(key));
  }
});
