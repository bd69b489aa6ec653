/** How far the server's SQL means what PostgreSQL's does: the corpus over the wire, beside PostgreSQL 15's stored answers. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { type RunningServer, startServer } from "../support/server.ts";
import { WireClient } from "../support/wire-client.ts";
import { ask, corpus, type Finding, setup } from "./corpus.ts";

/** A little under what was measured, so that it cannot fall unnoticed. */
const agreementMin = 0.95;

let server: RunningServer;
let client: WireClient;

beforeAll(async () => {
  server = await startServer();
  // As a fresh PostgreSQL has it: `primary` is ours.
  const options = '-c search_path="$user",public -c timezone=UTC';
  client = await WireClient.login({ ...server, database: "postgres", parameters: { options } });
  for (const statement of setup) {
    client.send({ type: "Query", sql: statement });
    const answer = await client.until("ReadyForQuery");
    expect(answer.find(({ type }) => type === "ErrorResponse")).toBeUndefined();
  }
});

afterAll(async () => {
  await client?.end();
  await server?.stop();
});

test("the corpus is answered as PostgreSQL answered it", { timeout: 120_000 }, async () => {
  const findings: Finding[] = [];
  for (const entry of corpus) findings.push(await ask(entry, client));
  console.log(report(findings));
  const agreeing = findings.filter(({ verdict }) => verdict === "agrees");
  expect(findings.length).toBe(382);
  expect(agreeing.length / findings.length).toBeGreaterThan(agreementMin);
});

function report(findings: readonly Finding[]): string {
  const groups = grouped(findings);
  const counted = (list: readonly Finding[], verdict: Finding["verdict"]) =>
    String(list.filter((one) => one.verdict === verdict).length).padStart(8);
  const row = (name: string, list: readonly Finding[]) =>
    `${name.padEnd(12)}${counted(list, "agrees")}${counted(list, "not yet")}${counted(list, "differs")}`;
  const told = (verdict: Finding["verdict"]) =>
    findings
      .filter((one) => one.verdict === verdict)
      .map(({ entry, answer }) => `  ${entry.group}, ${entry.feature}: ${answer.slice(0, 150)}`);
  return [
    "group         agrees not yet differs",
    ...[...groups].map(([name, list]) => row(name, list)),
    row("all", findings),
    "not yet:",
    ...told("not yet"),
    "differing:",
    ...told("differs"),
  ].join("\n");
}

function grouped(findings: readonly Finding[]): ReadonlyMap<string, readonly Finding[]> {
  const groups = new Map<string, Finding[]>();
  for (const finding of findings) {
    const group = groups.get(finding.entry.group) ?? [];
    group.push(finding);
    groups.set(finding.entry.group, group);
  }
  return groups;
}
