/** A small lakehouse as facts, and an engine that has the catalog over it: no buckets, no files. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Grant, Role } from "../../src/access/access.ts";
import { aclItems } from "../../src/access/acl.ts";
import { predefinedRoles, superuser } from "../../src/access/builtin-roles.ts";
import { accessVersion, postgresDefaults } from "../../src/access/decide.ts";
import type { CatalogVersion } from "../../src/catalog/catalog.ts";
import type { FactPublisher, Facts, RoutineFact } from "../../src/catalog/facts.ts";
import { createFacts } from "../../src/catalog/publish.ts";
import type { Relation, RelationColumn, Schema } from "../../src/catalog/relation.ts";
import { createShadow } from "../../src/catalog/shadow.ts";
import { type Engine, openEngine } from "../../src/engine/engine.ts";
import { Activity } from "../../src/session/activity.ts";
import { AdvisoryLocks } from "../../src/session/advisory-locks.ts";
import { ServerStatistics } from "../../src/session/server-statistics.ts";
import { registerSessionFunctions } from "../../src/session/session-functions.ts";

export interface Lake {
  readonly engine: Engine;
  readonly publisher: FactPublisher;
  readonly relations: readonly Relation[];
  /** A relation's name in the engine, as this role reads it. */
  from(name: string, role?: number): string;
  /** One column of one row, as text; NULL is null. */
  value(sql: string): Promise<string | null>;
  /** Rows as lists of texts. */
  rows(sql: string): Promise<(string | null)[][]>;
  close(): Promise<void>;
}

export const systemSchemaOids: ReadonlyMap<string, number> = new Map([
  ["pg_catalog", 11],
  ["information_schema", 13207],
  ["lakehouse", 88001],
]);

export async function openLake(): Promise<Lake> {
  const temporaryDirectory = mkdtempSync(join(tmpdir(), "lakewire-catalog-"));
  const engine = await openEngine({ temporaryDirectory });
  // sql/ speaks of them; nobody has a session here.
  registerSessionFunctions(engine, new Activity(), new AdvisoryLocks(), new ServerStatistics());
  const publisher = await createFacts(engine);
  const { relations } = await createShadow(engine, systemSchemaOids);
  const rows = async (sql: string) =>
    (await engine.system(sql)).map((row) =>
      Object.values(row).map((value) => (value === null ? null : String(value))),
    );
  return {
    engine,
    publisher,
    relations,
    from(name, role = 10) {
      const relation = relations.find((one) => `${one.schema}.${one.name}` === name);
      if (relation?.source.kind !== "shadow") throw new Error(`there is no ${name}`);
      const { engineName, takes = [] } = relation.source;
      const given = takes.map((fact) => (fact === "role" ? role : "[]::VARCHAR[]"));
      return given.length === 0 ? engineName : `${engineName}(${given.join(", ")})`;
    },
    value: async (sql) => (await rows(sql))[0]?.[0] ?? null,
    rows,
    async close() {
      await engine.close();
      rmSync(temporaryDirectory, { recursive: true, force: true });
    },
  };
}

export const ann = 2_000_000_001;
export const bob = 2_000_000_002;
const staff = 2_000_000_003;

function role(oid: number, name: string, more: Partial<Role> = {}): Role {
  return { ...superuser(name), oid, isSuperuser: false, comment: null, ...more };
}

/** ann is a member of staff; bob is nobody's. */
export function access(id: string, grants: readonly Grant[] = []): Pick<Facts, "access" | "acl"> {
  const version = accessVersion(
    id,
    {
      roles: [
        superuser("admin"),
        ...predefinedRoles,
        role(ann, "ann"),
        role(bob, "Bob B"),
        role(staff, "staff", { canLogin: false, comment: "everybody who works here" }),
      ],
      memberships: [{ role: staff, member: ann, admin: false }],
      grants,
      revokedDefaults: [],
      nextRoleOid: 2_000_000_010,
    },
    postgresDefaults,
  );
  return { access: version, acl: (object) => aclItems(version, object) };
}

export function grant(privilege: Grant["privilege"], oid: number, grantee = staff): Grant {
  return { object: "table", oid, grantee, grantor: 10, privilege, withGrantOption: false };
}

export function column(
  name: string,
  number: number,
  typeOid: number,
  more: Partial<RelationColumn> = {},
): RelationColumn {
  return {
    name,
    number,
    typeOid,
    typmod: -1,
    notNull: false,
    defaultText: null,
    comment: null,
    ...more,
  };
}

const bucket = (oid: number, name: string, comment: string | null = null): Schema => ({
  oid,
  name,
  owner: 10,
  comment,
  kind: "bucket",
});

export const schemas: readonly Schema[] = [
  { oid: 11, name: "pg_catalog", owner: 10, comment: null, kind: "system" },
  { oid: 13207, name: "information_schema", owner: 10, comment: null, kind: "system" },
  { oid: 88001, name: "lakehouse", owner: 10, comment: null, kind: "system" },
  bucket(262_144, "primary", "what the agency works with"),
  bucket(2200, "public"),
  bucket(524_288, "Testing"),
];

export function dataset(
  oid: number,
  schemaOid: number,
  name: string,
  columns: readonly RelationColumn[],
  more: Partial<Relation> = {},
): Relation {
  const schema = schemas.find((one) => one.oid === schemaOid)?.name ?? "";
  return {
    oid,
    schema,
    schemaOid,
    name,
    owner: 10,
    comment: null,
    columns,
    source: { kind: "dataset", bucket: schema, location: `${name}-0` },
    ...more,
  };
}

export const candidates = dataset(
  262_148,
  262_144,
  "candidates",
  [
    column("id", 1, 23, { notNull: true }),
    column("name", 2, 1043, { typmod: 68, comment: "as in the passport" }),
    column("pay", 3, 1700, { typmod: 786_438, defaultText: "0" }),
    column("skills", 4, 1009),
    column("hired", 5, 1184),
  ],
  { comment: "people who look for work" },
);
export const people = dataset(524_292, 524_288, "candidates", [column("Odd Name", 1, 25)]);

export function catalog(
  id: string,
  relations: readonly Relation[],
  more: Partial<CatalogVersion> = {},
): CatalogVersion {
  const byOid = new Map(relations.map((relation) => [relation.oid, relation]));
  const byName = new Map(relations.map((one) => [`${one.schema}.${one.name}`, one]));
  return {
    id,
    schemas: new Map(schemas.map((schema) => [schema.name, schema])),
    buckets: ["primary", "public", "Testing"],
    relation: (schema, name) => byName.get(`${schema}.${name}`),
    relationByOid: (oid) => byOid.get(oid),
    relations: () => byOid.values(),
    schemaByOid: (oid) => schemas.find((schema) => schema.oid === oid),
    type: () => undefined,
    typeByOid: () => undefined,
    types: () => [],
    functionsIn: () => new Map(),
    ...more,
  };
}

const int4 = { typeOid: 23, isOptional: false, defaultText: undefined };
const text = { typeOid: 25, isOptional: false, defaultText: undefined };

export const routines: readonly RoutineFact[] = [
  {
    oid: 90_001,
    schema: "lakehouse",
    name: "vector_search",
    kind: "function",
    volatility: "stable",
    summary: "finds what is nearest",
    arguments: { index: text, k: { typeOid: 23, isOptional: true, defaultText: "10" } },
    returns: { key: text, chunk: int4 },
  },
  {
    oid: 90_002,
    schema: "lakehouse",
    name: "compact",
    kind: "procedure",
    volatility: "volatile",
    summary: "merges small files",
    arguments: { dataset: text },
    returns: { files: int4 },
  },
];
