/** RETURNING of a few rows that go past the stage: asked over the rows themselves, before they are committed. */
import { must } from "../base/assert.ts";
import { quoteName } from "../base/quote.ts";
import type { Relation } from "../catalog/relation.ts";
import { engineLiteral } from "../pgtypes/engine-literal.ts";
import { readValue } from "../pgtypes/read-value.ts";
import type { Batch } from "../pgtypes/vector.ts";
import type { EngineText } from "../query/plan.ts";
import type { Backend } from "./backend.ts";
import { openResult } from "./engine-rows.ts";
import type { Outcome } from "./portal.ts";
import type { Request } from "./request.ts";

/** Of more rows the engine's own table is read sooner. */
export const returnedRowsMax = 256;

/** It reads the rows written and nothing else. */
export function isOfRowsAlone(text: EngineText | undefined): boolean {
  if (text === undefined) return true;
  const { scans, calls, readsCatalog, sequences } = text;
  return scans.length === 0 && calls.length === 0 && !readsCatalog && sequences === undefined;
}

/** Rows of a ModifyPlan's source. */
export interface ReturnedRows {
  readonly target: Relation;
  /** `"@action"`, `"@file"`, `"@row"`, then the target's columns. */
  readonly changes: Batch;
  /** Those of them that are written: one at least, where they are asked for. */
  readonly rows: readonly number[];
}

/** Rows that are put beside those there are. */
export function insertedRows(target: Relation, { rowCount, vectors }: Batch): ReturnedRows {
  const nothing = {
    type: { id: "NULL" },
    data: new Uint8Array(),
    pages: [],
    children: [],
  } as const;
  const absent = { ...nothing, validity: null };
  return {
    target,
    changes: { rowCount, vectors: [absent, absent, absent, ...vectors] },
    rows: Array.from({ length: rowCount }, (_, row) => row),
  };
}

/** What `write` answers with; false of it, and an error, take the rows back. Undefined: it was false. */
export async function answered(
  returning: EngineText | undefined,
  tag: string,
  written: ReturnedRows,
  write: () => Promise<boolean>,
  backend: Backend,
  parameters: Request["parameters"],
): Promise<Outcome | undefined> {
  if (returning === undefined) return (await write()) ? { kind: "command", tag } : undefined;
  const rows = await openResult(returning, backend, parameters, { written: textOf(written) });
  let isDone = false;
  try {
    isDone = await write();
  } finally {
    if (!isDone) await rows.close();
  }
  if (!isDone) return undefined;
  return { kind: "rows", rows, tag: (given) => tag.replace(/\d+$/, String(given)) };
}

function textOf({ target, changes, rows }: ReturnedRows): string {
  const names = ["@action", "@file", "@row", ...target.columns.map(({ name }) => name)];
  const list = names.map(quoteName).join(", ");
  const values = rows.map((row) => {
    const literals = names.map((_, at) => {
      const vector = must(changes.vectors[at], "a column for each name");
      return engineLiteral(vector.type, readValue(vector, row));
    });
    return `(${literals.join(", ")})`;
  });
  return `(SELECT * FROM (VALUES ${values.join(", ")}) AS written(${list}))`;
}
