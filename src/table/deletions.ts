/** The rows one commit deletes: deletion vectors written for the version it follows, and again where another commit got in between. */
import { assert, must } from "../base/assert.ts";
import type { Engine } from "../engine/engine.ts";
import type { Bucket } from "../storage/storage.ts";
import type { Add } from "./actions.ts";
import { lostRace } from "./conflict.ts";
import { deletedRows, disjointUnion, writeVectors } from "./deletion-vectors.ts";
import { rowCountOf } from "./row-count.ts";
import type { Change, TableVersion } from "./table.ts";
import { vectorName } from "./version.ts";

interface Rewritten {
  /** The deletion vector it was made upon. */
  readonly upon: string;
  /** Undefined: no row is left. */
  readonly add: Add | undefined;
}

export class Deletions {
  readonly #bucket: Bucket;
  readonly #location: string;
  readonly #engine: Engine;
  readonly #deletes: ReadonlyMap<string, ArrayLike<number>>;
  readonly #rewritten = new Map<string, Rewritten>();
  readonly #keys: string[] = [];

  constructor(bucket: Bucket, location: string, engine: Engine, change: Change) {
    this.#bucket = bucket;
    this.#location = location;
    this.#engine = engine;
    const deletes = [...(change.deletes ?? [])].filter(([, rows]) => rows.length > 0);
    for (const [path, rows] of deletes) assert(isAscending(rows), `rows of ${path} ascend`);
    this.#deletes = new Map(deletes);
  }

  /** The files that lose rows, as they are without them. 40001 when one is gone, or a row of it is. */
  async upon(newest: TableVersion): Promise<ReadonlyMap<string, Add | undefined>> {
    const stale = [...this.#deletes].flatMap(([path, rows]) => {
      const file = newest.files.get(path);
      if (!file) throw lostRace(`Version ${newest.number} no longer has a file this deletes from.`);
      const upon = vectorName(file.deletionVector);
      return this.#rewritten.get(path)?.upon === upon ? [] : [{ path, rows, file, upon }];
    });
    const whole = await Promise.all(
      stale.map(async (each) => ({
        ...each,
        all: await this.#allDeleted(each.file, each.rows, newest),
        numRecords: await rowCountOf(this.#engine, this.#bucket, this.#location, each.file),
      })),
    );
    const partial = whole.filter(({ all, numRecords }) => all.length < numRecords);
    for (const { path, upon } of whole) this.#rewritten.set(path, { upon, add: undefined });
    const written = await writeVectors(
      this.#bucket,
      this.#location,
      partial.map(({ all }) => all),
    );
    if (written.key !== undefined) this.#keys.push(written.key);
    for (const [i, { path, upon, file, numRecords }] of partial.entries()) {
      const deletionVector = must(written.vectors[i], "a vector for each list");
      const stats = withLooseBounds(file.stats, numRecords);
      this.#rewritten.set(path, { upon, add: { ...file, stats, deletionVector } });
    }
    return new Map([...this.#rewritten].map(([path, { add }]) => [path, add]));
  }

  /** Forgets what was written. Not to be called when a commit may have named it. */
  async discard(): Promise<void> {
    for (const key of this.#keys) await this.#bucket.delete(key);
  }

  async #allDeleted(
    file: Add,
    rows: ArrayLike<number>,
    newest: TableVersion,
  ): Promise<ArrayLike<number>> {
    if (!file.deletionVector) return rows;
    const before = await deletedRows(this.#bucket, this.#location, file.deletionVector);
    const all = disjointUnion(before, rows);
    if (!all) throw lostRace(`Version ${newest.number} no longer has a row this deletes.`);
    return all;
  }
}

/** A file with deleted rows says how many it has in all, and that its bounds need not be met. Numbers keep their digits. */
function withLooseBounds(stats: string | undefined, numRecords: number): string {
  const members = (stats ?? "{}")
    .trim()
    .slice(1, -1)
    .replace(/"tightBounds"\s*:\s*(true|false)\s*,?/, "")
    .replace(/[\s,]+$/, "");
  const all = /"numRecords"\s*:/.test(members) ? [] : [`"numRecords":${numRecords}`];
  all.push('"tightBounds":false', ...(members === "" ? [] : [members]));
  return `{${all.join(",")}}`;
}

function isAscending(rows: ArrayLike<number>): boolean {
  let before = -1;
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i] ?? -1;
    if (row <= before) return false;
    before = row;
  }
  return true;
}
