/** Properties of the repository itself. */
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { expect, test } from "vitest";
import { namedOptions } from "../../src/config/options.ts";
import { lakewireVersion } from "../../src/config/run-time.ts";
import { allPages } from "../../src/docs.ts";
import { routines } from "../../src/routines/registry.ts";

const root = resolve(import.meta.dirname, "../..");
const read = (path: string) => readFileSync(join(root, path), "utf8");
const manifest: {
  readonly version: string;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly optionalDependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
} = JSON.parse(read("package.json"));

/** Without git (an unpacked archive) there is no telling what belongs to the repository. */
const tracked = existsSync(join(root, ".git"))
  ? execFileSync("git", ["ls-files", "-z"], { cwd: root, encoding: "utf8" })
      .split("\0")
      .filter((path) => path !== "" && existsSync(join(root, path)))
  : [];

const sources = tracked.filter((path) => path.startsWith("src/") && path.endsWith(".ts"));

test("every package is pinned to one version", () => {
  const { dependencies, optionalDependencies, devDependencies } = manifest;
  const all = Object.entries({ ...dependencies, ...optionalDependencies, ...devDependencies });
  expect(all.filter(([, version]) => !/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version))).toEqual([]);
});

test("the lock names no registry but npm's", () => {
  const lock: { readonly packages: Readonly<Record<string, { readonly resolved?: string }>> } =
    JSON.parse(read("package-lock.json"));
  const hosts = Object.values(lock.packages).flatMap(({ resolved }) =>
    resolved === undefined ? [] : [new URL(resolved).host],
  );
  expect([...new Set(hosts)].filter((host) => host !== "registry.npmjs.org")).toEqual([]);
});

test("the server says the version of its package", () => {
  expect(lakewireVersion).toBe(manifest.version);
});

const pages = allPages(routines);

test.for(Object.keys(pages))("%s is what the declarations say (npm run gen)", (path) => {
  expect(read(path)).toBe(pages[path]);
});

test.skipIf(tracked.length === 0)("no file names a path of somebody's machine", () => {
  // A root such as /src says nothing: it stands in any text.
  const own = [root, homedir()].filter((path) => path.split("/").length > 2);
  const isPath = (text: string) =>
    /\/(root|home\/[a-z]+|Users\/[A-Za-z]+)\//.test(text) ||
    own.some((path) => text.includes(path));
  const binary = /\.(parquet|png|jpg|xlsx|pdf|crt|key|arrow|bin)$/;
  const found = tracked
    .filter((path) => !binary.test(path) && path !== "test/repo/repository.test.ts")
    .filter((path) => isPath(read(path)));
  expect(found).toEqual([]);
});

test.skipIf(tracked.length === 0)("every option is read by somebody", () => {
  const text = sources
    .filter((path) => !path.startsWith("src/config/") && !path.endsWith(".test.ts"))
    .concat("src/config/config.ts")
    .map(read)
    .join("\n");
  const unread = namedOptions.filter(({ property }) => !new RegExp(`\\b${property}\\b`).test(text));
  expect(unread.map(({ section, key }) => `${section}.${key}`)).toEqual([]);
});

test.skipIf(tracked.length === 0)(
  "no source file is longer than a person reads at a sitting",
  () => {
    const linesMax = 450;
    const long = sources
      .filter((path) => !path.endsWith(".test.ts") && !path.endsWith(".generated.ts"))
      .filter((path) => read(path).split("\n").length > linesMax);
    expect(long).toEqual([]);
  },
);
