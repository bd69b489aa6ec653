import { expect, test } from "vitest";
import { PgError } from "../base/error.ts";
import { Parameters, type ParametersOptions, valueOfList } from "./parameters.ts";

function open(options: Partial<ParametersOptions> = {}): Parameters {
  return new Parameters({
    sessionAuthorization: "ann",
    isSuperuser: false,
    onReport: () => {},
    ...options,
  });
}

const session = { isLocal: false };
const local = { isLocal: true };

function fault(work: () => void): string {
  try {
    work();
    return "no error";
  } catch (error) {
    if (!(error instanceof PgError)) throw error;
    return `${error.sqlstate}: ${error.message}`;
  }
}

test("what is SET in a transaction is undone by its rollback and kept by its commit", () => {
  const parameters = open();
  parameters.set("lock_timeout", "1s", session);
  parameters.rollback();
  expect(parameters.show("lock_timeout")).toBe("0");
  parameters.set("lock_timeout", "1s", session);
  parameters.commit();
  parameters.rollback();
  expect(parameters.show("lock_timeout")).toBe("1s");
});

test("SET LOCAL ends with the transaction, and what SET said under it comes back", () => {
  const parameters = open();
  parameters.set("lock_timeout", "1s", session);
  parameters.set("lock_timeout", "2s", local);
  expect(parameters.show("lock_timeout")).toBe("2s");
  parameters.commit();
  expect(parameters.show("lock_timeout")).toBe("1s");
});

test("ROLLBACK TO undoes what was SET since the savepoint, RELEASE keeps it", () => {
  const parameters = open();
  parameters.set("lock_timeout", "1s", local);
  parameters.savepoint("a");
  parameters.set("lock_timeout", "2s", session);
  parameters.rollbackTo("a");
  expect(parameters.show("lock_timeout")).toBe("1s");
  parameters.savepoint("b");
  parameters.set("lock_timeout", "3s", session);
  parameters.release("b");
  parameters.commit();
  expect(parameters.show("lock_timeout")).toBe("3s");
});

test("RESET goes back to what the client's start-up message asked for", () => {
  const parameters = open({
    defaults: { statement_timeout: "10s" },
    startup: new Map([["statement_timeout", "5s"]]),
  });
  parameters.set("statement_timeout", "1s", session);
  parameters.reset("statement_timeout");
  expect(parameters.milliseconds("statement_timeout")).toBe(5000);
  parameters.set("statement_timeout", "1s", session);
  parameters.set("application_name", "x", session);
  parameters.resetAll();
  expect([parameters.show("STATEMENT_TIMEOUT"), parameters.show("application_name")]).toEqual([
    "5s",
    "",
  ]);
});

test("a change is reported once, when it is asked for", () => {
  const told: string[] = [];
  const parameters = open({ onReport: (name, value) => told.push(`${name}=${value}`) });
  parameters.report();
  expect(told).toEqual([
    "application_name=",
    "client_encoding=UTF8",
    "DateStyle=ISO, MDY",
    "default_transaction_read_only=off",
    "in_hot_standby=off",
    "integer_datetimes=on",
    "IntervalStyle=postgres",
    "is_superuser=off",
    "server_encoding=UTF8",
    expect.stringMatching(/^server_version=15\.\d+ /),
    "session_authorization=ann",
    "standard_conforming_strings=on",
    "TimeZone=UTC",
  ]);
  told.length = 0;
  parameters.set("application_name", "a", session);
  parameters.set("application_name", "b", session);
  parameters.set("statement_timeout", "1s", session);
  parameters.report();
  parameters.report();
  expect(told).toEqual(["application_name=b"]);
  parameters.rollback();
  parameters.authorizationChanged("bob", true);
  parameters.report();
  expect(told.slice(1)).toEqual([
    "application_name=",
    "is_superuser=on",
    "session_authorization=bob",
  ]);
});

/** What a session does: a role is changed at once, its name is what the parameters say of it. */
function openWithRoles(): Parameters {
  let user = "ann";
  const parameters = open({
    setAuthorization: (name, value) => {
      if (value === "nobody") throw new PgError("22023", 'role "nobody" does not exist');
      if (name === "session_authorization") user = value ?? "ann";
      parameters.authorizationChanged(user, user === "root", name === "role" ? value : "none");
    },
  });
  return parameters;
}

test("SET LOCAL ROLE ends with the transaction, and a rollback undoes SET ROLE", () => {
  const parameters = openWithRoles();
  const role = () => parameters.show("role");
  parameters.set("role", "outer", session);
  parameters.commit();
  parameters.set("role", "inner", local);
  expect(role()).toBe("inner");
  parameters.commit();
  expect(role()).toBe("outer");
  parameters.set("role", "other", session);
  parameters.savepoint("a");
  parameters.set("role", "third", session);
  parameters.rollbackTo("a");
  expect(role()).toBe("other");
  parameters.rollback();
  expect(role()).toBe("outer");
  expect(fault(() => parameters.set("role", "nobody", session))).toMatch(/^22023/);
  parameters.resetAll();
  expect(role()).toBe("outer");
  parameters.reset("role");
  expect(role()).toBe("none");
});

test("SET SESSION AUTHORIZATION ends SET ROLE, and a rollback brings both back", () => {
  const parameters = openWithRoles();
  const now = () => [parameters.show("session_authorization"), parameters.show("role")];
  parameters.set("role", "outer", session);
  parameters.commit();
  parameters.set("session_authorization", "root", session);
  expect([...now(), parameters.show("is_superuser")]).toEqual(["root", "none", "on"]);
  parameters.rollback();
  expect([...now(), parameters.show("is_superuser")]).toEqual(["ann", "outer", "off"]);
  parameters.set("session_authorization", "root", session);
  parameters.commit();
  parameters.reset("session_authorization");
  expect(now()).toEqual(["ann", "none"]);
});

test("the transaction's own modes come from the defaults and go with it", () => {
  const parameters = open();
  parameters.set("default_transaction_isolation", "serializable", session);
  expect(parameters.show("transaction_isolation")).toBe("read committed");
  parameters.commit();
  expect(parameters.show("transaction_isolation")).toBe("serializable");
  parameters.set("transaction_isolation", "repeatable read", session);
  expect(parameters.show("transaction_isolation")).toBe("repeatable read");
  parameters.commit();
  expect(parameters.show("transaction_isolation")).toBe("serializable");
});

test("a transaction's modes are fixed once it has read something", () => {
  const parameters = open();
  parameters.set("transaction_read_only", "on", local);
  parameters.queryStarted();
  parameters.set("transaction_read_only", "on", local);
  expect(fault(() => parameters.set("transaction_read_only", "off", local))).toBe(
    "25001: transaction read-write mode must be set before any query",
  );
  expect(fault(() => parameters.set("transaction_isolation", "serializable", local))).toBe(
    "25001: SET TRANSACTION ISOLATION LEVEL must be called before any query",
  );
  parameters.rollback();
  parameters.set("transaction_isolation", "serializable", local);
});

test("a value this server cannot honour is refused aloud, not kept", () => {
  const parameters = open();
  expect(fault(() => parameters.set("standard_conforming_strings", "off", session))).toBe(
    '0A000: parameter "standard_conforming_strings" set to "off" is not supported',
  );
  expect(fault(() => parameters.set("client_encoding", "JOHAB", session))).toBe(
    '0A000: invalid value for parameter "client_encoding": "JOHAB"',
  );
  expect(fault(() => parameters.set("timezone", "5.5", session))).toBe(
    '0A000: time zone "<+05:30>-05:30" is not supported',
  );
});

test("names of our families are all declared, so another one is a mistake", () => {
  expect(fault(() => open().set("lakehouse.buckt", "x", session))).toBe(
    '42602: invalid configuration parameter name "lakehouse.buckt"',
  );
});

test("only a superuser reads the data folder's path or sets what is a superuser's", () => {
  const parameters = open({ defaults: { data_directory: "there" } });
  expect(fault(() => parameters.show("data_directory"))).toMatch(/^42501: must be superuser/);
  expect(parameters.showAll().map((row) => row.name)).not.toContain("data_directory");
  expect(fault(() => parameters.set("lc_messages", "C", session))).toBe(
    '42501: permission denied to set parameter "lc_messages"',
  );
});

test("a parameter of one's own stays known, and empty after RESET", () => {
  const parameters = open();
  expect(parameters.show("my.own")).toBeUndefined();
  parameters.set("My.own", "1", session);
  expect(parameters.show("my.OWN")).toBe("1");
  parameters.reset("my.own");
  expect(parameters.show("my.own")).toBe("");
});

test("several values become one, quoted where a list of names needs it", () => {
  expect(valueOfList("search_path", ["a", "B c", "select", "$user"])).toBe(
    'a, "B c", "select", "$user"',
  );
  expect(valueOfList("DateStyle", ["ISO", "DMY"])).toBe("ISO, DMY");
  expect(fault(() => valueOfList("statement_timeout", ["1", "2"]))).toBe(
    "22023: SET statement_timeout takes only one argument",
  );
});

test("the search path is split, unquoted and knows the current role", () => {
  const parameters = open();
  expect(parameters.searchPath("ann")).toEqual(["ann", "primary", "public"]);
  parameters.set("search_path", 'Sales, "My ""own"""', session);
  expect(parameters.searchPath("ann")).toEqual(["sales", 'My "own"']);
});

test("the engine is told a zone it knows, with POSIX's sign", () => {
  const parameters = open();
  const zones = ["asia/kolkata", "-8", "UTC+3", "interval '-03:00'", "0"].map((zone) => {
    parameters.set("TimeZone", zone, session);
    return [parameters.show("timezone"), parameters.engineTimeZone];
  });
  expect(zones).toEqual([
    ["Asia/Kolkata", "Asia/Kolkata"],
    ["<-08>+08", "Etc/GMT+8"],
    ["UTC+3", "Etc/GMT+3"],
    ["<-03>+03", "Etc/GMT+3"],
    ["<+00>-00", "Etc/GMT"],
  ]);
});
