/**
 * `lakewire user`: roles that can log in, changed in the record of roles itself. A running server sees the change with
 * its next statement; none needs to run.
 */
import { createInterface } from "node:readline/promises";
import { Writable } from "node:stream";
import type { Access } from "./access/access.ts";
import { superuserOid } from "./access/builtin-roles.ts";
import { openAccess } from "./access/open-access.ts";
import { makeVerifier } from "./access/verifier.ts";
import { keepPassword } from "./admin-password.ts";
import { must } from "./base/assert.ts";
import { PgError } from "./base/error.ts";
import { type Config, configuredBuckets } from "./config/config.ts";
import { openBuckets } from "./storage/buckets.ts";

export interface UserCommand {
  readonly command: "list" | "add" | "password" | "drop";
  readonly name: string;
  readonly memberOf: readonly string[];
  readonly isSuperuser: boolean;
  readonly write: (text: string) => void;
}

export async function runUserCommand(config: Config, user: UserCommand): Promise<void> {
  const buckets = await openBuckets({
    root: config.server.data,
    buckets: configuredBuckets(config),
  });
  const bucket = must(buckets.get("primary"), "there is always a primary bucket");
  const access = await openAccess({ bucket, superuserName: config.admin.user });
  switch (user.command) {
    case "list":
      return list(access, user);
    case "add":
      return add(access, user);
    case "password":
      return password(config, access, user);
    case "drop":
      await access.commit([{ kind: "drop role", name: user.name }]);
      return;
    default:
      return user.command satisfies never;
  }
}

async function list(access: Access, { write }: UserCommand): Promise<void> {
  const version = await access.current();
  const rows = version.roles
    .filter((role) => role.canLogin)
    .map((role) => {
      const groups = version.memberships
        .filter(({ member }) => member === role.oid)
        .map((membership) => version.roleByOid(membership.role)?.name ?? "");
      const notes = [
        role.isSuperuser ? "superuser" : "",
        role.verifier === null ? "no password" : "",
        ...groups,
      ];
      return [role.name, notes.filter((note) => note !== "").join(", ")] as const;
    });
  const width = Math.max(...rows.map(([name]) => name.length));
  for (const [name, notes] of rows) write(`${`${name.padEnd(width)}  ${notes}`.trimEnd()}\n`);
}

async function add(access: Access, user: UserCommand): Promise<void> {
  const { name, memberOf, isSuperuser } = user;
  if ((await access.current()).role(name))
    throw new PgError("42710", `role "${name}" already exists`);
  const verifier = await makeVerifier(await readPassword(name));
  await access.commit([
    {
      kind: "create role",
      role: {
        name,
        isSuperuser,
        canLogin: true,
        canCreateRole: false,
        canCreateDatabase: false,
        inherits: true,
        connectionLimit: -1,
        validUntil: null,
        verifier,
        comment: null,
      },
    },
    ...memberOf.map((role) => ({ kind: "grant role", role, member: name, admin: false }) as const),
  ]);
}

async function password(config: Config, access: Access, { name }: UserCommand): Promise<void> {
  const role = (await access.current()).role(name);
  if (!role) throw new PgError("42704", `role "${name}" does not exist`);
  const chosen = await readPassword(name);
  const verifier = await makeVerifier(chosen);
  await access.commit([{ kind: "alter role", name, set: { verifier } }]);
  if (role.oid === superuserOid) await keepPassword(config, name, chosen);
}

/** At a terminal asked for twice and not shown; else the first line of standard input. */
async function readPassword(name: string): Promise<string> {
  const isTerminal = process.stdin.isTTY === true;
  const silence = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input: process.stdin, output: silence, terminal: isTerminal });
  const ask = async (prompt: string) => {
    if (isTerminal) process.stderr.write(prompt);
    const answer = await Promise.race([
      lines.question(""),
      new Promise<string>((resolve) => lines.once("close", () => resolve(""))),
    ]);
    if (isTerminal) process.stderr.write("\n");
    return answer;
  };
  try {
    const chosen = await ask(`Password for ${name}: `);
    if (chosen === "") throw new PgError("28P01", "an empty password is no password");
    if (isTerminal && chosen !== (await ask("Again: ")))
      throw new PgError("28P01", "the two passwords differ");
    return chosen;
  } finally {
    lines.close();
  }
}
