/**
 * ALTER TABLE: its actions, in the order PostgreSQL takes them, folded into the relation as it will be.
 * https://www.postgresql.org/docs/15/sql-altertable.html
 */
import type {
  AlterObjectSchemaStmt,
  AlterTableCmd,
  AlterTableStmt,
  Node,
  RenameStmt,
} from "libpg-query";
import { must } from "../../base/assert.ts";
import { PgError, unsupported } from "../../base/error.ts";
import type { Relation } from "../../catalog/relation.ts";
import { type RelationKind, relationKind } from "../../catalog/relation-kind.ts";
import { type AnalyzedQuery, analyzeAlteration } from "../analyze/analyze.ts";
import { ownedRelation, ownedSchema } from "../authorize.ts";
import type { Draft, Scope } from "../draft.ts";
import { columnActions, refuseDefaultsOfOtherTypes, renameColumn } from "./alter-column.ts";
import { addDeclared, constraintActions, renameConstraint } from "./alter-constraints.ts";
import { identityActions } from "./alter-identity.ts";
import type { Altering } from "./altering.ts";
import { indexOf, markClustered } from "./index-lookup.ts";
import { existingRelation, existingSchema, findRelation, type Name, nameOf } from "./names.ts";
import { partitionRefused } from "./partitions.ts";
import { refusedStatement } from "./refused.ts";
import { roleNamed } from "./role-names.ts";
import { securityActions } from "./row-security.ts";
import { storageParameters } from "./storage-parameters.ts";
import { viewOptions } from "./view-definition.ts";

export function alterTable(node: AlterTableStmt, scope: Scope): Draft {
  const range = must(node.relation, "ALTER TABLE names a table");
  const name = nameOf(range, scope.context);
  const kind = kindsAltered[node.objtype ?? ""];
  if (kind === undefined) throw refusedKind(node.objtype ?? "OBJECT_TABLE");
  const target = alterable(name, node.missing_ok ?? false, scope);
  if (target === undefined) return skipped(name.name, kind);
  requireKind(target, kind);
  const altering = begin(target, scope);
  const commands = (node.cmds ?? []).map((item) =>
    must("AlterTableCmd" in item ? item.AlterTableCmd : undefined, "an action of ALTER TABLE"),
  );
  for (const command of inPasses(commands)) {
    const act = actions[command.subtype ?? ""];
    if (/^AT_(Attach|Detach)Partition/.test(command.subtype ?? "")) throw partitionRefused();
    if (act === undefined) throw refusedAction(command.subtype ?? "");
    refuseOnView(command, target);
    if (target.source.kind === "sequence") refuseOnSequence(command, target, scope);
    if (target.source.kind === "foreign" && act !== changeOwner)
      throw unsupported("changing the columns of a foreign table", {
        hint: "Attach it again: DROP FOREIGN TABLE, CREATE FOREIGN TABLE.",
      });
    act(command, altering);
  }
  addDeclared(altering);
  return draftOf(altering, tagOf(kind));
}

/** ALTER TABLE … RENAME TO, RENAME COLUMN, RENAME CONSTRAINT; undefined for what is no table's. */
export function renameInTable(node: RenameStmt, scope: Scope): Draft | undefined {
  const { renameType, relation, missing_ok: isMissingFine = false } = node;
  const isColumn = renameType === "OBJECT_COLUMN";
  const isConstraint = renameType === "OBJECT_TABCONSTRAINT";
  const kind = isConstraint
    ? "table"
    : kindsAltered[(isColumn ? node.relationType : renameType) ?? ""];
  if (relation === undefined || kind === undefined) return undefined;
  const name = nameOf(relation, scope.context);
  const target = alterable(name, isMissingFine, scope);
  if (target === undefined) return skipped(name.name, kind);
  if (!isColumn) requireKind(target, kind);
  if (isColumn || isConstraint) {
    const altering = begin(target, scope);
    const rename = isColumn ? renameColumn : renameConstraint;
    rename(node.subname ?? "", node.newname ?? "", altering);
    return draftOf(altering, tagOf(kind));
  }
  const schema = existingSchema(target.schema, scope.context);
  return {
    plan: {
      kind: "rename table",
      what: kind,
      target,
      to: node.newname ?? "",
    },
    parameterTypes: [],
    requirements: [
      { kind: "owner", object: ownedRelation(target) },
      { kind: "privilege", privilege: "CREATE", object: ownedSchema(schema) },
    ],
    isReadOnly: false,
  };
}

/** ALTER TABLE … SET SCHEMA: a dataset's folder stays where it is, only its name moves. */
export function setSchema(node: AlterObjectSchemaStmt, scope: Scope): Draft {
  const kind = kindsAltered[node.objectType ?? ""];
  if (kind === undefined || node.relation === undefined)
    throw refusedStatement("AlterObjectSchemaStmt");
  const name = nameOf(node.relation, scope.context);
  const target = alterable(name, node.missing_ok ?? false, scope);
  if (target === undefined) return skipped(name.name, kind);
  requireKind(target, kind);
  refuseOwned("cannot move an owned sequence into another schema", target, scope);
  const { temporary } = scope.context.catalog;
  const names = [target.schema, node.newschema];
  if (names.some((each) => each === "pg_temp" || (temporary && each === temporary.name)))
    throw new PgError("0A000", "cannot move objects into or out of temporary schemas");
  const schema = existingSchema(node.newschema ?? "", scope.context);
  if (schema.kind === "system")
    throw new PgError("42501", `permission denied for schema ${schema.name}`);
  if (schema.name !== target.schema && scope.context.catalog.relation(schema.name, target.name))
    throw new PgError(
      "42P07",
      `relation "${target.name}" already exists in schema "${schema.name}"`,
    );
  const altering = begin(target, scope);
  altering.relation = { ...target, schema: schema.name, schemaOid: schema.oid };
  altering.requirements.push({
    kind: "privilege",
    privilege: "CREATE",
    object: ownedSchema(schema),
  });
  return draftOf(altering, tagOf(kind));
}

/** By the parser's name. */
const kindsAltered: Readonly<Record<string, RelationKind>> = {
  OBJECT_TABLE: "table",
  OBJECT_FOREIGN_TABLE: "foreign table",
  OBJECT_VIEW: "view",
  OBJECT_MATVIEW: "materialized view",
  OBJECT_SEQUENCE: "sequence",
};

const tagOf = (kind: RelationKind) => `ALTER ${kind.toUpperCase()}`;

/** ALTER TABLE is said of everything, the others of their own kind alone. */
function requireKind(relation: Relation, kind: RelationKind): void {
  if (kind !== "table" && relationKind(relation) !== kind)
    throw new PgError("42809", `"${relation.name}" is not a ${kind}`);
}

const viewActions = new Set([
  "AT_ChangeOwner",
  "AT_ColumnDefault",
  "AT_SetRelOptions",
  "AT_ResetRelOptions",
]);

/** By the parser's name: what PostgreSQL calls the actions that only tables know. */
const actionWords: Readonly<Record<string, string>> = {
  AT_AddColumn: "ADD COLUMN",
  AT_DropColumn: "DROP COLUMN",
  AT_AlterColumnType: "ALTER COLUMN ... SET DATA TYPE",
  AT_AddConstraint: "ADD CONSTRAINT",
  AT_DropConstraint: "DROP CONSTRAINT",
  AT_SetNotNull: "ALTER COLUMN ... SET NOT NULL",
  AT_DropNotNull: "ALTER COLUMN ... DROP NOT NULL",
  AT_ValidateConstraint: "VALIDATE CONSTRAINT",
  AT_ColumnDefault: "ALTER COLUMN ... SET DEFAULT",
  AT_SetLogged: "SET LOGGED",
  AT_SetUnLogged: "SET UNLOGGED",
  AT_EnableRowSecurity: "ENABLE ROW SECURITY",
  AT_DisableRowSecurity: "DISABLE ROW SECURITY",
  AT_ForceRowSecurity: "FORCE ROW SECURITY",
  AT_NoForceRowSecurity: "NO FORCE ROW SECURITY",
};

function refuseOnView(command: AlterTableCmd, target: Relation): void {
  const subtype: string = command.subtype ?? "";
  const kind = relationKind(target);
  if (kind !== "view" && kind !== "materialized view") return;
  if (viewActions.has(subtype) && !(subtype === "AT_ColumnDefault" && kind !== "view")) return;
  const words = actionWords[subtype];
  if (words === undefined) throw refusedAction(subtype);
  throw new PgError(
    "42809",
    `ALTER action ${words} cannot be performed on relation "${target.name}"`,
    { detail: `This operation is not supported for ${kind}s.` },
  );
}

/** Of a sequence nothing but its owner can be altered like a table's. */
function refuseOnSequence({ subtype }: AlterTableCmd, target: Relation, scope: Scope): void {
  if (subtype === "AT_SetLogged" || subtype === "AT_SetUnLogged") return;
  if (subtype !== "AT_ChangeOwner") {
    const words = actionWords[subtype ?? ""];
    if (words === undefined) throw refusedAction(subtype ?? "");
    const message = `ALTER action ${words} cannot be performed on relation "${target.name}"`;
    const detail = "This operation is not supported for sequences.";
    throw new PgError("42809", message, { detail });
  }
  refuseOwned(`cannot change owner of sequence "${target.name}"`, target, scope);
}

/** What is a column's goes where its table goes. */
function refuseOwned(message: string, { name, source }: Relation, { context }: Scope): void {
  if (source.kind !== "sequence" || source.ownedBy === undefined) return;
  const table = context.catalog.relationByOid(source.ownedBy.table);
  throw new PgError("0A000", message, {
    detail: `Sequence "${name}" is linked to table "${table?.name}".`,
  });
}

type Action = (command: AlterTableCmd, altering: Altering) => void;

/** By the parser's name. */
const actions: Readonly<Record<string, Action>> = {
  ...columnActions,
  ...constraintActions,
  ...identityActions,
  ...securityActions,
  AT_ChangeOwner: changeOwner,
  AT_ClusterOn: clusterTable,
  AT_DropCluster: unclusterTable,
  AT_SetRelOptions: setOptions,
  AT_ResetRelOptions: resetOptions,
  // Every table is as durable as a logged one.
  AT_SetLogged: () => {},
  AT_SetUnLogged: () => {},
  // PostgreSQL has no OIDs of rows any more, and here are no triggers that somebody made.
  AT_DropOids: () => {},
  AT_EnableTrigAll: () => {},
  AT_EnableTrigUser: () => {},
  AT_DisableTrigUser: () => {},
};

/** What comes first whatever the statement's order is; all else comes last. */
const passes = [
  ["AT_DropColumn", "AT_DropConstraint", "AT_DropNotNull"],
  ["AT_AlterColumnType"],
  ["AT_AddColumn"],
  ["AT_AddConstraint", "AT_AddIdentity"],
  ["AT_ColumnDefault", "AT_SetNotNull"],
];

function inPasses(commands: readonly AlterTableCmd[]): readonly AlterTableCmd[] {
  const pass = ({ subtype, def }: AlterTableCmd) => {
    // DROP DEFAULT goes by the name of SET DEFAULT.
    if (subtype === "AT_ColumnDefault" && def === undefined) return 0;
    const at = passes.findIndex((names) => names.includes(subtype ?? ""));
    return at < 0 ? passes.length : at;
  };
  return commands.toSorted((a, b) => pass(a) - pass(b));
}

function changeOwner({ newowner }: AlterTableCmd, altering: Altering): void {
  const role = roleNamed(must(newowner, "an owner is named"), altering.scope);
  altering.requirements.push({ kind: "member", role });
  altering.relation = { ...altering.relation, owner: role.oid };
}

function clusterTable({ name = "" }: AlterTableCmd, altering: Altering): void {
  markClustered(indexOf(name, altering.relation), (clusteredOn) => {
    altering.relation = { ...altering.relation, clusteredOn };
  });
}

function unclusterTable(_: AlterTableCmd, altering: Altering): void {
  const { clusteredOn, ...relation } = altering.relation;
  altering.relation = relation;
}

function setOptions({ def }: AlterTableCmd, altering: Altering): void {
  const isView = altering.target.source.kind === "view";
  const given = isView ? viewOptions(items(def), undefined) : storageParameters(items(def));
  const names = given.map(nameIn);
  const { options = [] } = altering.relation;
  const kept = options.filter((option) => !names.includes(nameIn(option)));
  altering.relation = { ...altering.relation, options: [...kept, ...given] };
}

function resetOptions({ def }: AlterTableCmd, altering: Altering): void {
  const names = items(def).map((item) => ("DefElem" in item ? item.DefElem.defname : undefined));
  const { options = [] } = altering.relation;
  const kept = options.filter((option) => !names.includes(nameIn(option)));
  altering.relation = { ...altering.relation, options: kept };
}

const nameIn = (option: string) => option.slice(0, option.indexOf("="));

function items(node: Node | undefined): readonly Node[] {
  return node !== undefined && "List" in node ? (node.List.items ?? []) : [];
}

export function begin(target: Relation, scope: Scope): Altering {
  return {
    scope,
    target,
    relation: target,
    fillings: new Map(),
    notNull: new Set(),
    declared: [],
    verified: new Set(),
    dropped: [],
    droppedViews: [],
    notices: [],
    sequences: [],
    droppedDefaults: [],
    droppedPolicies: [],
    sequenceChanges: [],
    requirements: [{ kind: "owner", object: ownedRelation(target) }],
  };
}

export function draftOf(altering: Altering, tag?: string): Draft {
  const { target, relation, notNull, verified, dropped, droppedViews, notices, requirements } =
    altering;
  const { sequences, sequenceChanges, droppedDefaults, droppedPolicies } = altering;
  const hasOwnColumns = target.source.kind === "dataset" || target.source.kind === "view";
  if (relation.columns !== target.columns && !hasOwnColumns)
    throw unsupported(
      `changing the columns of "${target.name}", which is no dataset of this server,`,
      {
        hint: "Copy it into one: CREATE TABLE … AS SELECT * FROM it.",
      },
    );
  const analyzed = rowsAnew(altering);
  refuseDefaultsOfOtherTypes(altering);
  return {
    plan: {
      kind: "alter table",
      ...(tag === undefined ? {} : { tag }),
      target,
      after: relation,
      rewrite: analyzed?.text,
      notNull: relation.columns.filter(({ number }) => notNull.has(number)).map(({ name }) => name),
      verified: [...verified],
      dropped,
      droppedViews,
      sequences,
      sequenceChanges,
      droppedDefaults,
      droppedPolicies,
      notices,
    },
    parameterTypes: [],
    within: [target],
    routines: (analyzed?.routines ?? []).map(({ routine }) => routine),
    functions: analyzed?.functions ?? [],
    requirements,
    isReadOnly: false,
  };
}

function rowsAnew({ scope, target, relation, fillings }: Altering): AnalyzedQuery | undefined {
  const isNeeded = [...fillings].some(([number, filling]) => {
    const column = relation.columns.find((one) => one.number === number);
    if (filling.kind === "new") return filling.value || column?.isGenerated === true;
    return filling.kind !== "kept";
  });
  if (!isNeeded) return undefined;
  const numbers = new Set(relation.columns.map(({ number }) => number));
  const kept = target.columns.filter(({ number }) => numbers.has(number));
  const before = kept.length === 0 ? target : { ...target, columns: kept };
  const columns = relation.columns.map((column) => ({
    column,
    filling: fillings.get(column.number) ?? ({ kind: "kept" } as const),
  }));
  return analyzeAlteration(before, relation, columns, scope.source, scope.context);
}

function alterable(name: Name, isMissingFine: boolean, scope: Scope): Relation | undefined {
  if (isMissingFine && findRelation(name, scope.context) === undefined) return undefined;
  const relation = existingRelation(name, scope.context);
  const { kind } = relation.source;
  if (kind === "shadow" || kind === "live")
    throw new PgError("42501", `permission denied: "${relation.name}" is a system catalog`);
  return relation;
}

function skipped(name: string, kind: RelationKind): Draft {
  const notice = `relation "${name}" does not exist, skipping`;
  return {
    plan: { kind: "nothing", tag: tagOf(kind), notice },
    parameterTypes: [],
    isReadOnly: false,
  };
}

function refusedKind(objectType: string): PgError {
  const words = objectType.replace(/^OBJECT_/, "").replaceAll("_", " ");
  return unsupported(`ALTER ${words}`, { hint: "Tables, schemas and roles can be altered." });
}

function refusedAction(subtype: string): PgError {
  const words = subtype
    .replace(/^AT_/, "")
    .replace(/(?<=[a-z])(?=[A-Z])/g, " ")
    .toUpperCase();
  return unsupported(`ALTER TABLE … ${words}`);
}
