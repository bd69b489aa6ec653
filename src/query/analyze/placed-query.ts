/** A cursor's query that rows are to be changed by: each row with the place where it lies. */
import type { SelectStmt } from "@pgsql/types";
import type { Relation } from "../../catalog/relation.ts";
import type { Analysis } from "./analysis.ts";
import { oid } from "./oids.ts";
import { query } from "./query.ts";
import { placeOf } from "./target.ts";
import type { Query } from "./tree.ts";

export interface PlacedQuery {
  /** Its last two columns are a file and a row. */
  readonly query: Query;
  readonly relation: Relation;
}

/** Undefined where the rows are not those of one table. */
export function placedQuery(tree: SelectStmt, analysis: Analysis): PlacedQuery | undefined {
  const made = query(tree, undefined, {}, analysis);
  const { body } = made;
  if (body.kind !== "select" || body.isAggregated || body.distinct !== undefined) return undefined;
  const [only, second] = body.from;
  if (only?.kind !== "entry" || second !== undefined || only.isLateral) return undefined;
  const { entry } = only;
  const { source } = entry;
  if (source.kind !== "relation" || source.at !== undefined) return undefined;
  const { relation } = source;
  if (relation.source.kind !== "dataset" || relation.view !== undefined) return undefined;
  source.position = true;
  const { file, row } = placeOf(entry);
  const added = [
    { name: "@file", engineName: "@file", type: oid.int4, typmod: -1 },
    { name: "@row", engineName: "@row", type: oid.int8, typmod: -1 },
  ];
  const targets = [
    ...body.targets,
    { name: "@file", expression: file, isJunk: false },
    { name: "@row", expression: row, isJunk: false },
  ];
  return {
    relation,
    query: { ...made, body: { ...body, targets }, columns: [...made.columns, ...added] },
  };
}
