/** A throwaway data folder with an engine, buckets and tables over it. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Engine, openEngine } from "../../src/engine/engine.ts";
import { openBuckets } from "../../src/storage/buckets.ts";
import type { Buckets, Fault } from "../../src/storage/storage.ts";
import type { Column, Table } from "../../src/table/table.ts";
import { openTables, type Tables } from "../../src/table/tables.ts";

export interface Lake {
  readonly root: string;
  readonly engine: Engine;
  readonly buckets: Buckets;
  readonly tables: Tables;
  /** A second server over the same folder. */
  open(): Promise<Lake>;
  close(): Promise<void>;
}

export async function openLake(
  options: { readonly root?: string; readonly fault?: Fault; readonly sealed?: boolean } = {},
): Promise<Lake> {
  const root = options.root ?? mkdtempSync(join(tmpdir(), "lake-"));
  const temporaryDirectory = mkdtempSync(join(tmpdir(), "lake-engine-"));
  const engine = await openEngine({ temporaryDirectory, threads: 2 });
  const buckets = await openBuckets({
    root,
    buckets: [{ name: "primary", backend: "local" }],
    ...(options.fault ? { fault: options.fault } : {}),
  });
  if (options.sealed) await engine.seal(buckets.folders);
  const tables = openTables(buckets, engine, {
    onFault: (error) => {
      throw error;
    },
  });
  return {
    root,
    engine,
    buckets,
    tables,
    open: () => openLake({ root }),
    close: async () => {
      await tables.settle();
      await engine.close();
      await buckets.close();
      rmSync(temporaryDirectory, { recursive: true, force: true });
      if (options.root === undefined) rmSync(root, { recursive: true, force: true });
    },
  };
}

export const never = new AbortController().signal;

export function column(name: string, typeOid: number, rest: Partial<Column> = {}): Column {
  return {
    name,
    number: 1,
    typeOid,
    typmod: -1,
    notNull: false,
    defaultText: null,
    comment: null,
    ...rest,
  };
}

export function columns(types: Readonly<Record<string, number>>): readonly Column[] {
  return Object.entries(types).map(([name, typeOid], i) =>
    column(name, typeOid, { number: i + 1 }),
  );
}

export async function add(table: Table, select: string): Promise<void> {
  const base = await table.current();
  const adds = await table.write(base, select, never);
  await table.commit(base, { adds }, { operation: "WRITE", actor: "test" });
}
