/** Which locks exclude which: https://www.postgresql.org/docs/15/explicit-locking.html#LOCKING-TABLES */

/** In PostgreSQL's order: LOCK TABLE's modes are 1 to 8. */
const tableLockModes = [
  "AccessShareLock",
  "RowShareLock",
  "RowExclusiveLock",
  "ShareUpdateExclusiveLock",
  "ShareLock",
  "ShareRowExclusiveLock",
  "ExclusiveLock",
  "AccessExclusiveLock",
] as const;

export type TableLockMode = (typeof tableLockModes)[number];

export function tableLockMode(number: number): TableLockMode {
  return tableLockModes[number - 1] ?? "AccessExclusiveLock";
}

/** As pg_locks shows it: advisory locks have two of these modes. */
export function shownMode(mode: TableLockMode | "exclusive" | "shared"): TableLockMode {
  if (mode === "exclusive") return "ExclusiveLock";
  return mode === "shared" ? "ShareLock" : mode;
}

const conflicts: Readonly<Record<TableLockMode, readonly number[]>> = {
  AccessShareLock: [8],
  RowShareLock: [7, 8],
  RowExclusiveLock: [5, 6, 7, 8],
  ShareUpdateExclusiveLock: [4, 5, 6, 7, 8],
  ShareLock: [3, 4, 6, 7, 8],
  ShareRowExclusiveLock: [3, 4, 5, 6, 7, 8],
  ExclusiveLock: [2, 3, 4, 5, 6, 7, 8],
  AccessExclusiveLock: [1, 2, 3, 4, 5, 6, 7, 8],
};

export function excludes(
  one: TableLockMode | "exclusive" | "shared",
  other: TableLockMode | "exclusive" | "shared",
): boolean {
  return conflicts[shownMode(one)].includes(tableLockModes.indexOf(shownMode(other)) + 1);
}
