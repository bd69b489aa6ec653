/** `lakewire doctor`: what a server with this configuration would find, and what to do about what is missing. */
import { randomBytes } from "node:crypto";
import { stat, statfs } from "node:fs/promises";
import { createServer } from "node:net";
import { totalmem } from "node:os";
import { loadState } from "./access/access-log.ts";
import { passwordFile } from "./admin-password.ts";
import {
  type Config,
  ConfigError,
  configuredBuckets,
  type Environment,
  type Flags,
  loadConfig,
} from "./config/config.ts";
import { openBuckets } from "./storage/buckets.ts";
import type { Bucket } from "./storage/storage.ts";

interface Finding {
  /** `wrong`: the server would not start or would lose something. */
  readonly state: "ok" | "missing" | "wrong";
  readonly what: string;
  readonly remedy?: string;
}

/** True when nothing is wrong. */
export async function examine(
  flags: Flags,
  environment: Environment,
  write: (text: string) => void,
): Promise<boolean> {
  const findings = await findingsOf(flags, environment);
  for (const { state, what, remedy } of findings) {
    write(`${state.padEnd(8)} ${what}\n`);
    if (remedy !== undefined) write(`         ${remedy}\n`);
  }
  return findings.every(({ state }) => state !== "wrong");
}

async function findingsOf(flags: Flags, environment: Environment): Promise<readonly Finding[]> {
  const first = [nodeVersion()];
  let config: Config;
  try {
    config = loadConfig(flags, environment);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return [...first, ...error.faults.map((what): Finding => ({ state: "wrong", what }))];
  }
  const file = config.file === undefined ? "defaults, flags and environment" : config.file;
  return [
    ...first,
    { state: "ok", what: `configuration from ${file}` },
    ...config.warnings.map((what): Finding => ({ state: "missing", what })),
    memory(config),
    await engine(),
    await hnsw(),
    await port(config),
    ...(await storage(config)),
    ...(await adminPassword(config)),
  ];
}

function nodeVersion(): Finding {
  const isEnough = Number(process.versions.node.split(".")[0]) >= 20;
  return isEnough
    ? { state: "ok", what: `Node ${process.versions.node}` }
    : {
        state: "wrong",
        what: `Node ${process.versions.node}`,
        remedy: "Node 20 or later is needed.",
      };
}

function memory({ limits }: Config): Finding {
  // Inside a container its limit counts, not the machine.
  const limit = process.constrainedMemory();
  const total = limit > 0 ? Math.min(limit, totalmem()) : totalmem();
  const wanted = limits.memoryBytes ?? 0.8 * total;
  const what = `memory: ${gigabytes(total)}, the engine may take ${gigabytes(wanted)}`;
  return wanted < total
    ? { state: "ok", what }
    : { state: "wrong", what, remedy: "Lower limits.memory_bytes." };
}

async function engine(): Promise<Finding> {
  try {
    const { version } = await import("@duckdb/node-api");
    return { state: "ok", what: `engine: DuckDB ${version()}` };
  } catch (error) {
    const remedy = `Run npm ci on this machine, for its own platform. (${messageOf(error)})`;
    return { state: "wrong", what: "engine: DuckDB does not load", remedy };
  }
}

async function hnsw(): Promise<Finding> {
  const { isHnswAvailable } = await import("./search/hnsw-engine.ts");
  if (isHnswAvailable()) return { state: "ok", what: "vector indexes: hnswlib-node" };
  return {
    state: "missing",
    what: "vector indexes: hnswlib-node does not load; search is exact, and slower on large sets",
    remedy:
      "Install a C++ compiler, make and Python, then run npm rebuild hnswlib-node (or npm install hnswlib-node).",
  };
}

async function port({ server }: Config): Promise<Finding> {
  const address = `${server.host}:${server.port}`;
  const fault = await new Promise<Error | undefined>((resolve) => {
    const probe = createServer();
    probe.once("error", resolve);
    probe.listen(server.port, server.host, () => probe.close(() => resolve(undefined)));
  });
  if (!fault) return { state: "ok", what: `${address} is free` };
  return {
    state: "missing",
    what: `${address} cannot be listened on: ${fault.message}`,
    remedy: "If it is not this server already running, choose another with --port.",
  };
}

async function storage(config: Config): Promise<readonly Finding[]> {
  try {
    const buckets = await openBuckets({
      root: config.server.data,
      buckets: configuredBuckets(config),
    });
    const { bavail, bsize } = await statfs(config.server.data);
    const folder = `data folder ${config.server.data}, ${gigabytes(bavail * bsize)} free`;
    return [
      { state: "ok", what: folder },
      ...(await Promise.all(buckets.list().map(examineBucket))),
    ];
  } catch (error) {
    const what = `data folder ${config.server.data}: ${messageOf(error)}`;
    return [{ state: "wrong", what, remedy: "The server's user must be able to write there." }];
  }
}

async function examineBucket(bucket: Bucket): Promise<Finding> {
  const name = `bucket ${bucket.name} (${bucket.location})`;
  try {
    await bucket.probe();
    const key = `_lakehouse/doctor/${randomBytes(8).toString("hex")}`;
    const isOurs = await bucket.putIfAbsent(key, Buffer.from("first"));
    const isRefused = !(await bucket.putIfAbsent(key, Buffer.from("second")));
    await bucket.delete(key);
    if (!isOurs || !isRefused)
      return {
        state: "wrong",
        what: `${name} does not keep what was written first`,
        remedy: "Concurrent commits would be lost there: use another store.",
      };
    const roles = bucket.name === "primary" ? (await loadState(bucket))?.state.roles.length : 0;
    return { state: "ok", what: roles ? `${name}, ${roles} roles` : name };
  } catch (error) {
    return { state: "wrong", what: `${name}: ${messageOf(error)}` };
  }
}

async function adminPassword(config: Config): Promise<readonly Finding[]> {
  const file = passwordFile(config);
  try {
    const { mode } = await stat(file);
    if ((mode & 0o077) === 0) return [{ state: "ok", what: `admin's password in ${file}` }];
    return [{ state: "wrong", what: `${file} can be read by others`, remedy: `chmod 600 ${file}` }];
  } catch {
    const what = `${file} is not there yet; the first start makes it`;
    const remedy = `If the password is lost: lakewire user password ${config.admin.user}`;
    return [{ state: "missing", what, remedy }];
  }
}

function gigabytes(bytes: number): string {
  return `${(bytes / 2 ** 30).toFixed(1)} GB`;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
