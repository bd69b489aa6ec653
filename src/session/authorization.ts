/** Who a session is: by login, by SET SESSION AUTHORIZATION, by SET ROLE. */
import type { AccessVersion, Role } from "../access/access.ts";
import { PgError } from "../base/error.ts";

interface Surroundings {
  /** As of the last statement. */
  readonly access: () => AccessVersion;
  /** Told when one has become somebody else. */
  readonly changed: (session: string, isSuperuser: boolean, role: string) => void;
}

export class Authorization {
  /** SET SESSION AUTHORIZATION DEFAULT comes back to it. */
  readonly #loginName: string;
  readonly #surroundings: Surroundings;
  #sessionName: string;
  #roleName: string;

  constructor(loginName: string, surroundings: Surroundings) {
    this.#loginName = loginName;
    this.#surroundings = surroundings;
    this.#sessionName = loginName;
    this.#roleName = loginName;
  }

  /** By whom everything is decided: SET ROLE's, else the session's. */
  get role(): Role {
    return this.#known(this.#roleName);
  }

  get sessionRole(): Role {
    return this.#known(this.#sessionName);
  }

  /** SET ROLE: only to roles one is a member of. Undefined is RESET ROLE. */
  setRole(name: string | undefined): void {
    if (name === undefined || name === "none") {
      this.#roleName = this.#sessionName;
      this.#changed("none");
      return;
    }
    const role = this.#named(name);
    const { sessionRole } = this;
    const access = this.#surroundings.access();
    if (!sessionRole.isSuperuser && !access.isMember(sessionRole.oid, role.oid)) {
      throw new PgError("42501", `permission denied to set role "${name}"`);
    }
    this.#roleName = name;
    this.#changed(name);
  }

  /** SET SESSION AUTHORIZATION; it ends SET ROLE. */
  setSession(name: string = this.#loginName): void {
    this.#named(name);
    if (name !== this.#loginName && !this.#known(this.#loginName).isSuperuser) {
      throw new PgError("42501", "permission denied to set session authorization");
    }
    this.#sessionName = name;
    this.#roleName = name;
    this.#changed("none");
  }

  #changed(role: string): void {
    this.#surroundings.changed(this.#sessionName, this.role.isSuperuser, role);
  }

  #named(name: string): Role {
    const role = this.#surroundings.access().role(name);
    if (!role) throw new PgError("22023", `role "${name}" does not exist`);
    return role;
  }

  #known(name: string): Role {
    const role = this.#surroundings.access().role(name);
    if (role) return role;
    throw new PgError("28000", `role "${name}" does not exist any more`, { severity: "FATAL" });
  }
}
