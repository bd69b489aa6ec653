/** psql, asked one thing after another. */
import { spawn } from "node:child_process";
import { text } from "node:stream/consumers";
import { expect } from "vitest";
import { must } from "../../src/base/assert.ts";
import { program } from "../support/services.ts";
import type { Lab } from "./lab.ts";

/** What each command prints, errors among it, in one conversation. */
export async function shown(
  lab: Lab,
  commands: readonly string[],
  options = "",
): Promise<ReadonlyMap<string, string>> {
  const { host, port, user, password, database } = lab;
  const where = `host=${host} port=${port} user=${user} dbname=${database}`;
  const unaligned = ["-X", "-A", "-q", "-P", "footer=off"];
  // Errors and answers into one stream, in their order.
  const child = spawn(
    "sh",
    ["-c", 'exec "$@" 2>&1', "sh", must(program("psql"), "psql"), ...unaligned, where],
    {
      env: {
        ...process.env,
        PGPASSWORD: password,
        PGOPTIONS: options,
        PGTZ: "UTC",
        LC_ALL: "C.UTF-8",
      },
      timeout: 100_000,
    },
  );
  child.stdin.end(commands.map((command) => `\\echo ${mark}\n${command}\n`).join(""));
  const printed = (await text(child.stdout)).split(`${mark}\n`).slice(1);
  expect(printed.length).toBe(commands.length);
  return new Map(commands.map((command, place) => [command, printed[place] ?? ""]));
}

const mark = "-----8<-----";

/** Without what the two must tell differently: owners, sizes, and what a lakehouse or a PostgreSQL alone has. */
export function comparable(printed: string | undefined): string {
  return must(printed, "what psql printed")
    .replace(/\b(admin|postgres|pg_database_owner)\b/g, "owner")
    .replace(/\|\d+ (bytes|[kMG]B)\b/g, "|size")
    .replace(/^(?:cron|lakehouse|primary|plpgsql)\|.*\n/gm, "")
    .replace(/^public\|owner\n/m, "");
}
