/** What clients sent to a PostgreSQL, as recorded, and how it is sent to another server: whatever only reads, in its order. */
import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import type { BackendMessage } from "../../src/wire/backend.ts";
import type { FormatCode, FrontendMessage } from "../../src/wire/frontend.ts";
import type { WireClient } from "../support/wire-client.ts";

/** A text sent at once, or a prepared one with the values it was bound to. */
export interface RecordedStatement {
  readonly client: string;
  readonly sql: string;
  readonly extended: Binding | undefined;
}

interface Binding {
  readonly statement: string;
  readonly parameterTypes: readonly number[];
  readonly parameterFormats: readonly FormatCode[];
  readonly parameters: readonly (Uint8Array | null)[];
  readonly resultFormats: readonly FormatCode[];
}

export interface Outcome extends RecordedStatement {
  readonly sqlstate?: string;
  readonly message?: string;
}

/** The fields that a line may have: m is the message's type byte, a leading < says that the server sent it. */
interface Line {
  readonly m: string;
  readonly c: number;
  readonly sql?: string;
  readonly name?: string;
  readonly stmt?: string;
  readonly oids?: readonly number[];
  readonly pfmt?: readonly FormatCode[];
  readonly rfmt?: readonly FormatCode[];
  readonly vals?: readonly (string | null)[];
}

/** One list a connection, of every client. */
export function recordedConnections(folder: string): RecordedStatement[][] {
  return readdirSync(folder)
    .filter((name) => name.endsWith(".jsonl"))
    .sort()
    .flatMap((name) => connectionsOf(join(folder, name), basename(name, ".jsonl").slice(5)));
}

/** Sends each statement that only reads and that PostgreSQL answered. A failed transaction is begun anew. */
export async function replay(
  statements: readonly RecordedStatement[],
  client: WireClient,
): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const statement of statements) {
    client.send(...messages(statement));
    const answer = await client.until("ReadyForQuery");
    outcomes.push({ ...statement, ...failure(answer) });
    const ready = answer.at(-1);
    if (ready?.type === "ReadyForQuery" && ready.status === "E") {
      client.send({ type: "Query", sql: "ROLLBACK; BEGIN" });
      await client.until("ReadyForQuery");
    }
  }
  return outcomes;
}

function connectionsOf(path: string, client: string): RecordedStatement[][] {
  const lines = readFileSync(path, "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Line);
  const connections = new Map<number, Line[]>();
  for (const line of lines) {
    const list = connections.get(line.c) ?? [];
    connections.set(line.c, [...list, line]);
  }
  return [...connections.values()].map((list) => statementsOf(list, client));
}

function statementsOf(lines: readonly Line[], client: string): RecordedStatement[] {
  const prepared = new Map<string, Line>();
  const found: RecordedStatement[] = [];
  for (const [place, line] of lines.entries()) {
    if (line.m === "P") prepared.set(line.name ?? "", line);
    const parse = line.m === "B" ? prepared.get(line.stmt ?? "") : undefined;
    const sql = line.m === "Q" ? line.sql : parse?.sql;
    if (sql === undefined || !onlyReads(sql) || wasRefused(lines, place)) continue;
    found.push({ client, sql, extended: parse && binding(parse, line) });
  }
  return found;
}

function binding(parse: Line, bind: Line): Binding {
  return {
    statement: parse.name ?? "",
    parameterTypes: parse.oids ?? [],
    parameterFormats: bind.pfmt ?? [],
    // Bytes were recorded as the characters of the same numbers.
    parameters: (bind.vals ?? []).map((one) => (one === null ? null : Buffer.from(one, "latin1"))),
    resultFormats: bind.rfmt ?? [],
  };
}

/** Several statements in one text have several answers. */
function wasRefused(lines: readonly Line[], place: number): boolean {
  const after = lines.slice(place + 1);
  const first = after.findIndex(({ m }) => m.startsWith("<"));
  const answers = first < 0 ? [] : after.slice(first);
  const last = answers.findIndex(({ m }) => !m.startsWith("<"));
  return answers.slice(0, last < 0 ? undefined : last).some(({ m }) => m === "<E");
}

const writes =
  /^(insert|update|delete|merge|truncate|create|alter|drop|grant|revoke|comment|copy|refresh|vacuum|analyze|reindex|cluster|lock|call|do|import|notify|security|reassign|checkpoint)\b|\bfor update\b|\binto\b|nextval|setval|pg_(cancel|terminate)_backend|pg_sleep|lo_\w+\(/i;

/** Session statements count as reading. A text of several statements reads when each does. */
function onlyReads(sql: string): boolean {
  const bare = sql.replace(/--[^\n]*|\/\*[\s\S]*?\*\//g, " ").replace(/'(?:[^']|'')*'/g, "''");
  return bare.split(";").every((statement) => !writes.test(statement.trim()));
}

function messages({ sql, extended }: RecordedStatement): FrontendMessage[] {
  if (extended === undefined) return [{ type: "Query", sql }];
  const { parameterTypes, ...bind } = extended;
  const { statement } = extended;
  return [
    { type: "Close", target: "statement", name: statement },
    { type: "Parse", statement, sql, parameterTypes },
    { type: "Bind", portal: "", ...bind },
    { type: "Describe", target: "portal", name: "" },
    { type: "Execute", portal: "", maxRows: 0 },
    { type: "Sync" },
  ];
}

function failure(answer: readonly BackendMessage[]): Pick<Outcome, "sqlstate" | "message"> {
  const error = answer.find(({ type }) => type === "ErrorResponse");
  if (error?.type !== "ErrorResponse") return {};
  return { sqlstate: error.fields["C"] ?? "", message: error.fields["M"] ?? "" };
}
