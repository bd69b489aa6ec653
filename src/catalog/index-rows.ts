/** Indexes that enforce nothing → rows of the fact tables. */
import { builtins } from "./builtins.ts";
import type { Row } from "./fact-rows.ts";
import { columnClass } from "./operator-classes.ts";
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
    const method = methods[index.method] ?? 0;
    const classes = index.keys.map(({ typeOid, operatorClass }) =>
      columnClass(method, typeOid, operatorClass),
    );
    const expressions = index.keys.flatMap(({ expression }) => expression ?? []);
    return {
      oid: index.oid,
      relation_oid: oid,
      name: index.name,
      method,
      classes: classes.map((each) => each.class),
      collations: classes.map((each) => each.collation),
      columns: [...index.keys.map(({ column }) => column), ...(index.include ?? [])],
      key_count: index.keys.length,
      is_unique: index.isUnique === true,
      nulls_not_distinct: index.nullsNotDistinct === true,
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
    const keys = index.keys.map((key) => ({ name: key.name, ...storedType(key, index, relation) }));
    const included = (index.include ?? []).flatMap((number) => {
      const column = relation.columns.find((each) => each.number === number);
      return column === undefined
        ? []
        : [
            {
              name: unused(column.name, taken),
              type_oid: column.typeOid,
              typmod: column.typmod,
            },
          ];
    });
    return [...keys, ...included].map((row, at) => ({
      index_oid: index.oid,
      number: at + 1,
      ...row,
    }));
  });
}

/** GIN keeps an array's elements, and a hash index hashes. */
function storedType(
  { column: number, typeOid }: IndexKey,
  { method }: TableIndex,
  { columns }: Relation,
): Row {
  const element = builtins().typesByOid.get(typeOid)?.typelem ?? 0;
  if (method === "hash") return { type_oid: int4, typmod: -1 };
  if (method === "gin" && element !== 0) return { type_oid: element, typmod: -1 };
  return {
    type_oid: typeOid,
    typmod: columns.find((column) => column.number === number)?.typmod ?? -1,
  };
}

const int4 = 23;

function unused(name: string, taken: Set<string>): string {
  let candidate = name;
  for (let n = 1; taken.has(candidate); n++) candidate = `${name}${n}`;
  taken.add(candidate);
  return candidate;
}
