/** COPY … FROM STDIN through node-postgres, which has no call for it: a query object that answers CopyInResponse. */
import type pg from "pg";

interface CopyConnection {
  query(sql: string): void;
  sendCopyFromChunk(chunk: Buffer): void;
  endCopyFrom(): void;
  sendCopyFail(message: string): void;
}

export function copyIn(client: pg.Client, sql: string, data: string | Buffer): Promise<string> {
  return new Promise((resolve, reject) => {
    let tag = "";
    let failure: Error | undefined;
    const query = {
      submit: (connection: CopyConnection) => connection.query(sql),
      handleCopyInResponse: (connection: CopyConnection) => {
        connection.sendCopyFromChunk(Buffer.from(data));
        connection.endCopyFrom();
      },
      handleCommandComplete: (message: { text: string }) => {
        tag = message.text;
      },
      handleError: (error: Error) => {
        failure = error;
        reject(error);
      },
      handleReadyForQuery: () => {
        if (failure === undefined) resolve(tag);
      },
    };
    client.query(query as unknown as pg.Submittable);
  });
}
