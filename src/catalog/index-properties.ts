/** pg_index_column_has_property and its kin. https://www.postgresql.org/docs/15/functions-info.html#FUNCTIONS-INFO-CATALOG-TABLE */
import { builtins } from "./builtins.ts";
import { constraintsIn } from "./constraints.ts";
import type { Facts } from "./facts.ts";
import { indexesIn, keyOption } from "./table-index.ts";

/** Methods that have a property. */
const ofMethods: Readonly<Record<string, readonly string[]>> = {
  can_order: ["btree"],
  can_unique: ["btree"],
  can_multi_col: ["btree", "gist", "gin", "brin"],
  can_exclude: ["btree", "hash", "gist", "spgist"],
  can_include: ["btree", "gist", "spgist"],
};
const ofIndexes: Readonly<Record<string, readonly string[]>> = {
  clusterable: ["btree", "gist"],
  index_scan: ["btree", "hash", "gist", "spgist"],
  bitmap_scan: ["btree", "hash", "gist", "spgist", "gin", "brin"],
  backward_scan: ["btree", "hash"],
};
const ofKeys: Readonly<Record<string, readonly string[]>> = {
  orderable: ["btree"],
  distance_orderable: [],
  search_array: ["btree"],
  search_nulls: ["btree", "gist", "spgist", "brin"],
};
/** Bit of indoption, and whether it is set: 1 descending, 2 nulls first. */
const ofOrder: Readonly<Record<string, readonly [bit: number, isSet: boolean]>> = {
  asc: [1, false],
  desc: [1, true],
  nulls_first: [2, true],
  nulls_last: [2, false],
};

const methodNames: Readonly<Record<number, string>> = {
  403: "btree",
  405: "hash",
  783: "gist",
  2742: "gin",
  4000: "spgist",
  3580: "brin",
};

/** NULL where there is no such method or property. */
export function methodProperty(_: Facts, method: number, property: string): boolean | null {
  const name = methodNames[method];
  return name === undefined ? null : (ofMethods[property.toLowerCase()]?.includes(name) ?? null);
}

export function indexProperty(facts: Facts, oid: number, property: string): boolean | null {
  const index = indexOf(facts, oid);
  return index === undefined
    ? null
    : (ofIndexes[property.toLowerCase()]?.includes(index.method) ?? null);
}

export function indexColumnProperty(
  facts: Facts,
  oid: number,
  column: number,
  property: string,
): boolean | null {
  const index = indexOf(facts, oid);
  if (index === undefined || column < 1 || column > index.count) return null;
  const option = index.options[column - 1];
  const word = property.toLowerCase();
  if (word === "returnable") return index.method === "btree";
  const methods = ofKeys[word];
  if (methods !== undefined) return option !== undefined && methods.includes(index.method);
  const order = ofOrder[word];
  if (order === undefined || option === undefined) return null;
  const [bit, isSet] = order;
  return index.method === "btree" && ((option & bit) !== 0) === isSet;
}

interface Index {
  readonly method: string;
  /** As pg_index.indoption: of keys alone. */
  readonly options: readonly number[];
  readonly count: number;
}

function indexOf(facts: Facts, oid: number): Index | undefined {
  const own = indexesIn(facts.catalog).get(oid)?.index;
  if (own !== undefined) {
    const { method, keys, include = [] } = own;
    return { method, options: keys.map(keyOption), count: keys.length + include.length };
  }
  const key = constraintsIn(facts.catalog).keys.get(oid)?.constraint;
  const columns = key?.columns.length ?? builtins().indexes.get(oid)?.indkey.length;
  if (columns === undefined) return undefined;
  const count = columns + (key?.include?.length ?? 0);
  const options = key?.options ?? Array<number>(columns).fill(0);
  return { method: "btree", options, count };
}
