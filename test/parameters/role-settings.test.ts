/** ALTER ROLE … SET: sessions of a role begin with its parameters, and limits that it cannot lift. As PostgreSQL 15 does it. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type RunningServer, startServer } from "../support/server.ts";
import { SqlClient } from "../support/sql-client.ts";

let server: RunningServer;
let admin: SqlClient;
const login = () => SqlClient.login({ ...server, user: "ann", password: "ann's" });

beforeAll(async () => {
  server = await startServer();
  admin = await SqlClient.login(server);
  await admin.run("CREATE ROLE ann LOGIN CREATEROLE PASSWORD 'ann''s'");
});

afterAll(async () => {
  await admin?.end();
  await server?.stop();
});

async function inSession<T>(work: (ann: SqlClient) => Promise<T>): Promise<T> {
  const ann = await login();
  try {
    return await work(ann);
  } finally {
    await ann.end();
  }
}

describe("settings of a role", () => {
  test("are what its next session begins with, and RESET comes back to them", async () => {
    await admin.run(
      "ALTER ROLE ann SET statement_timeout = '7s'",
      "ALTER ROLE ann SET TimeZone TO 'Europe/Vienna'",
    );
    await inSession(async (ann) => {
      expect(await ann.value("SHOW statement_timeout")).toBe("7s");
      expect(await ann.value("SHOW TimeZone")).toBe("Europe/Vienna");
      await ann.run("SET statement_timeout = 0", "RESET statement_timeout");
      expect(await ann.value("SHOW statement_timeout")).toBe("7s");
      expect(
        await ann.value("SELECT source FROM pg_settings WHERE name = 'statement_timeout'"),
      ).toBe("user");
    });
    expect(await admin.value("SELECT rolconfig FROM pg_roles WHERE rolname = 'ann'")).toBe(
      "{statement_timeout=7s,TimeZone=Europe/Vienna}",
    );
    expect(
      await admin.value("SELECT setconfig FROM pg_db_role_setting WHERE setrole = 'ann'::regrole"),
    ).toBe("{statement_timeout=7s,TimeZone=Europe/Vienna}");
  });

  test("go one by one, or all", async () => {
    await admin.run("ALTER ROLE ann RESET statement_timeout");
    await inSession(async (ann) => expect(await ann.value("SHOW statement_timeout")).toBe("0"));
    await admin.run("ALTER USER ann RESET ALL");
    expect(await admin.value("SELECT rolconfig FROM pg_roles WHERE rolname = 'ann'")).toBeNull();
  });

  test("are checked when they are set", async () => {
    expect(await admin.answer("ALTER ROLE ann SET nonsense = 1")).toEqual([
      '42704 unrecognized configuration parameter "nonsense"',
    ]);
    expect((await admin.refusal("ALTER ROLE ann SET statement_timeout = 'soon'")).code).toBe(
      "22023",
    );
    expect((await admin.refusal("ALTER ROLE nobody SET work_mem = '1MB'")).code).toBe("42704");
    await inSession(async (ann) => {
      await ann.run("ALTER ROLE ann SET DateStyle = 'German'", "ALTER ROLE ann RESET DateStyle");
      expect((await ann.refusal("ALTER ROLE admin SET work_mem = '1MB'")).code).toBe("42501");
    });
  });
});

describe("limits of a role", () => {
  test("are of rows, of a cursor's rows and of running statements, and only a superuser lifts them", async () => {
    await admin.run(
      "ALTER ROLE ann SET lakehouse.row_limit = 5000",
      "ALTER ROLE ann SET lakehouse.cursor_row_limit = 100",
      "ALTER ROLE ann SET lakehouse.running_statement_limit = 1",
    );
    await inSession(async (ann) => {
      expect((await ann.refusal("SET lakehouse.row_limit = 0")).code).toBe("42501");
      expect((await ann.refusal("ALTER ROLE ann SET lakehouse.row_limit = 0")).code).toBe("42501");
      await ann.run("ALTER ROLE ann RESET ALL");
      expect((await ann.rows("SELECT generate_series(1, 5000)")).length).toBe(5000);
      expect((await ann.refusal("SELECT generate_series(1, 5001)")).code).toBe("53400");
      expect((await ann.refusal("SELECT * FROM generate_series(1, 100000)")).code).toBe("53400");
      await ann.run("BEGIN", "DECLARE c CURSOR FOR SELECT generate_series(1, 100)");
      const more = "DECLARE d CURSOR FOR SELECT generate_series(1, 101)";
      expect((await ann.refusal(more)).code).toBe("53400");
      await ann.run("ROLLBACK");
      const sleeping = ann.rows("SELECT pg_sleep(1)");
      await inSession(async (other) => {
        expect((await other.refusal("SELECT 1")).message).toBe(
          'too many statements are running for role "ann"',
        );
      });
      await sleeping;
      expect(await ann.value("SELECT 1")).toBe("1");
    });
  });

  test("are of sessions", async () => {
    await admin.run("ALTER ROLE ann RESET ALL", "ALTER ROLE ann CONNECTION LIMIT 1");
    await inSession(async () => {
      await expect(login()).rejects.toMatchObject({ code: "53300" });
    });
  });
});
