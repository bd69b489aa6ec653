/**
 * client_encoding: statements, names, parameters, rows, errors and COPY in the client's own bytes, as PostgreSQL 15 takes and
 * gives them; and every character of every encoding.
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { must } from "../../src/base/assert.ts";
import { encodingNamed } from "../../src/pgtypes/encodings.ts";
import type { BackendMessage } from "../../src/wire/backend.ts";
import type { Charset } from "../../src/wire/charset.ts";
import type { FormatCode, FrontendMessage } from "../../src/wire/frontend.ts";
import { type RunningServer, startServer } from "../support/server.ts";
import { postgres } from "../support/services.ts";
import { WireClient } from "../support/wire-client.ts";

const oracle = await postgres();

/** A byte a character: what is sent is what stands here, and what comes is seen as it came. */
const bytewise: Charset = {
  decode: (bytes) => Buffer.from(bytes).toString("latin1"),
  encode: (text) => Buffer.from(text, "latin1"),
};

/** A word, as the encoding spells it, and something that it cannot spell. */
const samples = [
  ["LATIN1", "caf\xe9"],
  ["LATIN5", "\xdd\xfe"],
  ["LATIN9", "\xa4uro"],
  ["WIN1252", "\x80uro"],
  ["WIN1251", "\xcf\xf0\xe8"],
  ["KOI8R", "\xf0\xd2"],
  ["ISO_8859_7", "\xc1\xe2"],
  ["EUC_JP", "\xc6\xfc\xcb\xdc"],
  ["SJIS", "\x93\xfa\x83\x5c"],
  ["EUC_KR", "\xc7\xd1"],
  ["UHC", "\x81\x41"],
  ["GBK", "\xd6\xd0\xb9\xfa"],
  ["GB18030", "\x82\x30\xc3\x39\xd6\xd0"],
  ["BIG5", "\xa4\xa4"],
  ["SQL_ASCII", "caf\xc3\xa9"],
] as const;

function shown(message: BackendMessage): unknown {
  switch (message.type) {
    case "DataRow":
      return message.values.map((value) => value && Buffer.from(value).toString("latin1"));
    case "CopyData":
      return Buffer.from(message.data).toString("latin1");
    case "RowDescription":
      return message.fields.map(({ name, typeOid }) => [name, typeOid]);
    case "ErrorResponse":
    case "NoticeResponse": {
      const { S, C, M, D, W, P } = message.fields;
      return { S, C, M, D, W, P };
    }
    case "ParameterStatus":
    case "CommandComplete":
      return message;
    case "NotificationResponse":
      return [message.channel, message.payload];
    default:
      return message.type;
  }
}

const query = (sql: string): FrontendMessage => ({ type: "Query", sql });

function bound(
  sql: string,
  type: number,
  value: string,
  formats: readonly [FormatCode, FormatCode],
): FrontendMessage[] {
  const parameters = [Buffer.from(value, "latin1")];
  const [given, wanted] = formats;
  return [
    { type: "Parse", statement: "", sql, parameterTypes: [type] },
    {
      type: "Bind",
      portal: "",
      statement: "",
      parameterFormats: [given],
      parameters,
      resultFormats: [wanted],
    },
    { type: "Describe", target: "portal", name: "" },
    { type: "Execute", portal: "", maxRows: 0 },
    { type: "Sync" },
  ];
}

const copied = (sql: string, ...data: readonly string[]): FrontendMessage[] => [
  query(sql),
  ...data.map((each) => ({ type: "CopyData" as const, data: Buffer.from(each, "latin1") })),
  { type: "CopyDone" },
];

/** Each step ends with ReadyForQuery. */
function steps(encoding: string, word: string): FrontendMessage[][] {
  const [first = "", rest = ""] = [word.slice(0, 1), word.slice(1)];
  return [
    [query(`SET client_encoding = '${encoding}'`)],
    [query("SHOW client_encoding")],
    [query(`SELECT '${word}' AS "${word}", length('${word}'), ARRAY['${word}']`)],
    [query(`SELECT * FROM "${word}"`)],
    [query(`SELECT '${word}'::int`)],
    [query("SELECT U&'\\2603\\05D0\\3042'")],
    [query('SELECT \'{"a": "b"}\'::jsonb AS plain')],
    bound("SELECT $1::text", 25, word, [0, 0]),
    bound("SELECT $1::text", 25, word, [1, 1]),
    bound("SELECT $1::text", 25, word, [0, 1]),
    bound("SELECT $1::jsonb", 3802, `"${word}"`, [0, 0]),
    bound("SELECT $1::jsonb", 3802, `\x01"${word}"`, [1, 1]),
    bound("SELECT ARRAY[$1::text, NULL]", 25, word, [0, 1]),
    bound("SELECT $1::int4", 23, "\xff\xff\xff\xfe", [1, 1]),
    bound("SELECT $1::text", 25, "\xff", [0, 0]),
    copied("COPY encoded FROM STDIN", `1\t${first}`, `${rest}\n2\tplain\n`),
    [query("SELECT n, t FROM encoded ORDER BY n")],
    [query("COPY (SELECT n, t FROM encoded ORDER BY n) TO STDOUT")],
    [query("COPY (SELECT n, t FROM encoded ORDER BY n) TO STDOUT (FORMAT csv, FORCE_QUOTE *)")],
    [query("COPY (SELECT n, t FROM encoded ORDER BY n) TO STDOUT (FORMAT binary)")],
    [query("COPY (SELECT t FROM encoded ORDER BY n) TO STDOUT (ENCODING 'UTF8')")],
    [query("TRUNCATE encoded")],
    [query(`LISTEN "${word}"`)],
    [query("BEGIN; SET LOCAL client_encoding = 'UTF8'")],
    [query("SELECT 'é'")],
    [query("ROLLBACK")],
    [query("SHOW client_encoding")],
    [query("SET client_encoding = 'UTF8'; SELECT U&'\\00E9'")],
  ];
}

describe.runIf(oracle)("client_encoding", () => {
  let server: RunningServer;
  let ours: WireClient;
  let theirs: WireClient;

  beforeAll(async () => {
    server = await startServer();
    ours = await WireClient.login(server);
    theirs = await WireClient.login(must(oracle, "a PostgreSQL"));
    for (const client of [ours, theirs]) {
      client.send(query("DROP TABLE IF EXISTS encoded; CREATE TABLE encoded (n int, t text)"));
      await client.until("ReadyForQuery");
      client.charset = bytewise;
    }
  });

  afterAll(async () => {
    theirs?.send(query("DROP TABLE encoded"));
    await theirs?.until("ReadyForQuery");
    await ours?.end();
    await theirs?.end();
    await server?.stop();
  });

  async function answer(client: WireClient, messages: readonly FrontendMessage[]) {
    client.send(...messages);
    return (await client.until("ReadyForQuery")).map(shown);
  }

  for (const [encoding, word] of samples) {
    test(`everything said in ${encoding}`, async () => {
      for (const step of steps(encoding, word)) {
        const [want, got] = await Promise.all([answer(theirs, step), answer(ours, step)]);
        expect({ step, answer: got }).toEqual({ step, answer: want });
      }
    });
  }

  test("an encoding is known by all its names, and what there is none of is refused", async () => {
    const names = ["'iso-8859-1'", "win1252", "'Windows-1251'", "koi8", "alt", "mskanji", "'x y'"];
    for (const name of [...names, "'sql-ascii'", "mule_internal", "DEFAULT"]) {
      const step = [query(`SET client_encoding = ${name}; SHOW client_encoding`)];
      const [want, got] = await Promise.all([answer(theirs, step), answer(ours, step)]);
      expect({ name, answer: got }).toEqual({ name, answer: want });
    }
  });

  test("every character of one byte is PostgreSQL's", async () => {
    const names = await encodings(1);
    for (const name of names) {
      const codes = Array.from({ length: 255 }, (_, at) => Buffer.of(at + 1));
      expect({ name, differ: await differing(name, codes) }).toEqual({ name, differ: [] });
    }
  });

  /** PostgreSQL's tables and Unicode's, where there are several, are not the same ones in a few places. */
  const differences: Readonly<Record<string, number>> = {
    BIG5: 310,
    GB18030: 2,
    UHC: 189,
    EUC_CN: 2,
    EUC_KR: 1,
  };

  test("nearly every character of two bytes is PostgreSQL's", async () => {
    const span = (from: number, to: number) =>
      Array.from({ length: to - from + 1 }, (_, at) => from + at);
    const pairs = span(0x81, 0xfe).flatMap((a) => span(0x40, 0xfe).map((b) => Buffer.of(a, b)));
    for (const name of await encodings(2)) {
      const differ = await differing(name, pairs);
      expect([name, differ.length <= (differences[name] ?? 0), differ.length]).toEqual([
        name,
        true,
        differ.length,
      ]);
    }
  });

  /** Those with tables here, of so many bytes a character at most; of two or more, for 2. */
  async function encodings(bytes: 1 | 2): Promise<string[]> {
    const sql = `SELECT pg_encoding_to_char(i) FROM generate_series(8, 41) i WHERE least(pg_encoding_max_length(i), 2) = ${bytes}`;
    const names = (await rowsOf(theirs, sql)).map(([name]) => name ?? "");
    return names.filter((name) => encodingNamed(name) !== undefined);
  }

  async function rowsOf(client: WireClient, sql: string): Promise<(string | null)[][]> {
    client.send(query(sql));
    const messages = await client.until("ReadyForQuery");
    return messages.flatMap((message) =>
      message.type === "DataRow"
        ? [message.values.map((value) => value && Buffer.from(value).toString())]
        : [],
    );
  }

  /** Of these bytes, what PostgreSQL reads and we read otherwise, or not. What it cannot read is its own affair. */
  async function differing(name: string, characters: readonly Buffer[]): Promise<string[]> {
    await rowsOf(theirs, "SET client_encoding = 'UTF8'");
    await rowsOf(
      theirs,
      "CREATE OR REPLACE FUNCTION pg_temp.read(b bytea, e text) RETURNS text LANGUAGE plpgsql AS $$ BEGIN RETURN convert_from(b, e); EXCEPTION WHEN OTHERS THEN RETURN NULL; END $$",
    );
    const list = characters.map((each) => each.toString("hex")).join(",");
    const rows = await rowsOf(
      theirs,
      `SELECT c, pg_temp.read(decode(c, 'hex'), '${name}') FROM unnest('{${list}}'::text[]) c`,
    );
    const encoding = must(encodingNamed(name), name);
    return rows.flatMap(([code, text]) => {
      if (code === null || code === undefined || text === null || text === undefined) return [];
      return isRead(encoding, Buffer.from(code, "hex"), text) ? [] : [`${code} ${text}`];
    });
  }

  function isRead(encoding: Charset, bytes: Buffer, text: string): boolean {
    try {
      return encoding.decode(bytes) === text;
    } catch {
      return false;
    }
  }
});
