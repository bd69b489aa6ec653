/**
 * Every option of the server, declared once: flags, environment, TOML file, --help, config/lakehouse.toml and
 * docs/reference/configuration.md come from here.
 *
 * An option `limits.messageBytes` is `message_bytes` under `[limits]` in the file, `LAKEWIRE_LIMITS_MESSAGE_BYTES` in the
 * environment and `--limits-message-bytes` as a flag; those of `server` go without its name: `LAKEWIRE_PORT`, `--port`.
 * A name ends in its unit; that of a time goes without: `statementMs` is `statement = "30s"`.
 */
import { availableParallelism } from "node:os";
import * as option from "./option.ts";

const cores = availableParallelism();
const portsMax = 65535;
const countMax = 1_000_000;

export const sections = {
  server: {
    summary: "Where the server listens, and where it keeps its data.",
    options: {
      host: option.text(
        "127.0.0.1",
        "Address to listen on; 0.0.0.0 is every one of this machine's.",
      ),
      port: option.integer(5433, [0, portsMax], "TCP port; 0 takes any free one."),
      data: option.path(
        "./lakehouse-data",
        "Folder for the buckets made at run time, the certificate and the admin's password file.",
      ),
    },
  },
  admin: {
    summary: "The superuser.",
    options: {
      user: option.text("admin", "Name of the superuser."),
      password: option.secret(
        "generated at first start, kept in <data>/admin.pgpass",
        "Password of the superuser, set at every start; from the environment only.",
      ),
    },
  },
  tls: {
    summary: "Encryption of connections.",
    options: {
      mode: option.choice(
        "allow",
        ["off", "allow"],
        "off: never; allow: for every client that asks, as sslmode=require does.",
      ),
      cert: option.optionalPath(
        "self-signed, made at first start in <data>",
        "server.crt",
        "File with the certificate chain, PEM.",
      ),
      key: option.optionalPath(
        "self-signed, made at first start in <data>",
        "server.key",
        "File with the private key, PEM, readable by the server's user alone.",
      ),
      clientCa: option.optionalPath(
        "none",
        "clients-ca.crt",
        "File with the authorities, PEM, whose client certificates are accepted; clients are then asked for one.",
      ),
    },
  },
  limits: {
    summary: "What one client, and all of them together, may take.",
    options: {
      connections: option.integer(100, [1, countMax], "Sessions at once."),
      reservedConnections: option.integer(
        3,
        [0, countMax],
        "How many of those are kept free for the superuser.",
      ),
      unauthenticatedSockets: option.integer(
        500,
        [1, countMax],
        "Sockets at once whose client has not yet proved who it is.",
      ),
      authenticationTimeoutMs: option.duration("60s", "Time a client has for that."),
      messageBytes: option.size("256MB", "Longest message of a client."),
      statementBytes: option.size("16MB", "Longest text of a statement."),
      preparedStatements: option.integer(
        10_000,
        [1, countMax],
        "Prepared statements one session may hold.",
      ),
      portals: option.integer(1000, [1, countMax], "Portals and cursors one session may hold."),
      suspendedPortals: option.integer(
        16,
        [1, countMax],
        "Portals with a row limit that one session may leave unread with their results open; of more, the rows left are put on disk (lakehouse.portal_spill_limit).",
      ),
      runningStatements: option.machineInteger(
        "4 × cores",
        4 * cores,
        [1, countMax],
        "Statements the engine runs at once; further ones wait their turn.",
      ),
      queuedStatements: option.integer(
        1000,
        [1, countMax],
        "Statements that may wait so; one more is refused with 53400.",
      ),
      openResults: option.integer(
        2000,
        [10, countMax],
        "Results the engine holds open at once, those of suspended portals among them.",
      ),
      readAheadBytes: option.size(
        "256kB",
        "What the engine reads ahead of a client for each result; long texts come on top.",
      ),
      threads: option.machineInteger(
        "cores",
        cores,
        [1, 1024],
        "Threads the engine computes with.",
      ),
      memoryBytes: option.machineSize(
        "80 % of the machine's",
        "8GB",
        "Memory the engine may take before it spills to disk.",
      ),
      processBytes: option.machineSize(
        "95 % of the machine's",
        "10GB",
        "Memory the whole process may take: an allocation beyond it fails with 53200 for one statement (where there is prlimit).",
      ),
      valueBytes: option.size(
        "256MB",
        "Longest text that repeat, lpad, rpad, replace and format may make of shorter ones.",
      ),
      valueItems: option.integer(
        134_217_727,
        [1, 1_073_741_823],
        "Elements that array_fill, list_resize and range may make, and rows of generate_series in a SELECT list.",
      ),
      temporaryBytes: option.machineSize(
        "90 % of the free disk",
        "100GB",
        "Disk the engine may take for what it spills.",
      ),
      copyFileBytes: option.size(
        "16GB",
        "What one COPY of FORMAT parquet may send: it is kept on disk until all of it is there.",
      ),
      arrowBatchBytes: option.size(
        "256MB",
        "Largest record batch, or file, that COPY of FORMAT arrow may be sent: it is kept in memory.",
      ),
      writeAttempts: option.integer(
        100,
        [1, countMax],
        "How often a statement outside a transaction block is run when others commit to its dataset first.",
      ),
      partitions: option.integer(
        1_000,
        [1, countMax],
        "Partitions that one statement may write to: each is a file at least.",
      ),
      sequenceBlock: option.integer(
        33,
        [1, 1_000_000_000],
        "Numbers of a sequence that a server sets aside at once; a crash loses those not given out.",
      ),
      analyzeRows: option.integer(
        10_000_000,
        [1000, 1_000_000_000],
        "Rows that ANALYZE looks at; of a dataset that has more it takes a sample.",
      ),
      foreignCopyBytes: option.size(
        "10GB",
        "What may be copied of foreign tables' folders that lie on another file system than the data.",
      ),
      indexBytes: option.size("2GB", "Memory for open vector indexes; those not used go first."),
    },
  },
  timeouts: {
    summary: "Defaults of the run-time parameters of these names; 0 means no limit.",
    options: {
      statementMs: option.duration(
        "0",
        "statement_timeout: a statement that runs longer is canceled.",
      ),
      lockMs: option.duration(
        "0",
        "lock_timeout: a wait for a lock that lasts longer is canceled.",
      ),
      idleMs: option.duration("0", "idle_session_timeout: a session idle for longer is ended."),
      idleInTransactionMs: option.duration(
        "0",
        "idle_in_transaction_session_timeout: the same inside a transaction.",
      ),
      intentMs: option.duration(
        "10s",
        "How long a transaction over several datasets may take to decide; then whoever waits for it takes it back.",
      ),
      drainMs: option.duration(
        "30s",
        "At shutdown, how long running statements may still take before they are canceled.",
      ),
    },
  },
  ingest: {
    summary: "Loading files that lie on the server.",
    options: {
      folders: option.paths(
        [],
        '["/srv/incoming"]',
        "Folders that roles other than the superuser may load files from.",
      ),
    },
  },
  cache: {
    summary: "Datasets kept in memory (CALL cache_pin).",
    options: {
      bytes: option.size("1GB", "What they may take together; those not used go first."),
    },
  },
  upkeep: {
    summary:
      "Compaction, expiry and publishing of datasets, which the server does by itself when it is idle.",
    options: {
      intervalMs: option.duration(
        "1min",
        "How often datasets are looked at; 0: only when told to.",
      ),
      percent: option.integer(
        10,
        [1, 100],
        "Share of the time that may be spent on it, in percent.",
      ),
      runBytes: option.size(
        "512MB",
        "Most that one compaction reads; what is left has its turn later.",
      ),
      filesMax: option.integer(50, [1, countMax], "A dataset of more files is compacted."),
      smallFileBytes: option.size("16MB", "Files smaller than this are merged."),
      logRetentionMs: option.duration("30d", "How long versions of a dataset can be read."),
      fileRetentionMs: option.duration(
        "7d",
        "How long files that are no longer part of a dataset stay for those who still read them.",
      ),
    },
  },
  log: {
    summary: "What the server writes to stderr, one JSON line an event.",
    options: {
      level: option.choice(
        "info",
        ["fatal", "error", "warn", "info", "debug", "trace", "silent"],
        "Least important event that is written.",
      ),
    },
  },
} as const;

type Sections = typeof sections;

/** The values of all options, by section and name. */
export type OptionValues = {
  readonly [Section in keyof Sections]: {
    readonly [Name in keyof Sections[Section]["options"]]: Sections[Section]["options"][Name] extends option.Option<
      infer Value
    >
      ? Value
      : never;
  };
};

/** An option with everything that is called after it. */
export interface NamedOption {
  readonly section: string;
  readonly property: string;
  readonly option: option.Option<unknown>;
  /** In the TOML file, under its section. */
  readonly key: string;
  readonly environment: string;
  /** Undefined for a secret. */
  readonly flag: string | undefined;
}

export const namedOptions: readonly NamedOption[] = Object.entries(sections).flatMap(
  ([section, { options }]) =>
    Object.entries<option.Option<unknown>>(options).map(([property, declared]) =>
      named(section, property, declared),
    ),
);

function named(section: string, property: string, declared: option.Option<unknown>): NamedOption {
  const key = property
    .replace(/Ms$/, "")
    .replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  const name = section === "server" ? key : `${section}_${key}`;
  return {
    section,
    property,
    option: declared,
    key,
    environment: `LAKEWIRE_${name.toUpperCase()}`,
    flag: declared.isSecret ? undefined : name.replaceAll("_", "-"),
  };
}
