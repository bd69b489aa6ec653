/**
 * Which room may import which. Read this table before docs/architecture.md:
 * it is the architecture, and this test is what keeps it true.
 */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { expect, test } from "vitest";

const root = resolve(import.meta.dirname, "../..");
const src = join(root, "src");

/** Top to bottom: a room may import the rooms that stand under it here, never beside or above. */
const stack: readonly (readonly string[])[] = [
  ["net"],
  ["session"],
  ["query"],
  ["routines"],
  ["ingest", "search"],
  ["jobs"],
  ["access"],
  ["catalog"],
  ["journal"],
  ["table"],
  ["storage"],
  ["engine"],
  ["functions"],
  ["ai"],
  ["pgtypes"],
  ["wire", "config"],
  ["base"],
];

/** Only this room may name this package. */
const owner: Readonly<Record<string, string>> = {
  "@duckdb/node-api": "engine",
  "@duckdb/node-bindings": "engine",
  "node:net": "net",
  "node:tls": "net",
  "libpg-query": "query",
  "hnswlib-node": "search",
  "smol-toml": "config",
  "iconv-lite": "pgtypes",
  "apache-arrow": "pgtypes",
  pino: "base",
};

const depth = new Map(stack.flatMap((rooms, level) => rooms.map((room) => [room, level] as const)));
const importPattern =
  /^\s*(?:import|export)\b[^"'=]*?["']([^"']+)["']|\bimport\(\s*["']([^"']+)["']\s*\)/gm;
const room = (file: string) => relative(src, file).split("/")[0] ?? "";
const files = readdirSync(src, { recursive: true, encoding: "utf8" })
  .filter((name) => name.endsWith(".ts") && name.includes("/"))
  .sort();

function violations(): string[] {
  const found: string[] = [];
  for (const file of files) {
    const path = join(src, file);
    const from = room(path);
    const level = depth.get(from);
    if (level === undefined) {
      found.push(`${file}: ${from} is not a room`);
      continue;
    }
    for (const [, named, dynamic] of readFileSync(path, "utf8").matchAll(importPattern)) {
      const specifier = named ?? dynamic ?? "";
      if (specifier.startsWith(".")) {
        const to = room(resolve(dirname(path), specifier));
        // A test beside its file may use what all tests share, test/support.
        if (to === ".." && file.endsWith(".test.ts")) continue;
        if (to !== from && (depth.get(to) ?? -1) <= level)
          found.push(`${file}: ${from} may not import ${to}`);
      } else if (owner[specifier] !== undefined && owner[specifier] !== from) {
        found.push(`${file}: only ${owner[specifier]} may import ${specifier}`);
      }
    }
  }
  return found;
}

test("every import points down", () => {
  expect(files.length).toBeGreaterThan(10);
  expect(violations()).toEqual([]);
});
