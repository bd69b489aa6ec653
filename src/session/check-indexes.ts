/** Unique indexes on expressions, or on some rows alone: what they are of is computed for the rows written, and for the others. */
import type { Relation } from "../catalog/relation.ts";
import type { TableIndex } from "../catalog/table-index.ts";
import { indexKeysText } from "../query/analyze/analyze.ts";
import type { EngineText } from "../query/plan.ts";
import type { Backend } from "./backend.ts";
import type { RowSource } from "./check-keys.ts";
import { openRows, runText } from "./engine-rows.ts";
import { createTextReader } from "./text-rows.ts";

let serial = 0;

/** A key of `written`, as text, that is there twice; `others` undefined: among `written` alone. */
export async function repeatedIndexKey(
  relation: Relation,
  index: TableIndex,
  written: string,
  others: RowSource | undefined,
  backend: Backend,
): Promise<readonly (string | null)[] | undefined> {
  const text = indexKeysText(relation, index, await backend.context());
  const fresh = `call.u${++serial}`;
  const names = index.keys.map((_, at) => `k${at}`);
  const list = names.join(", ");
  const isKey = index.nullsNotDistinct
    ? "true"
    : names.map((name) => `${name} IS NOT NULL`).join(" AND ");
  const { engine } = backend.services;
  const given = { written };
  const creation = (sql: string) =>
    `CREATE TABLE ${fresh} AS SELECT * FROM (${sql}) AS keys(${list}) WHERE ${isKey}`;
  await runText(text, creation, backend, [], given);
  try {
    const twice = await firstRow(
      plain(`SELECT ${list} FROM ${fresh} GROUP BY ${list} HAVING count(*) > 1 LIMIT 1`),
      index,
      {},
      backend,
    );
    if (twice !== undefined || others === undefined) return twice;
    const [some] = await engine.system(`SELECT 1 FROM ${fresh} LIMIT 1`);
    if (some === undefined) return undefined;
    const columns = relation.columns
      .filter(({ number }) => index.reads.includes(number))
      .map(({ name }) => name);
    const equal = index.nullsNotDistinct ? "IS NOT DISTINCT FROM" : "=";
    const on = names.map((name) => `fresh.${name} ${equal} old.${name}`).join(" AND ");
    const met: EngineText = {
      ...text,
      pieces: [
        `SELECT fresh.* FROM ${fresh} AS fresh SEMI JOIN (SELECT * FROM (`,
        ...text.pieces,
        `) AS keys(${list})) AS old ON ${on} LIMIT 1`,
      ],
    };
    return await firstRow(met, index, { written: await others(columns, []) }, backend);
  } finally {
    await engine.system(`DROP TABLE IF EXISTS ${fresh}`);
  }
}

function plain(sql: string): EngineText {
  return { pieces: [sql], scans: [], calls: [], parameters: [], readsCatalog: false };
}

async function firstRow(
  text: EngineText,
  { keys }: TableIndex,
  names: { readonly written?: string },
  backend: Backend,
): Promise<readonly (string | null)[] | undefined> {
  const rows = await openRows(text, backend, [], names);
  try {
    const batch = await rows.ready();
    if (batch === undefined) return undefined;
    const columns = keys.map(({ typeOid }, at) => ({
      typeOid,
      typmod: -1,
      type: rows.stream.columns[at]?.type ?? { id: "NULL" as const },
    }));
    return createTextReader(columns, backend.textSettings())(batch)[0];
  } finally {
    await rows.close();
  }
}
