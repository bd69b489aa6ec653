/** Opens the record of roles and grants, and keeps it up with other servers on the same bucket. */
import { PgError } from "../base/error.ts";
import type { Bucket } from "../storage/storage.ts";
import type { Access, AccessChange, AccessVersion } from "./access.ts";
import { append, catchUp, type LoggedState, loadState } from "./access-log.ts";
import {
  firstRoleOid,
  firstRoles,
  predefinedMemberships,
  predefinedRoles,
  superuser,
  superuserOid,
} from "./builtin-roles.ts";
import { type Dependencies, factsOf } from "./changes.ts";
import { accessVersion, type PublicDefaults, postgresDefaults } from "./decide.ts";
import type { AccessState, Fact } from "./state.ts";

export interface AccessOptions {
  /** The primary one. */
  readonly bucket: Bucket;
  /** The name role 10 is to have. */
  readonly superuserName: string;
  /** What PUBLIC may on objects of which nobody said anything; PostgreSQL 15's when not given. */
  readonly publicDefaults?: PublicDefaults;
  /** Without it, DROP ROLE counts every grant as one on something that still exists. */
  readonly dependencies?: Dependencies;
}

const attemptsMax = 50;

export async function openAccess(options: AccessOptions): Promise<Access> {
  const { bucket } = options;
  let logged = await loadState(bucket);
  for (let attempt = 0; attempt < attemptsMax; attempt++) {
    const start = logged ?? { entry: -1, state: nothing };
    const facts = logged ? completion(start.state, options) : birth(options.superuserName);
    if (facts.length === 0) return new LoggedAccess(options, start);
    logged = (await append(bucket, start, facts)) ?? (await loadState(bucket));
  }
  throw contended();
}

class LoggedAccess implements Access {
  readonly #bucket: Bucket;
  readonly #defaults: PublicDefaults;
  readonly #dependencies: Dependencies;
  #logged: LoggedState;
  #version: AccessVersion;
  #checkedAt = Number.NEGATIVE_INFINITY;
  #checking: Promise<AccessVersion> | undefined;
  #writing: Promise<unknown> = Promise.resolve();

  constructor(options: AccessOptions, logged: LoggedState) {
    this.#bucket = options.bucket;
    this.#defaults = options.publicDefaults ?? postgresDefaults;
    this.#dependencies = options.dependencies ?? everythingStillExists;
    this.#logged = logged;
    this.#version = this.#versionOf(logged);
  }

  /** Whoever asks while a look is under way gets its answer: that look may have begun before, but no commit of ours had. */
  current(): Promise<AccessVersion> {
    if (performance.now() - this.#checkedAt < freshForMs[this.#bucket.backend])
      return Promise.resolve(this.#version);
    this.#checking ??= this.#look().finally(() => {
      this.#checking = undefined;
    });
    return this.#checking;
  }

  commit(changes: readonly AccessChange[]): Promise<AccessVersion> {
    const result = this.#writing.then(() => this.#commit(changes));
    this.#writing = result.catch(() => {}); // The next one does not mind.
    return result;
  }

  async #commit(changes: readonly AccessChange[]): Promise<AccessVersion> {
    for (let attempt = 0; attempt < attemptsMax; attempt++) {
      const before = await catchUp(this.#bucket, this.#logged);
      const facts = await factsOf(changes, before.state, this.#defaults, this.#dependencies);
      if (facts.length === 0) return this.#take(before);
      const after = await append(this.#bucket, before, facts);
      if (after) return this.#take(after);
    }
    throw contended();
  }

  async #look(): Promise<AccessVersion> {
    const logged = await catchUp(this.#bucket, this.#logged);
    this.#checkedAt = performance.now();
    return this.#take(logged);
  }

  /** A look that began before a commit of ours ended must not take us back. */
  #take(logged: LoggedState): AccessVersion {
    if (logged.entry > this.#logged.entry) {
      this.#logged = logged;
      this.#version = this.#versionOf(logged);
    }
    return this.#version;
  }

  #versionOf({ entry, state }: LoggedState): AccessVersion {
    return accessVersion(`access ${entry}`, state, this.#defaults);
  }
}

/** How old an answer may be: what another server revoked on a remote bucket is gone after a second, elsewhere at once. */
const freshForMs: Readonly<Record<Bucket["backend"], number>> = {
  local: 0,
  memory: 0,
  linked: 0,
  private: 0,
  s3: 1000,
};

const nothing: AccessState = {
  roles: [],
  memberships: [],
  grants: [],
  revokedDefaults: [],
  nextRoleOid: firstRoleOid,
};

const everythingStillExists: Dependencies = {
  owned: async () => [],
  describe: async (object, oid) => `${object} ${oid}`,
};

function birth(superuserName: string): readonly Fact[] {
  const people = firstRoles.map((role, index) => ({ ...role, oid: firstRoleOid + index }));
  return [
    ...[superuser(superuserName), ...predefinedRoles, ...people].map(
      (role): Fact => ({ kind: "role", role }),
    ),
    ...predefinedMemberships.map((membership): Fact => ({ kind: "member", membership })),
  ];
}

/** Predefined roles a later version brought, and the superuser's name if the configuration has another one now. */
function completion(state: AccessState, options: AccessOptions): readonly Fact[] {
  const missing = predefinedRoles.filter(
    ({ oid }) => !state.roles.some((role) => role.oid === oid),
  );
  const facts = missing.map((role): Fact => ({ kind: "role", role }));
  const admin = state.roles.find(({ oid }) => oid === superuserOid);
  if (admin && admin.name !== options.superuserName) {
    if (state.roles.some(({ name }) => name === options.superuserName))
      throw new PgError("42710", `role "${options.superuserName}" already exists`, {
        hint: "The superuser cannot take the name of another role.",
      });
    facts.push({ kind: "role", role: { ...admin, name: options.superuserName } });
  }
  return facts;
}

function contended(): PgError {
  return new PgError("40001", "roles and grants are being changed by too many at once");
}
