/** The table that a statement writes, as it stands among the names: read where each row lies, so that it can be found again. */
import type { RangeVar, ReturningClause } from "@pgsql/types";
import { PgError } from "../../base/error.ts";
import type { Relation, RelationColumn } from "../../catalog/relation.ts";
import type { ModifyPlan, WrittenKeys } from "../plan.ts";
import type { Analysis } from "./analysis.ts";
import { entryColumn } from "./check.ts";
import { make, nullConstant } from "./constant.ts";
import { makeEntry, resolveRelation } from "./from.ts";
import { oid } from "./oids.ts";
import { type Secured, secured } from "./row-security.ts";
import { columnUse, type NamespaceItem, namespaceItem, type Scope } from "./scope.ts";
import type {
  Constant,
  Expression,
  Query,
  QueryColumn,
  RangeEntry,
  RangeSource,
  Target,
} from "./tree.ts";
import { type ViewCheck, type ViewTarget, viewTarget } from "./view-target.ts";

/** What UPDATE, DELETE, MERGE and ON CONFLICT come to: `source` and `returning` as ModifyPlan wants them. */
export interface Modification {
  readonly verb: "UPDATE" | "DELETE" | "MERGE" | "INSERT";
  readonly target: Relation;
  readonly source: Query;
  readonly returning: Query | undefined;
  readonly whenTwice: ModifyPlan["whenTwice"];
  readonly keys?: WrittenKeys | undefined;
  readonly checks: readonly ViewCheck[];
}

export interface WriteTarget {
  readonly relation: Relation;
  /** Its rows as they are, with their places. */
  readonly entry: RangeEntry;
  readonly item: NamespaceItem;
  /** When it is written through a view. */
  readonly through?: ViewTarget & { readonly where: Expression | undefined };
  /** When policies of the table count. */
  readonly secured: Secured | undefined;
}

/** 42P01 when there is none, 42501 and 0A000 when it cannot be written. */
export function writeTarget(
  node: RangeVar | undefined,
  verb: Modification["verb"],
  scope: Scope,
  given: readonly string[] = [],
): WriteTarget {
  const { analysis } = scope;
  if (node === undefined) throw analysis.error("42601", `${verb} needs a table`, undefined);
  const relation = resolveRelation(node, analysis);
  if (relation.source.kind === "view" && (verb === "UPDATE" || verb === "DELETE")) {
    const through = viewTarget(relation, node, verb, given, analysis);
    const { base } = through;
    refuseReadOnly(base, verb, node, analysis);
    const entry = positionedEntry(base, {}, scope);
    const { item, where } = through.shown(entry);
    return {
      relation: base,
      entry,
      item,
      through: { ...through, where },
      secured: secured(base, analysis, through.asRole),
    };
  }
  refuseReadOnly(relation, verb, node, analysis);
  const entry = positionedEntry(relation, node, scope);
  const hasAlias = node.alias !== undefined;
  const item = namespaceItem(entry, analysis, {
    schema: hasAlias ? undefined : relation.schema,
    aliasOf: hasAlias ? relation.name : undefined,
  });
  return { relation, entry, item, secured: secured(relation, analysis) };
}

/** Privileges are asked for what is read of it, column by column, not for its being there. */
export function positionedEntry(relation: Relation, node: RangeVar, scope: Scope): RangeEntry {
  const columns = relation.columns.map(entryColumn);
  const source: RangeSource = {
    kind: "relation",
    relation,
    predicates: [],
    at: undefined,
    position: true,
  };
  return makeEntry(node.alias, relation.name, columns, source, scope);
}

export function refuseReadOnly(
  relation: Relation,
  verb: Modification["verb"],
  node: RangeVar,
  analysis: Analysis,
): void {
  const { location } = node;
  if (analysis.source.past?.has(location))
    throw analysis.error("0A000", "a past version of a dataset cannot be changed", location, {
      hint: "CALL restore_dataset(…) brings a past version back.",
    });
  const { kind } = relation.source;
  if (kind === "dataset" && relation.view === undefined) return;
  if (kind === "dataset")
    throw analysis.error("42809", `cannot change materialized view "${relation.name}"`, undefined);
  if (kind === "foreign") throw foreignTable(relation.name, verb);
  if (kind === "sequence") throw sequenceTarget(relation.name, verb);
  if (kind === "legacy")
    throw analysis.error("0A000", `cannot write to imported table "${relation.name}"`, location, {
      hint: "Copy it into a dataset first: CREATE TABLE … AS SELECT * FROM it.",
    });
  if (kind === "view" && verb === "MERGE")
    throw analysis.error(
      "0A000",
      `cannot execute MERGE on relation "${relation.name}"`,
      undefined,
      {
        detail: "This operation is not supported for views.",
      },
    );
  if (kind === "view")
    throw analysis.error(
      "0A000",
      `writing through view "${relation.name}" is not supported`,
      location,
    );
  throw analysis.error(
    "42501",
    `permission denied: "${relation.name}" is a system catalog`,
    location,
  );
}

// ── Rows for ModifyPlan.source ──────────────────────────────────────────────────────────────────────────────────────

const action = { name: "@action", engineName: "@action", type: oid.text, typmod: -1 };
const file = { name: "@file", engineName: "@file", type: oid.int4, typmod: -1, number: 0 };
const row = { name: "@row", engineName: "@row", type: oid.int8, typmod: -1, number: 0 };

/** Where a row of the target lies; NULL where an outer join found none. */
export function placeOf(entry: RangeEntry): {
  readonly file: Expression;
  readonly row: Expression;
} {
  return { file: columnUse(entry, file, undefined), row: columnUse(entry, row, undefined) };
}

/** What keys an UPDATE of these columns leaves as they are: what is generated may be another then. */
export function keysSetting(
  columns: Iterable<{ readonly number: number }>,
  { columns: all }: Relation,
  free: readonly number[] = [],
): WrittenKeys {
  const generated = all.filter(({ isGenerated }) => isGenerated === true);
  return { sets: [...columns, ...generated].map(({ number }) => number), free };
}

export function actionConstant(letter: "i" | "u" | "d"): Constant {
  return make(oid.text, letter, undefined);
}

export interface ChangedRow {
  readonly action: Expression;
  readonly file: Expression;
  readonly row: Expression;
  /** A value for each column of the target. */
  readonly values: readonly Expression[];
  /** For RETURNING. */
  readonly extras: readonly Expression[];
}

/** The select list that ModifyPlan.source promises. */
export function changeColumns(
  relation: Relation,
  changed: ChangedRow,
): { readonly targets: readonly Target[]; readonly columns: readonly QueryColumn[] } {
  const columns: QueryColumn[] = [action, file, row, ...relation.columns.map(entryColumn)];
  changed.extras.forEach(({ type, typmod }, i) => {
    const name = extraName(i);
    columns.push({ name, engineName: name, type, typmod });
  });
  const values = [changed.action, changed.file, changed.row, ...changed.values, ...changed.extras];
  const targets = values.map((expression, i) => ({
    name: columns[i]?.name ?? "",
    expression,
    isJunk: false,
  }));
  return { targets, columns };
}

export const extraName = (index: number): string => `@${index + 1}`;

/** A column's value as it was, read without asking for a privilege: it is written back. */
export function oldValue(entry: RangeEntry, column: RelationColumn): Expression {
  const own = entry.columns.find(({ number }) => number === column.number);
  if (own === undefined) throw new Error("bug: a target has its columns");
  entry.used.add(own);
  return columnUse(entry, own, undefined);
}

export function noValue(column: RelationColumn): Expression {
  return { ...nullConstant(column.typeOid, undefined), typmod: column.typmod };
}

/** Clauses of PostgreSQL 18's RETURNING that 15 has not. */
export function returningNodes(clause: ReturningClause | undefined, analysis: Analysis) {
  if (clause === undefined) return undefined;
  if (clause.options !== undefined)
    throw analysis.error("0A000", "RETURNING WITH (OLD, NEW) is not supported", undefined);
  return clause.exprs ?? [];
}

function sequenceTarget(name: string, verb: Modification["verb"]): PgError {
  if (verb !== "MERGE") return new PgError("42809", `cannot change sequence "${name}"`);
  return new PgError("0A000", `cannot execute MERGE on relation "${name}"`, {
    detail: "This operation is not supported for sequences.",
  });
}

/** In PostgreSQL's words, which tell no place. */
function foreignTable(name: string, verb: Modification["verb"]): PgError {
  if (verb === "MERGE")
    return new PgError("0A000", `cannot execute MERGE on relation "${name}"`, {
      detail: "This operation is not supported for foreign tables.",
    });
  const act = { INSERT: "insert into", UPDATE: "update", DELETE: "delete from" }[verb];
  return new PgError("0A000", `cannot ${act} foreign table "${name}"`);
}
