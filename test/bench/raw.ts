/** A reader at libpq's level: walks message headers on the socket, makes no value. For timing servers, not clients. */
import type { Socket } from "node:net";
import pg from "pg";

export interface Target {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password?: string | undefined;
  readonly database: string;
}

export interface Reading {
  readonly ms: number;
  readonly firstRowMs: number;
  readonly rows: number;
  readonly bytes: number;
}

export class RawConnection {
  readonly socket: Socket;
  /** As BackendKeyData gave it: PostgreSQL's is a process. */
  readonly backendPid: number;
  #onMessage: (code: number) => void = () => {};
  #skip = 0;
  #rest: Buffer = Buffer.alloc(0);
  #bytes = 0;

  private constructor(socket: Socket, backendPid: number) {
    this.socket = socket;
    this.backendPid = backendPid;
    socket.removeAllListeners("data");
    socket.on("data", (chunk: Buffer) => this.#read(chunk));
  }

  /** node-postgres logs in; its socket is then ours. */
  static async open(target: Target): Promise<RawConnection> {
    const client = new pg.Client(target);
    client.on("error", () => {});
    await client.connect();
    const { connection, processID } = client as unknown as {
      readonly connection: { readonly stream: Socket };
      readonly processID: number;
    };
    return new RawConnection(connection.stream, processID);
  }

  /** Sends bytes, and reads up to ReadyForQuery. */
  exchange(bytes: Buffer): Promise<Reading> {
    return new Promise((resolve, reject) => {
      const start = performance.now();
      let firstRowMs = Number.NaN;
      let rows = 0;
      let failed = false;
      this.#bytes = 0;
      this.#onMessage = (code) => {
        if (code === 0x44) {
          if (rows++ === 0) firstRowMs = performance.now() - start;
        } else if (code === 0x45) failed = true;
        else if (code === 0x5a) {
          if (failed) reject(new Error("the server answered with an error"));
          else resolve({ ms: performance.now() - start, firstRowMs, rows, bytes: this.#bytes });
        }
      };
      this.socket.write(bytes);
    });
  }

  end(): void {
    this.socket.destroy();
  }

  #read(chunk: Buffer): void {
    this.#bytes += chunk.length;
    const data = this.#rest.length > 0 ? Buffer.concat([this.#rest, chunk]) : chunk;
    this.#rest = Buffer.alloc(0);
    let at = Math.min(this.#skip, data.length);
    this.#skip -= at;
    while (data.length - at >= 5) {
      const end = at + 1 + data.readUInt32BE(at + 1);
      this.#onMessage(data[at] ?? 0);
      if (end > data.length) {
        this.#skip = end - data.length;
        return;
      }
      at = end;
    }
    this.#rest = data.subarray(at);
  }
}

export function query(sql: string): Buffer {
  return message("Q", cstring(sql));
}

export function parse(name: string, sql: string, types: readonly number[] = []): Buffer {
  const oids = Buffer.alloc(2 + 4 * types.length);
  oids.writeInt16BE(types.length, 0);
  for (const [at, oid] of types.entries()) oids.writeUInt32BE(oid, 2 + 4 * at);
  return message("P", cstring(name), cstring(sql), oids);
}

export function bind(name: string, values: readonly string[], binaryResult: boolean): Buffer {
  const parts: Buffer[] = [cstring(""), cstring(name), int16(0), int16(values.length)];
  for (const value of values) {
    const bytes = Buffer.from(value);
    const length = Buffer.alloc(4);
    length.writeInt32BE(bytes.length, 0);
    parts.push(length, bytes);
  }
  parts.push(int16(1), int16(binaryResult ? 1 : 0));
  return message("B", ...parts);
}

export const executeAll = message("E", cstring(""), Buffer.alloc(4));
export const sync = message("S");

function message(code: string, ...parts: readonly Buffer[]): Buffer {
  const body = Buffer.concat(parts);
  const head = Buffer.alloc(5);
  head.write(code, 0, "latin1");
  head.writeUInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
}

function cstring(text: string): Buffer {
  return Buffer.from(`${text}\0`);
}

function int16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeInt16BE(value, 0);
  return bytes;
}
