/** For tests of this room: a context over given relations, without any other room at work. */
import type { AccessVersion, Role } from "../../access/access.ts";
import type { CatalogVersion } from "../../catalog/catalog.ts";
import type { Relation, Schema } from "../../catalog/relation.ts";
import { rowType } from "../../catalog/type-names.ts";
import type { QueryContext } from "../query.ts";

const role: Role = {
  oid: 10,
  name: "postgres",
  isSuperuser: true,
  canLogin: true,
  canCreateRole: true,
  canCreateDatabase: true,
  inherits: true,
  connectionLimit: -1,
  validUntil: null,
  verifier: null,
  comment: null,
};

const access: AccessVersion = {
  id: "test",
  role: (name) => (name === role.name ? role : undefined),
  roleByOid: (oid) => (oid === role.oid ? role : undefined),
  roles: [role],
  memberships: [],
  grants: [],
  revokedDefaults: [],
  defaultPrivileges: [],
  settings: [],
  inherits: () => true,
  isAdminOf: () => true,
  grantor: () => role.oid,
  isMember: () => true,
  may: () => true,
  mayColumn: () => true,
};

const settings: Readonly<Record<string, string>> = {
  TimeZone: "UTC",
  timezone: "UTC",
  DateStyle: "ISO, MDY",
  IntervalStyle: "postgres",
  search_path: '"$user", public',
  server_version: "15.20",
};

export function testContext(relations: readonly Relation[]): QueryContext {
  return {
    catalog: testCatalog(relations),
    access,
    role,
    sessionRole: role,
    searchPath: ["public"],
    setting: (name) => settings[name],
    database: "postgres",
    pid: 4242,
    serverVersion: "15.20",
    engine: {
      serialize: () => Promise.reject(new Error("no engine in this test")),
      deserialize: () => Promise.reject(new Error("no engine in this test")),
    },
    prepared: () => undefined,
    cursor: () => undefined,
    columnsAt: async ({ columns }) => columns,
  };
}

function testCatalog(relations: readonly Relation[]): CatalogVersion {
  const schema = (name: string, oid: number): [string, Schema] => [
    name,
    { oid, name, owner: 10, comment: null, kind: oid === 2200 ? "bucket" : "system" },
  ];
  const schemas = new Map([
    schema("public", 2200),
    schema("pg_catalog", 11),
    schema("information_schema", 13207),
    schema("lakehouse", 89000),
  ]);
  const relation = (schemaName: string, name: string) =>
    relations.find((one) => one.schema === schemaName && one.name === name);
  const relationByOid = (oid: number) => relations.find((one) => one.oid === oid);
  const typeOf = (found: Relation | undefined) => found && rowType(found);
  return {
    id: "test",
    schemas,
    buckets: ["public"],
    relation,
    relationByOid,
    relations: () => relations,
    schemaByOid: (oid) => [...schemas.values()].find((one) => one.oid === oid),
    type: (schemaName, name) => typeOf(relation(schemaName, name)),
    typeByOid: (oid) => typeOf(relationByOid(oid - 1)),
    types: () => [],
    functionsIn: () => new Map(),
  };
}

/** `a int4, b text`: a dataset with these columns, by type OID and modifier. */
export function testRelation(
  oid: number,
  name: string,
  columns: readonly (readonly [name: string, typeOid: number, typmod?: number])[],
): Relation {
  return {
    oid,
    schema: "public",
    schemaOid: 2200,
    name,
    owner: 10,
    comment: null,
    columns: columns.map(([column, typeOid, typmod = -1], i) => ({
      name: column,
      number: i + 1,
      typeOid,
      typmod,
      notNull: false,
      defaultText: null,
      comment: null,
    })),
    source: { kind: "dataset", bucket: "public", location: `${name}-00000000/` },
  };
}

/** The tables of the dialect corpus. */
export const dept = testRelation(300_004, "dept", [
  ["id", 23],
  ["name", 25],
]);

export const emp = testRelation(300_008, "emp", [
  ["id", 23],
  ["name", 25],
  ["email", 25],
  ["dept_id", 23],
  ["salary", 1700, 655366],
  ["hired", 1082],
  ["ts", 1114],
  ["tz", 1184],
  ["active", 16],
  ["tags", 1009],
  ["meta", 3802],
  ["score", 701],
  ["code", 1042, 9],
  ["big", 20],
]);

/** Where the INSERTs go. */
export const target: Relation = withDefault(
  testRelation(300_012, "t", [
    ["id", 23],
    ["name", 25],
    ["amount", 1700, 655366],
    ["active", 16],
    ["d", 1082],
    ["tags", 1007],
    ["v", 1043, 9],
    ["c", 1042, 8],
  ]),
  "name",
  "'none'::text",
);

function withDefault(relation: Relation, name: string, defaultText: string): Relation {
  const columns = relation.columns.map((column) =>
    column.name === name ? { ...column, defaultText } : column,
  );
  return { ...relation, columns };
}
