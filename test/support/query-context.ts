/** A small catalog, three roles and an engine, for the tests of this room. */
import type { AccessVersion, Grant, Privilege, Role } from "../../src/access/access.ts";
import type { CatalogVersion } from "../../src/catalog/catalog.ts";
import type { Relation, Schema } from "../../src/catalog/relation.ts";
import type { QueryContext } from "../../src/query/query.ts";

const role = (oid: number, name: string, more: Partial<Role> = {}): Role => ({
  oid,
  name,
  isSuperuser: false,
  canLogin: true,
  canCreateRole: false,
  canCreateDatabase: false,
  inherits: true,
  connectionLimit: -1,
  validUntil: null,
  verifier: null,
  comment: null,
  ...more,
});

export const roles = {
  admin: role(10, "admin", { isSuperuser: true, canCreateRole: true }),
  /** Owns primary and what is in it. */
  ann: role(16400, "ann"),
  /** May read primary.candidates and nothing else. */
  bob: role(16401, "bob"),
  maker: role(16402, "maker", { canCreateRole: true }),
} as const;

const schemas: readonly Schema[] = [
  { oid: 11, name: "pg_catalog", owner: 10, comment: null, kind: "system" },
  { oid: 12, name: "information_schema", owner: 10, comment: null, kind: "system" },
  { oid: 90_000, name: "lakehouse", owner: 10, comment: null, kind: "system" },
  { oid: 2200, name: "public", owner: 10, comment: null, kind: "bucket" },
  { oid: 16_500, name: "primary", owner: 16_400, comment: null, kind: "bucket" },
  { oid: 16_501, name: "testing", owner: 16_400, comment: null, kind: "bucket" },
  { oid: 16_502, name: "profile:ann", owner: 16_400, comment: null, kind: "bucket" },
  { oid: 16_503, name: "hidden", owner: 10, comment: null, kind: "bucket" },
];

function relation(
  oid: number,
  schema: string,
  name: string,
  columns: readonly (readonly [string, number])[],
  more: Partial<Relation> = {},
): Relation {
  const found = schemas.find((candidate) => candidate.name === schema);
  return {
    oid,
    schema,
    schemaOid: found?.oid ?? 0,
    name,
    owner: found?.owner ?? 10,
    comment: null,
    columns: columns.map(([column, typeOid], at) => ({
      name: column,
      number: at + 1,
      typeOid,
      typmod: -1,
      notNull: false,
      defaultText: null,
      comment: null,
    })),
    source: { kind: "dataset", bucket: schema, location: `${name}-00000000/` },
    ...more,
  };
}

export const candidates = relation(17_000, "primary", "candidates", [
  ["id", 23],
  ["name", 25],
  ["city", 25],
  ["pay", 1700],
]);
const relations: readonly Relation[] = [
  candidates,
  relation(17_001, "primary", "Mixed Case", [["Id", 23]]),
  relation(17_002, "testing", "people", [
    ["id", 23],
    ["name", 25],
  ]),
  relation(17_003, "hidden", "salaries", [
    ["id", 23],
    ["amount", 1700],
  ]),
  relation(17_004, "primary", "old", [["id", 23]], { source: { kind: "legacy", objects: [] } }),
  relation(
    1259,
    "pg_catalog",
    "pg_class",
    [
      ["oid", 26],
      ["relname", 19],
    ],
    { source: { kind: "shadow", engineName: '"pg_shim"."pg_class"' } },
  ),
  relation(1260, "pg_catalog", "pg_authid", [["rolname", 19]], {
    source: { kind: "shadow", engineName: '"pg_shim"."pg_authid"' },
  }),
];

export const catalog: CatalogVersion = {
  id: "c1",
  schemas: new Map(schemas.map((schema) => [schema.name, schema])),
  buckets: schemas.filter(({ kind }) => kind === "bucket").map(({ name }) => name),
  relation: (schema, name) => relations.find((r) => r.schema === schema && r.name === name),
  relationByOid: (oid) => relations.find((r) => r.oid === oid),
  relations: () => relations,
  schemaByOid: (oid) => schemas.find((schema) => schema.oid === oid),
  type: () => undefined,
  typeByOid: () => undefined,
  types: () => [],
  functionsIn: () => new Map(),
};

const grant = (
  object: Grant["object"],
  oid: number,
  grantee: number,
  privilege: Privilege,
): Grant => ({ object, oid, grantee, grantor: 10, privilege, withGrantOption: false });

const grants: readonly Grant[] = [
  grant("schema", 16_500, roles.bob.oid, "USAGE"),
  grant("schema", 16_501, roles.bob.oid, "USAGE"),
  grant("table", candidates.oid, roles.bob.oid, "SELECT"),
];

export const access: AccessVersion = {
  id: "a1",
  roles: Object.values(roles),
  role: (name) => Object.values(roles).find((candidate) => candidate.name === name),
  roleByOid: (oid) => Object.values(roles).find((candidate) => candidate.oid === oid),
  memberships: [],
  grants,
  revokedDefaults: [],
  defaultPrivileges: [],
  settings: [],
  mayColumn: () => false,
  isMember: (member, of) => member === of || member === roles.admin.oid,
  inherits: (member, of) => member === of,
  isAdminOf: (member) => member === roles.admin.oid,
  grantor: (asker, _, { owner }) => (asker.isSuperuser || asker.oid === owner ? owner : undefined),
  may: (asker, privilege, { kind, oid, owner }) =>
    asker.isSuperuser ||
    asker.oid === owner ||
    grants.some(
      (one) =>
        one.object === kind &&
        one.oid === oid &&
        one.privilege === privilege &&
        (one.grantee === 0 || one.grantee === asker.oid),
    ),
};

export function contextOf(
  name: keyof typeof roles,
  engine: QueryContext["engine"],
  settings: Readonly<Record<string, string>> = {},
): QueryContext {
  return {
    catalog,
    access,
    role: roles[name],
    sessionRole: roles[name],
    searchPath: ["primary", "public"],
    setting: (key) => settings[key],
    database: "lakehouse",
    pid: 4711,
    serverVersion: "15.0",
    engine,
    prepared: () => undefined,
    cursor: () => undefined,
    columnsAt: async ({ columns }) => columns,
  };
}
