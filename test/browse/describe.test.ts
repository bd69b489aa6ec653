/** Every \d of psql over one schema that has some of everything, on both servers. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { missing, program } from "../support/services.ts";
import { type Lab, lakewireLab, postgresLab, shop } from "./lab.ts";
import { comparable, shown } from "./shown.ts";

const read = (name: string) => readFileSync(join(import.meta.dirname, name), "utf8");
/** A command a line. */
const commands = read("describe.txt").trimEnd().split("\n");
const known = JSON.parse(read("describe-differences.json")) as readonly Difference[];

interface Difference {
  /** Lines that match are on one server alone, or told otherwise: they are left out of both. */
  readonly lines?: string;
  /** Commands whose whole answer is another. */
  readonly commands?: readonly string[];
  readonly why: string;
}

const oracle = program("psql") ? await postgresLab(shop()) : undefined;
if (!program("psql")) missing("psql", "install postgresql-client-15");
const lines = known.flatMap(({ lines }) => lines ?? []).map((pattern) => new RegExp(pattern));
const apart = new Set(known.flatMap(({ commands }) => commands ?? []));

function told(lab: Lab, printed: string | undefined): string[] {
  // Here a schema has the database's name, too: of databases alone the encoding is told.
  const listed = (printed ?? "").replace(
    new RegExp(`^${lab.database}(?=\\|\\w+\\|UTF8)`, "m"),
    "DATABASE",
  );
  return comparable(listed)
    .replaceAll(new RegExp(`\\b${lab.database}\\b`, "g"), "DATABASE")
    .split("\n")
    .filter((line) => !lines.some((pattern) => pattern.test(line)));
}

/** With the schema on the search path, and without it: names are short or qualified. */
describe.runIf(oracle).for([
  ["on the path", '"$user",public,shop', commands],
  ["off the path", '"$user",public', commands.filter((command) => command.includes("shop."))],
] as const)("%s", ([_, path, asked]) => {
  let lab: Lab;
  let ours: ReadonlyMap<string, string>;
  let theirs: ReadonlyMap<string, string>;
  beforeAll(async () => {
    if (oracle === undefined) return;
    lab = await lakewireLab(shop());
    ours = await shown(lab, asked, `-c search_path=${path}`);
    theirs = await shown(oracle, asked, `-c search_path=${path}`);
  });
  afterAll(() => lab?.close());

  test.for(asked.filter((command) => !apart.has(command)))("%s", (command) => {
    if (oracle === undefined) return;
    expect(told(lab, ours.get(command))).toEqual(told(oracle, theirs.get(command)));
  });
});

afterAll(() => oracle?.close());
