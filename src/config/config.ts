/**
 * The server's configuration: flags over environment over TOML file over defaults, every option declared once in
 * options.ts. A mistake is an error that names its place; nothing is guessed or passed over.
 * (Run-time parameters, which sessions SET, are this room's other half: parameters.ts.)
 */
import { basename, dirname, resolve } from "node:path";
import { defaultHba, type HbaRule, hbaRule } from "./hba.ts";
import type { Origin } from "./option.ts";
import { namedOptions, type OptionValues, sections } from "./options.ts";
import { lineOf, type Place, readToml } from "./toml-file.ts";

export interface Config extends OptionValues {
  /** The file it was read from, absolute. */
  readonly file: string | undefined;
  /** `[[bucket]]`, in the file's order. See `configuredBuckets`. */
  readonly buckets: readonly BucketConfig[];
  /** `[[hba]]`, in the file's order: the first that fits a connection decides. */
  readonly hba: readonly HbaRule[];
  /** What looks like a mistake but may belong to somebody else: LAKEWIRE_… variables nobody declared. */
  readonly warnings: readonly string[];
}

export interface BucketConfig {
  readonly name: string;
  readonly backend: "local" | "memory";
  /** Of a local bucket: absolute. Undefined: under the data folder. */
  readonly path?: string;
}

/** Values of flags by name without the dashes, as the command line's parser gives them. */
export type Flags = Readonly<Record<string, unknown>>;
export type Environment = Readonly<Record<string, string | undefined>>;

/** Everything that is wrong, a line each. */
export class ConfigError extends Error {
  readonly faults: readonly string[];

  constructor(faults: readonly string[]) {
    super(faults.join("\n"));
    this.name = "ConfigError";
    this.faults = faults;
  }
}

/**
 * @param flags `config` is the file's path; so is LAKEWIRE_CONFIG.
 * @throws {ConfigError}
 */
export function loadConfig(flags: Flags, environment: Environment): Config {
  const faults: string[] = [];
  const here = process.cwd();
  const given = flags["config"] ?? environment["LAKEWIRE_CONFIG"];
  const file = typeof given === "string" && given !== "" ? resolve(here, given) : undefined;
  const toml = file === undefined ? undefined : readToml(file, faults);
  const values: Record<string, Record<string, unknown>> = {};
  for (const { section, property, option, key, environment: variable, flag } of namedOptions) {
    const candidates: readonly (readonly [unknown, Origin])[] = [
      [flag === undefined ? undefined : flags[flag], { name: `--${flag}`, folder: here }],
      [environment[variable] || undefined, { name: variable, folder: here }],
      [
        option.isSecret ? undefined : toml?.values[section]?.[key],
        tomlOrigin(file, toml?.text, section, key),
      ],
    ];
    const [raw, origin] = candidates.find(([value]) => value !== undefined) ?? [];
    const value = raw === undefined || !origin ? option.fallback : option.read(raw, origin);
    if (value === undefined && raw !== undefined) faults.push(wrong(origin, option.expected, raw));
    values[section] = { ...values[section], [property]: value };
  }
  faults.push(...(file && toml ? strangers(file, toml.text, toml.values) : []));
  const buckets = file && toml ? bucketsOf(file, toml.text, toml.buckets, faults) : [];
  const hba = file && toml ? hbaOf(file, toml.text, toml.hba, faults) : [];
  const config = {
    ...(values as unknown as OptionValues),
    file,
    buckets,
    hba: hba.length > 0 ? hba : defaultHba,
    warnings: undeclared(environment),
  };
  faults.push(...contradictions(config));
  if (faults.length > 0) throw new ConfigError(faults);
  return config;
}

/** Every bucket there is before anybody makes one: `primary` and `public` always, wherever the file puts them. */
export function configuredBuckets(config: Config): readonly BucketConfig[] {
  const always = ["primary", "public"].filter(
    (name) => !config.buckets.some((bucket) => bucket.name === name),
  );
  return [...always.map((name) => ({ name, backend: "local" }) as const), ...config.buckets];
}

/** Values of run-time parameters that follow from the configuration; `port` is the one really listened on. */
export function parameterDefaults(config: Config, port: number): Readonly<Record<string, string>> {
  const { server, limits, timeouts, tls } = config;
  return {
    listen_addresses: server.host,
    port: String(port),
    data_directory: server.data,
    ssl: tls.mode === "off" ? "off" : "on",
    max_connections: String(limits.connections),
    superuser_reserved_connections: String(limits.reservedConnections),
    statement_timeout: String(timeouts.statementMs),
    lock_timeout: String(timeouts.lockMs),
    idle_session_timeout: String(timeouts.idleMs),
    idle_in_transaction_session_timeout: String(timeouts.idleInTransactionMs),
  };
}

function tomlOrigin(
  file: string | undefined,
  text: string | undefined,
  section: string,
  key: string,
): Origin {
  if (file === undefined || text === undefined) return { name: "", folder: "." };
  return { name: place(file, text, { table: section, key }), folder: dirname(file) };
}

function place(file: string, text: string, at: Place): string {
  const line = lineOf(text, at);
  const name = at.key === undefined ? at.table : `${at.table}.${at.key}`;
  return `${basename(file)}${line === undefined ? "" : `:${line}`}: ${name}`;
}

function wrong(origin: Origin | undefined, expected: string, value: unknown): string {
  return `${origin?.name} must be ${expected}, not ${JSON.stringify(value)}`;
}

/** Tables and keys of the file that are no option. */
function strangers(
  file: string,
  text: string,
  values: Readonly<Record<string, Readonly<Record<string, unknown>>>>,
): string[] {
  return Object.entries(values).flatMap(([table, entries]) => {
    const known = namedOptions.filter(({ section }) => section === table);
    if (known.length === 0) {
      const tables = [...Object.keys(sections), "[bucket]", "[hba]"]
        .map((name) => `[${name}]`)
        .join(", ");
      return [`${place(file, text, { table })}: there is no such table; there are ${tables}`];
    }
    const keys = known.filter(({ option }) => !option.isSecret).map(({ key }) => key);
    return Object.keys(entries)
      .filter((key) => !keys.includes(key))
      .map((key) => {
        const secret = known.find((each) => each.key === key);
        const remedy = secret
          ? `set ${secret.environment} instead`
          : `there are ${keys.join(", ")}`;
        return `${place(file, text, { table, key })}: there is no such option; ${remedy}`;
      });
  });
}

const bucketKeys: Readonly<Record<string, (value: unknown) => boolean>> = {
  name: (value) => typeof value === "string" && value !== "",
  backend: (value) => value === "local" || value === "memory",
  path: (value) => typeof value === "string" && value !== "",
};

function bucketsOf(
  file: string,
  text: string,
  tables: readonly Readonly<Record<string, unknown>>[],
  faults: string[],
): readonly BucketConfig[] {
  return tables.map((table, index) => {
    const at = (key?: string) => place(file, text, { table: "bucket", key, index });
    for (const [key, value] of Object.entries(table)) {
      const isFit = bucketKeys[key];
      if (!isFit) faults.push(`${at(key)}: there is no such option; there are name, backend, path`);
      else if (!isFit(value)) faults.push(`${at(key)} cannot be ${JSON.stringify(value)}`);
    }
    const isFirst = tables.findIndex((other) => other["name"] === table["name"]) === index;
    if (table["name"] === undefined) faults.push(`${at()} has no name`);
    else if (!isFirst) faults.push(`${at("name")}: "${table["name"]}" is there twice`);
    if (table["backend"] === "memory" && table["path"] !== undefined)
      faults.push(`${at("path")} means nothing to a bucket in memory`);
    const backend = table["backend"] === "memory" ? "memory" : "local";
    const path =
      typeof table["path"] === "string" ? resolve(dirname(file), table["path"]) : undefined;
    return { name: String(table["name"]), backend, ...(path === undefined ? {} : { path }) };
  });
}

function hbaOf(
  file: string,
  text: string,
  tables: readonly Readonly<Record<string, unknown>>[],
  faults: string[],
): readonly HbaRule[] {
  return tables.map((table, index) =>
    hbaRule(table, (key, message) =>
      faults.push(`${place(file, text, { table: "hba", key, index })}: ${message}`),
    ),
  );
}

function contradictions(config: OptionValues & { readonly hba: readonly HbaRule[] }): string[] {
  const { tls, limits, upkeep, hba } = config;
  const faults: string[] = [];
  if (tls.clientCa === undefined && hba.some((rule) => rule.clientCertificate !== undefined))
    faults.push("an [[hba]] that asks for client certificates needs tls.client_ca");
  if ((tls.cert === undefined) !== (tls.key === undefined))
    faults.push("tls.cert and tls.key must be given together");
  if (upkeep.fileRetentionMs > 30 * 86_400_000)
    faults.push("upkeep.file_retention must not be longer than 30d");
  if (limits.reservedConnections >= limits.connections)
    faults.push("limits.reserved_connections must be less than limits.connections");
  return faults;
}

/** Read by tests and scripts of the project, not by the server. */
const notOurs = /^LAKEWIRE_(CONFIG$|TEST|ACCEPT)/;

function undeclared(environment: Environment): readonly string[] {
  const known = new Set(namedOptions.map((each) => each.environment));
  return Object.keys(environment)
    .filter((name) => name.startsWith("LAKEWIRE_") && !known.has(name) && !notOurs.test(name))
    .map((name) => `${name} in the environment is no option and has no effect`);
}
