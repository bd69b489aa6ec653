/** A server of our own as its users run it: the built program in a process of its own, on a free port, with an empty data folder. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

export interface ServerOptions {
  /** Kept when given; otherwise a temporary one that goes with the server. */
  readonly data?: string;
  readonly command?: "serve" | "demo";
  readonly arguments?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly startTimeoutMs?: number;
}

export interface RunningServer {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
  readonly data: string;
  readonly pid: number;
  /** Everything it wrote to stdout and stderr so far. */
  readonly output: () => string;
  /** SIGTERM, and waits for the end. */
  stop(): Promise<void>;
  /** kill -9, and waits for the end; the data stays as it was. */
  kill(): Promise<void>;
}

const root = resolve(import.meta.dirname, "../..");
const password = "correct horse battery staple";

export async function startServer(options: ServerOptions = {}): Promise<RunningServer> {
  const data = options.data ?? mkdtempSync(join(tmpdir(), "lakewire-test-"));
  const child = spawn(
    process.execPath,
    [
      join(root, "bin/lakewire.cjs"),
      options.command ?? "serve",
      "--port",
      "0",
      "--data",
      data,
      ...(options.arguments ?? []),
    ],
    {
      env: { ...process.env, LAKEWIRE_ADMIN_PASSWORD: password, ...options.environment },
      stdio: ["ignore", "pipe", "pipe"],
    },
  );
  const output = collect(child);
  const ended = new Promise<void>((done) => child.once("exit", () => done()));
  const port = await listening(child, output, options.startTimeoutMs ?? 60_000);
  const end = async (signal: NodeJS.Signals) => {
    child.kill(signal);
    await ended;
    if (signal === "SIGTERM" && options.data === undefined)
      rmSync(data, { recursive: true, force: true });
  };
  return {
    host: "127.0.0.1",
    port,
    user: "admin",
    password,
    database: "lakehouse",
    data,
    pid: child.pid ?? 0,
    output,
    stop: () => end("SIGTERM"),
    kill: () => end("SIGKILL"),
  };
}

function collect(child: ChildProcess): () => string {
  let text = "";
  child.stdout?.on("data", (chunk: Buffer) => {
    text += chunk.toString();
  });
  child.stderr?.on("data", (chunk: Buffer) => {
    text += chunk.toString();
  });
  return () => text;
}

/** The port of the line that psql can be started with. */
function listening(child: ChildProcess, output: () => string, timeoutMs: number): Promise<number> {
  return new Promise((found, failed) => {
    const timer = setTimeout(
      () => give(new Error(`no server after ${timeoutMs} ms:\n${output()}`)),
      timeoutMs,
    );
    const look = () => {
      const port = /psql "host=\S+ port=(\d+)/.exec(output())?.[1];
      if (port !== undefined) give(Number(port));
    };
    const exited = () => give(new Error(`the server ended at once:\n${output()}`));
    const give = (result: number | Error) => {
      clearTimeout(timer);
      child.stdout?.off("data", look);
      child.off("exit", exited);
      if (result instanceof Error) failed(result);
      else found(result);
    };
    child.stdout?.on("data", look);
    child.once("exit", exited);
  });
}
