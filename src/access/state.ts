/** Everything known about roles and grants at one moment, and the facts that lead from one moment to the next. */
import type { Grant, Membership, RevokedDefault, Role } from "./access.ts";

export interface AccessState {
  readonly roles: readonly Role[];
  readonly memberships: readonly Membership[];
  readonly grants: readonly Grant[];
  readonly revokedDefaults: readonly RevokedDefault[];
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
  | { readonly kind: "default"; readonly revoked: RevokedDefault; readonly isRevoked: boolean };

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
    default:
      return fact satisfies never;
  }
}

export function isSameGrant(
  one: Omit<Grant, "withGrantOption">,
  other: Omit<Grant, "withGrantOption">,
): boolean {
  return (
    isSameDefault(one, other) && one.grantee === other.grantee && one.grantor === other.grantor
  );
}

function isSameDefault(one: RevokedDefault, other: RevokedDefault): boolean {
  return one.object === other.object && one.oid === other.oid && one.privilege === other.privilege;
}

function otherMembers(
  state: AccessState,
  { role, member }: { readonly role: number; readonly member: number },
): readonly Membership[] {
  return state.memberships.filter((each) => each.role !== role || each.member !== member);
}
