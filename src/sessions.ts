/** What net/ asks of the server: who may come in, and who talks to them. */
import { randomBytes } from "node:crypto";
import type { Role } from "./access/access.ts";
import { PgError } from "./base/error.ts";
import type { Known, Sessions } from "./net/listener.ts";
import type { Channel, Startup } from "./session/channel.ts";
import type { Services } from "./session/services.ts";
import { Session } from "./session/session.ts";

export interface ConnectionLimits {
  readonly connections: number;
  readonly reservedConnections: number;
}

/** Names under which the one database can be connected to: tools default to the second. */
const databaseAliases = ["postgres", "template1"];

export class ServerSessions implements Sessions {
  readonly #services: Services;
  readonly #limits: ConnectionLimits;
  #lastPid = randomBytes(2).readUInt16BE(0);
  #isDraining = false;

  constructor(services: Services, limits: ConnectionLimits) {
    this.#services = services;
    this.#limits = limits;
  }

  /** A role that may not log in is refused after its password, as PostgreSQL does. */
  async verifier(user: string): Promise<Known | undefined> {
    const access = await this.#services.access.current();
    const role = access.role(user);
    if (!role) return undefined;
    const isExpired = role.validUntil !== null && role.validUntil.getTime() < Date.now();
    return {
      verifier: isExpired ? null : role.verifier,
      isMember: (name) => {
        const of = access.role(name);
        return of !== undefined && access.isMember(role.oid, of.oid);
      },
    };
  }

  async admit(startup: Startup): Promise<void> {
    const { activity } = this.#services;
    if (this.#isDraining) throw refusal("57P03", "the database system is shutting down");
    const role = await this.#role(startup.user);
    if (!role.canLogin) throw refusal("28000", `role "${role.name}" is not permitted to log in`);
    const { database } = this.#services;
    if (startup.database !== database && !databaseAliases.includes(startup.database)) {
      throw refusal("3D000", `database "${startup.database}" does not exist`);
    }
    this.#checkLimits(role, activity.count);
  }

  async run(startup: Startup, channel: Channel): Promise<void> {
    const access = await this.#services.access.current();
    const role = await this.#role(startup.user);
    await new Session(this.#services, access, role, startup, channel).run();
  }

  cancel(pid: number, secretKey: number): void {
    this.#services.activity.cancel(pid, secretKey);
  }

  nextPid(): number {
    do {
      this.#lastPid = (this.#lastPid % 0x7fff_fffe) + 1;
    } while (this.#services.activity.get(this.#lastPid) !== undefined);
    return this.#lastPid;
  }

  drain(): void {
    this.#isDraining = true;
  }

  #checkLimits(role: Role, count: number): void {
    const { connections, reservedConnections } = this.#limits;
    if (count >= connections) throw refusal("53300", "sorry, too many clients already");
    if (!role.isSuperuser && count >= connections - reservedConnections) {
      const message =
        "remaining connection slots are reserved for non-replication superuser connections";
      throw refusal("53300", message);
    }
    if (role.connectionLimit >= 0 && !role.isSuperuser) {
      const mine = [...this.#services.activity.entries()].filter(
        (entry) => entry.roleOid() === role.oid,
      );
      if (mine.length >= role.connectionLimit) {
        throw refusal("53300", `too many connections for role "${role.name}"`);
      }
    }
  }

  async #role(name: string): Promise<Role> {
    const role = (await this.#services.access.current()).role(name);
    if (role) return role;
    throw refusal("28000", `role "${name}" does not exist`);
  }
}

function refusal(sqlstate: string, message: string): PgError {
  return new PgError(sqlstate, message, { severity: "FATAL" });
}
