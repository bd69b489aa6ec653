import fc from "fast-check";
import { expect, test } from "vitest";
import { PgError } from "../../src/base/error.ts";
import { Framer } from "../../src/wire/frame.ts";
import { decodeStartup, parseOptions, type StartupPacket } from "../../src/wire/startup.ts";
import {
  cancelRequest,
  encodeStartup,
  gssencRequest,
  sslRequest,
} from "../support/client-codec.ts";

function decode(packet: Buffer): StartupPacket | undefined {
  const framer = new Framer();
  framer.push(packet);
  const body = framer.takeStartup(10_000);
  return body && decodeStartup(body);
}

test("the four startup packets are told apart by their version", () => {
  expect(decode(sslRequest)).toEqual({ type: "SSLRequest" });
  expect(decode(gssencRequest)).toEqual({ type: "GSSENCRequest" });
  expect(decode(cancelRequest(7, -8))).toEqual({ type: "CancelRequest", pid: 7, secretKey: -8 });
  expect(decode(encodeStartup({ user: "ann", application_name: "ä" }, (3 << 16) | 2))).toEqual({
    type: "StartupMessage",
    minor: 2,
    parameters: new Map([
      ["user", "ann"],
      ["application_name", "ä"],
    ]),
  });
});

test("a startup packet can come byte by byte", () => {
  const framer = new Framer();
  const packet = encodeStartup({ user: "ann" });
  for (const byte of packet.subarray(0, -1)) {
    framer.push(Buffer.of(byte));
    expect(framer.takeStartup(10_000)).toBeUndefined();
  }
  framer.push(packet.subarray(-1));
  expect(framer.takeStartup(10_000)).toEqual(packet.subarray(4));
});

test("other protocols are named, not guessed at", () => {
  expect(decode(encodeStartup({}, 2 << 16))).toEqual({
    type: "UnsupportedVersion",
    major: 2,
    minor: 0,
  });
});

test.each([
  ["a missing terminator", Buffer.from("\0\x03\0\0user\0ann\0")],
  ["bytes behind the terminator", Buffer.from("\0\x03\0\0user\0ann\0\0x")],
  ["a name without a value", Buffer.from("\0\x03\0\0user\0")],
])("%s is refused", (_, body) => {
  expect(() => decodeStartup(body)).toThrow(
    expect.objectContaining({
      sqlstate: "08P01",
      severity: "FATAL",
      message: "invalid startup packet layout: expected terminator as last byte",
    }),
  );
});

test("a startup packet has a cap, known before it is read", () => {
  for (const length of [3, -5, 10_005, 0x47455420]) {
    const framer = new Framer();
    const head = Buffer.alloc(4);
    head.writeInt32BE(length);
    framer.push(head);
    expect(() => framer.takeStartup(10_000)).toThrow("invalid length of startup packet");
  }
});

test.each<[string, Record<string, string>]>([
  ["-c geqo=off", { geqo: "off" }],
  ["-cgeqo=off   --work-mem=4MB", { geqo: "off", work_mem: "4MB" }],
  ["-c search_path=a\\ b", { search_path: "a b" }],
  ["-c x=a\\\\b -c y=", { x: "a\\b", y: "" }],
  ["  ", {}],
  ["-c application_name=a=b", { application_name: "a=b" }],
])("options are split as a command line: %j", (options, expected) => {
  expect(Object.fromEntries(parseOptions(options))).toEqual(expected);
});

test.each([
  ["-c foo", "-c foo requires a value"],
  ["--foo", "--foo requires a value"],
  ["-x", "invalid command-line argument for server process: -x"],
  ["nope", "invalid command-line argument for server process: nope"],
])("options PostgreSQL refuses are refused: %j", (options, message) => {
  expect(() => parseOptions(options)).toThrow(
    expect.objectContaining({ sqlstate: "42601", severity: "FATAL", message }),
  );
});

test("random startup bytes give a packet or a PgError, never anything else", () => {
  const version = fc.constantFrom(3 << 16, 80877102, 80877103, 80877104, 2 << 16);
  fc.assert(
    fc.property(version, fc.uint8Array({ maxLength: 60 }), (code, noise) => {
      const head = Buffer.alloc(4);
      head.writeInt32BE(code);
      try {
        decodeStartup(Buffer.concat([head, noise]));
        decodeStartup(Buffer.from(noise));
      } catch (error) {
        expect(error).toBeInstanceOf(PgError);
      }
    }),
    { numRuns: 1000 },
  );
});
