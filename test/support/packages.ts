/**
 * Packages that tests run: from PyPI, Maven Central and npm's registry by their own clients, kept from one run to
 * the next in LAKEWIRE_TEST_CACHE (a folder under the system's temporary one). `undefined` when not to be had.
 */
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { program } from "./services.ts";

const run = promisify(execFile);

/** Made when it is not there. */
export function cacheFolder(): string {
  const folder = process.env["LAKEWIRE_TEST_CACHE"] ?? join(tmpdir(), "lakewire-test-cache");
  mkdirSync(folder, { recursive: true });
  return folder;
}

/** A Python of an environment of its own that has these packages (`name==version`). */
export async function pythonWith(...packages: readonly string[]): Promise<string | undefined> {
  const python3 = program("python3");
  if (!python3) return undefined;
  const key = createHash("sha256").update(packages.join(" ")).digest("hex").slice(0, 12);
  const folder = join(cacheFolder(), `python-${key}`);
  const python = join(folder, "bin", "python");
  const complete = join(folder, "complete");
  if (existsSync(complete)) return python;
  rmSync(folder, { recursive: true, force: true });
  try {
    await run(python3, ["-m", "venv", folder]);
    await run(python, ["-m", "pip", "install", "-q", ...packages]);
    writeFileSync(complete, packages.join("\n"));
    return python;
  } catch (error) {
    return unavailable(packages.join(", "), error);
  }
}

/** A folder whose node_modules has these packages (`name@version`); nothing of theirs is run by installing them. */
export async function nodeWith(...packages: readonly string[]): Promise<string | undefined> {
  const npm = program("npm");
  if (!npm) return undefined;
  const key = createHash("sha256").update(packages.join(" ")).digest("hex").slice(0, 12);
  const folder = join(cacheFolder(), `node-${key}`);
  const complete = join(folder, "complete");
  if (existsSync(complete)) return folder;
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder);
  writeFileSync(join(folder, "package.json"), '{"private":true}');
  try {
    const quiet = ["--ignore-scripts", "--no-audit", "--no-fund", "--save-exact"];
    await run(npm, ["install", ...quiet, ...packages], { cwd: folder });
    writeFileSync(complete, packages.join("\n"));
    return folder;
  } catch (error) {
    return unavailable(packages.join(", "), error);
  }
}

export async function mavenJar(
  group: string,
  artifact: string,
  version: string,
): Promise<string | undefined> {
  const folder = cacheFolder();
  const jar = join(folder, `${artifact}-${version}.jar`);
  if (existsSync(jar)) return jar;
  const maven = program("mvn");
  if (!maven) return undefined;
  const coordinate = `-Dartifact=${group}:${artifact}:${version}`;
  try {
    await run(maven, ["-q", "-B", "dependency:copy", coordinate, `-DoutputDirectory=${folder}`]);
    return jar;
  } catch (error) {
    return unavailable(`${group}:${artifact}:${version}`, error);
  }
}

function unavailable(what: string, error: unknown): undefined {
  console.warn(`${what}: ${error instanceof Error ? error.message : String(error)}`);
  return undefined;
}
