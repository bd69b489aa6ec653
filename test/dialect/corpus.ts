/** The dialect corpus: statements, what PostgreSQL 15 answered to them, and whether another server answers the same. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { builtins } from "../../src/catalog/builtins.ts";
import type { BackendMessage } from "../../src/wire/backend.ts";
import type { WireClient } from "../support/wire-client.ts";

export interface CorpusEntry {
  readonly group: string;
  readonly feature: string;
  readonly sql: string | readonly string[];
  readonly autocommit?: true;
  /** Of the last statement, as text. */
  readonly params?: readonly string[];
  /** Only their number counts. */
  readonly rows_vary?: true;
  readonly pg_result?: {
    readonly columns?: readonly string[];
    readonly types?: readonly string[];
    readonly rows?: readonly (readonly (string | null)[])[];
    readonly nrows?: number;
  };
  readonly sqlstate?: string;
  readonly position?: number;
}

export type Verdict = "agrees" | "not yet" | "differs";

export interface Finding {
  readonly entry: CorpusEntry;
  readonly verdict: Verdict;
  /** What was answered, where it differs. */
  readonly answer: string;
}

interface Answer {
  readonly columns: readonly string[];
  readonly types: readonly string[];
  readonly rows: readonly (readonly (string | null)[])[];
  readonly error?: Readonly<Record<string, string>>;
}

const folder = join(import.meta.dirname, "../data/dialect");

export const corpus = readFileSync(join(folder, "corpus.jsonl"), "utf8")
  .split("\n")
  .filter((line) => line !== "")
  .map((line) => JSON.parse(line) as CorpusEntry);

/** Each statement by itself. */
export const setup = readFileSync(join(folder, "setup.sql"), "utf8")
  .split(/;\s*/)
  .filter((statement) => statement !== "");

export async function ask(entry: CorpusEntry, client: WireClient): Promise<Finding> {
  const statements = typeof entry.sql === "string" ? [entry.sql] : entry.sql;
  if (!entry.autocommit) await send("BEGIN", client);
  let answer: Answer = { columns: [], types: [], rows: [] };
  for (const statement of statements) {
    const sql = statement.replace(/^\.err /, "");
    answer = await (entry.params ? sendBound(sql, entry.params, client) : send(sql, client));
    if (answer.error && !statement.startsWith(".err ")) break;
  }
  answer = { ...answer, types: await ownNames(answer.types, client) };
  // What a statement changed beyond its transaction is not for the next one.
  await send("ROLLBACK; DISCARD ALL", client);
  const verdict = judge(entry, answer);
  return { entry, verdict, answer: verdict === "agrees" ? "" : describe(answer) };
}

function judge(entry: CorpusEntry, answer: Answer): Verdict {
  const code = answer.error?.["C"];
  if (entry.sqlstate !== undefined) {
    if (code === entry.sqlstate) return "agrees";
    return code === "0A000" ? "not yet" : "differs";
  }
  if (code !== undefined) return code === "0A000" ? "not yet" : "differs";
  const { columns = [], types = [], rows, nrows } = entry.pg_result ?? {};
  const agrees =
    same(answer.columns, columns) &&
    same(
      answer.types,
      // Whoever recorded had no name for a type made on the spot: its OID there is no other server's.
      types.map((type, i) => (/^\d+$/.test(type) ? answer.types[i] : type)),
    ) &&
    (entry.rows_vary === true
      ? (nrows ?? 0) > 0 === answer.rows.length > 0
      : same(ordered(entry, answer.rows), ordered(entry, rows ?? [])));
  return agrees ? "agrees" : "differs";
}

/** Without ORDER BY the order of rows is nobody's promise. */
function ordered(entry: CorpusEntry, rows: Answer["rows"]): Answer["rows"] {
  if (/order by/i.test(String(entry.sql))) return rows;
  return [...rows].sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
}

function same(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

function send(sql: string, client: WireClient): Promise<Answer> {
  client.send({ type: "Query", sql });
  return receive(client);
}

function sendBound(sql: string, values: readonly string[], client: WireClient): Promise<Answer> {
  client.send(
    { type: "Parse", statement: "", sql, parameterTypes: [] },
    {
      type: "Bind",
      portal: "",
      statement: "",
      parameterFormats: [],
      parameters: values.map((value) => Buffer.from(value)),
      resultFormats: [],
    },
    { type: "Describe", target: "portal", name: "" },
    { type: "Execute", portal: "", maxRows: 0 },
    { type: "Sync" },
  );
  return receive(client);
}

async function receive(client: WireClient): Promise<Answer> {
  const messages: BackendMessage[] = [];
  for (;;) {
    const message = await client.next();
    if (!message) throw new Error("the server hung up");
    messages.push(message);
    if (message.type === "CopyInResponse") client.send({ type: "CopyDone" });
    if (message.type === "ReadyForQuery") return answerOf(messages);
  }
}

function answerOf(messages: readonly BackendMessage[]): Answer {
  let answer: Answer = { columns: [], types: [], rows: [] };
  let rows: (string | null)[][] = [];
  for (const message of messages)
    if (message.type === "RowDescription") {
      rows = [];
      answer = {
        columns: message.fields.map(({ name }) => name),
        types: message.fields.map(({ typeOid }) => typeName(typeOid)),
        rows,
      };
    } else if (message.type === "DataRow")
      rows.push(message.values.map((one) => (one === null ? null : Buffer.from(one).toString())));
    else if (message.type === "ErrorResponse") answer = { ...answer, error: message.fields };
  return answer;
}

/** Types that the statements made, by the names they gave them. */
async function ownNames(types: readonly string[], client: WireClient): Promise<readonly string[]> {
  const names: string[] = [];
  for (const type of types) {
    const named = /^\d+$/.test(type)
      ? await send(`SELECT typname FROM pg_type WHERE oid = ${type}`, client)
      : undefined;
    names.push(named?.rows[0]?.[0] ?? type);
  }
  return names;
}

function typeName(oid: number): string {
  return builtins().typesByOid.get(oid)?.typname ?? String(oid);
}

function describe({ columns, types, rows, error }: Answer): string {
  if (error) return `${error["C"]}: ${error["M"]}`;
  return JSON.stringify({ columns, types, rows: rows.slice(0, 5) });
}
