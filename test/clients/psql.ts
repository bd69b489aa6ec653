/**
 * The dozen steps by psql at a terminal (util-linux's `script` lends it one, so that Ctrl-C cancels a statement and
 * not the script). Parameters are SQL's PREPARE and EXECUTE, rows by three SQL's cursor, describing is \gdesc.
 */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { must } from "../../src/base/assert.ts";
import { missing, program } from "../support/services.ts";
import { type Answer, environment, type Login, type Report } from "./clients.ts";

type Rows = readonly (readonly (string | null)[])[];

export async function psql(login: Login, report: Report): Promise<"missing" | undefined> {
  if (!program("psql") || !program("script")) {
    missing("psql", "install postgresql-client-15 and bsdutils");
    return "missing";
  }
  report("wrong password", wrongPassword(login));
  const terminal = new Terminal(login);
  try {
    await terminal.ready();
    await steps(terminal, report);
  } finally {
    terminal.close();
  }
  return undefined;
}

/** libpq knows no SQLSTATE of a connection that was refused, only its words. */
function wrongPassword(login: Login): Answer {
  try {
    execFileSync("psql", ["-X", "-w", "-c", "SELECT 1"], {
      env: { ...environment(login), PGPASSWORD: "wrong" },
      encoding: "utf8",
      stdio: "pipe",
    });
    return "no error";
  } catch (error) {
    return String(error).includes('password authentication failed for user "')
      ? "28P01"
      : String(error);
  }
}

async function steps(psql: Terminal, report: Report): Promise<void> {
  const rows = async (step: string, sql: string) => report(step, await psql.rows(sql));
  const error = async (step: string, sql: string) => report(step, await psql.sqlstate(sql));
  const run = async (sql: string) => void (await psql.rows(sql));
  const count = (step: string) => rows(step, "SELECT count(*) FROM client_notes;");

  await rows("login", "SELECT current_user, current_setting('server_version_num')::int4 / 10000;");

  await run("PREPARE texts (text) AS SELECT $1, length($1);");
  await rows(
    "text parameter",
    String.raw`\set words 'It''s "quoted", back\\slashed, naïve, 日本 and 🦊'
      EXECUTE texts (:'words');`,
  );
  const types = "int4, int8, float8, bool, numeric, timestamptz, uuid, bytea, date";
  const typed = String.raw`(-2147483648, 9223372036854775807, 0.1, true, 12345678901234567890.1234567890,
    '2024-02-29 12:34:56.123456+00', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', '\x00ff5c27', '1999-12-31')`;
  await run(
    `PREPARE typed (${types}) AS SELECT $1, $2, $3, $4, $5::numeric(38,10), $6, $7, $8, $9;`,
  );
  await rows("typed parameters", `EXECUTE typed ${typed};`);
  await run(
    `PREPARE computed (${types}) AS SELECT $1 + 1, $2 - 1, $3 * 3, NOT $4, ($5 + 1)::numeric(38,10), $6 + interval '1 day',
      upper($7::text), length($8), $9 + 1;`,
  );
  await rows("computed with parameters", `EXECUTE computed ${typed};`);
  await run("PREPARE nulls (int4, text) AS SELECT $1, $2, $1 IS NULL, coalesce($2, 'none');");
  await rows("null parameters", "EXECUTE nulls (NULL, NULL);");
  await run("PREPARE arrays (int4[], text[]) AS SELECT $1, $2, $1[3], cardinality($2);");
  await rows(
    "array parameters",
    String.raw`EXECUTE arrays ('{1,NULL,-3}', '{"a,b","say \"hi\"",NULL,"",back\\slash,"NULL"}');`,
  );

  await rows(
    "arrays",
    `SELECT ARRAY[1, NULL, 3], ARRAY['a,b', 'say "hi"', NULL], ARRAY[]::text[], '{{1,2},{3,4}}'::int4[];`,
  );
  await rows(
    "numbers",
    `SELECT 12345678901234567890.1234567890::numeric(38,10), 1.500::numeric(10,3), 0.00::numeric(4,2),
      7 / 2, (7 / 2.0)::numeric(5,2), 1.0::float8, 'NaN'::float8, '-Infinity'::float8;`,
  );
  await rows(
    "dates",
    `SELECT timestamp '2024-02-29 12:34:56.5', timestamptz '2024-02-29 12:34:56.123456+02',
      date '1999-12-31', date '2024-03-01' - date '2024-02-28';`,
  );

  await error("division by zero", "SELECT 1 / 0;");
  await rows("after the error", "SELECT 1;");
  await error("unknown table", "SELECT * FROM no_such_table;");
  await error("unknown column", "SELECT no_such_column;");
  await error("unknown function", "SELECT no_such_function(1);");
  await error("syntax error", "SELEC 1;");
  await run("PREPARE one (int4) AS SELECT $1;");
  await error("bad parameter", "EXECUTE one ('one');");
  await rows("after the errors", "SELECT 2;");

  await run("PREPARE square (int4) AS SELECT $1 * $1;");
  const squares: Rows[] = [];
  for (let i = 1; i <= 7; i++) squares.push(await psql.rows(`EXECUTE square (${i});`));
  report("same statement again", [squares.flat(2)]);
  await run("BEGIN; DECLARE series CURSOR FOR SELECT i FROM generate_series(1, 10) AS s(i);");
  const counts: string[] = [];
  for (let i = 0; i < 4; i++) counts.push(String((await psql.rows("FETCH 3 FROM series;")).length));
  await run("COMMIT;");
  report("rows by three", [counts]);

  report(
    "cancel",
    await psql.cancelled(
      "SELECT count(*) FROM generate_series(1, 100000) a, generate_series(1, 100000) b;",
    ),
  );
  await rows("after the cancel", "SELECT 3;");

  await run("DROP TABLE IF EXISTS client_notes;");
  await run(
    `CREATE TABLE client_notes
      (id int4 NOT NULL, amount numeric(38,10), label text, made timestamptz, tags text[], done bool);`,
  );
  const described = "SELECT *, id / 0 AS quotient FROM client_notes WHERE id = $1 AND label = $2";
  const columns = await psql.rows(String.raw`${described} \gdesc`);
  // \gdesc prints the type with its modifier.
  const bare = (type: string | null | undefined) => type?.replace(/\(.*\)/, "") ?? null;
  report(
    "describe",
    columns.map(([name, type]) => [name ?? null, bare(type)]),
  );
  await run(`PREPARE described AS ${described};`);
  await rows(
    "describe parameters",
    "SELECT parameter_types[1], parameter_types[2] FROM pg_prepared_statements WHERE name = 'described';",
  );

  await run("BEGIN;");
  await rows(
    "insert returning",
    `INSERT INTO client_notes
      VALUES (1, 1.5, 'first', '2024-02-29 12:34:56+00', '{"a,b",NULL}', true), (2, NULL, NULL, NULL, NULL, NULL)
      RETURNING id, amount, upper(label), made, tags, done;`,
  );
  await count("seen inside");
  await run("ROLLBACK;");
  await count("after rollback");
  await run("BEGIN;");
  await rows(
    "rows inserted",
    String.raw`INSERT INTO client_notes (id, label) VALUES (1, 'kept'), (2, NULL);
      \echo :ROW_COUNT`,
  );
  await run("COMMIT;");
  await rows("after commit", "SELECT * FROM client_notes ORDER BY id;");

  await run("BEGIN; INSERT INTO client_notes (id) VALUES (3); SAVEPOINT a;");
  await run("INSERT INTO client_notes (id) VALUES (4); ROLLBACK TO SAVEPOINT a;");
  await run("INSERT INTO client_notes (id) VALUES (5); COMMIT;");
  await rows("after savepoint", "SELECT id FROM client_notes ORDER BY id;");

  await run("BEGIN; INSERT INTO client_notes (id) VALUES (6);");
  await psql.sqlstate("SELECT 1 / 0;");
  await error("in failed transaction", "INSERT INTO client_notes (id) VALUES (7);");
  await run("ROLLBACK;");
  await count("after failed transaction");

  await run("DROP TABLE client_notes;");
  await error("after drop", "SELECT * FROM client_notes;");
}

const separator = "\x1f";
const nothing = "\x1enull";
const ready = "terminal-is-quiet";

/** psql, spoken to a statement at a time: the answer ends at the mark it is told to print. */
class Terminal {
  readonly #child: ChildProcess;
  #output = "";
  #arrived: () => void = () => {};
  #marks = 0;

  constructor(login: Login) {
    const settings = `-F '${separator}' -P pager=off -P null='${nothing}' -v PROMPT1= -v PROMPT2= -v PROMPT3=`;
    const command = `stty -echo -onlcr noflsh; echo ${ready}; exec psql -X -n -q -A -t ${settings}`;
    this.#child = spawn("script", ["-q", "-e", "-c", command, "/dev/null"], {
      env: { ...environment(login), SHELL: "/bin/sh" },
      stdio: ["pipe", "pipe", "inherit"],
    });
    this.#child.stdout?.setEncoding("utf8").on("data", (chunk: string) => {
      this.#output += chunk;
      this.#arrived();
    });
    this.#child.once("exit", () => {
      this.#output += "psql ended";
      this.#arrived();
    });
  }

  /** Before that the terminal would echo what is typed. */
  async ready(): Promise<void> {
    await this.#until(new RegExp(ready));
  }

  async rows(sql: string): Promise<Rows> {
    const { lines, sqlstate } = await this.#ask(sql);
    if (sqlstate !== "00000") throw new Error(`${sql}\n${lines.join("\n")}`);
    return lines.map((line) =>
      line.split(separator).map((value) => (value === nothing ? null : value)),
    );
  }

  async sqlstate(sql: string): Promise<string> {
    return (await this.#ask(sql)).sqlstate;
  }

  async cancelled(sql: string): Promise<string> {
    const answer = this.#ask(sql);
    await sleep(500);
    this.#write("\x03");
    return (await answer).sqlstate;
  }

  close(): void {
    this.#write("\\q\n");
    this.#child.stdin?.end();
  }

  async #ask(sql: string): Promise<{ lines: string[]; sqlstate: string }> {
    const mark = `\x1d${++this.#marks}`;
    const answer = new RegExp(`^([^]*)${mark} (\\w+)\n`);
    this.#output = "";
    this.#write(`${sql}\n\\echo ${mark} :SQLSTATE\n`);
    const found = await this.#until(answer);
    return {
      lines: found[1] === "" ? [] : must(found[1], sql).trimEnd().split("\n"),
      sqlstate: must(found[2], sql),
    };
  }

  #write(text: string): void {
    this.#child.stdin?.write(text);
  }

  async #until(answer: RegExp): Promise<RegExpExecArray> {
    const timer = setTimeout(() => this.#child.kill(), 30_000);
    for (;;) {
      const found = answer.exec(this.#output);
      if (found) {
        clearTimeout(timer);
        return found;
      }
      if (this.#output.endsWith("psql ended")) throw new Error(`psql ended: ${this.#output}`);
      await new Promise<void>((resolve) => {
        this.#arrived = resolve;
      });
    }
  }
}
