/** What every client's program is given and tells, and how one in another language is run. */
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";

export interface Login {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
}

/** Rows of values in PostgreSQL's text form, or a SQLSTATE. */
export type Answer = string | readonly (readonly (string | null)[])[];

export type Report = (step: string, answer: Answer) => void;

/** "missing" when it is not to be had here, which it has said aloud. */
export type Client = (login: Login, report: Report) => Promise<"missing" | undefined>;

/** Runs a program that logs in by libpq's environment variables and prints a JSON line a step. */
export async function runProgram(
  command: readonly [string, ...string[]],
  login: Login,
  report: Report,
): Promise<void> {
  const [file, ...options] = command;
  const child = spawn(file, options, {
    env: environment(login),
    stdio: ["ignore", "pipe", "pipe"],
    timeout: 170_000,
  });
  let complaint = "";
  child.stderr.setEncoding("utf8").on("data", (chunk: string) => {
    complaint += chunk;
  });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once("close", resolve).once("error", reject);
  });
  for await (const line of createInterface(child.stdout)) {
    const { step, answer } = JSON.parse(line) as { step: string; answer: Answer };
    report(step, answer);
  }
  const code = await ended;
  if (code !== 0) throw new Error(`exit code ${code}\n${complaint}`);
}

export function environment(login: Login): NodeJS.ProcessEnv {
  return {
    ...process.env,
    PGHOST: login.host,
    PGPORT: String(login.port),
    PGUSER: login.user,
    PGPASSWORD: login.password,
    PGDATABASE: login.database,
    PGTZ: "UTC",
    PGCLIENTENCODING: "UTF8",
    LC_ALL: "C.UTF-8",
    TZ: "UTC",
  };
}
