/**
 * Wire scripts (`.pt`): what to send, what to wait for, and what comes; the same text for every server.
 *
 *     # The first comment says what the script is about.
 *     send
 *     Query {"sql":"SELECT 1"}
 *     ----
 *
 *     until
 *     ReadyForQuery
 *     ----
 *     RowDescription {"fields":[{"name":"?column?","typeOid":23,"typeSize":4}]}
 *     …
 *
 * A message is `Name {json}`, its defaults left out; bytes are text, or {"hex":"…"} where they are none. `Raw {"hex"}`
 * sends bytes as they are, `until Closed` waits for the end. Of errors and notices only severity and code are
 * compared, unless the script says `show message position`. `ignore RowDescription.typmod` leaves a field out, `ignore
 * ParameterStatus` a message. `only postgres` or `only ours` before a block is an honest difference.
 */
import type { BackendMessage, NoticeFields } from "../../src/wire/backend.ts";
import type { FrontendMessage } from "../../src/wire/frontend.ts";
import { printMessage } from "../../src/wire/trace.ts";
import { encodeFrontend } from "./client-codec.ts";
import type { WireClient } from "./wire-client.ts";

export type Side = "postgres" | "ours";

interface Block {
  /** 1-based, of its `send` or `until`. */
  readonly line: number;
  readonly command: "send" | "until";
  readonly only: Side | undefined;
  readonly input: readonly string[];
  readonly expected: readonly string[];
  /** 0-based line where the expectation starts. */
  readonly expectedAt: number;
}

export interface Script {
  readonly blocks: readonly Block[];
  readonly view: View;
}

/** What of a message is compared. */
interface View {
  readonly ignored: ReadonlySet<string>;
  readonly shown: ReadonlySet<string>;
}

export interface Outcome {
  readonly block: Block;
  readonly actual: readonly string[];
}

export function parseScript(text: string): Script {
  const lines = text.split("\n");
  const blocks: Block[] = [];
  const ignored = new Set<string>();
  const shown = new Set<string>();
  let only: Side | undefined;
  for (let at = 0; at < lines.length; at++) {
    const [head = "", ...words] = (lines[at] ?? "").trim().split(/\s+/);
    if (head === "" || head.startsWith("#")) continue;
    if (head === "ignore") for (const word of words) ignored.add(word);
    else if (head === "show") for (const word of words) shown.add(word);
    else if (head === "only") only = side(words[0], at);
    else if (head === "send" || head === "until") {
      const block = parseBlock(lines, at, head, only);
      blocks.push(block);
      only = undefined;
      at = block.expectedAt + block.expected.length - 1;
    } else throw new SyntaxError(`line ${at + 1}: unknown command ${head}`);
  }
  return { blocks, view: { ignored, shown } };
}

function parseBlock(
  lines: readonly string[],
  head: number,
  command: "send" | "until",
  only: Side | undefined,
): Block {
  const rule = lines.indexOf("----", head);
  if (rule < 0) throw new SyntaxError(`line ${head + 1}: no ---- ends this ${command}`);
  const blank = lines.indexOf("", rule);
  return {
    line: head + 1,
    command,
    only,
    input: lines.slice(head + 1, rule),
    expected: lines.slice(rule + 1, blank < 0 ? lines.length : blank),
    expectedAt: rule + 1,
  };
}

function side(word: string | undefined, at: number): Side {
  if (word === "postgres" || word === "ours") return word;
  throw new SyntaxError(`line ${at + 1}: only postgres or only ours`);
}

/** Runs every block meant for this side, whatever comes: comparing is the caller's. */
export async function runScript(script: Script, client: WireClient, on: Side): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const block of script.blocks) {
    if (block.only !== undefined && block.only !== on) continue;
    if (block.command === "send") client.write(Buffer.concat(block.input.map(parseMessage)));
    const actual = block.command === "send" ? [] : await collect(block.input, client, script.view);
    outcomes.push({ block, actual });
  }
  return outcomes;
}

/** The script's text with these outcomes as its expectations. */
export function acceptOutcomes(text: string, outcomes: readonly Outcome[]): string {
  const lines = text.split("\n");
  for (const { block, actual } of outcomes.toReversed())
    lines.splice(block.expectedAt, block.expected.length, ...actual);
  return lines.join("\n");
}

/** Messages up to the last of `names`, in this order; a silence or an early end is printed where it happened. */
async function collect(
  names: readonly string[],
  client: WireClient,
  view: View,
): Promise<readonly string[]> {
  const printed: string[] = [];
  const awaited = [...names];
  while (awaited.length > 0) {
    const message = await client.next().catch((error: Error) => error);
    if (message instanceof Error) return [...printed, `(${message.message})`];
    if (message === undefined) return [...printed, "Closed"];
    if (message.type === awaited[0]) awaited.shift();
    if (!view.ignored.has(message.type)) printed.push(print(message, view));
  }
  return printed;
}

function print(message: BackendMessage, view: View): string {
  const { type, ...fields } = comparable(message, view);
  return printMessage({ type, ...without(fields, type, view.ignored) });
}

/** The message with what differs from run to run starred out. */
function comparable(
  message: BackendMessage,
  view: View,
): { readonly type: string; readonly [field: string]: unknown } {
  switch (message.type) {
    case "ErrorResponse":
    case "NoticeResponse":
      return { type: message.type, ...errorView(message.fields, view.shown) };
    case "NotificationResponse":
      return { ...message, pid: "*" };
    case "RowDescription": {
      const starred = message.fields.map((field) => ({
        ...field,
        tableOid: field.tableOid === 0 ? 0 : "*",
      }));
      return { type: message.type, fields: starred };
    }
    default:
      return message;
  }
}

const errorFieldNames: Readonly<Record<string, string>> = {
  S: "severity",
  C: "code",
  M: "message",
  R: "routine",
  D: "detail",
  H: "hint",
  P: "position",
  W: "where",
  s: "schema",
  t: "table",
  c: "column",
  d: "dataType",
  n: "constraint",
};

function errorView(
  fields: NoticeFields,
  shown: ReadonlySet<string>,
): Readonly<Record<string, string>> {
  const view: Record<string, string> = {};
  for (const [letter, name] of Object.entries(errorFieldNames)) {
    const text = fields[letter];
    const isCompared =
      name === "code" || shown.has(name) || (name === "severity" && text !== "ERROR");
    if (text !== undefined && isCompared) view[name] = text;
  }
  return view;
}

function without(value: object, path: string, ignored: ReadonlySet<string>): object {
  const kept = Object.entries(value).filter(([name]) => !ignored.has(`${path}.${name}`));
  return Object.fromEntries(
    kept.map(([name, field]) => [
      name,
      Array.isArray(field)
        ? field.map((item) => (isFieldDescription(item) ? without(item, path, ignored) : item))
        : field,
    ]),
  );
}

function isFieldDescription(item: unknown): item is object {
  return typeof item === "object" && item !== null && "typeOid" in item;
}

type Draft = Readonly<Record<string, unknown>>;

/** What a field of a message sent is when the script does not name it. */
const defaults: Readonly<Record<FrontendMessage["type"], Draft>> = {
  Bind: {
    portal: "",
    statement: "",
    parameterFormats: [],
    parameters: [],
    resultFormats: [],
  },
  Close: { target: "portal", name: "" },
  CopyData: { data: "" },
  CopyDone: {},
  CopyFail: { message: "" },
  Describe: { target: "portal", name: "" },
  Execute: { portal: "", maxRows: 0 },
  Flush: {},
  FunctionCall: { functionOid: 0, argumentFormats: [], arguments: [], resultFormat: 0 },
  Parse: { statement: "", sql: "", parameterTypes: [] },
  Query: { sql: "" },
  Sync: {},
  Terminate: {},
};

/** A line of a `send` block as bytes. */
function parseMessage(line: string): Buffer {
  const [, name = "", json = ""] = /^(\w+)\s*(.*)$/.exec(line.trim()) ?? [];
  const given = (json === "" ? {} : JSON.parse(json)) as Draft;
  if (name === "Raw") return bytes(given);
  const fields = Object.entries(defaults).find(([type]) => type === name)?.[1];
  if (!fields) throw new SyntaxError(`no frontend message is called ${name}`);
  for (const field of Object.keys(given))
    if (!(field in fields)) throw new SyntaxError(`${name} has no field ${field}`);
  const draft: Record<string, unknown> = { type: name, ...fields, ...given };
  for (const field of ["parameters", "arguments"])
    if (Array.isArray(draft[field])) draft[field] = draft[field].map(bytesOrNull);
  if ("data" in draft) draft["data"] = bytes(draft["data"]);
  return encodeFrontend(draft as FrontendMessage);
}

function bytesOrNull(value: unknown): Buffer | null {
  return value === null ? null : bytes(value);
}

function bytes(value: unknown): Buffer {
  if (typeof value === "string") return Buffer.from(value);
  if (
    typeof value === "object" &&
    value !== null &&
    "hex" in value &&
    typeof value.hex === "string"
  )
    return Buffer.from(value.hex.replaceAll(" ", ""), "hex");
  throw new SyntaxError(`bytes are a text or {"hex":"…"}, not ${JSON.stringify(value)}`);
}
