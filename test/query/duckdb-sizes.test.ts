/** What DuckDB's functions may make of little has the same limits as what PostgreSQL's may, and small things are made. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { type RunningServer, startServer } from "../support/server.ts";
import { SqlClient } from "../support/sql-client.ts";

let server: RunningServer;
let admin: SqlClient;
let eve: SqlClient;

beforeAll(async () => {
  server = await startServer({
    arguments: ["--limits-value-bytes", "1MB", "--limits-value-items", "1000"],
  });
  admin = await SqlClient.login(server);
  await admin.run("CREATE ROLE eve LOGIN PASSWORD 'eve''s'");
  eve = await SqlClient.login({ ...server, user: "eve", password: "eve's" });
});

afterAll(async () => {
  await eve?.end();
  await admin?.end();
  await server?.stop();
});

/** Of `n`, which is a column: 3 at first, then too much. */
const calls: readonly (readonly [call: string, small: string])[] = [
  ["repeat('ab', n)", "ababab"],
  ["repeat('ab'::BLOB, n)::VARCHAR", "ababab"],
  ["len(repeat([1, 2], n))", "6"],
  ["main.repeat('ab', n)", "ababab"],
  ["REPEAT('ab', n)", "ababab"],
  ["lower(name).repeat(n)", "xxx"],
  ["lpad('x', n, '-')", "--x"],
  ["rpad('x', n, '-')", "x--"],
  ["lower(name).rpad(n, '-')", "x--"],
  ["bitstring('101', n)::VARCHAR", "101"],
  ["len(list_resize([1], n))", "3"],
  ["[1].list_resize(n, 7)[n]", "7"],
  ["len(array_resize([1], n))", "3"],
  ["len(range(n))", "3"],
  ["len(range(0, n))", "3"],
  ["len(range(0, n, 1))", "3"],
  ["len(range(0, -n, -1))", "3"],
  ["len([x + 1 for x in range(n)])", "3"],
  ["len(list_transform([n], lambda x: range(x))[1])", "3"],
  ["len(generate_series(n))", "4"],
  ["len(generate_series(1, n))", "3"],
  ["len(generate_series(1, n, 1))", "3"],
  ["len(range(TIMESTAMP '2026-01-01', TIMESTAMP '2026-01-01' + to_days(n), INTERVAL 1 DAY))", "3"],
  ["replace(repeat('a', 3), 'a', repeat('b', n))", "bbbbbbbbb"],
  ["format('{:>' || n || '}', 'x')", "  x"],
  ["printf('%' || n || 's', 'x')", "  x"],
];

const rows = (n: number, call: string) =>
  `FROM (SELECT ${n}::INTEGER AS n, 'x' AS name) AS t SELECT ${call}`;

test.each(calls)("%s", async (call, small) => {
  for (const client of [admin, eve]) expect(await client.value(rows(3, call))).toBe(small);
  for (const client of [admin, eve])
    expect((await client.refusal(rows(2_000_000, call))).code).toBe("54000");
});

test("a replacement that multiplies is refused by what it makes", async () => {
  const much = "replace(repeat('a', 10000), 'a', repeat('b', n))";
  expect((await eve.refusal(rows(1000, much))).code).toBe("54000");
  expect(await eve.value(rows(10, `strlen(${much})`))).toBe("100000");
});

test("a width in a format is read where it is constant, too, and is no argument", async () => {
  const of = (call: string) => eve.refusal(rows(3, call));
  expect((await of("format('{:9>2000000}', 'x')")).code).toBe("54000");
  expect((await of("printf('%1$2000000d', 1)")).code).toBe("54000");
  expect((await of("format('{:>{}}', 'x', 2000000)")).code).toBe("0A000");
  expect((await of("printf('%*d', 2000000, 1)")).code).toBe("0A000");
  expect(await eve.value(rows(3, "format('{} of 2000000', name)"))).toBe("x of 2000000");
  expect(await eve.value(rows(3, "printf('%d of 2000000', n)"))).toBe("3 of 2000000");
});

test("a random size is looked at once", async () => {
  const size = "CASE WHEN random() < 0.5 THEN 2000000 ELSE 3 END";
  for (let i = 0; i < 20; i++) {
    const asked = await eve
      .value(rows(3, `strlen(rpad('x', ${size}, '-'))`))
      .catch((error) => error);
    expect(asked instanceof Error ? "refused" : asked).toMatch(/^(3|refused)$/);
  }
});

test("series that overflow, stand still, go nowhere or hold NULL are as the engine's", async () => {
  expect(await eve.value(rows(3, "range(1, 5, 9223372036854775807)::VARCHAR"))).toBe("[1]");
  expect(await eve.value(rows(3, "range(1, 5, 0)::VARCHAR"))).toBe("[]");
  expect(await eve.value(rows(3, "range(5, 1)::VARCHAR"))).toBe("[]");
  expect(await eve.value(rows(3, "range(1, NULL)::VARCHAR"))).toBe(null);
  expect(await eve.value("FROM range(2000) SELECT count(*)")).toBe("2000");
});

test("a column that nobody names is called by what was written", async () => {
  await admin.run("CREATE TABLE made AS FROM (SELECT 1) SELECT lpad('x', 3, '-')");
  const named = "SELECT column_name FROM information_schema.columns WHERE table_name = 'made'";
  expect(await admin.value(named)).toBe("lpad('x', 3, '-')");
});
