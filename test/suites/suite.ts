/** What a driver's own tests are run with, and what they come to. */
import { spawn } from "node:child_process";

export interface Server {
  readonly host: string;
  readonly port: string;
  readonly user: string;
  readonly password: string;
  readonly database: string;
}

export type Result = "passed" | "failed" | "skipped";

/** Runs the tests that lie in `checkout` and tells each by its name, which is the same on every server. */
export type Suite = (checkout: string, server: Server) => Promise<ReadonlyMap<string, Result>>;

export interface Ended {
  /** Null: it was killed, its time being over. */
  readonly code: number | null;
  readonly stdout: string;
}

export interface Run {
  readonly folder: string;
  readonly environment?: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
}

/** libpq's environment variables name the server; every driver here reads them. */
export function run(
  [program, ...options]: readonly [string, ...string[]],
  server: Server,
  { folder, environment, timeoutMs }: Run,
): Promise<Ended> {
  const child = spawn(program, options, {
    cwd: folder,
    env: { ...process.env, ...libpq(server), ...environment },
    stdio: ["ignore", "pipe", "inherit"],
    timeout: timeoutMs,
    killSignal: "SIGKILL",
  });
  const chunks: Buffer[] = [];
  child.stdout.on("data", (chunk: Buffer) => chunks.push(chunk));
  return new Promise((resolve, reject) => {
    child.once("error", reject).once("close", (code) => {
      resolve({ code, stdout: Buffer.concat(chunks).toString() });
    });
  });
}

function libpq({ host, port, user, password, database }: Server): Record<string, string> {
  return {
    PGHOST: host,
    PGPORT: port,
    PGUSER: user,
    PGPASSWORD: password,
    PGDATABASE: database,
  };
}

export function serverAt(url: string): Server {
  const { hostname, port, username, password, pathname } = new URL(url);
  return {
    host: hostname,
    port: port || "5432",
    user: decodeURIComponent(username),
    // node-postgres asks for one even where nobody wants it.
    password: decodeURIComponent(password) || "none",
    database: decodeURIComponent(pathname.slice(1)) || "postgres",
  };
}
