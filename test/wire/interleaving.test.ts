/**
 * Portals with a row limit, cursors and ordinary statements, interleaved on one connection in every order: each gives exactly
 * its rows, in order, to its end. Nothing ends early without an error.
 */
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { must } from "../../src/base/assert.ts";
import type { BackendMessage } from "../../src/wire/backend.ts";
import type { FrontendMessage } from "../../src/wire/frontend.ts";
import { type RunningServer, startServer } from "../support/server.ts";
import { WireClient } from "../support/wire-client.ts";

let server: RunningServer;
let client: WireClient;

beforeAll(async () => {
  server = await startServer();
  client = await WireClient.login(server);
  await ask(
    "CREATE TABLE many AS SELECT g AS n, 'row ' || g AS text FROM generate_series(1, 9000) g",
  );
});

afterAll(async () => {
  await client?.end();
  await server?.stop();
});

async function ask(sql: string): Promise<BackendMessage[]> {
  client.send({ type: "Query", sql });
  return checked(await client.until("ReadyForQuery"));
}

function checked(messages: BackendMessage[]): BackendMessage[] {
  const error = messages.find((message) => message.type === "ErrorResponse");
  if (error?.type === "ErrorResponse") throw new Error(`${error.fields["C"]} ${error.fields["M"]}`);
  return messages;
}

const firsts = (messages: readonly BackendMessage[]) =>
  messages.flatMap((message) =>
    message.type === "DataRow" ? [Number(Buffer.from(message.values[0] ?? []).toString())] : [],
  );

/** From many tables, from none, sorted, joined: each has more rows than one batch of the engine's. */
const sources = [
  { sql: "SELECT n, text FROM many ORDER BY n", rows: 9000 },
  { sql: "SELECT g FROM generate_series(1, 7000) g", rows: 7000 },
  {
    sql: "SELECT a.n FROM many a JOIN many b ON a.n = b.n WHERE a.n <= 5000 ORDER BY 1",
    rows: 5000,
  },
  { sql: "SELECT n + 0 FROM many WHERE n <= 3 ORDER BY n", rows: 3 },
] as const;

type Move =
  | { readonly kind: "portal"; readonly of: number; readonly count: number }
  | { readonly kind: "cursor"; readonly of: number; readonly count: number }
  | { readonly kind: "statement" | "savepoint" | "write" };

const move: fc.Arbitrary<Move> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constantFrom("portal" as const, "cursor" as const),
      of: fc.nat(3),
      count: fc.integer({ min: 1, max: 4000 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constantFrom("statement" as const, "savepoint" as const, "write" as const),
    }),
  },
);

class Table {
  readonly #given = new Map<string, number>();

  async take(move: Move, at: number): Promise<void> {
    if (move.kind === "portal" || move.kind === "cursor") {
      return this.#rows(move.kind, move.of, move.count);
    }
    if (move.kind === "statement") {
      expect(firsts(await ask("SELECT count(*) FROM many"))[0]).toBeGreaterThanOrEqual(9000);
    } else if (move.kind === "savepoint") await ask(`SAVEPOINT s${at}`);
    else await ask(`INSERT INTO many VALUES (${100_000 + at}, 'later')`);
  }

  async #rows(kind: "portal" | "cursor", of: number, count: number): Promise<void> {
    const { sql, rows } = must(sources[of], "a source");
    const name = `${kind}${of}`;
    const isNew = !this.#given.has(name);
    const before = this.#given.get(name) ?? 0;
    const messages =
      kind === "portal"
        ? await portal(name, sql, count, isNew)
        : await cursor(name, sql, count, isNew);
    const got = firsts(messages);
    const expected = Math.max(0, Math.min(count, rows - before));
    expect(got).toEqual(Array.from({ length: expected }, (_, row) => before + row + 1));
    this.#given.set(name, before + expected);
    if (kind !== "portal") return;
    const isSuspended = messages.some((message) => message.type === "PortalSuspended");
    expect(isSuspended).toBe(expected === count);
  }
}

async function portal(
  name: string,
  sql: string,
  maxRows: number,
  isNew: boolean,
): Promise<BackendMessage[]> {
  const opening: FrontendMessage[] = [
    { type: "Parse", statement: name, sql, parameterTypes: [] },
    {
      type: "Bind",
      portal: name,
      statement: name,
      parameterFormats: [],
      parameters: [],
      resultFormats: [],
    },
  ];
  client.send(
    ...(isNew ? opening : []),
    { type: "Execute", portal: name, maxRows },
    { type: "Sync" },
  );
  return checked(await client.until("ReadyForQuery"));
}

async function cursor(
  name: string,
  sql: string,
  count: number,
  isNew: boolean,
): Promise<BackendMessage[]> {
  if (isNew) await ask(`DECLARE ${name} CURSOR FOR ${sql}`);
  return ask(`FETCH ${count} FROM ${name}`);
}

test("each gives exactly its rows", { timeout: 120_000 }, async () => {
  const moves = fc.array(move, { minLength: 5, maxLength: 25 });
  const run = fc.asyncProperty(moves, async (list) => {
    await ask("BEGIN");
    try {
      const table = new Table();
      for (const [at, one] of list.entries()) await table.take(one, at);
    } finally {
      await ask("ROLLBACK");
      await ask("DISCARD ALL");
    }
  });
  await fc.assert(run, { seed: 20_240_229, numRuns: 20, endOnFailure: true });
});
