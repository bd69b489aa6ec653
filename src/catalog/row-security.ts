/** Row level security: who is subject to a table's policies, and what these stand on. */
import type { CatalogVersion } from "./catalog.ts";
import type { Policy, PolicyText, Relation } from "./relation.ts";

interface Asker {
  readonly oid: number;
  readonly isSuperuser: boolean;
  readonly bypassesRowSecurity?: boolean;
}

/** The owner only where it is forced. */
export function isSubject(
  { rowSecurity, owner }: Pick<Relation, "rowSecurity" | "owner">,
  role: Asker,
  access: { inherits(member: number, role: number): boolean },
): boolean {
  if (rowSecurity?.isEnabled !== true) return false;
  if (role.isSuperuser || role.bypassesRowSecurity === true) return false;
  return rowSecurity.isForced || !access.inherits(role.oid, owner);
}

export interface PolicyOf {
  readonly relation: Relation;
  readonly policy: Policy;
}

/** Policies of whatever table that read a relation, or a column of it, or call a function. */
export function policiesReading(
  oid: number,
  catalog: CatalogVersion,
  column?: number,
): readonly PolicyOf[] {
  return (policiesIn(catalog).readers.get(oid) ?? []).filter(
    ({ policy }) =>
      column === undefined ||
      readsOf(policy).some((read) => read.oid === oid && read.columns.includes(column)),
  );
}

export function hasPolicies(catalog: CatalogVersion): boolean {
  return policiesIn(catalog).hasAny;
}

export function policyByOid(oid: number, catalog: CatalogVersion): PolicyOf | undefined {
  for (const relation of catalog.relations())
    for (const policy of relation.rowSecurity?.policies ?? [])
      if (policy.oid === oid) return { relation, policy };
  return undefined;
}

export function readsOf({ using, check }: Policy): readonly {
  readonly oid: number;
  readonly columns: readonly number[];
}[] {
  return [...(using?.reads ?? []), ...(check?.reads ?? [])];
}

/** What pg_policy holds of a policy's condition: pg_get_expr prints what it stands for. */
export function policyKey(oid: number, part: PolicyText["part"]): string {
  return `policy ${oid} ${part}`;
}

/** Undefined: the text is no such key. */
export function policyTextNamed(key: string, relation: Relation): PolicyText | undefined {
  for (const policy of relation.rowSecurity?.policies ?? [])
    for (const part of ["using", "check"] as const)
      if (policyKey(policy.oid, part) === key) return policy[part];
  return undefined;
}

interface Policies {
  readonly hasAny: boolean;
  /** By the OID of what they read. */
  readonly readers: ReadonlyMap<number, readonly PolicyOf[]>;
}

const lookups = new WeakMap<CatalogVersion, Policies>();

function policiesIn(catalog: CatalogVersion): Policies {
  const known = lookups.get(catalog);
  if (known !== undefined) return known;
  const readers = new Map<number, PolicyOf[]>();
  let hasAny = false;
  for (const relation of catalog.relations())
    for (const policy of relation.rowSecurity?.policies ?? []) {
      hasAny = true;
      for (const oid of new Set(readsOf(policy).map((read) => read.oid)))
        readers.set(oid, [...(readers.get(oid) ?? []), { relation, policy }]);
    }
  const made = { hasAny, readers };
  lookups.set(catalog, made);
  return made;
}
