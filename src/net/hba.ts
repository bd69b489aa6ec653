/** Which rule of the [[hba]] table a connection falls under. */
import { BlockList, isIP } from "node:net";
import { PgError } from "../base/error.ts";
import type { HbaRule } from "../config/hba.ts";

export interface Comer {
  /** Undefined: cannot be told; only rules for every address fit. */
  readonly address: string | undefined;
  readonly isEncrypted: boolean;
  readonly database: string;
  readonly user: string;
  /** Whether the user is a member of a role, directly or not. */
  readonly isMember: (role: string) => boolean;
}

export class HbaTable {
  readonly #rules: readonly { readonly rule: HbaRule; readonly networks: BlockList | undefined }[];

  /** An Error that names the network when one cannot be read. */
  constructor(rules: readonly HbaRule[]) {
    this.#rules = rules.map((rule) => ({ rule, networks: networksOf(rule.addresses) }));
  }

  /** The first rule that fits; 28000 when none does or it says reject. */
  find(comer: Comer): HbaRule {
    const found = this.#rules.find((one) => fits(one.rule, one.networks, comer))?.rule;
    if (found !== undefined && found.method !== "reject") return found;
    const { address = "???", user, database, isEncrypted } = comer;
    const who = `host "${address}", user "${user}", database "${database}", ${isEncrypted ? "SSL encryption" : "no encryption"}`;
    throw new PgError(
      "28000",
      found ? `pg_hba.conf rejects connection for ${who}` : `no pg_hba.conf entry for ${who}`,
      { severity: "FATAL" },
    );
  }
}

function fits(rule: HbaRule, networks: BlockList | undefined, comer: Comer): boolean {
  const { address, isEncrypted, database, user } = comer;
  if (rule.type === "hostssl" && !isEncrypted) return false;
  if (rule.type === "hostnossl" && isEncrypted) return false;
  if (networks !== undefined && (address === undefined || !contains(networks, address)))
    return false;
  const isDatabase = rule.databases.some(
    (name) => name === "all" || name === database || (name === "sameuser" && user === database),
  );
  const isUser = rule.users.some(
    (name) =>
      name === "all" || name === user || (name.startsWith("+") && comer.isMember(name.slice(1))),
  );
  return isDatabase && isUser;
}

function contains(networks: BlockList, address: string): boolean {
  return networks.check(address, isIP(address) === 6 ? "ipv6" : "ipv4");
}

function networksOf(addresses: readonly string[] | undefined): BlockList | undefined {
  if (addresses === undefined) return undefined;
  const networks = new BlockList();
  for (const one of addresses) {
    const [, address = "", bits] = /^([^/]+)(?:\/(\d{1,3}))?$/.exec(one) ?? [];
    const family = isIP(address);
    const most = family === 4 ? 32 : 128;
    if (family === 0 || Number(bits ?? most) > most)
      throw new Error(`hba.address must be all or networks like 10.0.0.0/8, not "${one}"`);
    networks.addSubnet(address, Number(bits ?? most), family === 4 ? "ipv4" : "ipv6");
  }
  return networks;
}
