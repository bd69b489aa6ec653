/**
 * What the chapters of PostgreSQL's documentation say of functions and operators, asked of PostgreSQL 15 and of this
 * server: chapters/*.slt. LAKEWIRE_ACCEPT=1 takes PostgreSQL's answers as the expectation, and notes where ours is
 * another one (`# Differs:`); a note that is there is kept while it is true. The diff is the review.
 */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Client } from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { askPostgres } from "../query/oracle.ts";
import { type RunningServer, startServer } from "../support/server.ts";
import { postgres } from "../support/services.ts";
import { agrees, answerLines, readScript, type SltRecord, writeScript } from "./slt.ts";

const folder = join(import.meta.dirname, "chapters");
const scripts = readdirSync(folder)
  .filter((name) => name.endsWith(".slt"))
  .sort((a, b) => a.localeCompare(b, "en", { numeric: true }));
const isAccepting = process.env["LAKEWIRE_ACCEPT"] === "1";
/** Of a chapter's statements, a little under what the weakest has. */
const agreementMin = 0.5;
/** Those that have less, or are to keep what they have. */
const agreementMinOf: Readonly<Record<string, number>> = {
  // What users write, by classes rather than by chapters.
  "classes.slt": 0.98,
  "rounds.slt": 0.98,
  ...Object.fromEntries(
    [3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26].map(
      (n) => [`9.${n}.slt`, 0.95],
    ),
  ),
};

const oracle = await postgres();
let server: RunningServer;

beforeAll(async () => {
  server = await startServer();
});

afterAll(async () => {
  await server?.stop();
});

if (isAccepting) test.each(scripts)("%s is written anew", { timeout: 240_000 }, writeAnew);
else chapters();

function chapters(): void {
  test.skipIf(oracle === undefined).each(scripts)(
    "of %s are answered by PostgreSQL 15 as recorded",
    {
      timeout: 120_000,
    },
    async (name) => {
      const records = read(name);
      const answers = await askAll(records, { ...oracle });
      const wrong = records.flatMap((record, i) => {
        const got = answers[i] ?? [];
        return record.kind === "statement" || record.answer.join("\n") === got.join("\n")
          ? []
          : [told(record, got)];
      });
      expect(wrong.join("\n\n")).toBe("");
    },
  );

  test.each(scripts)(
    "of %s are answered by this server as PostgreSQL 15 answers them",
    {
      timeout: 120_000,
    },
    async (name) => {
      const records = read(name);
      const answers = await askAll(records, server);
      const differing: string[] = [];
      let listed = 0;
      let asked = 0;
      records.forEach((record, i) => {
        if (record.kind === "statement") return;
        asked++;
        const got = answers[i] ?? [];
        const isSame = agrees(record.answer, got);
        if (record.differs !== undefined) listed++;
        if (isSame && record.differs !== undefined)
          differing.push(`${record.sql}\n  agrees now, listed: ${record.differs}`);
        if (!isSame && record.differs === undefined) differing.push(told(record, got));
      });
      console.info(`${name}: ${asked - listed} of ${asked} agree`);
      expect(differing.join("\n\n")).toBe("");
      expect((asked - listed) / asked).toBeGreaterThanOrEqual(agreementMinOf[name] ?? agreementMin);
    },
  );
}

async function writeAnew(name: string): Promise<void> {
  const records = read(name);
  const [theirs, ours] = [await askAll(records, { ...oracle }), await askAll(records, server)];
  const written = records.map((record, i): SltRecord => {
    const [answer, got] = [theirs[i] ?? [], ours[i] ?? []];
    if (record.kind === "statement") return record;
    const differs = agrees(answer, got) ? undefined : (record.differs ?? got.join(" / "));
    return { ...record, answer, differs };
  });
  const count = written.filter(({ kind }) => kind === "query").length;
  const agreed = written.filter(({ kind, differs }) => kind === "query" && !differs).length;
  console.info(`${name}: ${agreed} of ${count} agree`);
  writeFileSync(join(folder, name), writeScript(written));
}

function read(name: string): readonly SltRecord[] {
  return readScript(readFileSync(join(folder, name), "utf8"));
}

/** Each script has a session of its own; what it changes is rolled back. */
async function askAll(
  records: readonly SltRecord[],
  login: ConstructorParameters<typeof Client>[0],
): Promise<readonly (readonly string[])[]> {
  const client = new Client(login);
  client.on("error", () => {});
  await client.connect();
  try {
    await client.query("SET timezone = 'UTC'; SET search_path = public");
    const answers: (readonly string[])[] = [];
    for (const { kind, sql } of records) {
      const answer = answerLines(await askPostgres(client, sql));
      if (kind === "statement" && answer[0]?.startsWith("!"))
        throw new Error(`${sql}\n${answer.join("\n")}`);
      answers.push(answer);
    }
    return answers;
  } finally {
    await client.end();
  }
}

function told({ sql, answer }: SltRecord, got: readonly string[]): string {
  return `${sql}\n  theirs: ${answer.join(" / ")}\n  ours:   ${got.join(" / ")}`;
}
