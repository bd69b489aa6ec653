/** Facts → rows of the fact tables, as JSON objects keyed by column. */
import { builtins } from "./builtins.ts";
import type { CatalogVersion } from "./catalog.ts";
import { constraintCodes, referredKey } from "./constraints.ts";
import {
  type AccessFacts,
  type AclRows,
  databaseOid,
  type ObjectKind,
  type RelationStatistics,
  type RoleFact,
  type RoutineFact,
  type SettingFact,
} from "./facts.ts";
import { quoteIdent } from "./identifiers.ts";
import { columnClass } from "./operator-classes.ts";
import type { ReferentialAction, Relation } from "./relation.ts";
import { policyKey } from "./row-security.ts";
import { typeRow } from "./types-in-force.ts";
import { procOfFunction } from "./user-function.ts";

export type Row = Readonly<Record<string, unknown>>;

export function schemaRows(catalog: CatalogVersion): Row[] {
  const own = new Set(["pg_catalog", "information_schema", "pg_toast"]);
  return [...catalog.schemas.values()]
    .filter(({ name }) => !own.has(name))
    .map(({ oid, name, owner, comment, databaseComment = null, kind }) => ({
      oid,
      name,
      owner,
      comment,
      database_comment: databaseComment,
      kind,
    }));
}

export function bucketRows(catalog: CatalogVersion): Row[] {
  return catalog.buckets.map((name, position) => ({ name, position }));
}

/** What PostgreSQL is born with is in `static` already, under PostgreSQL's OID. */
export function isPublished(relation: Relation): boolean {
  return !builtins().relations.has(`${relation.schema}.${relation.name}`);
}

export function relationRow(relation: Relation): Row {
  const { source } = relation;
  const isData = source.kind === "dataset" || source.kind === "legacy";
  const options = source.kind === "foreign" ? Object.entries(source.options) : undefined;
  return {
    oid: relation.oid,
    schema_oid: relation.schemaOid,
    schema: relation.schema,
    name: relation.name,
    owner: relation.owner,
    comment: relation.comment,
    source: source.kind,
    kind: kindOf(relation),
    persistence: isTemporary(relation) ? "t" : "p",
    bucket: source.kind === "dataset" ? source.bucket : isData ? relation.schema : null,
    location: source.kind === "dataset" ? source.location : null,
    is_populated: relation.view?.isUnfilled !== true,
    column_count: relation.columnsMade ?? relation.columns.length,
    options: relation.options?.length ? relation.options : null,
    row_security: relation.rowSecurity?.isEnabled === true,
    forces_row_security: relation.rowSecurity?.isForced === true,
    clustered_on: relation.clusteredOn ?? 0,
    ...partitionRow(relation),
    foreign_server: source.kind === "foreign" ? source.server : null,
    foreign_options: options?.map(([name, value]) => `${name}=${value}`) ?? null,
    format: source.kind === "foreign" ? source.format : null,
  };
}

/** As pg_class.relkind. */
function kindOf({ source, view, partitionedBy = [] }: Relation): string {
  switch (source.kind) {
    case "dataset":
    case "legacy":
      if (view !== undefined) return "m";
      return partitionedBy.length > 0 ? "p" : "r";
    case "foreign":
      return "f";
    case "sequence":
      return "S";
    case "view":
    case "shadow":
    case "live":
      return "v";
    default:
      return source satisfies never;
  }
}

export function policyRows({ oid: relation, rowSecurity }: Relation): Row[] {
  return (rowSecurity?.policies ?? []).map((policy) => ({
    oid: policy.oid,
    relation_oid: relation,
    name: policy.name,
    command: policy.command,
    is_permissive: policy.isPermissive,
    roles: policy.roles,
    using_text: policy.using === undefined ? null : policyKey(policy.oid, "using"),
    check_text: policy.check === undefined ? null : policyKey(policy.oid, "check"),
    comment: policy.comment ?? null,
  }));
}

export function sequenceRows({ oid, source }: Relation): Row[] {
  if (source.kind !== "sequence") return [];
  const { ownedBy } = source;
  return [
    {
      relation_oid: oid,
      type_oid: source.typeOid,
      start: source.start,
      increment: source.increment,
      maximum: source.max,
      minimum: source.min,
      cache: source.cache,
      cycles: source.cycles,
      owner_oid: ownedBy?.table ?? 0,
      owner_column: ownedBy?.column ?? 0,
      is_identity: ownedBy?.isIdentity ?? false,
    },
  ];
}

function partitionRow({ partitionedBy = [], partitionStrategy = "list", columns }: Relation): Row {
  if (partitionedBy.length === 0) return { partition_key: null, partition_columns: null };
  const strategy = partitionedBy.length > 1 ? "range" : partitionStrategy;
  return {
    partition_key: `${strategy.toUpperCase()} (${partitionedBy.map(quoteIdent).join(", ")})`,
    partition_columns: partitionedBy.map(
      (name) => columns.find((column) => column.name === name)?.number ?? 0,
    ),
  };
}

/** The prefix is nobody else's: 42939. */
function isTemporary({ schema }: Relation): boolean {
  return schema.startsWith("pg_temp_");
}

export function attributeRows(relation: Relation): Row[] {
  return relation.columns.map((column) => ({
    relation_oid: relation.oid,
    number: column.number,
    name: column.name,
    type_oid: column.typeOid,
    typmod: column.typmod,
    not_null: column.notNull,
    default_text: column.defaultText,
    identity: column.identity ? identityCodes[column.identity.kind] : "",
    generated: column.isGenerated === true ? "s" : "",
    comment: column.comment,
  }));
}

const identityCodes = { always: "a", "by default": "d" } as const;

export function functionRows(catalog: CatalogVersion): Row[] {
  return [...catalog.schemas.values()].flatMap(({ name, oid: schemaOid }) =>
    Array.from(catalog.functionsIn(name).values(), (made) => {
      const proc = procOfFunction(made, schemaOid, (type) => typeRow(type)?.typelem ?? 0);
      return {
        oid: made.oid,
        name: made.name,
        schema_oid: schemaOid,
        owner: made.owner,
        comment: made.comment,
        cost: made.cost,
        rows: made.rows,
        variadic_type: proc.provariadic,
        is_definer: made.isSecurityDefiner,
        is_leakproof: made.isLeakproof,
        is_strict: made.isStrict,
        returns_set: made.returnsSet,
        kind: proc.prokind,
        volatile: proc.provolatile,
        parallel: made.parallel,
        default_count: proc.pronargdefaults,
        return_type: made.returnType,
        argument_types: proc.proargtypes,
        all_types: proc.proallargtypes,
        modes: proc.proargmodes,
        names: proc.proargnames,
        defaults: proc.proargdefaults,
        source: made.body.kind === "text" ? made.body.text : "",
      };
    }),
  );
}

export function viewReadRows({ oid, view }: Relation): Row[] {
  return (view?.reads ?? []).flatMap(({ oid: relation, columns }) =>
    (columns.length === 0 ? [0] : columns).map((number) => ({
      view_oid: oid,
      relation_oid: relation,
      number,
    })),
  );
}

export function statisticsRows(statistics: ReadonlyMap<number, RelationStatistics>): Row[] {
  return [...statistics].map(
    ([oid, { rows, bytes, files, version, created, updated, analyzed }]) => ({
      relation_oid: oid,
      rows: rows ?? null,
      bytes,
      files,
      version,
      created: created?.toISOString() ?? null,
      updated: updated?.toISOString() ?? null,
      analyzed: analyzed?.toISOString() ?? null,
    }),
  );
}

export function columnStatisticsRows(statistics: ReadonlyMap<number, RelationStatistics>): Row[] {
  return [...statistics].flatMap(([oid, { columns = [] }]) =>
    columns.map(({ number, nullFraction, width, distinct, nDistinct }) => ({
      relation_oid: oid,
      number,
      null_fraction: nullFraction,
      width,
      distinct_values: distinct,
      n_distinct: nDistinct,
    })),
  );
}

export function objectRows(statistics: ReadonlyMap<number, RelationStatistics>): Row[] {
  return [...statistics].flatMap(([oid, { objects }]) =>
    (objects ?? []).map(({ bucket, key, bytes, rows }, position) => ({
      relation_oid: oid,
      position,
      bucket,
      key,
      bytes,
      rows,
    })),
  );
}

export function roleRows(access: AccessFacts): Row[] {
  return access.roles.map((role) => ({
    oid: role.oid,
    name: role.name,
    is_superuser: role.isSuperuser,
    can_login: role.canLogin,
    can_create_role: role.canCreateRole,
    can_create_database: role.canCreateDatabase,
    inherits: role.inherits,
    bypasses_row_security: role.isSuperuser || role.bypassesRowSecurity === true,
    connection_limit: role.connectionLimit,
    valid_until: role.validUntil?.toISOString() ?? null,
    verifier: role.verifier,
    comment: role.comment,
  }));
}

/** As pg_db_role_setting.setconfig: name=value. */
function settingTexts(settings: RoleFact["settings"]): readonly string[] | null {
  const texts = Object.entries(settings ?? {}).map(([name, value]) => `${name}=${value}`);
  return texts.length === 0 ? null : texts;
}

export function keptSettingRows({ roles, settings }: AccessFacts): Row[] {
  const ofRoles = roles.map((role) => ({ database: 0, role: role.oid, values: role.settings }));
  const others = settings.map(({ isOfDatabase, role, values }) => ({
    database: isOfDatabase ? databaseOid : 0,
    role,
    values,
  }));
  return [...ofRoles, ...others].flatMap(({ database, role, values }) => {
    const texts = settingTexts(values);
    return texts === null ? [] : [{ database_oid: database, role_oid: role, settings: texts }];
  });
}

export function columnAclRows({ columns }: AclRows): Row[] {
  return columns.map(({ relation, number, acl }) => ({ relation_oid: relation, number, acl }));
}

export function defaultAclRows({ defaults }: AclRows): Row[] {
  return defaults.map(({ oid, role, schema, object, acl }) => ({
    oid,
    role_oid: role,
    schema_oid: schema,
    kind: defaultKinds[object],
    acl,
  }));
}

const defaultKinds: Readonly<Record<ObjectKind, string>> = {
  table: "r",
  sequence: "S",
  routine: "f",
  type: "T",
  schema: "n",
  database: "d",
};

export function membershipRows(access: AccessFacts): Row[] {
  return access.memberships.map(({ role, member, admin }) => ({ role, member, admin }));
}

export function routineRows(routines: readonly RoutineFact[]): Row[] {
  return routines.map(({ oid, schema, name, kind, volatility, summary }) => ({
    oid,
    schema,
    name,
    kind,
    volatility,
    summary,
  }));
}

/** A procedure's result columns are OUT arguments, a function's those of RETURNS TABLE. */
export function routineArgumentRows(routines: readonly RoutineFact[]): Row[] {
  return routines.flatMap((routine) => {
    const inputs = Object.entries(routine.arguments).map((entry) => ["i", ...entry] as const);
    const mode = routine.kind === "procedure" ? "o" : "t";
    const outputs = Object.entries(routine.returns).map((entry) => [mode, ...entry] as const);
    return [...inputs, ...outputs].map(([mode, name, column], index) => ({
      routine_oid: routine.oid,
      number: index + 1,
      mode,
      name,
      type_oid: column.typeOid,
      default_text: mode === "i" && column.isOptional ? (column.defaultText ?? "NULL") : null,
    }));
  });
}

export function settingRows(settings: readonly SettingFact[]): Row[] {
  return settings.map(({ name, setting, description, variableType }) => ({
    name,
    setting,
    description: description ?? null,
    variable_type: variableType ?? null,
  }));
}

function keyClasses(relation: Relation, columns: readonly number[]) {
  return columns.map((number) => {
    const column = relation.columns.find((each) => each.number === number);
    return columnClass(btree, column?.typeOid ?? 0);
  });
}

const btree = 403;

export function constraintRows(relation: Relation, catalog: CatalogVersion): Row[] {
  return (relation.constraints ?? []).map((constraint) => {
    const { oid, name, kind, columns, isEnforced, isValidated = true } = constraint;
    const isKey = kind === "primary key" || kind === "unique";
    const isReference = kind === "foreign key";
    const key = isReference ? referredKey(constraint, catalog) : undefined;
    const classes = isKey ? keyClasses(relation, columns) : [];
    return {
      oid,
      relation_oid: relation.oid,
      name,
      type: isKey && constraint.isIndex ? "i" : constraintCodes[kind],
      columns,
      index_oid: isKey ? constraint.indexOid : (key?.indexOid ?? 0),
      comment: constraint.comment ?? null,
      index_comment: isKey ? (constraint.indexComment ?? null) : null,
      classes: classes.map((each) => each.class),
      collations: classes.map((each) => each.collation),
      included: isKey ? (constraint.include ?? []) : [],
      options: isKey ? (constraint.options ?? columns.map(() => 0)) : [],
      nulls_not_distinct: isKey && constraint.nullsNotDistinct === true,
      foreign_relation_oid: isReference ? constraint.target : 0,
      foreign_columns: isReference ? constraint.targetColumns : [],
      update_action: isReference ? actionCodes[constraint.onUpdate] : " ",
      delete_action: isReference ? actionCodes[constraint.onDelete] : " ",
      match: isReference ? (constraint.match === "full" ? "f" : "s") : " ",
      delete_columns: isReference ? (constraint.deleteColumns ?? null) : null,
      expression: kind === "check" ? constraint.expression : null,
      no_inherit: kind !== "check" || constraint.noInherit === true,
      is_validated: isEnforced && isValidated,
      is_enforced: isEnforced,
      is_deferrable: constraint.deferrable !== undefined,
      is_deferred: constraint.deferrable === "initially deferred",
    };
  });
}

const actionCodes: Readonly<Record<ReferentialAction, string>> = {
  "no action": "a",
  restrict: "r",
  cascade: "c",
  "set null": "n",
  "set default": "d",
};
