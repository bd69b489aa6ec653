/** Reads a whole result at libpq's level: by reader.c where a compiler and libpq are, else by a Node process, said aloud. */
import { execFile, execFileSync } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Reading, Target } from "./raw.ts";

const run = promisify(execFile);
const here = import.meta.dirname;

export type Reader = (target: Target, sql: string, binary: boolean) => Promise<Reading>;

/** `folder` takes the program. */
export function reader(folder: string): Reader {
  const program = join(folder, "reader");
  try {
    const where = (what: string) => execFileSync("pg_config", [what], { encoding: "utf8" }).trim();
    const places = [`-I${where("--includedir")}`, `-L${where("--libdir")}`];
    execFileSync("gcc", ["-O2", "-o", program, join(here, "reader.c"), ...places, "-lpq"]);
  } catch (error) {
    console.log(`read by Node, which takes more of the machine than libpq: ${String(error)}`);
    return (target, sql, binary) => nodeReading(target, sql, binary);
  }
  return async (target, sql, binary) => {
    const { stdout } = await run(program, [conninfo(target), sql, binary ? "binary" : "text"]);
    return JSON.parse(stdout);
  };
}

/** The same by a Node process, which can wait after each chunk. */
export async function nodeReading(
  target: Target,
  sql: string,
  binary: boolean,
  pauseMs?: number,
): Promise<Reading> {
  const order = JSON.stringify({ target, sql, binary, pauseMs });
  const { stdout } = await run(process.execPath, ["--import", "tsx", join(here, "sink.ts"), order]);
  return JSON.parse(stdout);
}

/** Its socket is read behind libpq's back, so it must not be an encrypted one. */
function conninfo({ host, port, user, password, database }: Target): string {
  const parts = { host, port, user, password: password ?? "", dbname: database };
  const quoted = Object.entries(parts).map(
    ([name, value]) => `${name}='${String(value).replaceAll(/['\\]/g, "\\$&")}'`,
  );
  return `${quoted.join(" ")} sslmode=disable gssencmode=disable`;
}
