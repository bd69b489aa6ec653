/** Tools that browse a database see one schema here as on PostgreSQL 15, but for the differences of a list. */
import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { must } from "../../src/base/assert.ts";
import { reader, shop, writer } from "../browse/lab.ts";
import { nodeWith, pythonWith } from "../support/packages.ts";
import { type RunningServer, startServer } from "../support/server.ts";
import { missing, postgres, program } from "../support/services.ts";
import { SqlClient } from "../support/sql-client.ts";
import { environment, type Login, runProgram } from "./clients.ts";
import { foreignTables } from "./fdw.ts";
import { driver } from "./jdbc.ts";
import { compiled } from "./odbc.ts";

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
  const names = namesOf(login);
  await runProgram(command, login, (step, answer) =>
    answers.set(step, String(answer).replace(names, "NAME")),
  );
  return answers;
}

const namesOf = ({ database, user }: Login) => new RegExp(`\\b(?:${database}|${user})\\b`, "g");

/** A program of Node that finds its packages in the folder PACKAGES. */
function node(script: string, ...packages: readonly string[]): Tool {
  return async (login) => {
    const folder = await nodeWith(...packages);
    if (folder)
      return told(["env", `PACKAGES=${folder}`, process.execPath, join(here, script)], login);
    return missing(packages.join(", "), "let npm reach its registry");
  };
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
  "psqlODBC's catalog functions": async (login) => {
    const answers = new Map<string, string>();
    // OIDs and what is as long as they are.
    const sorted = (answer: unknown) =>
      String(answer)
        .replaceAll(/\b\d{5,}\b/g, "#")
        .split("\n")
        .sort()
        .join("\n");
    const outcome = await compiled("odbc-catalog", login, (step, answer) =>
      answers.set(step, sorted(answer).replaceAll(namesOf(login), "NAME")),
    );
    return outcome === "missing" ? undefined : answers;
  },
  "drizzle-kit pull": node("drizzle.mjs", "drizzle-kit@0.31.11", "drizzle-orm@0.45.4", "pg@8.23.1"),
  "Prisma's introspection": node(
    "prisma.mjs",
    "@prisma/schema-engine-wasm@8.1.0-2.59be4fda12412a79eeb9c2ae727b6aa723593323",
    "@prisma/adapter-pg@7.10.1",
  ),
  TypeORM: node("typeorm.mjs", "typeorm@1.1.1", "pg@8.23.1"),
  PostGraphile: node("postgraphile.mjs", "postgraphile@4.14.1", "graphql@15.11.0", "pg@8.23.1"),
  dbt: python("run_dbt.py", "dbt-core==1.10.13", "dbt-postgres==1.9.1"),
  pgcli: python("browse_pgcli.py", "pgcli==4.7.1", "pgspecial==2.2.1", "psycopg[binary]==3.2.13"),
  postgres_fdw: (login) => foreignTables(must(oracle, "a PostgreSQL"), login),
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
  // Some tools read no name with a quote in it, from whichever server; what psql is known to see otherwise is left out, too.
  const objects = shop().filter((statement) => !/Odd|UNLOGGED/.test(statement));
  await client.run(...objects.map((statement) => statement.replace(' COLLATE "C"', "")));
  await client.end();
}

/** Columns of keys and indexes are sorted: TypeORM and drizzle-kit ask for them without ORDER BY. */
function withoutOrder(answer: string): string {
  if (answer.startsWith('{"columns"')) {
    return JSON.stringify(JSON.parse(answer), (_, value: unknown) => {
      const { columnNames, referencedColumnNames } = (value ?? {}) as Readonly<
        Record<string, unknown>
      >;
      if (!Array.isArray(columnNames)) return value;
      const others = Array.isArray(referencedColumnNames) ? referencedColumnNames : [];
      const pairs = columnNames.map((name, at) => `${name} ${others[at] ?? ""}`).sort();
      return { ...(value as object), columnNames: pairs, referencedColumnNames: [] };
    });
  }
  return answer.replaceAll(
    /(\.using\("\w+", )(.*)\)/g,
    (_, start: string, columns: string) => `${start}${columns.split(", ").sort().join(", ")})`,
  );
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
    await client.run(
      `DROP DATABASE IF EXISTS ${database} WITH (FORCE)`,
      `DROP ROLE IF EXISTS ${reader}, ${writer}`,
    );
    await client.end();
  });

  test.for(Object.keys(tools))("%s", { timeout: 180_000 }, async (name, { skip }) => {
    const tool = must(tools[name], "a tool");
    const want = await tool(theirs());
    const got = await tool(server);
    if (want === undefined || got === undefined) return skip(`${name} is not to be had here`);
    const compared = (answers: Answers) =>
      [...answers]
        .filter(([step]) => !known.some((one) => step.startsWith(one.step)))
        .map(([step, answer]) => [step, withoutOrder(answer)]);
    expect(compared(got)).toEqual(compared(want));
    expect(got.size).toBe(want.size);
  });
});
