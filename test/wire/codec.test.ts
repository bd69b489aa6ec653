import { isUtf8 } from "node:buffer";
import fc from "fast-check";
import { Parser } from "pg-protocol/dist/parser.js";
import { expect, test } from "vitest";
import { PgError } from "../../src/base/error.ts";
import { type BackendMessage, encodeBackend } from "../../src/wire/backend.ts";
import { type Frame, Framer } from "../../src/wire/frame.ts";
import {
  bodyBytesMax,
  decodeFrontend,
  type FrontendMessage,
  malformedMessage,
} from "../../src/wire/frontend.ts";
import { errorFields, noticeFields } from "../../src/wire/notice-fields.ts";
import { decodeBackend, encodeFrontend } from "../support/client-codec.ts";

const cap = (code: number) => bodyBytesMax(code, 1 << 20);

function framesOf(framer: Framer): Frame[] {
  const frames: Frame[] = [];
  for (let frame = framer.take(cap); frame; frame = framer.take(cap)) frames.push(frame);
  return frames;
}

const decodeAll = (frames: readonly Frame[]) =>
  frames.map(({ code, body }) => decodeFrontend(code, body));

const conversation: readonly FrontendMessage[] = [
  { type: "Query", sql: "BEGIN; SELECT 'grün' -- \u{1F40D}" },
  { type: "Parse", statement: "s1", sql: "SELECT $1::int4, $2", parameterTypes: [23, 0] },
  { type: "Describe", target: "statement", name: "s1" },
  {
    type: "Bind",
    portal: "p1",
    statement: "s1",
    parameterFormats: [1, 0],
    parameters: [Buffer.from([0, 0, 0, 7]), null],
    resultFormats: [1],
  },
  { type: "Describe", target: "portal", name: "p1" },
  { type: "Execute", portal: "p1", maxRows: 10 },
  { type: "Close", target: "portal", name: "p1" },
  { type: "Flush" },
  { type: "Sync" },
  { type: "CopyData", data: Buffer.from("1\tone\n") },
  { type: "CopyData", data: Buffer.alloc(0) },
  { type: "CopyDone" },
  { type: "CopyFail", message: "no more" },
  {
    type: "FunctionCall",
    functionOid: 1598,
    argumentFormats: [],
    arguments: [Buffer.from("1")],
    resultFormat: 0,
  },
  { type: "Terminate" },
];
const stream = Buffer.concat(conversation.map((each) => encodeFrontend(each)));

test("a conversation decodes the same wherever it is split in two", () => {
  for (let split = 0; split <= stream.length; split++) {
    const framer = new Framer();
    framer.push(stream.subarray(0, split));
    const early = framesOf(framer);
    framer.push(stream.subarray(split));
    expect(decodeAll([...early, ...framesOf(framer)])).toEqual(conversation);
    expect(framer.bufferedBytes).toBe(0);
  }
});

test("a conversation decodes the same a byte at a time, and in pieces of every size", () => {
  for (let size = 1; size <= 64; size++) {
    const framer = new Framer();
    const frames: Frame[] = [];
    for (let at = 0; at < stream.length; at += size) {
      framer.push(stream.subarray(at, at + size));
      frames.push(...framesOf(framer));
    }
    expect(decodeAll(frames)).toEqual(conversation);
  }
});

test("a long message dripped byte by byte stays whole", () => {
  const message: FrontendMessage = { type: "CopyData", data: Buffer.alloc(20_000, "drip") };
  const framer = new Framer();
  for (const byte of encodeFrontend(message)) framer.push(Buffer.from([byte]));
  expect(decodeAll(framesOf(framer))).toEqual([message]);
});

test("a frame inside one chunk is not copied", () => {
  const framer = new Framer();
  framer.push(stream);
  for (const { body } of framesOf(framer))
    if (body.length > 0) expect(body.buffer).toBe(stream.buffer);
});

test("hasFrame tells whether take would give one", () => {
  const framer = new Framer();
  const [head, last] = [stream.subarray(0, -1), stream.subarray(-1)];
  framer.push(head);
  let taken = 0;
  for (; framer.hasFrame; taken++) expect(framer.take(cap)).toBeDefined();
  expect(framer.take(cap)).toBeUndefined();
  framer.push(last);
  expect(framer.hasFrame).toBe(true);
  expect(framer.take(cap)).toBeDefined();
  expect(taken + 1).toBe(conversation.length);
});

const text = fc.string({ unit: "binary" }).filter((s) => !s.includes("\0"));
const bytes = fc.uint8Array({ maxLength: 64 }).map((array) => Buffer.from(array));
const format = fc.constantFrom(0 as const, 1 as const);
const oid = fc.nat(0xffffffff);
const value = fc.option(bytes);
const target = fc.constantFrom("statement" as const, "portal" as const);

const frontendMessage: fc.Arbitrary<FrontendMessage> = fc.oneof(
  fc.record({ type: fc.constant("Query" as const), sql: text }),
  fc.record({
    type: fc.constant("Parse" as const),
    statement: text,
    sql: text,
    parameterTypes: fc.array(oid),
  }),
  fc.record({
    type: fc.constant("Bind" as const),
    portal: text,
    statement: text,
    parameterFormats: fc.array(format),
    parameters: fc.array(value),
    resultFormats: fc.array(format),
  }),
  fc.record({
    type: fc.constantFrom("Describe" as const, "Close" as const),
    target,
    name: text,
  }),
  fc.record({ type: fc.constant("Execute" as const), portal: text, maxRows: fc.nat(0x7fffffff) }),
  fc.record({ type: fc.constant("CopyData" as const), data: bytes }),
  fc.record({ type: fc.constant("CopyFail" as const), message: text }),
  fc.record({
    type: fc.constant("FunctionCall" as const),
    functionOid: oid,
    argumentFormats: fc.array(format),
    arguments: fc.array(value),
    resultFormat: format,
  }),
);

test("every frontend message survives the way to bytes and back", () => {
  fc.assert(
    fc.property(frontendMessage, (message) => {
      const framer = new Framer();
      framer.push(encodeFrontend(message));
      expect(decodeAll(framesOf(framer))).toEqual([message]);
    }),
  );
});

const backendMessage: fc.Arbitrary<BackendMessage> = fc.oneof(
  fc.record({ type: fc.constant("DataRow" as const), values: fc.array(value) }),
  fc.record({ type: fc.constant("CommandComplete" as const), tag: text }),
  fc.record({ type: fc.constant("ParameterStatus" as const), name: text, value: text }),
  fc.record({ type: fc.constant("ParameterDescription" as const), typeOids: fc.array(oid) }),
  fc.record({
    type: fc.constant("BackendKeyData" as const),
    pid: fc.nat(),
    secretKey: fc.integer(),
  }),
  fc.record({
    type: fc.constantFrom("CopyInResponse" as const, "CopyOutResponse" as const),
    format,
    columnFormats: fc.array(format),
  }),
  fc.record({
    type: fc.constant("RowDescription" as const),
    fields: fc.array(
      fc.record({
        name: text,
        tableOid: oid,
        columnNumber: fc.nat(1600),
        typeOid: oid,
        typeSize: fc.integer({ min: -2, max: 32767 }),
        typmod: fc.integer(),
        format,
      }),
    ),
  }),
  fc.record({
    type: fc.constantFrom("ErrorResponse" as const, "NoticeResponse" as const),
    fields: fc.record({ S: text, C: text, M: text, P: text }),
  }),
  fc.record({ type: fc.constant("CopyData" as const), data: bytes }),
  fc.record({ type: fc.constant("FunctionCallResponse" as const), value }),
  fc.record({
    type: fc.constant("NotificationResponse" as const),
    pid: fc.nat(),
    channel: text,
    payload: text,
  }),
);

test("every backend message survives the way to bytes and back", () => {
  fc.assert(
    fc.property(backendMessage, (message) => {
      const encoded = encodeBackend(message);
      expect(encoded.readInt32BE(1)).toBe(encoded.length - 1);
      expect(decodeBackend(encoded[0] ?? 0, encoded.subarray(5))).toEqual(message);
    }),
  );
});

test("random bytes give messages or a PgError, never anything else", () => {
  const codes = Buffer.from("BCDEFHPQSXcdfp!R\0\xff", "latin1");
  const frame = fc.tuple(fc.constantFrom(...codes), fc.uint8Array({ maxLength: 40 }));
  fc.assert(
    fc.property(fc.array(frame), fc.uint8Array(), (frames, noise) => {
      const framer = new Framer();
      for (const [code, body] of frames) {
        const head = Buffer.alloc(5);
        head.writeUInt8(code);
        head.writeInt32BE(body.length + 4, 1);
        framer.push(Buffer.concat([head, body]));
      }
      framer.push(Buffer.from(noise));
      try {
        decodeAll(framesOf(framer));
      } catch (error) {
        expect(error).toBeInstanceOf(PgError);
      }
    }),
    { numRuns: 2000 },
  );
});

function refusal(act: () => unknown): PgError {
  try {
    act();
  } catch (error) {
    if (error instanceof PgError) return error;
    throw error;
  }
  throw new Error("nothing was refused");
}

const header = (code: string, length: number) => {
  const head = Buffer.alloc(5, code);
  head.writeInt32BE(length, 1);
  return head;
};

test.each([
  ["a length under four", header("Q", 3), "invalid message length"],
  ["a negative length", header("Q", -1), "invalid message length"],
  ["a length over the caller's cap", header("Q", (1 << 20) + 5), "invalid message length"],
  ["a small message with a large body", header("S", 20_000), "invalid message length"],
  ["an unknown type", header("!", 4), "invalid frontend message type 33"],
  ["a password outside of authentication", header("p", 8), "invalid frontend message type 112"],
])("%s is refused as soon as its header is there", (_, head, message) => {
  const framer = new Framer();
  framer.push(head);
  expect(refusal(() => framer.take(cap))).toMatchObject({
    sqlstate: "08P01",
    severity: "FATAL",
    message,
  });
});

// The wordings are PostgreSQL 15's own, seen on the wire.
test.each([
  ["Q", "select 1\0junk", "08P01", "invalid message format", "Query"],
  ["Q", "select 1", "08P01", "invalid string in message", "Query"],
  ["Q", "", "08P01", "invalid string in message", "Query"],
  ["P", "\0select $1\0\0", "08P01", "insufficient data left in message", "Parse"],
  ["D", "Xa\0", "08P01", "invalid DESCRIBE message subtype 88", "Describe"],
  ["C", "Xa\0", "08P01", "invalid CLOSE message subtype 88", "Close"],
  ["B", "\0\0\0\x01\0\x02", "22023", "unsupported format code: 2", "Bind"],
  ["S", "x", "08P01", "invalid message format", "Sync"],
])("a malformed body is an error, not the end: %s %j", (code, body, sqlstate, message, of) => {
  const error = refusal(() => decodeFrontend(code.charCodeAt(0), Buffer.from(body)));
  expect(error).toMatchObject({ sqlstate, message, severity: "ERROR" });
  expect(malformedMessage(error)).toBe(of);
});

test.each([
  ["73656c65637420ff", "0xff"],
  ["73656c65637420e462", "0xe4 0x62"],
  ["c3a4e28028", "0xe2 0x80 0x28"],
  ["eda080", "0xed 0xa0 0x80"],
  ["c080", "0xc0 0x80"],
  ["f0", "0xf0"],
])("text that is not UTF-8 is named by its first bad sequence: %s", (hex, named) => {
  const body = Buffer.concat([Buffer.from(hex, "hex"), Buffer.of(0)]);
  expect(refusal(() => decodeFrontend(0x51, body))).toMatchObject({
    sqlstate: "22021",
    message: `invalid byte sequence for encoding "UTF8": ${named}`,
  });
});

test("a byte order mark is a character like any other", () => {
  const body = Buffer.from("\uFEFFselect 1\0");
  expect(decodeFrontend(0x51, body)).toEqual({ type: "Query", sql: "\uFEFFselect 1" });
});

test("what is sent is always UTF-8, and a NUL cannot end a string early", () => {
  const encoded = encodeBackend({ type: "CommandComplete", tag: "a\0b\uD800" });
  expect(isUtf8(encoded.subarray(5, -1))).toBe(true);
  expect(decodeBackend(encoded[0] ?? 0, encoded.subarray(5))).toEqual({
    type: "CommandComplete",
    tag: "a\uFFFDb\uFFFD",
  });
});

test("pg-protocol reads what is written here", () => {
  const error = new PgError("42P01", 'relation "ä" does not exist', {
    detail: "d",
    hint: "h",
    position: 15,
    where: "w",
    schema: "s",
    table: "t",
    column: "c",
    dataType: "dt",
    constraint: "n",
  });
  const notice = { severity: "WARNING", sqlstate: "25001", message: "already" } as const;
  const field = { tableOid: 16400, columnNumber: 2, typeOid: 25, typeSize: -1, typmod: -1 };
  const messages: readonly BackendMessage[] = [
    { type: "AuthenticationSASL", mechanisms: ["SCRAM-SHA-256-PLUS", "SCRAM-SHA-256"] },
    { type: "AuthenticationSASLContinue", data: Buffer.from("r=1") },
    { type: "AuthenticationSASLFinal", data: Buffer.from("v=1") },
    { type: "AuthenticationMD5Password", salt: Buffer.from("salt") },
    { type: "AuthenticationCleartextPassword" },
    { type: "AuthenticationOk" },
    { type: "ParameterStatus", name: "TimeZone", value: "Etc/UTC" },
    { type: "BackendKeyData", pid: 7, secretKey: -8 },
    { type: "ReadyForQuery", status: "I" },
    { type: "ParseComplete" },
    { type: "BindComplete" },
    { type: "ParameterDescription", typeOids: [23, 4294967295] },
    { type: "RowDescription", fields: [{ name: "größe", ...field, format: 1 }] },
    { type: "DataRow", values: [Buffer.from("ä"), null, Buffer.alloc(0)] },
    { type: "PortalSuspended" },
    { type: "NoData" },
    { type: "EmptyQueryResponse" },
    { type: "CommandComplete", tag: "SELECT 1" },
    { type: "CloseComplete" },
    { type: "CopyInResponse", format: 0, columnFormats: [0, 0] },
    { type: "CopyOutResponse", format: 1, columnFormats: [1] },
    { type: "CopyData", data: Buffer.from("1\tone\n") },
    { type: "CopyDone" },
    { type: "NotificationResponse", pid: 9, channel: "news", payload: "é" },
    { type: "NoticeResponse", fields: noticeFields(notice) },
    { type: "ErrorResponse", fields: errorFields(error) },
  ];
  const parsed: object[] = [];
  new Parser().parse(Buffer.concat(messages.map(encodeBackend)), (message) => parsed.push(message));
  expect(parsed).toMatchSnapshot();
});
