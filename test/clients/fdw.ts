/** postgres_fdw: a PostgreSQL whose foreign tables are those of `shop` on another server, ours or a PostgreSQL too. */
import { randomBytes } from "node:crypto";
import { SqlClient } from "../support/sql-client.ts";
import type { Login } from "./clients.ts";

const statements = [
  "IMPORT FOREIGN SCHEMA shop LIMIT TO (orders, pair, big, sums) FROM SERVER far INTO near OPTIONS (import_default 'true')",
  `SELECT attrelid::regclass, attname, format_type(atttypid, atttypmod), attnotnull, attfdwoptions,
     pg_get_expr(adbin, adrelid)
   FROM pg_attribute LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
   WHERE attrelid IN (SELECT ftrelid FROM pg_foreign_table) AND attnum > 0 ORDER BY attrelid::regclass::text, attnum`,
  "SELECT id, price, placed FROM near.orders ORDER BY id",
  "SELECT o.id, b.name FROM near.orders o LEFT JOIN near.big b ON b.id = o.id ORDER BY 1",
  "SELECT customer_id, sum(price), count(*) FROM near.orders WHERE placed < '2021-01-01' OR placed IS NULL GROUP BY 1 ORDER BY 1",
  "SELECT n, g FROM near.sums JOIN generate_series(1, 2) g ON g = customer_id ORDER BY 1",
  "INSERT INTO near.pair VALUES (1, 2, 'x'), (3, 4, 'y') RETURNING *",
  "UPDATE near.pair SET c = c || '!' WHERE a = 1 RETURNING *",
  "SELECT * FROM near.pair WHERE c LIKE 'x%' ORDER BY a DESC LIMIT 1",
  // What cannot be judged there is fetched, and changed where its ctid says that it lies.
  "UPDATE near.pair SET c = c || '?' WHERE a = 1 AND random() < 2 RETURNING *",
  "UPDATE near.pair p SET c = o.id || p.c FROM near.orders o WHERE o.id = p.a AND random() < 2",
  "BEGIN",
  "DELETE FROM near.pair WHERE a = 3 AND random() < 2 RETURNING b",
  "UPDATE near.pair SET b = b + 1 WHERE random() < 2",
  "SELECT * FROM near.pair ORDER BY 1, 2",
  "ROLLBACK",
  "BEGIN",
  "INSERT INTO near.pair VALUES (9, 9, 'z')",
  "SAVEPOINT s",
  "INSERT INTO near.pair VALUES (9, 8, 'q')",
  "ROLLBACK TO s",
  "SELECT * FROM near.pair ORDER BY 1, 2",
  "ROLLBACK",
  "INSERT INTO near.pair VALUES (1, 2, 'again')",
  "DELETE FROM near.pair WHERE a < 100",
  "SELECT count(*) FROM near.pair",
  "ALTER FOREIGN TABLE near.orders OPTIONS (ADD use_remote_estimate 'true')",
  "SELECT id FROM near.orders WHERE price > 100 ORDER BY id",
  "ANALYZE near.orders",
];

/** `near`: the PostgreSQL that asks. Answers by statement. */
export async function foreignTables(near: Login, far: Login): Promise<ReadonlyMap<string, string>> {
  const database = `lakewire_fdw_${randomBytes(4).toString("hex")}`;
  const admin = await SqlClient.login(near);
  await admin.run(`CREATE DATABASE ${database}`);
  const client = await SqlClient.login({ ...near, database });
  try {
    await client.run(
      "CREATE EXTENSION postgres_fdw",
      `CREATE SERVER far FOREIGN DATA WRAPPER postgres_fdw
         OPTIONS (host '${far.host}', port '${far.port}', dbname '${far.database}')`,
      `CREATE USER MAPPING FOR CURRENT_USER SERVER far OPTIONS (user '${far.user}', password '${far.password}')`,
      "CREATE SCHEMA near",
    );
    const answers = new Map<string, string>();
    for (const [at, statement] of statements.entries())
      answers.set(`${at} ${statement}`, (await client.answer(statement)).join("\n"));
    return answers;
  } finally {
    await client.end();
    await admin.run(`DROP DATABASE ${database} WITH (FORCE)`);
    await admin.end();
  }
}
