/**
 * Real input: the package index of the machine (`apt-cache dumpavail`, about 60 000 records) as JSON lines, loaded,
 * queried, indexed, and searched from psql.
 */
import { execFile, execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type RunningServer, startServer } from "../support/server.ts";
import { missing, program } from "../support/services.ts";
import { SqlClient } from "../support/sql-client.ts";

const records = readPackages();
const folder = mkdtempSync(join(tmpdir(), "lakewire-packages-"));

interface PackageRecord {
  readonly name: string;
  readonly version: string;
  readonly section: string;
  readonly description: string;
  /** What is searched. */
  readonly words: string;
  readonly tags: readonly string[];
  readonly maintainer: { readonly name: string; readonly email: string };
  readonly size: { readonly installed: number | null; readonly download: number | null };
}

describe.runIf(records.length > 0)(`${records.length} packages`, () => {
  let server: RunningServer;
  let client: SqlClient;

  beforeAll(async () => {
    const lines = records.map((record) => `${JSON.stringify(record)}\n`);
    writeFileSync(join(folder, "packages.jsonl"), lines.join(""));
    server = await startServer();
    client = await SqlClient.login(server);
  });
  afterAll(async () => {
    await client?.end();
    await server?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  test("are loaded by ingest_file, nested objects as columns, and a second time are a duplicate", async () => {
    const load = () =>
      client.rows(
        "SELECT dataset, rows, status FROM ingest_file($1)",
        join(folder, "packages.jsonl"),
      );
    const rows = await timed("ingested", load);
    expect(rows).toEqual([["packages", String(records.length), "loaded"]]);
    expect(await load()).toEqual([["packages", "0", "duplicate"]]);
    expect(await client.value("SELECT count(*) FROM packages")).toBe(String(records.length));
  });

  test("are queried: the answers are those of the records", async () => {
    const sections = new Map<string, number>();
    for (const { section } of records) sections.set(section, (sections.get(section) ?? 0) + 1);
    const largest = [...sections].sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1)).slice(0, 5);
    expect(
      await client.rows(
        'SELECT section, count(*) FROM packages GROUP BY 1 ORDER BY 2 DESC, section COLLATE "C" LIMIT 5',
      ),
    ).toEqual(largest.map(([section, count]) => [section, String(count)]));
    const downloads = records.reduce((sum, { size }) => sum + (size.download ?? 0), 0);
    expect(await client.value("SELECT sum(size_download) FROM packages")).toBe(String(downloads));
    const webServers = records.filter(({ tags }) => tags.includes("network::server")).length;
    expect(
      await client.value("SELECT count(*) FROM packages WHERE 'network::server' = ANY (tags)"),
    ).toBe(String(webServers));
    const longest = records.reduce((max, { words }) => Math.max(max, [...words].length), 0);
    expect(await client.value("SELECT max(length(words)) FROM packages")).toBe(String(longest));
  });

  test("are indexed, and the ten nearest to some words hold what was meant", async () => {
    const [index] = await timed("indexed", () =>
      client.rows(
        `SELECT rows, recall FROM create_vector_index('packages_by_words', dataset => 'packages',
          text_column => 'words', key_column => 'name')`,
      ),
    );
    expect(index?.[0]).toBe(String(records.length));
    console.log(`recall of the ten nearest: ${index?.[1]}`);
    const found = await timed("searched from psql", () =>
      psql(
        `SELECT s.key, p.description FROM vector_search('packages_by_words', 'web server with reverse proxy', k => 10) s
          JOIN packages p ON p.name = s.key ORDER BY s.distance`,
      ),
    );
    console.log(found);
    const names = found.trim().split("\n");
    expect(names).toHaveLength(10);
    expect(found).toMatch(/^[^|]*(nginx|haproxy|apache)/m);
  }, 300_000);

  async function psql(sql: string): Promise<string> {
    const { host, port, user, database, password } = server;
    const login = ["-h", host, "-p", String(port), "-U", user, "-d", database];
    const { stdout } = await promisify(execFile)("psql", ["-XAt", ...login, "-c", sql], {
      env: { ...process.env, PGPASSWORD: password },
    });
    return stdout;
  }
});

async function timed<T>(what: string, work: () => Promise<T>): Promise<T> {
  const from = performance.now();
  const result = await work();
  console.log(`${what} in ${((performance.now() - from) / 1000).toFixed(2)} s`);
  return result;
}

function readPackages(): readonly PackageRecord[] {
  if (!program("apt-cache") || !program("psql")) {
    missing("apt-cache or psql", "this test reads the package index of a Debian machine");
    return [];
  }
  const text = execFileSync("apt-cache", ["dumpavail"], { encoding: "utf8", maxBuffer: 1 << 30 });
  const found = text.split("\n\n").filter((paragraph) => paragraph.trim() !== "");
  if (found.length < 10_000) {
    missing("a package index", "apt-get update");
    return [];
  }
  return found.map((paragraph) => recordOf(fieldsOf(paragraph)));
}

/** A line that begins with a space goes on with the field before it. */
function fieldsOf(paragraph: string): ReadonlyMap<string, string> {
  const lines = paragraph.replaceAll(/\n\s+/g, " ").split("\n");
  return new Map(
    lines.map((line) => {
      const colon = line.indexOf(": ");
      return [line.slice(0, colon), line.slice(colon + 2)];
    }),
  );
}

function recordOf(fields: ReadonlyMap<string, string>): PackageRecord {
  const field = (name: string) => fields.get(name) ?? "";
  const number = (name: string) => (fields.has(name) ? Number(fields.get(name)) : null);
  const [, name = "", email = ""] = /^(.*?)\s*(?:<(.*)>)?$/.exec(field("Maintainer")) ?? [];
  const tags = field("Tag").split(/,\s*/).filter(Boolean);
  const description = field("Description");
  return {
    name: field("Package"),
    version: field("Version"),
    section: field("Section"),
    description,
    words: `${field("Package")}: ${description}. ${tags.map((tag) => tag.replaceAll(/[:-]+/g, " ")).join(", ")}`,
    tags,
    maintainer: { name, email },
    size: { installed: number("Installed-Size"), download: number("Size") },
  };
}
