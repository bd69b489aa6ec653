/** One script on our server and on PostgreSQL 15: what each statement is answered with must be the same. */
import { randomBytes } from "node:crypto";
import { rmSync } from "node:fs";
import pg from "pg";
import { expect } from "vitest";
import { must } from "../../src/base/assert.ts";
import { type RunningServer, startServer } from "../support/server.ts";
import type { PostgresService } from "../support/services.ts";

const asText = { getTypeParser: () => (value: unknown) => value };

/** The command tag and rows as text, or the error; notices in the order in which they came. */
export interface Answer {
  readonly sql: string;
  readonly tag?: string;
  readonly rows?: readonly (readonly (string | null)[])[];
  readonly error?: {
    readonly sqlstate: string | undefined;
    readonly message: string;
    readonly detail: string | undefined;
    readonly hint: string | undefined;
    /** Schema, table, column and constraint, where they are told. */
    readonly about: readonly (string | undefined)[];
  };
  readonly notices: readonly string[];
}

export class Side {
  readonly #client: pg.Client;
  #notices: string[] = [];

  static async login(options: pg.ClientConfig): Promise<Side> {
    const client = new pg.Client({ ...options, types: asText });
    client.on("error", () => {});
    await client.connect();
    return new Side(client);
  }

  constructor(client: pg.Client) {
    this.#client = client;
    client.on("notice", (notice) => {
      this.#notices.push(
        `${notice.severity} ${notice.code}: ${notice.message}${notice.detail ? ` (${notice.detail})` : ""}`,
      );
    });
  }

  async answer(sql: string): Promise<Answer> {
    this.#notices = [];
    try {
      const { command, rowCount, rows } = await this.#client.query<(string | null)[]>({
        text: sql,
        rowMode: "array",
      });
      return { sql, tag: `${command} ${rowCount}`, rows, notices: this.#notices };
    } catch (error) {
      if (!(error instanceof pg.DatabaseError)) throw error;
      const { code: sqlstate, message, detail, hint } = error;
      // Which buckets there are is told by ours alone.
      const told = hint?.includes("bucket") ? undefined : hint;
      // Sessions are numbered as they come.
      const schema = error.schema?.replace(/^pg_temp_\d+$/, "pg_temp_n");
      const about = [schema, error.table, error.column, error.constraint];
      return {
        sql,
        error: { sqlstate, message, detail, hint: told, about },
        notices: this.#notices,
      };
    }
  }

  async answers(script: string | readonly string[]): Promise<readonly Answer[]> {
    const answers: Answer[] = [];
    for (const sql of typeof script === "string" ? statements(script) : script)
      answers.push(await this.answer(sql));
    return answers;
  }

  end(): Promise<void> {
    return this.#client.end();
  }
}

/** Our server and PostgreSQL, in a schema `work` of each that is emptied for every script. */
export class Pair {
  readonly #service: PostgresService;
  readonly #database = `ddl_${randomBytes(4).toString("hex")}`;
  #server: RunningServer | undefined;

  static async open(service: PostgresService): Promise<Pair> {
    const pair = new Pair(service);
    await pair.#administer(`CREATE DATABASE ${pair.#database}`);
    pair.#server = await startServer();
    return pair;
  }

  private constructor(service: PostgresService) {
    this.#service = service;
  }

  get server(): RunningServer {
    return must(this.#server, "a server was started");
  }

  ours(server: RunningServer = this.server): Promise<Side> {
    const { host, port, user, password, database } = server;
    return Side.login({ host, port, user, password, database });
  }

  theirs(): Promise<Side> {
    return Side.login({ ...this.#service, database: this.#database });
  }

  /** The script is answered alike, statement for statement. */
  async agree(script: string | readonly string[]): Promise<readonly Answer[]> {
    const sides = [await this.ours(), await this.theirs()] as const;
    try {
      for (const side of sides) {
        await side.answers(`DROP SCHEMA IF EXISTS work CASCADE;
          CREATE SCHEMA work;
          SET search_path = work`);
      }
      const [ours, theirs] = [await sides[0].answers(script), await sides[1].answers(script)];
      expect(ours).toEqual(theirs);
      return ours;
    } finally {
      for (const side of sides) await side.end();
    }
  }

  /** The same data, served by a new process. */
  async restart(): Promise<void> {
    const { data } = this.server;
    await this.server.kill();
    this.#server = await startServer({ data });
  }

  async close(): Promise<void> {
    const { data } = this.server;
    await this.server.stop();
    rmSync(data, { recursive: true, force: true });
    await this.#administer(`DROP DATABASE ${this.#database} WITH (FORCE)`);
  }

  async #administer(sql: string): Promise<void> {
    const side = await Side.login({ ...this.#service });
    await side.answer(sql);
    await side.end();
  }
}

/** A statement ends with its line: none of a script holds a semicolon before that. */
function statements(script: string): readonly string[] {
  return script
    .split(/;\s*\n/)
    .map((text) => text.trim().replace(/;$/, ""))
    .filter((text) => text !== "");
}
