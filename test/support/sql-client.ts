/** A client of SQL for tests: values as PostgreSQL's text, refusals as what they say. */
import pg from "pg";
import { copyIn } from "./copy-in.ts";

export interface SqlLogin {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
}

export type SqlRow = readonly (string | null)[];

export class SqlClient {
  readonly #client: pg.Client;

  static async login({ host, port, user, password, database }: SqlLogin): Promise<SqlClient> {
    const types = { getTypeParser: () => (value: unknown) => value };
    const client = new pg.Client({ host, port, user, password, database, types });
    // A server that stops ends its connections; whoever still waits for an answer gets the error there.
    client.on("error", () => {});
    await client.connect();
    return new SqlClient(client);
  }

  constructor(client: pg.Client) {
    this.#client = client;
  }

  /** Rows of a statement, by the simple protocol when there are no parameters. */
  async rows(sql: string, ...parameters: readonly unknown[]): Promise<SqlRow[]> {
    const result = await this.#client.query<(string | null)[]>({
      text: sql,
      values: [...parameters],
      rowMode: "array",
    });
    return result.rows;
  }

  /** The first value of the first row. */
  async value(sql: string, ...parameters: readonly unknown[]): Promise<string | null | undefined> {
    const [row] = await this.rows(sql, ...parameters);
    return row?.[0];
  }

  async run(...statements: readonly string[]): Promise<void> {
    for (const statement of statements) await this.#client.query(statement);
  }

  /** Gives a COPY … FROM STDIN its data, and the command tag. */
  copyIn(sql: string, data: string | Buffer): Promise<string> {
    return copyIn(this.#client, sql, data);
  }

  /** The error a statement is answered with; when it is not, that is an Error. */
  refusal(sql: string, ...parameters: readonly unknown[]): Promise<pg.DatabaseError> {
    return refusalOf(this.rows(sql, ...parameters), sql);
  }

  /** Everything a statement is answered with, as lines: rows, then its tag, or SQLSTATE, message and detail. */
  async answer(sql: string): Promise<string[]> {
    try {
      const { command, rowCount, rows } = await this.#client.query({ text: sql, rowMode: "array" });
      const lines = (rows as SqlRow[]).map((row) => row.map((value) => value ?? "∅").join("|"));
      return [...lines, `${command} ${rowCount ?? ""}`.trim()];
    } catch (error) {
      if (!(error instanceof pg.DatabaseError)) throw error;
      const { code, message, detail, schema, table, column, constraint } = error;
      const where = [table && schema && table, column, constraint].filter(Boolean).join(" ");
      return [`${code} ${message}`, ...(detail ? [detail] : []), ...(where ? [where] : [])];
    }
  }

  async end(): Promise<void> {
    await this.#client.end();
  }
}

export async function loginRefusal(login: SqlLogin): Promise<pg.DatabaseError> {
  return refusalOf(SqlClient.login(login), "login");
}

async function refusalOf(outcome: Promise<unknown>, what: string): Promise<pg.DatabaseError> {
  try {
    await outcome;
  } catch (error) {
    if (error instanceof pg.DatabaseError) return error;
    throw error;
  }
  throw new Error(`not refused: ${what}`);
}
