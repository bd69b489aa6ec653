/** A literal in the engine's SQL is the value it was made from, of the type it was made with. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Engine, openEngine } from "../../src/engine/engine.ts";
import { engineLiteral } from "../../src/pgtypes/engine-literal.ts";
import type { LogicalType } from "../../src/pgtypes/logical-type.ts";
import { readValue } from "../../src/pgtypes/read-value.ts";
import { parseText } from "../../src/pgtypes/text-input.ts";
import { typeByName } from "../../src/pgtypes/types.ts";
import type { EngineValue } from "../../src/pgtypes/vector.ts";
import { edgeValues } from "./edge-values.ts";

const never = new AbortController().signal;
let engine: Engine;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "lakewire-"));
  engine = await openEngine({ temporaryDirectory: folder });
});
afterAll(async () => {
  await engine.close();
  await rm(folder, { recursive: true });
});

async function back(type: LogicalType, value: EngineValue): Promise<readonly unknown[]> {
  const connection = await engine.connect();
  try {
    const stream = await connection.stream(`SELECT ${engineLiteral(type, value)} AS v`, [], never);
    const batch = await stream.next();
    const vector = batch?.vectors[0];
    return [stream.columns[0]?.type, vector && readValue(vector, 0)];
  } finally {
    connection.release();
  }
}

for (const [name, texts] of Object.entries(edgeValues)) {
  test(`literals of ${name} are their values`, async () => {
    for (const text of texts) {
      let typed: { readonly type: LogicalType; readonly value: EngineValue };
      try {
        typed = parseText(typeByName(name)?.oid ?? 0, -1, text);
      } catch {
        continue;
      }
      // The engine has no empty bit string.
      if (typed.type.id === "BIT" && typed.value === "") continue;
      expect([text, ...(await back(typed.type, typed.value))]).toEqual([
        text,
        typed.type,
        typed.value,
      ]);
    }
  });
}

test("literals of the engine's own types are their values", async () => {
  const struct = {
    id: "STRUCT",
    fields: [
      { name: "it's", type: { id: "INTEGER" } },
      { name: "b", type: { id: "LIST", child: { id: "VARCHAR" } } },
    ],
  } as const;
  const cases: readonly (readonly [LogicalType, EngineValue])[] = [
    [{ id: "VARCHAR" }, "it's; -- \\ \n ' \" $1"],
    [struct, [1, ["'", null]]],
    [struct, null],
    [{ id: "MAP", key: { id: "VARCHAR" }, value: { id: "INTEGER" } }, [["a'b", 1]]],
    [{ id: "ARRAY", child: { id: "INTEGER" }, length: 2 }, [1, null]],
    [{ id: "HUGEINT" }, -(2n ** 127n)],
    [{ id: "TIMESTAMP_NS" }, 1_704_449_472_123_456_789n],
    [{ id: "TIMESTAMP_NS" }, -1n],
    [{ id: "TIMESTAMP_MS" }, 1_704_449_472_123n],
    [{ id: "TIMESTAMP_S" }, 1_704_449_472n],
    [{ id: "TIME_NS" }, 1_000_000_001n],
    [{ id: "ENUM", values: ["a", "it's"] }, "it's"],
    [{ id: "UTINYINT" }, 255],
    [{ id: "DOUBLE" }, Number.NEGATIVE_INFINITY],
    [
      {
        id: "UNION",
        members: [
          { name: "num", type: { id: "INTEGER" } },
          { name: "str", type: { id: "VARCHAR" } },
        ],
      },
      [1, "x"],
    ],
  ];
  for (const [type, value] of cases) {
    expect(await back(type, value)).toEqual([type, value]);
  }
});
