/**
 * Who may come in from where, and how it is proved: `[[hba]]` of the TOML file, PostgreSQL's pg_hba.conf as tables.
 * https://www.postgresql.org/docs/15/auth-pg-hba-conf.html
 */
export type AuthenticationMethod =
  | "trust"
  | "reject"
  | "scram-sha-256"
  | "md5"
  | "password"
  | "cert";

export interface HbaRule {
  readonly type: "host" | "hostssl" | "hostnossl";
  readonly databases: readonly string[];
  /** Role names; `+name` is every member of it. */
  readonly users: readonly string[];
  /** Networks in CIDR notation, as written (net/ reads them); undefined: every address. */
  readonly addresses: readonly string[] | undefined;
  readonly method: AuthenticationMethod;
  /** What the client's certificate must be besides: of our authority, or of that and of the role's name. */
  readonly clientCertificate: "verify-ca" | "verify-full" | undefined;
}

/** When the file has none: everybody, from everywhere, by password. */
export const defaultHba: readonly HbaRule[] = [
  {
    type: "host",
    databases: ["all"],
    users: ["all"],
    addresses: undefined,
    method: "scram-sha-256",
    clientCertificate: undefined,
  },
];

type Table = Readonly<Record<string, unknown>>;

const keys = ["type", "database", "user", "address", "method", "clientcert"];
const types = ["host", "hostssl", "hostnossl"] as const;
const methods = ["trust", "reject", "scram-sha-256", "md5", "password", "cert"] as const;
const certificates = ["verify-ca", "verify-full"] as const;

/** `fault(key, message)` is told of each mistake. */
export function hbaRule(
  table: Table,
  fault: (key: string | undefined, message: string) => void,
): HbaRule {
  for (const key of Object.keys(table))
    if (!keys.includes(key)) fault(key, `there is no such option; there are ${keys.join(", ")}`);
  const choice = <T extends string>(key: string, choices: readonly T[], fallback: T): T => {
    const given = table[key] ?? fallback;
    const found = choices.find((one) => one === given);
    if (found === undefined)
      fault(key, `must be one of ${choices.join(", ")}, not ${JSON.stringify(given)}`);
    return found ?? fallback;
  };
  if (table["method"] === undefined) fault(undefined, "has no method");
  const type = choice("type", types, "host");
  const method = choice("method", methods, "reject");
  if (method === "cert" && type !== "hostssl")
    fault("method", "cert needs type hostssl: without TLS there is no certificate");
  if (table["clientcert"] !== undefined && type !== "hostssl")
    fault("clientcert", "needs type hostssl: without TLS there is no certificate");
  const asked =
    table["clientcert"] === undefined
      ? undefined
      : choice("clientcert", certificates, "verify-full");
  const addresses = names("address", table, fault);
  return {
    type,
    databases: names("database", table, fault),
    users: names("user", table, fault),
    addresses: addresses.includes("all") ? undefined : addresses,
    method,
    clientCertificate: method === "cert" ? "verify-full" : asked,
  };
}

function names(
  key: string,
  table: Table,
  fault: (key: string, message: string) => void,
): readonly string[] {
  const given = table[key] ?? "all";
  const list: readonly unknown[] = Array.isArray(given) ? given : [given];
  const texts = list.filter((one): one is string => typeof one === "string" && one !== "");
  if (texts.length < list.length || list.length === 0)
    fault(key, `must be a name or a list of names, not ${JSON.stringify(given)}`);
  return texts;
}
