/** COPY … TO STDOUT through node-postgres: a query object that keeps what CopyData brings. */
import type pg from "pg";

export function copyOut(client: pg.Client, sql: string): Promise<{ tag: string; data: Buffer }> {
  return new Promise((resolve, reject) => {
    const parts: Buffer[] = [];
    let tag = "";
    let failure: Error | undefined;
    const query = {
      submit: (connection: { query(sql: string): void }) => connection.query(sql),
      handleCopyData: (message: { chunk: Buffer }) => parts.push(Buffer.from(message.chunk)),
      handleCommandComplete: (message: { text: string }) => {
        tag = message.text;
      },
      handleError: (error: Error) => {
        failure = error;
        reject(error);
      },
      handleReadyForQuery: () => {
        if (failure === undefined) resolve({ tag, data: Buffer.concat(parts) });
      },
    };
    client.query(query as unknown as pg.Submittable);
  });
}
