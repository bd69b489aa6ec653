/** What ALTER DEFAULT PRIVILEGES gives to things as they are made. Like every grant it counts at once. */
import type { AccessChange, DefaultPrivileges, ObjectKind } from "../access/access.ts";
import { postgresDefaults } from "../access/decide.ts";
import type { CatalogChange } from "../catalog/catalog.ts";
import type { Backend } from "./backend.ts";

/** Runs what makes them. Nobody else gets the OID of one that is rolled back, so what was granted on it is nothing. */
export async function withBornGrants<T>(backend: Backend, define: () => Promise<T>): Promise<T> {
  const { transaction, access } = backend;
  if (access.defaultPrivileges.length === 0) return define();
  const before = transaction.changesMade;
  const result = await define();
  const { schemas } = await transaction.catalog();
  const changes = transaction.changesMade
    .slice(before.length)
    .flatMap((change) => bornBy(change) ?? [])
    .flatMap((born) =>
      grantsFor(born, schemas.get(born.schema)?.oid ?? 0, access.defaultPrivileges),
    );
  if (changes.length > 0) await backend.services.access.commit(changes);
  return result;
}

interface Born {
  readonly kind: ObjectKind;
  readonly oid: number;
  readonly owner: number;
  readonly schema: string;
}

function grantsFor(
  born: Born,
  schemaOid: number,
  entries: readonly DefaultPrivileges[],
): readonly AccessChange[] {
  return entries
    .filter(
      ({ role, schema, object }) =>
        role === born.owner && object === born.kind && (schema === 0 || schema === schemaOid),
    )
    .flatMap((entry) => [...taken(entry, born), ...given(entry, born)]);
}

/** What everybody would have, and has not. */
function taken({ schema, items }: DefaultPrivileges, born: Born): readonly AccessChange[] {
  if (schema !== 0) return [];
  const { kind: object, oid } = born;
  return postgresDefaults(object, oid)
    .filter((each) => !items.some(({ grantee, privilege }) => grantee === 0 && privilege === each))
    .map((privilege) => ({ kind: "revoke", grant: { object, oid, grantee: 0, privilege } }));
}

function given({ items }: DefaultPrivileges, born: Born): readonly AccessChange[] {
  const { kind: object, oid, owner: grantor } = born;
  const everybodys = postgresDefaults(object, oid);
  return items
    .filter(({ grantee, privilege }) => grantee !== 0 || !everybodys.includes(privilege))
    .map((item) => ({ kind: "grant", grant: { object, oid, grantor, ...item } }));
}

function bornBy(change: CatalogChange): Born | undefined {
  switch (change.kind) {
    case "create table": {
      const { oid, owner, schema, source } = change.relation;
      return { kind: source.kind === "sequence" ? "sequence" : "table", oid, owner, schema };
    }
    case "create type": {
      const { oid, owner, schema } = change.type;
      return { kind: "type", oid, owner, schema };
    }
    case "put function": {
      if (change.base !== undefined) return undefined;
      const { oid, owner, schema } = change.made;
      return { kind: "routine", oid, owner, schema };
    }
    default:
      return undefined;
  }
}
