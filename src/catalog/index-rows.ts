/** Indexes that enforce nothing → rows of the fact tables. */
import { builtins } from "./builtins.ts";
import type { Row } from "./fact-rows.ts";
import type { Relation } from "./relation.ts";
import { type IndexKey, keyOption, type TableIndex } from "./table-index.ts";

/** pg_am's. */
const methods: Readonly<Record<string, number>> = {
  btree: 403,
  hash: 405,
  gist: 783,
  gin: 2742,
  spgist: 4000,
  brin: 3580,
};

export function indexRows({ oid, indexes = [] }: Relation): Row[] {
  return indexes.map((index) => {
    const expressions = index.keys.flatMap(({ expression }) => expression ?? []);
    return {
      oid: index.oid,
      relation_oid: oid,
      name: index.name,
      method: methods[index.method] ?? 0,
      columns: [...index.keys.map(({ column }) => column), ...(index.include ?? [])],
      key_count: index.keys.length,
      options: index.keys.map(keyOption),
      expressions: expressions.length === 0 ? null : expressions.join(", "),
      predicate: index.where ?? null,
      comment: index.comment ?? null,
      parameters: index.options?.length ? index.options : null,
    };
  });
}

export function indexColumnRows(relation: Relation): Row[] {
  return (relation.indexes ?? []).flatMap((index) => {
    const taken = new Set<string>(index.keys.map(({ name }) => name));
    const keys = index.keys.map((key) => ({ name: key.name, ...storedType(key, index) }));
    const included = (index.include ?? []).flatMap((number) => {
      const column = relation.columns.find((each) => each.number === number);
      return column === undefined
        ? []
        : [{ name: unused(column.name, taken), type_oid: column.typeOid }];
    });
    return [...keys, ...included].map((row, at) => ({
      index_oid: index.oid,
      number: at + 1,
      typmod: -1,
      ...row,
    }));
  });
}

/** GIN keeps an array's elements. */
function storedType({ typeOid }: IndexKey, { method }: TableIndex): Row {
  const element = builtins().typesByOid.get(typeOid)?.typelem ?? 0;
  return { type_oid: method === "gin" && element !== 0 ? element : typeOid };
}

function unused(name: string, taken: Set<string>): string {
  let candidate = name;
  for (let n = 1; taken.has(candidate); n++) candidate = `${name}${n}`;
  taken.add(candidate);
  return candidate;
}
