/** psycopg 3, in a Python environment of its own. */
import { join } from "node:path";
import { pythonWith } from "../support/packages.ts";
import { missing } from "../support/services.ts";
import { type Login, type Report, runProgram } from "./clients.ts";

export async function psycopg(login: Login, report: Report): Promise<"missing" | undefined> {
  const python = await pythonWith("psycopg[binary]==3.2.13");
  if (!python) {
    missing("psycopg 3", "install python3-venv, and let pip reach PyPI");
    return "missing";
  }
  await runProgram([python, join(import.meta.dirname, "psycopg3.py")], login, report);
  return undefined;
}
