/** What real clients sent while they connected and browsed: all of it that only reads must be answered. */
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { must } from "../../src/base/assert.ts";
import { WireClient } from "../support/wire-client.ts";
import { type Lab, lakewireLab } from "./lab.ts";
import { type Outcome, recordedConnections, replay } from "./recording.ts";

/** Beside the repository, not in it. */
const folder = resolve(import.meta.dirname, "../../../shared/client-sessions");
const isThere = existsSync(folder);
if (!isThere) console.warn(`SKIPPED: there are no recorded conversations of clients in ${folder}`);

/** The recordings name objects that this lab lacks: a relation or cursor that is not there is no fault of the server. */
const absent = new Set(["42P01", "42704", "42883", "34000", "26000", "3F000"]);

describe.runIf(isThere)("recorded clients", () => {
  let lab: Lab;
  beforeAll(async () => {
    lab = await lakewireLab();
  });
  afterAll(() => lab?.close());

  test("are answered", { timeout: 300_000 }, async () => {
    const outcomes: Outcome[] = [];
    for (const statements of recordedConnections(folder)) {
      const client = await WireClient.login({ ...lab, parameters: {} });
      outcomes.push(...(await replay(statements, client)));
      await client.end();
    }
    const failed = outcomes.filter(({ sqlstate }) => sqlstate !== undefined);
    const faults = failed.filter(({ sqlstate }) => !absent.has(must(sqlstate, "a failure's")));
    console.log(table(outcomes, failed));
    expect(outcomes.length).toBeGreaterThan(3000);
    // A little under what was measured, so that it cannot fall unnoticed.
    expect(1 - faults.length / outcomes.length).toBeGreaterThan(0.985);
    expect(faults.filter(({ sqlstate }) => sqlstate === "XX000")).toEqual([]);
  });
});

/** Failures by how many clients they hit. */
function table(outcomes: readonly Outcome[], failed: readonly Outcome[]): string {
  const causes = new Map<string, Set<string>>();
  for (const { client, sqlstate, message } of failed) {
    const cause = `${sqlstate} ${message}`;
    causes.set(cause, (causes.get(cause) ?? new Set()).add(client));
  }
  const lines = [...causes]
    .sort(([, a], [, b]) => b.size - a.size)
    .map(([cause, clients]) => `${String(clients.size).padStart(7)}  ${cause}`);
  const sum = `${outcomes.length - failed.length} of ${outcomes.length} statements ran`;
  return [sum, "clients  refused with", ...lines].join("\n");
}
