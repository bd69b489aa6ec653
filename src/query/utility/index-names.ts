/** Indexes as statements name them, and what is done to those there are: DROP, RENAME, SET, REINDEX, CLUSTER. */
import type {
  AlterTableStmt,
  ClusterStmt,
  DropStmt,
  Node,
  ReindexStmt,
  RenameStmt,
} from "libpg-query";
import { must } from "../../base/assert.ts";
import { PgError, unsupported } from "../../base/error.ts";
import { quoteName } from "../../base/quote.ts";
import { isKey } from "../../catalog/constraints.ts";
import { quoteIdent } from "../../catalog/identifiers.ts";
import type { Relation } from "../../catalog/relation.ts";
import { ownedRelation } from "../authorize.ts";
import type { Draft, Scope } from "../draft.ts";
import type { AlterTablePlan } from "../plan.ts";
import { dropAll } from "./alter-constraints.ts";
import { begin, draftOf } from "./alter-table.ts";
import { ConstraintNames } from "./constraint-names.ts";
import { tableName } from "./dependents.ts";
import { type Found, found, indexNamed, indexOf, lookUp, markClustered } from "./index-lookup.ts";
import { existingRelation, existingSchema, type Name, nameOf, nameOfList } from "./names.ts";
import { indexParameters, storageParameters } from "./storage-parameters.ts";

/** DROP INDEX [CONCURRENTLY], of several too. */
export function dropIndex(node: DropStmt, scope: Scope): Draft {
  const notices: AlterTablePlan["notices"][number][] = [];
  const byRelation = new Map<Relation, Found[]>();
  for (const object of node.objects ?? []) {
    const nodes = "List" in object ? (object.List.items ?? []) : [object];
    const name = nameOfList(nodes, scope.context);
    const found = indexNamed(name, scope, "Use DROP TABLE to remove a table.");
    if (found === undefined && node.missing_ok !== true)
      throw new PgError("42704", `index "${name.name}" does not exist`);
    if (found === undefined) {
      const message = `index "${name.name}" does not exist, skipping`;
      notices.push({ sqlstate: "00000", message });
    } else {
      refuseConstraints(found, scope);
      byRelation.set(found.relation, [...(byRelation.get(found.relation) ?? []), found]);
    }
  }
  const drafts = [...byRelation].map(([relation, gone]) => {
    const altering = begin(relation, scope);
    for (const { constraint, index } of gone) {
      const what = `index ${quoteIdent((constraint ?? index)?.name ?? "")}`;
      if (constraint !== undefined)
        dropAll([constraint], node.behavior === "DROP_CASCADE", what, what, altering);
      const indexes = altering.relation.indexes?.filter((each) => each !== index);
      if (index !== undefined) altering.relation = { ...altering.relation, indexes: indexes ?? [] };
    }
    return draftOf(altering);
  });
  return together(drafts, "DROP INDEX", notices);
}

function together(
  drafts: readonly Draft[],
  tag: string,
  notices: AlterTablePlan["notices"],
): Draft {
  return {
    plan: {
      kind: "alter tables",
      tag,
      alterations: drafts.flatMap(({ plan }) => (plan.kind === "alter table" ? [plan] : [])),
      notices,
    },
    parameterTypes: [],
    within: drafts.flatMap(({ within = [] }) => within),
    requirements: drafts.flatMap(({ requirements = [] }) => requirements),
    isReadOnly: false,
  };
}

function refuseConstraints({ relation, constraint }: Found, scope: Scope): void {
  if (constraint === undefined || constraint.isIndex) return;
  const quoted = quoteIdent(constraint.name);
  const own = `constraint ${quoted} on table ${tableName(relation, scope.context)}`;
  throw new PgError("2BP01", `cannot drop index ${quoted} because ${own} requires it`, {
    hint: `You can drop ${own} instead.`,
  });
}

/** ALTER INDEX … RENAME TO; undefined where ALTER TABLE is said of something else. */
export function renameIndex(node: RenameStmt, scope: Scope): Draft | undefined {
  const isIndex = node.renameType === "OBJECT_INDEX";
  if (!isIndex && node.renameType !== "OBJECT_TABLE") return undefined;
  const name = nameOf(must(node.relation, "an index is named"), scope.context);
  const found = lookUp(name, scope);
  if (found === undefined || !("relation" in found)) {
    if (!isIndex || found !== undefined) return undefined;
    return missing(name, node.missing_ok ?? false, "ALTER INDEX", scope);
  }
  const { relation, constraint, index } = found;
  const to = node.newname ?? "";
  const altering = begin(relation, scope);
  const names = new ConstraintNames(relation, scope.context.catalog);
  if (names.isRelation(to)) throw new PgError("42P07", `relation "${to}" already exists`);
  const constraints = relation.constraints?.map((each) =>
    each === constraint ? { ...each, name: to } : each,
  );
  const indexes = relation.indexes?.map((each) => (each === index ? { ...each, name: to } : each));
  altering.relation = {
    ...relation,
    ...(constraints === undefined ? {} : { constraints }),
    ...(indexes === undefined ? {} : { indexes }),
  };
  return draftOf(altering, isIndex ? "ALTER INDEX" : "ALTER TABLE");
}

/** ALTER INDEX … SET and RESET: storage parameters are kept and told. */
export function alterIndex(node: AlterTableStmt, scope: Scope): Draft {
  const name = nameOf(must(node.relation, "an index is named"), scope.context);
  const found = indexNamed(name, scope);
  if (found === undefined) return missing(name, node.missing_ok ?? false, "ALTER INDEX", scope);
  const { relation, index } = found;
  const altering = begin(relation, scope);
  let options = index?.options ?? [];
  for (const item of node.cmds ?? []) {
    const { subtype, def } = "AlterTableCmd" in item ? item.AlterTableCmd : {};
    const list = def !== undefined && "List" in def ? (def.List.items ?? []) : [];
    const given = subtype === "AT_SetRelOptions" ? storageParameters(list, indexParameters) : [];
    if (subtype !== "AT_SetRelOptions" && subtype !== "AT_ResetRelOptions")
      throw unsupported("this action of ALTER INDEX");
    if (index === undefined)
      throw unsupported("storage of a unique index", { hint: "A unique index stores nothing." });
    const names = subtype === "AT_SetRelOptions" ? given.map(nameIn) : list.map(optionName);
    options = [...options.filter((option) => !names.includes(nameIn(option))), ...given];
  }
  const indexes = relation.indexes?.map((each) => (each === index ? { ...each, options } : each));
  altering.relation = { ...relation, indexes: indexes ?? [] };
  return draftOf(altering, "ALTER INDEX");
}

const nameIn = (option: string) => option.slice(0, option.indexOf("="));
const optionName = (item: Node) => ("DefElem" in item ? (item.DefElem.defname ?? "") : "");

/** There is nothing to build anew: what it names must be there. */
export function reindex(node: ReindexStmt, scope: Scope): Draft {
  const { context } = scope;
  const requirements: NonNullable<Draft["requirements"]>[number][] = [];
  if (node.kind === "REINDEX_OBJECT_INDEX") {
    const name = nameOf(node.relation ?? {}, context);
    const found = indexNamed(name, scope);
    if (found === undefined) missing(name, false, "REINDEX", scope);
    else requirements.push({ kind: "owner", object: ownedRelation(found.relation) });
  } else if (node.kind === "REINDEX_OBJECT_TABLE") {
    const relation = existingRelation(nameOf(node.relation ?? {}, context), context);
    requirements.push({ kind: "owner", object: ownedRelation(relation) });
  } else if (node.kind === "REINDEX_OBJECT_SCHEMA") existingSchema(node.name ?? "", context);
  else if (node.name !== undefined && node.name !== context.database)
    throw new PgError("0A000", "can only reindex the currently open database");
  return {
    plan: { kind: "nothing", tag: "REINDEX" },
    parameterTypes: [],
    requirements,
    isReadOnly: false,
  };
}

/** CLUSTER: the rows written anew in the order of an index, which the statistics of data files then tell apart. */
export function cluster(node: ClusterStmt, scope: Scope): Draft {
  const { context } = scope;
  if (node.relation === undefined) {
    const marked = [...context.catalog.relations()].filter(
      ({ clusteredOn, owner }) =>
        clusteredOn !== undefined && (context.role.isSuperuser || owner === context.role.oid),
    );
    return together(
      marked.map((relation) => ordered(relation, clusteredOf(relation), scope)),
      "CLUSTER",
      [],
    );
  }
  const relation = existingRelation(nameOf(node.relation, context), context);
  const draft = ordered(
    relation,
    node.indexname === undefined ? clusteredOf(relation) : indexOf(node.indexname, relation),
    scope,
  );
  return together([draft], "CLUSTER", []);
}

function ordered(relation: Relation, found: Found, scope: Scope): Draft {
  const altering = begin(relation, scope);
  markClustered(found, (clustered) => {
    altering.relation = { ...relation, clusteredOn: clustered };
  });
  const draft = draftOf(altering);
  const keys = sortKeys(found);
  if (draft.plan.kind !== "alter table") return draft;
  const names = relation.columns.map(({ name }) => name);
  const rewrite = {
    pieces: [
      `SELECT ${names.map(quoteName).join(", ")} FROM `,
      { scan: 0 },
      ` AS present ORDER BY ${keys.join(", ")}`,
    ],
    scans: [{ relation, columns: names, where: [] }],
    calls: [],
    parameters: [],
    readsCatalog: false,
  };
  return { ...draft, plan: { ...draft.plan, rewrite } };
}

function sortKeys({ relation, constraint, index }: Found): readonly string[] {
  const nameOf = (number: number) =>
    quoteName(relation.columns.find((column) => column.number === number)?.name ?? "");
  if (constraint !== undefined) return constraint.columns.map(nameOf);
  return (index?.keys ?? []).map(({ column, isDescending, nulls }) => {
    if (column === 0)
      throw unsupported("clustering on an index of an expression", {
        hint: "Keep the expression's value in a generated column.",
      });
    const first = nulls === undefined ? isDescending : nulls === "first";
    return `${nameOf(column)}${isDescending ? " DESC" : ""} NULLS ${first ? "FIRST" : "LAST"}`;
  });
}

function clusteredOf(relation: Relation): Found {
  const oid = relation.clusteredOn;
  const constraint = relation.constraints?.filter(isKey).find(({ indexOid }) => indexOid === oid);
  const index = relation.indexes?.find((each) => each.oid === oid);
  if (oid === undefined || (constraint ?? index) === undefined)
    throw new PgError(
      "42704",
      `there is no previously clustered index for table "${relation.name}"`,
    );
  return found(relation, constraint, index);
}

function missing(name: Name, isFine: boolean, tag: string, { context }: Scope): Draft {
  if (name.schema !== undefined && !isFine) existingSchema(name.schema, context);
  const message = `relation "${name.name}" does not exist`;
  if (!isFine) throw new PgError("42P01", message);
  return {
    plan: { kind: "nothing", tag, notice: `${message}, skipping` },
    parameterTypes: [],
    isReadOnly: false,
  };
}
