/** Whether a dataset has a file's content already: told by its log, so by every server alike. */
import type { Relation } from "../catalog/relation.ts";
import type { Tables } from "../table/tables.ts";
import type { StagedFile } from "./staged-file.ts";

/** Which content a dataset has is in its log: one application id a content and mode, its version that of the commit. */
export const appended = (sha256: string) => `ingest:${sha256}`;
export const replaced = (sha256: string) => `${replacedPrefix}${sha256}`;
const replacedPrefix = "ingest-replace:";

interface LoadTarget {
  readonly relation: Relation | undefined;
  readonly mode: "append" | "replace";
}

/** The dataset's version, when it has this content already: appended and not replaced since, or the very last replacement. */
export async function loadedBefore(
  { relation, mode }: LoadTarget,
  { sha256 }: StagedFile,
  tables: Tables,
): Promise<number | undefined> {
  if (relation?.source.kind !== "dataset") return undefined;
  const { source } = relation;
  const { transactions, number } = await tables.get(source.bucket, source.location).current();
  const replacedAt = transactions.get(replaced(sha256)) ?? -1;
  if (mode === "replace") return replacedAt === number ? number : undefined;
  const loadedAt = Math.max(transactions.get(appended(sha256)) ?? -1, replacedAt);
  const lastReplaced = [...transactions]
    .filter(([application]) => application.startsWith(replacedPrefix))
    .reduce((last, [, version]) => Math.max(last, version), -1);
  return loadedAt >= 0 && loadedAt >= lastReplaced ? number : undefined;
}
