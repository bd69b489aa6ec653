/** Tools that browse a database see one schema here as on PostgreSQL 15, but for the differences of a list. */
import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { must } from "../../src/base/assert.ts";
import { pythonWith } from "../support/packages.ts";
import { type RunningServer, startServer } from "../support/server.ts";
import { missing, postgres, program } from "../support/services.ts";
import { SqlClient } from "../support/sql-client.ts";
import { environment, type Login, runProgram } from "./clients.ts";
import { driver } from "./jdbc.ts";

const oracle = await postgres();
const here = import.meta.dirname;
const known = JSON.parse(readFileSync(join(here, "tools-differences.json"), "utf8")) as readonly {
  readonly step: string;
  readonly why: string;
}[];

type Answers = ReadonlyMap<string, string>;
/** undefined when it is not to be had here. */
type Tool = (login: Login) => Promise<Answers | undefined>;

async function told(command: readonly [string, ...string[]], login: Login): Promise<Answers> {
  const answers = new Map<string, string>();
  const names = new RegExp(`\\b(?:${login.database}|${login.user})\\b`, "g");
  await runProgram(command, login, (step, answer) =>
    answers.set(step, String(answer).replace(names, "NAME")),
  );
  return answers;
}

function python(script: string, ...packages: readonly string[]): Tool {
  return async (login) => {
    const interpreter = await pythonWith(...packages);
    if (interpreter) return told([interpreter, join(here, script)], login);
    return missing(packages.join(", "), "install python3-venv, and let pip reach PyPI");
  };
}

const tools: Readonly<Record<string, Tool>> = {
  "SQLAlchemy's inspector": python("inspector.py", "sqlalchemy==2.0.52", "psycopg[binary]==3.2.13"),
  "DuckDB's ATTACH": python(
    "attach.py",
    "duckdb==1.5.5",
    "duckdb-extensions==1.5.5",
    "duckdb-extension-postgres-scanner==1.5.5",
  ),
  "pgjdbc's DatabaseMetaData": async (login) => {
    const jar = program("javac") && (await driver());
    if (jar) return told(["java", "-cp", jar, join(here, "Metadata.java")], login);
    return missing("pgjdbc", "install default-jdk-headless, and maven or libpostgresql-jdbc-java");
  },
  "pg_dump --schema-only": async (login) => {
    if (!program("pg_dump")) return missing("pg_dump", "install postgresql-client-15");
    const options = ["--schema-only", "--schema=tools", "--no-owner", "--no-comments"];
    const text = execFileSync("pg_dump", options, { env: environment(login), encoding: "utf8" });
    const lines = text.split("\n").filter((line) => !/^(?:--|\\|$)/.test(line));
    return new Map([["dump", lines.join("\n")]]);
  },
};

async function prepare(login: Login): Promise<void> {
  const client = await SqlClient.login(login);
  await client.run(...readFileSync(join(here, "tools.sql"), "utf8").split(/;\n/).filter(Boolean));
  await client.end();
}

describe.runIf(oracle)("tools see here what they see on PostgreSQL", () => {
  const database = `lakewire_tools_${randomBytes(4).toString("hex")}`;
  const admin = () => must(oracle, "a PostgreSQL");
  const theirs = () => ({ ...admin(), database });
  let server: RunningServer;

  beforeAll(async () => {
    server = await startServer();
    const client = await SqlClient.login(admin());
    await client.run(`CREATE DATABASE ${database}`);
    await client.end();
    await prepare(theirs());
    await prepare(server);
  });
  afterAll(async () => {
    await server?.stop();
    const client = await SqlClient.login(admin());
    await client.run(`DROP DATABASE IF EXISTS ${database} WITH (FORCE)`);
    await client.end();
  });

  test.for(Object.keys(tools))("%s", async (name, { skip }) => {
    const tool = must(tools[name], "a tool");
    const want = await tool(theirs());
    const got = await tool(server);
    if (want === undefined || got === undefined) return skip(`${name} is not to be had here`);
    const compared = (answers: Answers) =>
      [...answers].filter(([step]) => !known.some((one) => step.startsWith(one.step)));
    expect(compared(got)).toEqual(compared(want));
    expect(got.size).toBe(want.size);
  });
});
