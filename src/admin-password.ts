/** The superuser's password: from the environment, else generated at first start, and in either case kept for psql. */
import { randomBytes } from "node:crypto";
import { chmod, mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import type { Access, Role } from "./access/access.ts";
import { superuserOid } from "./access/builtin-roles.ts";
import { makeVerifier, parseVerifier } from "./access/verifier.ts";
import { must } from "./base/assert.ts";
import { databaseName } from "./catalog/facts.ts";
import type { Config } from "./config/config.ts";

/** Before the first login: the superuser has the configured password, or a generated one if it never had any. */
export async function ensureAdminPassword(config: Config, access: Access): Promise<void> {
  const role = must((await access.current()).roleByOid(superuserOid), "there is a superuser");
  const configured = config.admin.password;
  if (configured === undefined && role.verifier !== null) return;
  const password = configured ?? randomBytes(18).toString("base64url");
  if (!(await isPasswordOf(password, role))) {
    const verifier = await makeVerifier(password);
    await access.commit([{ kind: "alter role", name: role.name, set: { verifier } }]);
  }
  await keepPassword(config, role.name, password);
}

/** Writes the file psql reads it from: https://www.postgresql.org/docs/15/libpq-pgpass.html */
export async function keepPassword(config: Config, user: string, password: string): Promise<void> {
  const line = ["*", "*", "*", user, password].map(escaped).join(":");
  const file = passwordFile(config);
  const unfinished = `${file}.${randomBytes(4).toString("hex")}`;
  await mkdir(config.server.data, { recursive: true });
  await writeFile(unfinished, `${line}\n`, { mode: 0o600 });
  await chmod(unfinished, 0o600);
  await rename(unfinished, file);
}

/** One line that psql can be started with; it names the password file when there is one. */
export async function connectLine(
  config: Config,
  { host, port }: { readonly host: string; readonly port: number },
): Promise<string> {
  const everyAddress: Readonly<Record<string, string>> = { "0.0.0.0": "127.0.0.1", "::": "::1" };
  const target = `host=${everyAddress[host] ?? host} port=${port} dbname=${databaseName}`;
  const command = `psql "${target} user=${config.admin.user}"`;
  const file = passwordFile(config);
  const isKept = await readFile(file).then(
    () => true,
    () => false,
  );
  return isKept ? `PGPASSFILE=${shellWord(nearPath(file))} ${command}` : command;
}

export function passwordFile(config: Config): string {
  return join(config.server.data, "admin.pgpass");
}

async function isPasswordOf(password: string, role: Role): Promise<boolean> {
  const kept = role.verifier === null ? undefined : parseVerifier(role.verifier);
  if (!kept) return false;
  return (await makeVerifier(password, kept.salt, kept.iterations)) === role.verifier;
}

function escaped(field: string): string {
  return field === "*" ? field : field.replaceAll(/[\\:]/g, "\\$&");
}

/** As short as it can be typed from here. */
function nearPath(path: string): string {
  const near = relative(process.cwd(), path);
  return near.startsWith("..") || near === "" ? path : near;
}

function shellWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
