/** psqlODBC and unixODBC as Debian has them, and a C program. */
import { execFile } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { cacheFolder } from "../support/packages.ts";
import { missing, program } from "../support/services.ts";
import { type Login, type Report, runProgram } from "./clients.ts";

export function odbc(login: Login, report: Report): Promise<"missing" | undefined> {
  return compiled("odbc", login, report);
}

/** `name`: of the C program, without its ending. */
export async function compiled(
  name: "odbc" | "odbc-catalog",
  login: Login,
  report: Report,
): Promise<"missing" | undefined> {
  const driver = driverLibrary();
  const compiler = program("gcc");
  if (!driver || !compiler || !existsSync("/usr/include/sql.h")) {
    missing("psqlODBC", "install odbc-postgresql, unixodbc-dev and gcc");
    return "missing";
  }
  const client = join(cacheFolder(), `${name}-client`);
  const source = join(import.meta.dirname, `${name}.c`);
  const libraries = ["-lodbc", "-lpthread"];
  await promisify(execFile)(compiler, ["-Wall", "-o", client, source, ...libraries]);
  await runProgram(["env", `ODBC_DRIVER=${driver}`, client], login, report);
  return undefined;
}

/** Without a DSN the driver is named by its file, which lies in a folder of the machine's architecture. */
function driverLibrary(): string | undefined {
  const folders = existsSync("/usr/lib") ? readdirSync("/usr/lib") : [];
  return folders
    .map((folder) => join("/usr/lib", folder, "odbc", "psqlodbcw.so"))
    .find((path) => existsSync(path));
}
