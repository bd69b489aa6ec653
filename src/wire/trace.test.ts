import { expect, test } from "vitest";
import { printMessage, traceLine } from "./trace.ts";

test("a message is one line, its defaults left out", () => {
  expect(traceLine("frontend", { type: "Sync" })).toBe("F Sync");
  expect(traceLine("backend", { type: "ReadyForQuery", status: "I" })).toBe(
    'B ReadyForQuery {"status":"I"}',
  );
});

test("bytes are text where they are text", () => {
  const values = [Buffer.from("ä\n"), Buffer.of(0, 0, 0, 7), null, Buffer.alloc(0)];
  expect(printMessage({ type: "DataRow", values })).toBe(
    'DataRow {"values":["ä\\n",{"hex":"00000007"},null,""]}',
  );
});

test("a field description names only what is not usual", () => {
  const field = { name: "x", tableOid: 0, columnNumber: 0, typeOid: 23, typeSize: 4, typmod: -1 };
  expect(printMessage({ type: "RowDescription", fields: [{ ...field, format: 0 }] })).toBe(
    'RowDescription {"fields":[{"name":"x","typeOid":23,"typeSize":4}]}',
  );
});
