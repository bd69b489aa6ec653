/** The tables that facts become in the engine: what sql/ reads. */

/** Columns of the fact tables in the engine: what CREATE TABLE, and reading rows from JSON, are made from. */
export const factTables = {
  schema: {
    oid: "UINTEGER",
    name: "VARCHAR",
    owner: "UINTEGER",
    comment: "VARCHAR",
    database_comment: "VARCHAR",
    kind: "VARCHAR",
  },
  bucket: { name: "VARCHAR", position: "INTEGER" },
  relation: {
    oid: "UINTEGER",
    schema_oid: "UINTEGER",
    schema: "VARCHAR",
    name: "VARCHAR",
    owner: "UINTEGER",
    comment: "VARCHAR",
    /** dataset, legacy, foreign, shadow, live. */
    source: "VARCHAR",
    /** As pg_class.relkind. */
    kind: "VARCHAR",
    /** As pg_class.relpersistence. */
    persistence: "VARCHAR",
    bucket: "VARCHAR",
    location: "VARCHAR",
    /** False: a materialized view before its first REFRESH. */
    is_populated: "BOOLEAN",
    column_count: "SMALLINT",
    options: "VARCHAR[]",
    row_security: "BOOLEAN",
    forces_row_security: "BOOLEAN",
    /** OID of the index that CLUSTER goes by; 0: none. */
    clustered_on: "UINTEGER",
    /** As pg_get_partkeydef prints it. */
    partition_key: "VARCHAR",
    partition_columns: "SMALLINT[]",
    /** The rest: of a foreign table. */
    foreign_server: "VARCHAR",
    /** As pg_foreign_table.ftoptions: `name=value`. */
    foreign_options: "VARCHAR[]",
    format: "VARCHAR",
  },
  attribute: {
    relation_oid: "UINTEGER",
    number: "SMALLINT",
    name: "VARCHAR",
    type_oid: "UINTEGER",
    typmod: "INTEGER",
    not_null: "BOOLEAN",
    default_text: "VARCHAR",
    /** As pg_attribute.attidentity and attgenerated. */
    identity: "VARCHAR",
    generated: "VARCHAR",
    comment: "VARCHAR",
  },
  policy: {
    oid: "UINTEGER",
    relation_oid: "UINTEGER",
    name: "VARCHAR",
    /** As pg_policy.polcmd. */
    command: "VARCHAR",
    is_permissive: "BOOLEAN",
    roles: "UINTEGER[]",
    /** What pg_get_expr takes for them. */
    using_text: "VARCHAR",
    check_text: "VARCHAR",
    comment: "VARCHAR",
  },
  sequence: {
    relation_oid: "UINTEGER",
    type_oid: "UINTEGER",
    start: "BIGINT",
    increment: "BIGINT",
    maximum: "BIGINT",
    minimum: "BIGINT",
    cache: "BIGINT",
    cycles: "BOOLEAN",
    /** The column it goes with; 0: none. */
    owner_oid: "UINTEGER",
    owner_column: "SMALLINT",
    is_identity: "BOOLEAN",
  },
  /** Types people made; a relation's row type is not among them. */
  type: {
    oid: "UINTEGER",
    schema_oid: "UINTEGER",
    schema: "VARCHAR",
    name: "VARCHAR",
    owner: "UINTEGER",
    comment: "VARCHAR",
    /** As pg_type.typtype. */
    kind: "VARCHAR",
    /** The rest: of a domain, and how many columns a composite has. */
    base_oid: "UINTEGER",
    /** Its base's base, and so on, until it is no domain. */
    basic_oid: "UINTEGER",
    typmod: "INTEGER",
    not_null: "BOOLEAN",
    default_text: "VARCHAR",
    column_count: "SMALLINT",
  },
  type_column: {
    type_oid: "UINTEGER",
    number: "SMALLINT",
    name: "VARCHAR",
    column_type_oid: "UINTEGER",
    typmod: "INTEGER",
    comment: "VARCHAR",
  },
  enum_label: {
    oid: "UINTEGER",
    type_oid: "UINTEGER",
    sort_order: "FLOAT",
    label: "VARCHAR",
  },
  domain_check: {
    oid: "UINTEGER",
    type_oid: "UINTEGER",
    name: "VARCHAR",
    expression: "VARCHAR",
    is_validated: "BOOLEAN",
    comment: "VARCHAR",
  },
  /** Functions that people made, as pg_proc tells them. */
  function: {
    oid: "UINTEGER",
    name: "VARCHAR",
    schema_oid: "UINTEGER",
    owner: "UINTEGER",
    comment: "VARCHAR",
    cost: "FLOAT",
    rows: "FLOAT",
    variadic_type: "UINTEGER",
    is_definer: "BOOLEAN",
    is_leakproof: "BOOLEAN",
    is_strict: "BOOLEAN",
    returns_set: "BOOLEAN",
    /** As pg_proc.prokind. */
    kind: "VARCHAR",
    volatile: "VARCHAR",
    parallel: "VARCHAR",
    default_count: "SMALLINT",
    return_type: "UINTEGER",
    argument_types: "UINTEGER[]",
    all_types: "UINTEGER[]",
    modes: "VARCHAR[]",
    names: "VARCHAR[]",
    defaults: "VARCHAR",
    source: "VARCHAR",
  },
  /** What views stand on. */
  view_read: {
    view_oid: "UINTEGER",
    relation_oid: "UINTEGER",
    /** 0: the relation, none of its columns. */
    number: "SMALLINT",
  },
  object: {
    relation_oid: "UINTEGER",
    position: "INTEGER",
    bucket: "VARCHAR",
    key: "VARCHAR",
    bytes: "BIGINT",
    rows: "BIGINT",
  },
  role: {
    oid: "UINTEGER",
    name: "VARCHAR",
    is_superuser: "BOOLEAN",
    can_login: "BOOLEAN",
    can_create_role: "BOOLEAN",
    can_create_database: "BOOLEAN",
    inherits: "BOOLEAN",
    bypasses_row_security: "BOOLEAN",
    connection_limit: "INTEGER",
    valid_until: "TIMESTAMPTZ",
    verifier: "VARCHAR",
    comment: "VARCHAR",
  },
  /** What ALTER ROLE … SET and ALTER DATABASE … SET keep. */
  db_role_setting: { database_oid: "UINTEGER", role_oid: "UINTEGER", settings: "VARCHAR[]" },
  column_acl: { relation_oid: "UINTEGER", number: "SMALLINT", acl: "VARCHAR[]" },
  default_acl: {
    oid: "UINTEGER",
    role_oid: "UINTEGER",
    /** 0: all. */
    schema_oid: "UINTEGER",
    /** As pg_default_acl.defaclobjtype. */
    kind: "VARCHAR",
    acl: "VARCHAR[]",
  },
  membership: { role: "UINTEGER", member: "UINTEGER", admin: "BOOLEAN" },
  routine: {
    oid: "UINTEGER",
    schema: "VARCHAR",
    name: "VARCHAR",
    kind: "VARCHAR",
    volatility: "VARCHAR",
    summary: "VARCHAR",
  },
  routine_argument: {
    routine_oid: "UINTEGER",
    /** 1-based over arguments and result columns together. */
    number: "SMALLINT",
    /** As pg_proc.proargmodes: i in, o out, t a result column. */
    mode: "VARCHAR",
    name: "VARCHAR",
    type_oid: "UINTEGER",
    default_text: "VARCHAR",
  },
  setting: {
    name: "VARCHAR",
    setting: "VARCHAR",
    description: "VARCHAR",
    variable_type: "VARCHAR",
  },
  statistics: {
    relation_oid: "UINTEGER",
    rows: "BIGINT",
    bytes: "BIGINT",
    files: "INTEGER",
    version: "BIGINT",
    created: "TIMESTAMPTZ",
    updated: "TIMESTAMPTZ",
    analyzed: "TIMESTAMPTZ",
  },
  column_statistics: {
    relation_oid: "UINTEGER",
    number: "SMALLINT",
    null_fraction: "DOUBLE",
    width: "INTEGER",
    distinct_values: "BIGINT",
    n_distinct: "DOUBLE",
  },
  /** Indexes that enforce nothing, as pg_index tells them. */
  index: {
    oid: "UINTEGER",
    relation_oid: "UINTEGER",
    name: "VARCHAR",
    /** OID of the access method. */
    method: "UINTEGER",
    /** Attribute numbers, 0 for an expression; those of INCLUDE last. */
    columns: "SMALLINT[]",
    is_unique: "BOOLEAN",
    nulls_not_distinct: "BOOLEAN",
    key_count: "SMALLINT",
    options: "SMALLINT[]",
    /** OIDs, of the first `key_count` columns. */
    classes: "UINTEGER[]",
    collations: "UINTEGER[]",
    expressions: "VARCHAR",
    predicate: "VARCHAR",
    parameters: "VARCHAR[]",
    comment: "VARCHAR",
  },
  index_column: {
    index_oid: "UINTEGER",
    number: "SMALLINT",
    name: "VARCHAR",
    type_oid: "UINTEGER",
    typmod: "INTEGER",
  },
  /** As pg_constraint and pg_index tell them. */
  constraint: {
    oid: "UINTEGER",
    relation_oid: "UINTEGER",
    name: "VARCHAR",
    /** As pg_constraint.contype; i is a unique index that is no constraint. */
    type: "VARCHAR",
    columns: "SMALLINT[]",
    /** Of the index that stands for a key, or that a foreign key refers to; else 0. */
    index_oid: "UINTEGER",
    /** OIDs, of a key's columns. */
    classes: "UINTEGER[]",
    collations: "UINTEGER[]",
    /** Of INCLUDE. */
    included: "SMALLINT[]",
    /** As pg_index.indoption. */
    options: "SMALLINT[]",
    comment: "VARCHAR",
    index_comment: "VARCHAR",
    nulls_not_distinct: "BOOLEAN",
    foreign_relation_oid: "UINTEGER",
    foreign_columns: "SMALLINT[]",
    update_action: "VARCHAR",
    delete_action: "VARCHAR",
    match: "VARCHAR",
    delete_columns: "SMALLINT[]",
    expression: "VARCHAR",
    no_inherit: "BOOLEAN",
    is_validated: "BOOLEAN",
    is_enforced: "BOOLEAN",
    is_deferrable: "BOOLEAN",
    is_deferred: "BOOLEAN",
  },
} as const satisfies Record<string, Readonly<Record<string, string>>>;

export type FactTable = keyof typeof factTables;
