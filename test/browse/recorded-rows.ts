/** A recorded statement asked of two servers that hold the same objects, and its rows told apart from what only their OIDs differ in. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { SqlClient } from "../support/sql-client.ts";
import type { WireClient } from "../support/wire-client.ts";
import type { Lab } from "./lab.ts";
import type { RecordedStatement } from "./recording.ts";

export type Rows = readonly (readonly (string | null)[])[];

/** Of nothing: what was recorded is left out on both, or is PostgreSQL's own. */
const noOid = "4000000000";

/** What the recorded OIDs were of, in the words of `objects`. */
const recordedOids: ReadonlyMap<string, string> = new Map(
  Object.entries(
    JSON.parse(readFileSync(join(import.meta.dirname, "recorded-oids.json"), "utf8")),
  ) as [string, string][],
);

/** Every object that is not born with the server, as both can call it. */
const objects = `
  SELECT c.oid, 'relation ' || n.nspname || '.' || c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.oid >= 16384 AND n.nspname <> 'pg_toast'
  UNION ALL SELECT t.oid, 'type ' || n.nspname || '.' || t.typname FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
    WHERE t.oid >= 16384
  UNION ALL SELECT p.oid, 'function ' || n.nspname || '.' || p.proname FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
    WHERE p.oid >= 16384
  UNION ALL SELECT oid, 'constraint ' || conrelid::regclass || '.' || conname FROM pg_constraint WHERE oid >= 16384
  UNION ALL SELECT oid, 'schema ' || nspname FROM pg_namespace WHERE oid >= 16384 OR nspname = 'public'
  UNION ALL SELECT oid, 'policy ' || polname FROM pg_policy
  UNION ALL SELECT oid, 'role ' || rolname FROM pg_roles WHERE oid >= 16384
  UNION ALL SELECT oid, 'default ' || adrelid::regclass || '.' || adnum FROM pg_attrdef
  UNION ALL SELECT oid, 'rule ' || ev_class::regclass FROM pg_rewrite WHERE oid >= 16384
  UNION ALL SELECT oid, 'label ' || enumlabel FROM pg_enum
  UNION ALL SELECT oid, 'database' FROM pg_database WHERE datname = current_database()`;

/** One server, with a connection that speaks as the recorded client did. */
export class Side {
  readonly #lab: Lab;
  readonly #oidOf = new Map<string, string>();
  readonly #nameOf = new Map<string, string>();

  static async of(lab: Lab): Promise<Side> {
    const side = new Side(lab);
    const client = await SqlClient.login(lab);
    for (const [oid, name] of await client.rows(objects)) {
      side.#oidOf.set(String(name), String(oid));
      side.#nameOf.set(String(oid), String(name));
    }
    await client.end();
    return side;
  }

  private constructor(lab: Lab) {
    this.#lab = lab;
  }

  /** Its rows as text, OIDs by the names of what they are of; undefined: it was refused. */
  async ask(statement: RecordedStatement, client: WireClient): Promise<Rows | undefined> {
    const { sql, extended } = statement;
    if (extended === undefined) client.send({ type: "Query", sql: this.#meant(sql) });
    else {
      client.send(
        { type: "Close", target: "statement", name: extended.statement },
        {
          type: "Parse",
          statement: extended.statement,
          sql: this.#meant(sql),
          parameterTypes: extended.parameterTypes,
        },
        {
          type: "Bind",
          portal: "",
          statement: extended.statement,
          parameterFormats: extended.parameterFormats,
          parameters: extended.parameters.map((value, at) =>
            value === null ? null : this.#meantValue(value, extended.parameterFormats, at),
          ),
          resultFormats: [],
        },
        { type: "Describe", target: "portal", name: "" },
        { type: "Execute", portal: "", maxRows: 0 },
        { type: "Sync" },
      );
    }
    const answer = await client.until("ReadyForQuery");
    const ready = answer.at(-1);
    if (ready?.type === "ReadyForQuery" && ready.status === "E") {
      client.send({ type: "Query", sql: "ROLLBACK; BEGIN" });
      await client.until("ReadyForQuery");
    }
    if (answer.some(({ type }) => type === "ErrorResponse")) return undefined;
    return answer.flatMap((message) =>
      message.type === "DataRow"
        ? [
            message.values.map((value) =>
              value === null ? null : this.#said(Buffer.from(value).toString()),
            ),
          ]
        : [],
    );
  }

  /** The OID here of what a recorded one was of. */
  #meant(text: string): string {
    return text.replace(/\b16[34]\d\d\b/g, (oid) => this.#oid(oid));
  }

  #oid(recorded: string): string {
    const name = recordedOids.get(recorded);
    if (name === undefined) return noOid;
    return this.#oidOf.get(name) ?? noOid;
  }

  #meantValue(value: Uint8Array, formats: readonly number[], at: number): Uint8Array {
    const bytes = Buffer.from(value);
    const isBinary = (formats.length === 1 ? formats[0] : formats[at]) === 1;
    if (!isBinary) return Buffer.from(this.#meant(bytes.toString("latin1")), "latin1");
    // An OID, or an array of them after the head of one of a single dimension.
    const isArray = bytes.length > 20 && bytes.readUInt32BE(8) === 26;
    if (bytes.length !== 4 && !isArray) return value;
    for (let at = isArray ? 24 : 0; at < bytes.length; at += 8)
      bytes.writeUInt32BE(Number(this.#meant(String(bytes.readUInt32BE(at)))), at);
    return bytes;
  }

  #said(text: string): string {
    const { database, user } = this.#lab;
    return text
      .replace(/(?<![\d.])\d{4,10}(?![\d.])/g, (number) => this.#nameOf.get(number) ?? number)
      .replace(new RegExp(`\\b${database}\\b`, "g"), "lakehouse")
      .replace(new RegExp(`\\b${user}\\b`, "g"), "admin");
  }
}
