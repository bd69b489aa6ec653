/** COPY's options, both ways: each statement is answered as PostgreSQL 15 answers it, errors with their CONTEXT. */
import pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { copyIn } from "../support/copy-in.ts";
import { copyOut } from "../support/copy-out.ts";
import { type RunningServer, startServer } from "../support/server.ts";
import { postgres } from "../support/services.ts";

const theirs = await postgres();
let server: RunningServer;
let ours: pg.Client;
let other: pg.Client;

beforeAll(async () => {
  if (!theirs) return;
  server = await startServer();
  ours = new pg.Client(server);
  other = new pg.Client(theirs);
  for (const client of [ours, other]) {
    client.on("error", () => {});
    await client.connect();
    for (const sql of [
      "DROP SCHEMA IF EXISTS copy_options CASCADE",
      "CREATE SCHEMA copy_options",
      "SET search_path = copy_options",
      "CREATE TABLE t (a int, b text)",
      "CREATE TABLE n (a int NOT NULL, b text DEFAULT 'none', c numeric(6,2))",
    ]) {
      await client.query(sql);
    }
  }
}, 60_000);

afterAll(async () => {
  await other?.query("DROP SCHEMA IF EXISTS copy_options CASCADE");
  await ours?.end();
  await other?.end();
  await server?.stop();
});

/** Statements; with data it is COPY FROM STDIN. */
type Step = string | readonly [sql: string, data: string | Buffer];

async function answers(client: pg.Client, steps: readonly Step[]): Promise<string[]> {
  const lines: string[] = [];
  for (const step of ["TRUNCATE t, n", ...steps]) {
    const [sql, data] = typeof step === "string" ? [step, undefined] : step;
    try {
      if (data !== undefined) lines.push(await copyIn(client, sql, data));
      else if (/\bto stdout\b/i.test(sql)) {
        const { tag, data: sent } = await copyOut(client, sql);
        lines.push(tag, sent.toString("latin1"));
      } else {
        const { rows, command } = await client.query({ text: sql, rowMode: "array" });
        lines.push(command, ...rows.map((row) => JSON.stringify(row)));
      }
    } catch (error) {
      if (!(error instanceof pg.DatabaseError)) throw error;
      const { code, message, detail, hint, where, position } = error;
      lines.push(JSON.stringify({ code, message, detail, hint, where, position }));
    }
  }
  return lines;
}

const both = (name: string, ...steps: readonly Step[]) =>
  test.skipIf(!theirs)(name, async () => {
    expect(await answers(ours, steps)).toEqual(await answers(other, steps));
  });

const rows = "SELECT * FROM t ORDER BY a, b";

both(
  "WHERE keeps the rows it is true of",
  ["COPY t FROM STDIN WHERE a % 2 = 1 AND b <> 'x'", "1\ta\n2\tb\n3\tx\n5\t\\N\n7\tg\n"],
  rows,
  ["COPY n (a, c) FROM STDIN (FORMAT csv) WHERE b = 'none' AND c > 1", "1,2\n2,0.5\n3,\n"],
  "SELECT * FROM n ORDER BY a",
  ["COPY n FROM STDIN WHERE a IS NOT NULL", "\\N\tx\t1\n4\ty\t2\n"],
  "SELECT * FROM n ORDER BY a",
  "COPY t FROM STDIN WHERE a IN (SELECT 1)",
  "COPY t FROM STDIN WHERE max(a) > 1",
  "COPY t FROM STDIN WHERE row_number() OVER () > 1",
  "COPY t FROM STDIN WHERE missing > 1",
  "COPY t FROM STDIN WHERE a",
  "COPY t TO STDOUT WHERE a > 1",
);

both(
  "what a statement returns is copied out",
  "COPY (INSERT INTO t VALUES (1, 'a'), (2, 'b') RETURNING b, a) TO STDOUT",
  "COPY (UPDATE t SET b = b || '!' WHERE a = 1 RETURNING *) TO STDOUT (FORMAT csv, HEADER)",
  "COPY (WITH gone AS (DELETE FROM t WHERE a = 2 RETURNING *) SELECT a * 10 FROM gone) TO STDOUT",
  "COPY (DELETE FROM t) TO STDOUT",
  "COPY (DELETE FROM t RETURNING a) TO STDOUT",
  rows,
  "COPY (VALUES (1), (2)) TO STDOUT",
  "COPY (TABLE t) TO STDOUT",
  "COPY (SELECT 1 INTO x) TO STDOUT",
);

both(
  "FREEZE is for tables of this transaction",
  "COPY t FROM STDIN (FREEZE)",
  "BEGIN",
  "TRUNCATE t",
  ["COPY t FROM STDIN (FREEZE)", "1\tx\n"],
  "COMMIT",
  rows,
  "BEGIN",
  "CREATE TABLE fresh (a int)",
  ["COPY fresh FROM STDIN WITH (FREEZE true)", "1\n"],
  "ROLLBACK",
  ["COPY t FROM STDIN (FREEZE off)", "2\ty\n"],
  "COPY t TO STDOUT (FREEZE)",
  "COPY t FROM STDIN (FREEZE 5)",
);

both(
  "text is read and written in other encodings",
  ["COPY t FROM STDIN (ENCODING 'latin1')", Buffer.from("1\tcaf\xe9\n", "latin1")],
  ["COPY t FROM STDIN ENCODING 'WIN1251'", Buffer.from([50, 9, 0xcf, 0xf0, 10])],
  ["COPY t FROM STDIN (ENCODING 'EUC_JP', FORMAT csv)", Buffer.from([51, 44, 0xc6, 0xfc, 10])],
  "SELECT a, b FROM t ORDER BY a",
  "COPY (SELECT 'café') TO STDOUT (ENCODING 'ISO-8859-1')",
  "COPY (SELECT 'Пр') TO STDOUT (ENCODING 'koi8r')",
  "COPY (SELECT '日') TO STDOUT (ENCODING 'latin1')",
  "COPY t TO STDOUT (ENCODING 'nonsense')",
);

both(
  "the old spelling means the same",
  ["COPY t FROM STDIN DELIMITER ';' NULL 'none'", "1;none\n2;x\n"],
  ["COPY t (b, a) FROM STDIN CSV HEADER QUOTE '''' ESCAPE '\\'", "b,a\n'x,\\'y',3\n"],
  "COPY t TO STDOUT CSV HEADER FORCE QUOTE b",
  "COPY t TO STDOUT WITH DELIMITER AS '|' NULL AS '-'",
  "COPY BINARY t TO STDOUT",
  "COPY t TO STDOUT BINARY",
  "COPY t TO STDOUT CSV FORCE QUOTE *",
  ["COPY t FROM STDIN CSV FORCE NOT NULL b", "4,\n"],
  rows,
);

both(
  "options that do not fit are refused alike",
  "COPY t TO STDOUT (FORMAT nothing)",
  "COPY t TO STDOUT (FORMAT csv, FORMAT text)",
  "COPY t TO STDOUT (DELIMITER 'ab')",
  "COPY t TO STDOUT (DELIMITER 'a')",
  "COPY t TO STDOUT (QUOTE '\"')",
  "COPY t TO STDOUT (FORMAT csv, DELIMITER ',', QUOTE ',')",
  "COPY t TO STDOUT (FORMAT csv, FORCE_NULL (a))",
  "COPY t FROM STDIN (FORMAT csv, FORCE_QUOTE (a))",
  "COPY t FROM STDIN (FORCE_NULL (a))",
  "COPY t TO STDOUT (HEADER match)",
  "COPY t TO STDOUT (FORMAT binary, HEADER)",
  "COPY t TO STDOUT (FORMAT binary, DELIMITER ',')",
  "COPY t TO STDOUT (NULL 'a\tb')",
  "COPY t TO STDOUT (FORMAT csv, NULL '\"')",
  "COPY t TO STDOUT (bogus)",
  "COPY t (a, a) TO STDOUT",
  "COPY t (missing) TO STDOUT",
  "COPY missing TO STDOUT",
  "COPY t (a) TO STDOUT (FORMAT csv, FORCE_QUOTE (b))",
);

both(
  "faults tell the line",
  ["COPY n FROM STDIN", "1\ta\t1\n\\N\tb\t2\n3\tx\tq\n"],
  ["COPY n FROM STDIN", "1\ta\t1\n2\tb\t12345.67\n"],
  ["COPY n (b) FROM STDIN", "x\n"],
  ["COPY n (b, c) FROM STDIN", "x\t1\n"],
  ["COPY t FROM STDIN (FORMAT csv, HEADER match)", "a,x\n1,2\n"],
  ["COPY t FROM STDIN (FORMAT csv, HEADER match)", "a\n1\n"],
  ["COPY t FROM STDIN (FORMAT csv)", '1,"a\nb"\n2,c\nx,d\n'],
  ["COPY t FROM STDIN", "1\ta\n2\n"],
  ["COPY t FROM STDIN", "x\ta\n2\n"],
  ["COPY t FROM STDIN", "1\ta\tb\nx\ty\n"],
  ["COPY t FROM STDIN", "1\ta\r\n2\tb\n"],
  ["COPY t FROM STDIN", "1\ta\\.b\n"],
  ["COPY t FROM STDIN", "1\ta\n\\."],
  ["COPY t FROM STDIN", "1\ta\n\\.\n2\tb\n"],
  ["COPY t FROM STDIN", "1\tb\\xff\n"],
  ["COPY t FROM STDIN", "1\tb\\000\n"],
  ["COPY t FROM STDIN", Buffer.from([49, 9, 0xc3, 10])],
  ["COPY t FROM STDIN (FORMAT binary)", "PGCOPX"],
  [
    "COPY t FROM STDIN (FORMAT binary)",
    Buffer.from("PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0\0\x01", "latin1"),
  ],
  [
    "COPY t FROM STDIN (FORMAT binary)",
    Buffer.from("PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0\xff\xffx", "latin1"),
  ],
  rows,
);
