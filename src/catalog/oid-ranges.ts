/**
 * OIDs that servers agree on without asking each other. The primary bucket has a log of ranges: whoever puts entry n first
 * gives range n to a bucket. Range n is the 2^18 OIDs from (n + 1) · 2^18, so the first is 262144, above PostgreSQL's own
 * and below those of roles. A bucket's first range starts with its schema's OID; when a range is used up it takes another.
 * A relation has four OIDs in a row (itself, its row type, that type's array, one to spare), so a range holds 65 536, given
 * out in blocks of 16: whoever puts block b of a range first has it, and what it does not use is lost.
 */
import { assert, must } from "../base/assert.ts";
import { PgError } from "../base/error.ts";
import type { Bucket } from "../storage/storage.ts";
import { NumberedLog } from "../table/log.ts";

const rangeOids = 2 ** 18;
const oidsEach = 4;
const blockRelations = 16;
const blocksMax = rangeOids / oidsEach / blockRelations;
/** Roles have the OIDs from 2 000 000 000. */
const rangesMax = Math.floor(2_000_000_000 / rangeOids) - 1;

interface RangeEntry {
  readonly bucket: string;
}

export class OidRanges {
  readonly #primary: Bucket;
  readonly #log: NumberedLog<RangeEntry>;
  /** Ranges by bucket, oldest first. */
  readonly #ranges = new Map<string, number[]>();
  readonly #unused = new Map<string, number[]>();
  #known = -1;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(primary: Bucket) {
    this.#primary = primary;
    this.#log = new NumberedLog(primary, "_lakehouse/oid-ranges");
  }

  /** The OID of a bucket's schema; the bucket is given its first range when it has none. */
  schemaOid(bucket: string): Promise<number> {
    const [first] = this.#ranges.get(bucket) ?? [];
    if (first !== undefined) return Promise.resolve(rangeStart(first));
    return this.#inTurn(async () => rangeStart(await this.#firstRange(bucket)));
  }

  /** The same without asking anybody; undefined when this server has not met the bucket. */
  knownSchemaOid(bucket: string): number | undefined {
    const [first] = this.#ranges.get(bucket) ?? [];
    return first === undefined ? undefined : rangeStart(first);
  }

  allot(bucket: string): Promise<number> {
    return this.#inTurn(async () => {
      await this.#firstRange(bucket);
      const unused = this.#unused.get(bucket) ?? [];
      if (unused.length === 0) unused.push(...(await this.#takeBlock(bucket)));
      this.#unused.set(bucket, unused);
      return must(unused.shift(), "a block is not empty");
    });
  }

  async #firstRange(bucket: string): Promise<number> {
    if (!this.#ranges.has(bucket)) await this.#catchUp();
    const [first] = this.#ranges.get(bucket) ?? [];
    return first ?? this.#takeRange(bucket);
  }

  async #takeRange(bucket: string): Promise<number> {
    const before = this.#ranges.get(bucket)?.length ?? 0;
    for (;;) {
      await this.#catchUp();
      // Another server may have taken it for the same bucket meanwhile.
      const taken = this.#ranges.get(bucket)?.[before];
      if (taken !== undefined) return taken;
      if (this.#known + 1 >= rangesMax) {
        throw new PgError("54000", "all ranges of OIDs have been given to buckets");
      }
      await this.#log.append(this.#known + 1, [{ bucket }]);
    }
  }

  async #catchUp(): Promise<void> {
    for (const { version, actions } of await this.#log.after(this.#known)) {
      const bucket = must(actions[0], "a range has a bucket").bucket;
      this.#ranges.set(bucket, [...(this.#ranges.get(bucket) ?? []), version]);
      this.#known = version;
    }
  }

  async #takeBlock(bucket: string): Promise<readonly number[]> {
    const range = must(this.#ranges.get(bucket)?.at(-1), "a bucket has a range");
    const blocks = new NumberedLog(this.#primary, `_lakehouse/oid-ranges/${range}`);
    let block = (await blocks.bucket.list(`${blocks.folder}/`)).length;
    while (block < blocksMax && !(await blocks.append(block, [{ bucket }]))) block++;
    if (block >= blocksMax) {
      await this.#takeRange(bucket);
      return this.#takeBlock(bucket);
    }
    const first = rangeStart(range) + block * blockRelations * oidsEach;
    const oids = Array.from({ length: blockRelations }, (_, i) => first + i * oidsEach);
    // The first of a range is the schema's.
    return block === 0 ? oids.slice(1) : oids;
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(work);
    this.#turn = result.catch(() => undefined);
    return result;
  }
}

function rangeStart(range: number): number {
  assert(range >= 0 && range < rangesMax, "a range below the roles'");
  return (range + 1) * rangeOids;
}
