/** Rows that a file brings into a dataset, of which it has some columns alone: the others are as INSERT would fill them. */
import { randomUUID } from "node:crypto";
import { unsupported } from "../base/error.ts";
import type { RowCompletion } from "../ingest/request.ts";
import { completedRows } from "../query/analyze/analyze.ts";
import type { Backend } from "./backend.ts";
import { executionOf, expand } from "./expand.ts";

/** 0A000 for a default that is more than an expression. */
export function completion(backend: Backend): RowCompletion {
  return async (relation, given, write) => {
    const { text } = completedRows(relation, given, await backend.context());
    if (text.calls.length > 0 || text.scans.length > 0 || text.readsCatalog)
      throw unsupported(
        `loading a file into "${relation.name}" by a default that reads relations`,
        {
          hint: "Use COPY, or INSERT … SELECT from another dataset.",
        },
      );
    const { transaction, services, sequences } = backend;
    const marker = `file_${randomUUID()}`;
    return sequences.around(text, false, async () => {
      const { sql } = await expand(
        text,
        { calls: [], written: marker, areInline: true },
        transaction,
        executionOf(backend, []),
        services,
      );
      const result = await write((rows) => sql.replaceAll(marker, () => `(${rows})`));
      await sequences.settle();
      return result;
    });
  };
}
