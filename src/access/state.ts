/** Everything known about roles and grants at one moment, and the facts that lead from one moment to the next. */
import type {
  DefaultPrivileges,
  Grant,
  Membership,
  RevokedDefault,
  Role,
  Settings,
} from "./access.ts";

export interface AccessState {
  readonly roles: readonly Role[];
  readonly memberships: readonly Membership[];
  readonly grants: readonly Grant[];
  readonly revokedDefaults: readonly RevokedDefault[];
  /** Left out of what was written before there were any, as are `settings`. */
  readonly defaultPrivileges?: readonly DefaultPrivileges[];
  readonly settings?: readonly Settings[];
  /** Never reused: a grant to a dropped role must not become another's. */
  readonly nextRoleOid: number;
}

/** By OID, never by name: a log read again years later means the same. */
export type Fact =
  | { readonly kind: "role"; readonly role: Role }
  | { readonly kind: "no role"; readonly oid: number }
  | { readonly kind: "member"; readonly membership: Membership }
  | { readonly kind: "no member"; readonly role: number; readonly member: number }
  | { readonly kind: "grant"; readonly grant: Grant }
  | { readonly kind: "no grant"; readonly grant: Omit<Grant, "withGrantOption"> }
  | { readonly kind: "default"; readonly revoked: RevokedDefault; readonly isRevoked: boolean }
  | {
      readonly kind: "default privileges";
      readonly entry: DefaultPrivileges;
      /** PostgreSQL's own hold again. */
      readonly isGone: boolean;
    }
  | { readonly kind: "settings"; readonly settings: Settings };

export function apply(state: AccessState, fact: Fact): AccessState {
  switch (fact.kind) {
    case "role": {
      const { role } = fact;
      const others = state.roles.filter(({ oid }) => oid !== role.oid);
      const nextRoleOid = Math.max(state.nextRoleOid, role.oid + 1);
      return { ...state, roles: [...others, role], nextRoleOid };
    }
    case "no role":
      return {
        ...state,
        roles: state.roles.filter(({ oid }) => oid !== fact.oid),
        memberships: state.memberships.filter(
          ({ role, member }) => role !== fact.oid && member !== fact.oid,
        ),
        grants: state.grants.filter(({ grantee }) => grantee !== fact.oid),
        settings: (state.settings ?? []).filter(({ role }) => role !== fact.oid),
      };
    case "member": {
      const { membership } = fact;
      return { ...state, memberships: [...otherMembers(state, membership), membership] };
    }
    case "no member":
      return { ...state, memberships: otherMembers(state, fact) };
    case "grant": {
      const others = state.grants.filter((grant) => !isSameGrant(grant, fact.grant));
      return { ...state, grants: [...others, fact.grant] };
    }
    case "no grant":
      return { ...state, grants: state.grants.filter((grant) => !isSameGrant(grant, fact.grant)) };
    case "default": {
      const { revoked, isRevoked } = fact;
      const others = state.revokedDefaults.filter((each) => !isSameDefault(each, revoked));
      return { ...state, revokedDefaults: isRevoked ? [...others, revoked] : others };
    }
    case "default privileges": {
      const { entry, isGone } = fact;
      const others = (state.defaultPrivileges ?? []).filter((each) => !isSameEntry(each, entry));
      return {
        ...state,
        defaultPrivileges: isGone ? others : [...others, entry],
        nextRoleOid: Math.max(state.nextRoleOid, entry.oid + 1),
      };
    }
    case "settings": {
      const { settings } = fact;
      const others = (state.settings ?? []).filter(
        ({ isOfDatabase, role }) =>
          isOfDatabase !== settings.isOfDatabase || role !== settings.role,
      );
      const isNothing = Object.keys(settings.values).length === 0;
      return { ...state, settings: isNothing ? others : [...others, settings] };
    }
    default:
      return fact satisfies never;
  }
}

export function isSameGrant(
  one: Omit<Grant, "withGrantOption">,
  other: Omit<Grant, "withGrantOption">,
): boolean {
  return (
    isSameDefault(one, other) &&
    one.column === other.column &&
    one.grantee === other.grantee &&
    one.grantor === other.grantor
  );
}

function isSameDefault(one: RevokedDefault, other: RevokedDefault): boolean {
  return one.object === other.object && one.oid === other.oid && one.privilege === other.privilege;
}

export function isSameEntry(
  one: Omit<DefaultPrivileges, "oid" | "items">,
  other: Omit<DefaultPrivileges, "oid" | "items">,
): boolean {
  return one.role === other.role && one.schema === other.schema && one.object === other.object;
}

function otherMembers(
  state: AccessState,
  { role, member }: { readonly role: number; readonly member: number },
): readonly Membership[] {
  return state.memberships.filter((each) => each.role !== role || each.member !== member);
}
