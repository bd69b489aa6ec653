/**
 * Run-time parameters on which something depends, each declared once: SET, SHOW, pg_settings, ParameterStatus and
 * docs/reference/parameters.md follow. Names, boot values, ranges and wording are PostgreSQL 15's pg_settings.
 * https://www.postgresql.org/docs/15/runtime-config.html
 */
import { declarations, int4Max, type Parameter } from "./declare.ts";
import { inertParameters } from "./inert.ts";

/** What `server_version` claims: clients choose their SQL by its number, people read the rest. */
export const postgresVersion = "15.14";
export const lakewireVersion = "0.1.0";
export const serverVersion = `${postgresVersion} (Lakewire ${lakewireVersion})`;
const serverVersionNumber = 150014;

const isolationLevels = ["serializable", "repeatable read", "read committed", "read uncommitted"];
const timeoutRange = [0, int4Max, "ms"] as const;

const locale = declarations("Client Connection Defaults / Locale and Formatting");
const behavior = declarations("Client Connection Defaults / Statement Behavior");
const authentication = declarations("Connections and Authentication / Authentication");
const connections = declarations("Connections and Authentication / Connection Settings", {
  context: "postmaster",
});
const ssl = declarations("Connections and Authentication / SSL", { context: "sighup" });
const files = declarations("File Locations", { context: "postmaster" });
const preset = declarations("Preset Options", { context: "internal" });
const logging = declarations("Reporting and Logging / What to Log");
const processTitle = declarations("Reporting and Logging / Process Title", {
  context: "postmaster",
});
const memory = declarations("Resource Usage / Memory", { context: "postmaster" });
const compatibility = declarations(
  "Version and Platform Compatibility / Previous PostgreSQL Versions",
);
const lakehouse = declarations("Lakehouse");

const active: readonly Parameter[] = [
  lakehouse.text(
    "lakehouse.bucket",
    "",
    "Sets the bucket in which unqualified names are created; empty means the current schema.",
  ),
  lakehouse.integer(
    "lakehouse.cursor_row_limit",
    0,
    [0, int4Max],
    "Sets the maximum number of rows a cursor may keep; 0 means no limit.",
    { context: "superuser" },
  ),
  lakehouse.integer(
    "lakehouse.portal_spill_limit",
    1_048_576,
    [0, int4Max, "kB"],
    "Sets how much of the rows left of one suspended portal may be put on disk.",
    { context: "superuser" },
  ),
  lakehouse.integer(
    "lakehouse.row_limit",
    0,
    [0, int4Max],
    "Sets the maximum number of rows a statement may return; 0 means no limit.",
    { context: "superuser" },
  ),
  lakehouse.integer(
    "lakehouse.running_statement_limit",
    0,
    [0, int4Max],
    "Sets the maximum number of statements that sessions of one role run at the same time; 0 means no limit.",
    { context: "superuser" },
  ),
  lakehouse.integer(
    "hnsw.ef_search",
    40,
    [1, 1000],
    "Sets the size of the dynamic candidate list for search.",
  ),

  locale.text("DateStyle", "ISO, MDY", "Sets the display format for date and time values.", {
    list: "words",
    isReported: true,
  }),
  locale.choice(
    "IntervalStyle",
    "postgres",
    ["postgres", "postgres_verbose", "sql_standard", "iso_8601"],
    "Sets the display format for interval values.",
    { isReported: true },
  ),
  locale.text(
    "TimeZone",
    "UTC",
    "Sets the time zone for displaying and interpreting time stamps.",
    { isReported: true },
  ),
  locale.text("client_encoding", "UTF8", "Sets the client's character set encoding.", {
    isReported: true,
  }),
  locale.integer(
    "extra_float_digits",
    1,
    [-15, 3],
    "Sets the number of digits displayed for floating-point values.",
  ),

  behavior.choice("bytea_output", "hex", ["escape", "hex"], "Sets the output format for bytea."),
  behavior.choice(
    "client_min_messages",
    "notice",
    ["debug5", "debug4", "debug3", "debug2", "debug1", "log", "notice", "warning", "error"],
    "Sets the message levels that are sent to the client.",
    { hidden: { debug: "debug2", info: "info" } },
  ),
  behavior.bool(
    "default_transaction_deferrable",
    "off",
    "Sets the default deferrable status of new transactions.",
  ),
  behavior.choice(
    "default_transaction_isolation",
    "read committed",
    isolationLevels,
    "Sets the transaction isolation level of each new transaction.",
  ),
  behavior.bool(
    "default_transaction_read_only",
    "off",
    "Sets the default read-only status of new transactions.",
    { isReported: true },
  ),
  behavior.integer(
    "idle_in_transaction_session_timeout",
    0,
    timeoutRange,
    "Sets the maximum allowed idle time between queries, when in a transaction.",
  ),
  behavior.integer(
    "idle_session_timeout",
    0,
    timeoutRange,
    "Sets the maximum allowed idle time between queries, when not in a transaction.",
  ),
  behavior.integer(
    "lock_timeout",
    0,
    timeoutRange,
    "Sets the maximum allowed duration of any wait for a lock.",
  ),
  behavior.bool("row_security", "on", "Enable row security."),
  behavior.text(
    "search_path",
    '"$user", primary, public',
    "Sets the schema search order for names that are not schema-qualified.",
    { list: "names" },
  ),
  behavior.integer(
    "statement_timeout",
    0,
    timeoutRange,
    "Sets the maximum allowed duration of any statement.",
  ),
  behavior.bool(
    "transaction_deferrable",
    "off",
    "Whether to defer a read-only serializable transaction until it can be executed with no possible serialization failures.",
  ),
  behavior.choice(
    "transaction_isolation",
    "read committed",
    isolationLevels,
    "Sets the current transaction's isolation level.",
  ),
  behavior.bool("transaction_read_only", "off", "Sets the current transaction's read-only status."),
  behavior.text("role", "none", "Sets the current role.", { isHidden: true }),
  behavior.text("session_authorization", "", "Sets the session user name.", {
    isHidden: true,
    isReported: true,
  }),

  authentication.choice(
    "password_encryption",
    "scram-sha-256",
    ["md5", "scram-sha-256"],
    "Chooses the algorithm for encrypting passwords.",
  ),
  connections.text(
    "listen_addresses",
    "127.0.0.1",
    "Sets the host name or IP address(es) to listen to.",
    { list: "words" },
  ),
  connections.integer(
    "max_connections",
    100,
    [1, 262143],
    "Sets the maximum number of concurrent connections.",
  ),
  connections.integer("port", 5433, [1, 65535], "Sets the TCP port the server listens on."),
  connections.integer(
    "superuser_reserved_connections",
    3,
    [0, 262143],
    "Sets the number of connection slots reserved for superusers.",
  ),
  ssl.bool("ssl", "off", "Enables SSL connections."),
  files.text("data_directory", "", "Sets the server's data directory.", { isPrivate: true }),

  preset.integer("block_size", 8192, [8192, 8192], "Shows the size of a disk block."),
  preset.bool("in_hot_standby", "off", "Shows whether hot standby is currently active.", {
    isReported: true,
  }),
  preset.bool("integer_datetimes", "on", "Shows whether datetimes are integer based.", {
    isReported: true,
  }),
  preset.bool("is_superuser", "off", "Shows whether the current user is a superuser.", {
    isHidden: true,
    isReported: true,
  }),
  preset.text("lc_collate", "C", "Shows the collation order locale."),
  preset.text("lc_ctype", "C", "Shows the character classification and case conversion locale."),
  preset.integer(
    "max_function_args",
    100,
    [100, 100],
    "Shows the maximum number of function arguments.",
  ),
  preset.integer("max_identifier_length", 63, [63, 63], "Shows the maximum identifier length."),
  preset.integer("max_index_keys", 32, [32, 32], "Shows the maximum number of index keys."),
  preset.text("server_encoding", "UTF8", "Shows the server (database) character set encoding.", {
    isReported: true,
  }),
  preset.text("server_version", serverVersion, "Shows the server version.", { isReported: true }),
  preset.integer(
    "server_version_num",
    serverVersionNumber,
    [serverVersionNumber, serverVersionNumber],
    "Shows the server version as an integer.",
  ),

  processTitle.text(
    "cluster_name",
    "",
    "Sets the name of the cluster, which is included in the process title.",
  ),
  logging.text(
    "application_name",
    "",
    "Sets the application name to be reported in statistics and logs.",
    { isReported: true },
  ),
  memory.integer(
    "max_prepared_transactions",
    0,
    [0, 262143],
    "Sets the maximum number of simultaneously prepared transactions.",
  ),
  compatibility.bool("array_nulls", "on", "Enable input of NULL elements in arrays.", {
    only: ["on"],
  }),
  compatibility.bool(
    "standard_conforming_strings",
    "on",
    "Causes '...' strings to treat backslashes literally.",
    { isReported: true, only: ["on"] },
  ),
];

/** Every declared parameter, in PostgreSQL's order: by name, whatever its case. */
export const parameters: readonly Parameter[] = [...active, ...inertParameters].sort((a, b) =>
  a.name.toLowerCase() < b.name.toLowerCase() ? -1 : 1,
);
