/** How much of the engine a text needs. */
import type { EngineText } from "../query/plan.ts";
import { rowsPerValue } from "../table/rows-per-value.ts";
import type { Transaction } from "./transaction.ts";

/**
 * `few rows`: not worth a stream, which takes two more trips to the engine; a SELECT over nothing is one of them. `small`: one
 * that uses nothing of ours either, so that the engine's twin can answer it.
 */
export type Reach = "rows" | "few rows" | "small";

/** As many as one batch of the engine's holds. */
const fewRows = 2048;

const known = new WeakMap<EngineText, Reach>();

export function reachOf(text: EngineText): Reach {
  let reach = known.get(text);
  if (reach === undefined) {
    reach = readReach(text);
    known.set(text, reach);
  }
  return reach;
}

/**
 * Rows of one dataset by a number that few of them have: likely as few as for a key. Where that is wrong the rows are all made
 * before the first is sent, within the engine's limits.
 */
export async function isLookup(text: EngineText, transaction: Transaction): Promise<boolean> {
  const [scan] = text.scans;
  if (scan === undefined || text.scans.length > 1 || text.calls.length > 0) return false;
  const asked = scan.where.filter(({ operator }) => operator === "=");
  const { relation, at } = scan;
  if (asked.length === 0 || at !== undefined || relation.source.kind !== "dataset") return false;
  if (transaction.isCreatedHere(relation)) return false;
  const version = await transaction.version(relation);
  return asked.some(
    ({ column }) => (rowsPerValue(version, column) ?? Number.POSITIVE_INFINITY) <= fewRows,
  );
}

/** No keyword makes it give more than one row. Rather too seldom than too often. */
function readReach(text: EngineText): Reach {
  const sql = text.pieces.join("");
  const isSingle =
    text.scans.length === 0 &&
    text.calls.length === 0 &&
    /^\s*SELECT\b/i.test(sql) &&
    !/\b(FROM|UNION|INTERSECT|EXCEPT|VALUES|UNNEST|GENERATE_\w+|RANGE|EXPLAIN)\b/i.test(sql);
  if (!isSingle) {
    const isFew = (text.rowsMax ?? Number.POSITIVE_INFINITY) <= fewRows || isOfCatalog(text);
    return isFew ? "few rows" : "rows";
  }
  return text.readsCatalog || namesOurs.test(sql) ? "few rows" : "small";
}

/** Sorted rows of the catalog alone are made as a whole in any case, and are seldom more than there are relations. */
function isOfCatalog({ isSorted, readsCatalog, scans, calls }: EngineText): boolean {
  return isSorted === true && readsCatalog && scans.length === 0 && calls.length === 0;
}

/** Every macro and function made in the engine has this in its name, and so have the schemas of our relations. */
const namesOurs = /shim/i;
