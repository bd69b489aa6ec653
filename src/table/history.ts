/** What was done to a dataset, entry by entry of its log. */
import type { Action, Add } from "./actions.ts";
import type { LogEntry } from "./log.ts";
import { liveRows } from "./statistics.ts";
import type { TableVersion } from "./table.ts";
import { isCompensation } from "./version.ts";

export interface HistoryEntry {
  readonly version: number;
  readonly committedAt: Date | undefined;
  /** Delta's name of it. */
  readonly operation: string;
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly actor: string | undefined;
  readonly engine: string | undefined;
  /** Undefined where statistics lack them. */
  readonly rowsAdded: number | undefined;
  readonly rowsRemoved: number | undefined;
  readonly filesAdded: number;
  readonly filesRemoved: number;
  readonly bytesAdded: number;
}

/** Entries upon `base`, oldest first. A file whose deletion vector grew loses rows; it is neither added nor removed. */
export function historyUpon(
  base: Pick<TableVersion, "files"> | undefined,
  entries: readonly LogEntry<Action>[],
): readonly HistoryEntry[] {
  const files = new Map<string, Add>(base?.files);
  return entries.filter(counts).map(({ version, actions }) => {
    const adds = actions.flatMap((action) => ("add" in action ? [action.add] : []));
    const removes = actions.flatMap((action) => ("remove" in action ? [action.remove.path] : []));
    const before = new Map(
      [...new Set([...removes, ...adds.map(({ path }) => path)])].flatMap((path) => {
        const file = files.get(path);
        return file ? [[path, file] as const] : [];
      }),
    );
    for (const path of removes) files.delete(path);
    for (const add of adds) files.set(add.path, add);
    const after = new Map(adds.map((add) => [add.path, add] as const));
    return { version, ...told(actions), ...counted(before, after) };
  });
}

/** Not so an aborted transaction's, nor the one that tells other engines to forget it. */
function counts({ actions, aborted }: LogEntry<Action>): boolean {
  if (aborted) return false;
  return !actions.some((action) => "commitInfo" in action && isCompensation(action.commitInfo));
}

function told(
  actions: readonly Action[],
): Pick<HistoryEntry, "committedAt" | "operation" | "parameters" | "actor" | "engine"> {
  const commit = actions.find((action) => "commitInfo" in action);
  const info = commit && "commitInfo" in commit ? commit.commitInfo : {};
  const time = Number(info["inCommitTimestamp"] ?? info["timestamp"]);
  const parameters = info["operationParameters"];
  return {
    committedAt: Number.isFinite(time) ? new Date(time) : undefined,
    operation: text(info["operation"]) ?? "UNKNOWN",
    parameters: typeof parameters === "object" && parameters !== null ? { ...parameters } : {},
    actor: text(info["userName"]),
    engine: text(info["engineInfo"]),
  };
}

function counted(
  before: ReadonlyMap<string, Add>,
  after: ReadonlyMap<string, Add>,
): Pick<HistoryEntry, "rowsAdded" | "rowsRemoved" | "filesAdded" | "filesRemoved" | "bytesAdded"> {
  let [rowsAdded, rowsRemoved]: [number | undefined, number | undefined] = [0, 0];
  const change = (rows: number | undefined) => {
    if (rows === undefined) rowsAdded = rowsRemoved = undefined;
    else if (rows > 0 && rowsAdded !== undefined) rowsAdded += rows;
    else if (rowsRemoved !== undefined) rowsRemoved -= rows;
  };
  for (const [path, file] of after) {
    const known = before.get(path);
    change(difference(liveRows(file), known ? liveRows(known) : 0));
  }
  const gone = [...before].filter(([path]) => !after.has(path));
  for (const [, file] of gone) change(difference(0, liveRows(file)));
  const fresh = [...after].filter(([path]) => !before.has(path));
  return {
    rowsAdded,
    rowsRemoved,
    filesAdded: fresh.length,
    filesRemoved: gone.length,
    bytesAdded: fresh.reduce((sum, [, { size }]) => sum + size, 0),
  };
}

function difference(now: number | undefined, before: number | undefined): number | undefined {
  return now === undefined || before === undefined ? undefined : now - before;
}

function text(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}
