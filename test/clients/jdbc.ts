/** pgjdbc: its jar from Maven (or Debian's), and a program that is compiled as it is run. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { mavenJar } from "../support/packages.ts";
import { missing, program } from "../support/services.ts";
import { type Login, type Report, runProgram } from "./clients.ts";

const debian = "/usr/share/java/postgresql.jar";

export async function jdbc(login: Login, report: Report): Promise<"missing" | undefined> {
  const jar = program("javac") && (await driver());
  if (!jar) {
    missing("pgjdbc", "install default-jdk-headless, and maven or libpostgresql-jdbc-java");
    return "missing";
  }
  const utf8 = ["-Dfile.encoding=UTF-8", "-Dstdout.encoding=UTF-8"];
  const options = [...utf8, "-Duser.timezone=UTC", "-cp", jar];
  await runProgram(["java", ...options, join(import.meta.dirname, "Jdbc.java")], login, report);
  return undefined;
}

export async function driver(): Promise<string | undefined> {
  const jar = await mavenJar("org.postgresql", "postgresql", "42.7.7");
  return jar ?? (existsSync(debian) ? debian : undefined);
}
