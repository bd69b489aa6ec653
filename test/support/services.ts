/**
 * Services the tests compare with or read through: from an environment variable, else a local binary started on
 * loopback. What cannot be had is said aloud and is `undefined`; with CI=true it is a failure.
 */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import {
  chownSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

export interface PostgresService {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
}

/** Whoever is a member must give a password (SCRAM) to a PostgreSQL that is started here; others are trusted. */
export const passwordGroup = "lakewire_password";

let started: Promise<PostgresService | undefined> | undefined;

/** A PostgreSQL 15 with a superuser: LAKEWIRE_TEST_POSTGRES=postgres://user:password@host:port/database, else one of our own. */
export function postgres(): Promise<PostgresService | undefined> {
  started ??= findPostgres();
  return started;
}

async function findPostgres(): Promise<PostgresService | undefined> {
  const url = process.env["LAKEWIRE_TEST_POSTGRES"];
  if (url) return fromUrl(new URL(url));
  const bin = postgresBin();
  if (bin) return startPostgres(bin);
  return missing(
    "PostgreSQL 15",
    "install postgresql-15 or set LAKEWIRE_TEST_POSTGRES=postgres://…",
  );
}

/** For a service that is not to be had: the caller skips what needs it. */
export function missing(service: string, remedy: string): undefined {
  const message = `${service} is not to be had here: ${remedy}`;
  if (process.env["CI"] === "true") throw new Error(message);
  console.warn(`SKIPPED: ${message}`);
  return undefined;
}

/** Where a program lies, or undefined. */
export function program(name: string): string | undefined {
  const folders = (process.env["PATH"] ?? "").split(":");
  return folders.map((folder) => join(folder, name)).find((path) => existsSync(path));
}

/** Somebody else may take it meanwhile. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}

function fromUrl(url: URL): PostgresService {
  return {
    host: url.hostname,
    port: Number(url.port || 5432),
    user: decodeURIComponent(url.username || "postgres"),
    password: decodeURIComponent(url.password),
    database: decodeURIComponent(url.pathname.slice(1)) || "postgres",
  };
}

/** Debian keeps the server's programs off the PATH. */
function postgresBin(): string | undefined {
  const debian = "/usr/lib/postgresql/15/bin";
  if (existsSync(join(debian, "initdb"))) return debian;
  const initdb = program("initdb");
  if (!initdb || !execFileSync(initdb, ["--version"], { encoding: "utf8" }).includes(" 15."))
    return undefined;
  return join(initdb, "..");
}

async function startPostgres(bin: string): Promise<PostgresService> {
  const folder = mkdtempSync(join(tmpdir(), "lakewire-postgres-"));
  const account = serverAccount();
  if (account) chownSync(folder, account.uid, account.gid);
  const data = join(folder, "data");
  execFileSync(
    join(bin, "initdb"),
    ["-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "-N"],
    { stdio: "pipe", cwd: folder, ...account },
  );
  const rules = join(data, "pg_hba.conf");
  const trust = readFileSync(rules, "utf8");
  writeFileSync(rules, `host all +${passwordGroup} all scram-sha-256\n${trust}`);
  const port = await freePort();
  const settings = [`port=${port}`, "listen_addresses=127.0.0.1", "fsync=off"];
  settings.push(`unix_socket_directories=${folder}`, "timezone=UTC", "max_connections=40");
  const command = [join(bin, "postgres"), "-D", data, ...settings.flatMap((s) => ["-c", s])];
  const child = leash(command, folder, account);
  await answering(join(bin, "pg_isready"), port, child, folder);
  return { host: "127.0.0.1", port, user: "postgres", password: "", database: "postgres" };
}

/**
 * Runs a program that ends when this process does, however that happens: a shell waits for the end of its input,
 * which is ours, stops the program and removes its folder.
 */
function leash(
  command: readonly string[],
  folder: string,
  account: { uid: number; gid: number } | undefined,
): ChildProcess {
  const script =
    'folder=$1; shift; "$@" </dev/null >"$folder/log" 2>&1 & read -r _; kill -INT $!; wait $!; rm -rf "$folder"';
  const child = spawn("/bin/sh", ["-c", script, "leash", folder, ...command], {
    cwd: folder,
    stdio: ["pipe", "ignore", "ignore"],
    detached: true,
    ...account,
  });
  child.unref();
  if (child.stdin && "unref" in child.stdin) (child.stdin as unknown as { unref(): void }).unref();
  return child;
}

/** PostgreSQL refuses to run as root: then it runs as the account its package made, or as nobody. */
function serverAccount(): { uid: number; gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined;
  for (const name of ["postgres", "nobody"]) {
    try {
      const id = (flag: string) =>
        Number(execFileSync("id", [flag, name], { encoding: "utf8", stdio: "pipe" }));
      return { uid: id("-u"), gid: id("-g") };
    } catch {
      // No such account; the next one.
    }
  }
  return undefined;
}

async function answering(
  ready: string,
  port: number,
  child: ChildProcess,
  folder: string,
): Promise<void> {
  for (let tries = 0; tries < 300; tries++) {
    if (child.exitCode !== null) break;
    // The socket is there before it takes connections.
    const asked = spawn(ready, ["-q", "-h", "127.0.0.1", "-p", String(port)], { stdio: "ignore" });
    const isReady = await new Promise((resolve) => {
      asked.once("exit", (code) => resolve(code === 0)).once("error", () => resolve(false));
    });
    if (isReady) return;
    await sleep(100);
  }
  throw new Error(`PostgreSQL did not start: ${readdirSync(folder).join(", ")} in ${folder}`);
}
