import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { ConfigError, configuredBuckets, loadConfig, parameterDefaults } from "./config.ts";
import { defaultHba } from "./hba.ts";
import { namedOptions } from "./options.ts";
import { Parameters } from "./parameters.ts";
import { referencePages } from "./reference.ts";

const folder = mkdtempSync(join(tmpdir(), "lakewire-config-"));
afterAll(() => rmSync(folder, { recursive: true }));

function file(text: string): string {
  const path = join(folder, "lakehouse.toml");
  writeFileSync(path, text);
  return path;
}

function faults(text: string, environment = {}, flags = {}): readonly string[] {
  try {
    loadConfig({ config: file(text), ...flags }, environment);
    return [];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.faults;
  }
}

test("with nothing said everything has its default", () => {
  const config = loadConfig({}, {});
  expect(config.server).toEqual({
    host: "127.0.0.1",
    port: 5433,
    data: join(process.cwd(), "lakehouse-data"),
  });
  expect(config.limits.authenticationTimeoutMs).toBe(60_000);
  expect(config.limits.messageBytes).toBe(256 * 2 ** 20);
  expect(config.admin).toEqual({ user: "admin", password: undefined });
  expect([config.file, config.buckets, config.warnings]).toEqual([undefined, [], []]);
});

test("a flag goes over the environment, which goes over the file", () => {
  const config = file(
    '[server]\nhost = "::1"\nport = 1\ndata = "d"\n[timeouts]\nstatement = "5min"',
  );
  const loaded = loadConfig({ config, port: 3 }, { LAKEWIRE_PORT: "2", LAKEWIRE_HOST: "0.0.0.0" });
  expect(loaded.server).toEqual({ host: "0.0.0.0", port: 3, data: join(folder, "d") });
  expect(loaded.timeouts.statementMs).toBe(300_000);
  expect(loaded.file).toBe(config);
});

test("every mistake is told, each with its place", () => {
  expect(
    faults(
      '[server]\nport = "many"\nhots = "x"\n\n[nosuch]\na = 1\n[limits]\nconnections = 2\n[admin]\npassword = "x"\n',
      { LAKEWIRE_LOG_LEVEL: "loud" },
      { "limits-message-bytes": "1XB" },
    ),
  ).toEqual([
    'lakehouse.toml:2: server.port must be a whole number from 0 to 65535, not "many"',
    '--limits-message-bytes must be a size such as "512kB", "64MB" or "4GB", not "1XB"',
    'LAKEWIRE_LOG_LEVEL must be one of fatal, error, warn, info, debug, trace, silent, not "loud"',
    "lakehouse.toml:3: server.hots: there is no such option; there are host, port, data",
    "lakehouse.toml:5: nosuch: there is no such table; there are [server], [admin], [tls], [limits], [timeouts], [ingest], [cache], [upkeep], [log], [[bucket]], [[hba]]",
    "lakehouse.toml:10: admin.password: there is no such option; set LAKEWIRE_ADMIN_PASSWORD instead",
    "limits.reserved_connections must be less than limits.connections",
  ]);
});

test("a file that is no TOML is told with its line", () => {
  expect(faults("[server]\nport = = 2")[0]).toMatch(/^lakehouse\.toml:2: /);
  expect(faults("port = 2")).toEqual(["lakehouse.toml: port must stand in a table"]);
});

test("buckets are tables of their own", () => {
  const config = file(
    '[[bucket]]\nname = "testing"\npath = "t"\n[[bucket]]\nname = "scratch"\nbackend = "memory"',
  );
  expect(loadConfig({ config }, {}).buckets).toEqual([
    { name: "testing", backend: "local", path: join(folder, "t") },
    { name: "scratch", backend: "memory" },
  ]);
  expect(configuredBuckets(loadConfig({ config }, {})).map(({ name }) => name)).toEqual([
    "primary",
    "public",
    "testing",
    "scratch",
  ]);
  expect(
    faults(
      '[[bucket]]\nname = "a"\nbackend = "ftp"\n[[bucket]]\nname = "a"\nowner = 1\n[[bucket]]\n',
    ),
  ).toEqual([
    'lakehouse.toml:3: bucket.backend cannot be "ftp"',
    "lakehouse.toml:6: bucket.owner: there is no such option; there are name, backend, path",
    'lakehouse.toml:5: bucket.name: "a" is there twice',
    "lakehouse.toml:7: bucket has no name",
  ]);
});

test("who may come in is a list of tables, and everybody by a password without it", () => {
  expect(loadConfig({}, {}).hba).toEqual(defaultHba);
  const config = file(
    '[tls]\nclient_ca = "ca.crt"\n[[hba]]\ntype = "hostssl"\nuser = ["a", "+b"]\naddress = "10.0.0.0/8"\nmethod = "cert"\n[[hba]]\nmethod = "reject"',
  );
  expect(loadConfig({ config }, {}).hba).toEqual([
    {
      type: "hostssl",
      databases: ["all"],
      users: ["a", "+b"],
      addresses: ["10.0.0.0/8"],
      method: "cert",
      clientCertificate: "verify-full",
    },
    { ...defaultHba[0], method: "reject" },
  ]);
  expect(
    faults(
      '[[hba]]\n[[hba]]\nmethod = "kerberos"\nport = 1\n[[hba]]\nmethod = "cert"\n[[hba]]\nuser = 7\nmethod = "trust"\n',
    ),
  ).toEqual([
    "lakehouse.toml:1: hba: has no method",
    "lakehouse.toml:4: hba.port: there is no such option; there are type, database, user, address, method, clientcert",
    'lakehouse.toml:3: hba.method: must be one of trust, reject, scram-sha-256, md5, password, cert, not "kerberos"',
    "lakehouse.toml:6: hba.method: cert needs type hostssl: without TLS there is no certificate",
    "lakehouse.toml:8: hba.user: must be a name or a list of names, not 7",
    "an [[hba]] that asks for client certificates needs tls.client_ca",
  ]);
});

test("a variable nobody declared is pointed out, not passed over", () => {
  const { warnings } = loadConfig({}, { LAKEWIRE_PROT: "1", LAKEWIRE_TEST_POSTGRES: "x" });
  expect(warnings).toEqual(["LAKEWIRE_PROT in the environment is no option and has no effect"]);
});

test("the commented file says of every option what it would be without it", () => {
  const text = referencePages()["config/lakehouse.toml"] ?? "";
  const uncommented = text.replaceAll(/^#(?=\[\[|\w+ = )/gm, "");
  expect(faults(uncommented)).toEqual([]);
  for (const { section, key, option } of namedOptions)
    if (!option.isSecret) expect(text, `${section}.${key}`).toMatch(new RegExp(`^#${key} = `, "m"));
  const config = file(text);
  expect({ ...loadConfig({ config }, {}), file: undefined }).toEqual(loadConfig({}, {}));
});

test("no two options share a flag or a variable", () => {
  const names = namedOptions.flatMap(({ flag, environment }) => [flag ?? "-", environment]);
  const doubled = names.filter((name, at) => name !== "-" && names.indexOf(name) !== at);
  expect(doubled).toEqual([]);
});

test("run-time parameters start as configured", () => {
  const config = loadConfig({ "timeouts-statement": "90s", data: "/srv/d" }, {});
  const parameters = new Parameters({
    sessionAuthorization: "admin",
    isSuperuser: true,
    defaults: parameterDefaults(config, 5544),
    onReport: () => {},
  });
  const names = ["statement_timeout", "port", "ssl", "data_directory", "max_connections"];
  expect(names.map((name) => parameters.show(name))).toEqual([
    "90s",
    "5544",
    "on",
    "/srv/d",
    "100",
  ]);
});
