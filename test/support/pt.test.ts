import { expect, test } from "vitest";
import { acceptOutcomes, parseScript, runScript } from "./pt.ts";
import type { WireClient } from "./wire-client.ts";

const text = `# Two blocks and a difference.
show message
ignore RowDescription.typeSize ParameterStatus

send
Query {"sql":"SELECT 1"}
----

until
ReadyForQuery
----
CommandComplete {"tag":"SELECT 1"}
ReadyForQuery {"status":"I"}

only postgres
send
Raw {"hex":"58 00000004"}
----

until
Closed
----
`;

/** A server that says what it is told to, and keeps what it hears. */
function scripted(messages: readonly unknown[]): { client: WireClient; heard: Buffer[] } {
  const heard: Buffer[] = [];
  const left = [...messages];
  const client = {
    write: (bytes: Buffer) => void heard.push(bytes),
    next: async () => left.shift(),
  };
  return { client: client as unknown as WireClient, heard };
}

test("a script is blocks with the lines they expect", () => {
  const { blocks } = parseScript(text);
  expect(blocks.map(({ line, command, only }) => [line, command, only])).toEqual([
    [5, "send", undefined],
    [9, "until", undefined],
    [16, "send", "postgres"],
    [20, "until", undefined],
  ]);
  expect(blocks[1]?.expected).toEqual([
    'CommandComplete {"tag":"SELECT 1"}',
    'ReadyForQuery {"status":"I"}',
  ]);
});

test("a script is run for one side, and what came is told", async () => {
  const { client, heard } = scripted([
    { type: "ParameterStatus", name: "a", value: "b" },
    {
      type: "RowDescription",
      fields: [
        { name: "x", tableOid: 16400, columnNumber: 1, typeOid: 23, typeSize: 4, typmod: -1 },
      ],
    },
    { type: "ErrorResponse", fields: { S: "ERROR", C: "22012", M: "division by zero", P: "8" } },
    { type: "ReadyForQuery", status: "E" },
  ]);
  const outcomes = await runScript(parseScript(text), client, "ours");
  expect(heard).toEqual([Buffer.from("Q\0\0\0\rSELECT 1\0")]);
  expect(outcomes.map(({ actual }) => actual)).toEqual([
    [],
    [
      'RowDescription {"fields":[{"name":"x","tableOid":"*","columnNumber":1,"typeOid":23}]}',
      'ErrorResponse {"code":"22012","message":"division by zero"}',
      'ReadyForQuery {"status":"E"}',
    ],
    ["Closed"],
  ]);
});

test("accepting changes expectations and nothing else", async () => {
  const { client } = scripted([{ type: "ReadyForQuery", status: "I" }]);
  const accepted = acceptOutcomes(text, await runScript(parseScript(text), client, "postgres"));
  expect(accepted).toBe(
    text
      .replace('CommandComplete {"tag":"SELECT 1"}\n', "")
      .replace("Closed\n----\n", "Closed\n----\nClosed\n"),
  );
  expect(parseScript(accepted).blocks.length).toBe(4);
});

test.each([
  ["sent\nSync\n----\n", "unknown command sent"],
  ["send\nSync\n", "no ---- ends this send"],
  ["only theirs\nsend\n----\n", "only postgres or only ours"],
])("a script with a mistake is refused: %j", (script, message) => {
  expect(() => parseScript(script)).toThrow(message);
});

test.each([
  ["Quarry", "no frontend message is called Quarry"],
  ['Query {"text":"x"}', "Query has no field text"],
  ['Bind {"parameters":[1]}', "bytes are a text"],
])("a message with a mistake is refused: %s", async (line, message) => {
  const { client } = scripted([]);
  const script = parseScript(`send\n${line}\n----\n`);
  await expect(runScript(script, client, "ours")).rejects.toThrow(message);
});
