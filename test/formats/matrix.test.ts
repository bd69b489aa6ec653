/**
 * Every type over the wire: a text as parameter, literal and binary parameter, the result as text and binary, in and
 * out of arrays, under several settings; byte for byte and error for error what PostgreSQL 15 answers.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { must } from "../../src/base/assert.ts";
import { quoteText } from "../../src/base/quote.ts";
import { arrayOf, typeByName } from "../../src/pgtypes/types.ts";
import type { BackendMessage } from "../../src/wire/backend.ts";
import type { FormatCode } from "../../src/wire/frontend.ts";
import { type RunningServer, startServer } from "../support/server.ts";
import { postgres } from "../support/services.ts";
import { WireClient } from "../support/wire-client.ts";
import { edgeValues } from "./edge-values.ts";

const oracle = await postgres();
const settings = [
  ["DateStyle", "ISO, MDY"],
  ["DateStyle", "SQL, DMY"],
  ["DateStyle", "German"],
  ["IntervalStyle", "sql_standard"],
  ["IntervalStyle", "iso_8601"],
  ["TimeZone", "Asia/Kolkata"],
  ["bytea_output", "escape"],
  ["extra_float_digits", "0"],
] as const;
/** Types of which only under the first settings is asked. */
const styled = /date|time|ts|interval|bytea|float|point|box|range/;

interface Difference {
  readonly type: string;
  /** Of the text; absent: all. */
  readonly text?: string;
  readonly why: string;
}

/** Argued one by one; one that is none any more is a failure. */
const known = JSON.parse(
  readFileSync(join(import.meta.dirname, "known-differences.json"), "utf8"),
) as readonly Difference[];
const met = new Set<Difference>();

interface Question {
  readonly sql: string;
  readonly parameter: Uint8Array | null | undefined;
  readonly parameterFormat: FormatCode;
  readonly resultFormat: FormatCode;
}

/** A field's bytes in hexadecimal, or the SQLSTATE and message of an error. */
async function ask(client: WireClient, question: Question): Promise<string> {
  const { sql, parameter, parameterFormat, resultFormat } = question;
  client.send(
    { type: "Parse", statement: "", sql, parameterTypes: [] },
    {
      type: "Bind",
      portal: "",
      statement: "",
      parameterFormats: [parameterFormat],
      parameters: parameter === undefined ? [] : [parameter],
      resultFormats: [resultFormat],
    },
    { type: "Execute", portal: "", maxRows: 0 },
    { type: "Sync" },
  );
  return (await client.until("ReadyForQuery")).map(shown).find((one) => one !== "") ?? "";
}

function shown(message: BackendMessage): string {
  if (message.type === "ErrorResponse") return `${message.fields["C"]} ${message.fields["M"]}`;
  if (message.type !== "DataRow") return "";
  const [value] = message.values;
  return value ? `hex ${Buffer.from(value).toString("hex")}` : "NULL";
}

const questions = (type: string, text: string): readonly Question[] => {
  const base = { parameterFormat: 0, parameter: Buffer.from(text) } as const;
  const cast = `SELECT $1::${type}`;
  return [
    { ...base, sql: cast, resultFormat: 0 },
    { ...base, sql: cast, resultFormat: 1 },
    { ...base, sql: `SELECT ${quoteText(text)}::${type}`, parameter: undefined, resultFormat: 0 },
  ];
};

function compared(type: string, text: string, want: readonly string[], got: readonly string[]) {
  const difference = known.find(
    (one) => one.type === type && (one.text === undefined || one.text === text),
  );
  const isSame = want.every((answer, i) => answer === got[i]);
  if (isSame) return [];
  if (difference) met.add(difference);
  return difference ? [] : [{ type, text, want, got }];
}

describe.runIf(oracle)("every type over the wire", () => {
  let server: RunningServer;
  let ours: WireClient;
  let theirs: WireClient;
  beforeAll(async () => {
    server = await startServer();
    ours = await WireClient.login(server);
    theirs = await WireClient.login(must(oracle, "a PostgreSQL"));
    await both("SET TimeZone = 'America/New_York'");
  });
  afterAll(async () => {
    ours?.socket.destroy();
    theirs?.socket.destroy();
    await server?.stop();
  });

  async function both(sql: string): Promise<void> {
    for (const client of [ours, theirs]) {
      client.send({ type: "Query", sql });
      await client.until("ReadyForQuery");
    }
  }

  /** What PostgreSQL sends in binary is also sent to both. */
  async function differences(type: string, text: string) {
    const want: string[] = [];
    const got: string[] = [];
    const pair = async (question: Question) => {
      const answers = await Promise.all([ask(theirs, question), ask(ours, question)]);
      want.push(answers[0]);
      got.push(answers[1]);
      return answers[0];
    };
    for (const question of questions(type, text)) await pair(question);
    const [, bytes] = /^hex (.*)$/.exec(want[1] ?? "") ?? [];
    if (bytes !== undefined) {
      const parameter = Buffer.from(bytes, "hex");
      const sql = `SELECT $1::${type}`;
      await pair({ sql, parameter, parameterFormat: 1, resultFormat: 0 });
      await pair({ sql, parameter, parameterFormat: 1, resultFormat: 1 });
    }
    return compared(type, text, want, got);
  }

  for (const [name, texts] of Object.entries(edgeValues)) {
    const type = name === "char" ? '"char"' : name === "_char" ? '"char"[]' : name;
    test(`${name} comes and goes as PostgreSQL's`, async () => {
      const found: unknown[] = [];
      for (const text of texts) {
        if (!text.includes("\0")) found.push(...(await differences(type, text)));
      }
      expect(found).toEqual([]);
    });
  }

  const scalar = Object.entries(edgeValues).filter(
    ([name]) => arrayOf(typeByName(name)?.oid ?? 0) !== 0,
  );

  test("arrays of every type, empty, of one dimension and of two", async () => {
    const found: unknown[] = [];
    for (const [name, [first = ""]] of scalar) {
      const item = `"${first.replace(/["\\]/g, "\\$&")}"`;
      const delimiter = name === "box" ? ";" : ",";
      const type = name === "char" ? '"char"[]' : `${name}[]`;
      const pair = `{${item}${delimiter}NULL}`;
      for (const text of ["{}", pair, `{${pair}${delimiter}${pair}}`])
        found.push(...(await differences(type, text)));
    }
    expect(found).toEqual([]);
  });

  for (const [name, value] of settings) {
    test(`values under ${name} = ${value}`, async () => {
      await both(`SET ${name} = '${value}'`);
      const found: unknown[] = [];
      for (const [type, texts] of scalar.filter(([each]) => styled.test(each)))
        for (const text of texts) found.push(...(await differences(type, text)));
      await both(`RESET ${name}; SET TimeZone = 'America/New_York'`);
      expect(found).toEqual([]);
    });
  }

  test("every known difference is one", () => {
    expect(known.filter((one) => !met.has(one))).toEqual([]);
  });
});
