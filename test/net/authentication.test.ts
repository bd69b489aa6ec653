/** The [[hba]] table over real connections: psql, node-postgres, certificates, MD5 of old, TLS without asking. */
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect } from "node:tls";
import { promisify } from "node:util";
import pg from "pg";
import { generate } from "selfsigned";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { type RunningServer, startServer } from "../support/server.ts";
import { missing, program } from "../support/services.ts";

const folder = mkdtempSync(join(tmpdir(), "lakewire-hba-"));
const path = (name: string) => join(folder, name);
const psql = program("psql");
if (!psql) missing("psql", "install postgresql-client-15");

let server: RunningServer;
beforeAll(async () => {
  await certificates();
  writeFileSync(
    path("lakehouse.toml"),
    `[tls]\nclient_ca = "ca.crt"
[[hba]]\nuser = "admin"\nmethod = "scram-sha-256"
[[hba]]\nuser = "old"\nmethod = "md5"
[[hba]]\nuser = "clear"\ntype = "hostssl"\nmethod = "password"
[[hba]]\nuser = "+trusted"\nmethod = "trust"
[[hba]]\nuser = "banned"\nmethod = "reject"
[[hba]]\nuser = "far"\naddress = ["10.0.0.0/8", "fd00::/8"]\nmethod = "trust"
[[hba]]\nuser = "carol"\ntype = "hostssl"\nmethod = "cert"
[[hba]]\nuser = "bert"\ntype = "hostssl"\nmethod = "scram-sha-256"\nclientcert = "verify-ca"
[[hba]]\nuser = "elsewhere"\ndatabase = "postgres"\nmethod = "trust"\n`,
  );
  server = await startServer({ arguments: ["--config", path("lakehouse.toml")] });
  const admin = await client({ user: "admin", password: server.password });
  for (const statement of [
    "CREATE ROLE trusted",
    "CREATE ROLE tess LOGIN IN ROLE trusted",
    "CREATE ROLE banned LOGIN; CREATE ROLE far LOGIN; CREATE ROLE elsewhere LOGIN; CREATE ROLE nobody LOGIN PASSWORD 'x'",
    "CREATE ROLE carol LOGIN; CREATE ROLE bert LOGIN PASSWORD 'secret'; CREATE ROLE clear LOGIN PASSWORD 'secret'",
    "SET password_encryption = 'md5'",
    "CREATE ROLE old LOGIN PASSWORD 'secret'",
  ])
    await admin.query(statement);
  await admin.end();
});
afterAll(async () => {
  await server?.stop();
  rmSync(folder, { recursive: true });
});

test("a member of a role falls under the role's rule", async () => {
  expect(await who({ user: "tess" })).toBe("tess");
});

test("nobody comes in whom no rule knows, and none who is rejected", async () => {
  const end = ', database "lakehouse", no encryption';
  await expect(who({ user: "nobody", password: "x" })).rejects.toMatchObject({
    code: "28000",
    message: `no pg_hba.conf entry for host "127.0.0.1", user "nobody"${end}`,
  });
  await expect(who({ user: "banned" })).rejects.toMatchObject({
    code: "28000",
    message: `pg_hba.conf rejects connection for host "127.0.0.1", user "banned"${end}`,
  });
  await expect(who({ user: "far" })).rejects.toMatchObject({ code: "28000" });
  await expect(who({ user: "elsewhere" })).rejects.toMatchObject({ code: "28000" });
  expect(await who({ user: "elsewhere", database: "postgres" })).toBe("elsewhere");
});

test("an MD5 password is proved by the exchange of old, and lost with the role's name", async () => {
  expect(await who({ user: "old", password: "secret" })).toBe("old");
  await expect(who({ user: "old", password: "wrong" })).rejects.toMatchObject({
    code: "28P01",
    message: 'password authentication failed for user "old"',
  });
  const admin = await client({ user: "admin", password: server.password });
  const kept = "SELECT rolpassword FROM pg_authid WHERE rolname = $1";
  const { rows } = await admin.query<{ rolpassword: string }>(kept, ["old"]);
  expect(rows[0]?.rolpassword).toMatch(/^md5[0-9a-f]{32}$/);
  await admin.query("ALTER ROLE old RENAME TO older");
  expect((await admin.query(kept, ["older"])).rows).toEqual([{ rolpassword: null }]);
  await admin.end();
});

test("a password goes in clear where a rule says so, under TLS", async () => {
  await expect(who({ user: "clear", password: "secret" })).rejects.toMatchObject({ code: "28000" });
  const ssl = { rejectUnauthorized: false };
  expect(await who({ user: "clear", password: "secret", ssl })).toBe("clear");
  await expect(who({ user: "clear", password: "no", ssl })).rejects.toMatchObject({
    code: "28P01",
  });
});

test.runIf(psql)("psql proves itself by a certificate", async () => {
  expect(await byPsql("carol", "carol")).toBe("carol\n");
  await expect(byPsql("carol", undefined)).rejects.toThrow(
    "connection requires a valid client certificate",
  );
  await expect(byPsql("carol", "dave")).rejects.toThrow(
    'certificate authentication failed for user "carol"',
  );
  await expect(byPsql("carol", "stranger")).rejects.toThrow(/certificate/);
  expect(await byPsql("bert", "dave", "secret")).toBe("bert\n");
  await expect(byPsql("bert", "dave", "wrong")).rejects.toThrow("password authentication failed");
});

test("TLS begins without being asked for, when the client names the protocol", async () => {
  const { host, port } = server;
  const startup = Buffer.from("\0\0\0\x26\0\x03\0\0user\0tess\0database\0lakehouse\0\0");
  startup.writeInt32BE(startup.length);
  const told = await talk(["postgresql"]);
  expect(told.subarray(0, 9)).toEqual(Buffer.from([0x52, 0, 0, 0, 8, 0, 0, 0, 0]));
  expect((await talk(undefined)).toString()).toContain("without ALPN protocol negotiation");

  function talk(protocols: string[] | undefined): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      const options = { host, port, rejectUnauthorized: false };
      const socket = connect({ ...options, ...(protocols ? { ALPNProtocols: protocols } : {}) });
      socket.once("error", reject).once("secureConnect", () => socket.write(startup));
      socket.once("data", (chunk: Buffer) => {
        socket.destroy();
        resolve(chunk);
      });
    });
  }
});

test("SIGHUP reads the certificate again", async () => {
  const before = await serverCertificate();
  const pair = await generate([{ name: "commonName", value: "renewed" }], { keyType: "ec" });
  writeFileSync(join(server.data, "server.crt"), pair.cert);
  writeFileSync(join(server.data, "server.key"), pair.private, { mode: 0o600 });
  expect(await serverCertificate()).toBe(before);
  process.kill(server.pid, "SIGHUP");
  await vi.waitFor(async () => expect(await serverCertificate()).toBe("renewed"), 10_000);
});

function serverCertificate(): Promise<string> {
  const { host, port } = server;
  return new Promise((resolve, reject) => {
    const socket = connect({
      host,
      port,
      rejectUnauthorized: false,
      ALPNProtocols: ["postgresql"],
    });
    socket.once("error", reject).once("secureConnect", () => {
      resolve(String(socket.getPeerCertificate().subject.CN));
      socket.destroy();
    });
  });
}

async function client(login: pg.ClientConfig): Promise<pg.Client> {
  const { host, port, database } = server;
  const opened = new pg.Client({ host, port, database, ...login });
  await opened.connect();
  return opened;
}

async function who(login: pg.ClientConfig): Promise<string | undefined> {
  const opened = await client(login);
  const { rows } = await opened.query<{ who: string }>("SELECT current_user::text AS who");
  await opened.end();
  return rows[0]?.who;
}

async function byPsql(
  user: string,
  certificate: string | undefined,
  password = "",
): Promise<string> {
  const { host, port, database } = server;
  const [cert, key] = certificate
    ? [path(`${certificate}.crt`), path(`${certificate}.key`)]
    : [path("none.crt"), path("none.key")];
  const dsn = `host=${host} port=${port} dbname=${database} user=${user} sslmode=require sslcert=${cert} sslkey=${key}`;
  const environment = { ...process.env, PGPASSWORD: password, PGSSLROOTCERT: path("none.crt") };
  const { stdout } = await promisify(execFile)(psql ?? "", [dsn, "-XAtc", "SELECT current_user"], {
    env: environment,
  });
  return stdout;
}

/** An authority with two clients, and a client of nobody's. */
async function certificates(): Promise<void> {
  const names = (value: string) => [{ name: "commonName", value }];
  const settings = { keyType: "ec", algorithm: "sha256" } as const;
  const authority = await generate(names("authority"), {
    ...settings,
    extensions: [
      { name: "basicConstraints", cA: true, critical: true },
      { name: "keyUsage", keyCertSign: true, digitalSignature: true, critical: true },
    ],
  });
  const write = (name: string, pair: { readonly cert: string; readonly private: string }) => {
    writeFileSync(path(`${name}.crt`), pair.cert);
    writeFileSync(path(`${name}.key`), pair.private, { mode: 0o600 });
  };
  write("ca", authority);
  for (const name of ["carol", "dave"]) {
    const ca = { key: authority.private, cert: authority.cert };
    write(name, await generate(names(name), { ...settings, ca }));
  }
  write("stranger", await generate(names("carol"), settings));
}
