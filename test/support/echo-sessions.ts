/** Sessions without SQL, to test the sockets with. */

import { makeVerifier } from "../../src/access/verifier.ts";
import { PgError } from "../../src/base/error.ts";
import type { Sessions } from "../../src/net/listener.ts";
import type { Channel, Startup } from "../../src/session/channel.ts";

export const password = "pä ss";
const annVerifier = makeVerifier(password);

/** Each query is answered with its own text, `many <n>` with n rows, `tls` with the cipher; `wait` waits for the client to go. Only ann may log in, not to the database nowhere. */
export class EchoSessions implements Sessions {
  readonly startups: Startup[] = [];
  readonly canceled: [number, number][] = [];
  gone = 0;
  #pid = 100;

  async verifier(user: string) {
    const isMember = () => false;
    if (user === "ann") return { verifier: await annVerifier, isMember };
    return user === "nopass" ? { verifier: null, isMember } : undefined;
  }

  async admit({ database }: Startup): Promise<void> {
    if (database === "nowhere")
      throw new PgError("3D000", `database "${database}" does not exist`, { severity: "FATAL" });
  }

  async run(startup: Startup, channel: Channel): Promise<void> {
    this.startups.push(startup);
    const { pid, secretKey } = startup;
    channel.gone.addEventListener("abort", () => this.gone++);
    channel.send({ type: "BackendKeyData", pid, secretKey });
    await ready(channel);
    for (let message = await channel.next(); message; message = await channel.next()) {
      if (message.type === "Terminate") return;
      if (message.type !== "Query") continue;
      await answer(channel, message.sql);
      await ready(channel);
    }
  }

  cancel(pid: number, secretKey: number): void {
    this.canceled.push([pid, secretKey]);
  }

  nextPid(): number {
    return this.#pid++;
  }
}

async function ready(channel: Channel): Promise<void> {
  channel.send({ type: "ReadyForQuery", status: "I" });
  await channel.flush();
}

const field = { tableOid: 0, columnNumber: 0, typeOid: 25, typeSize: -1, typmod: -1, format: 0 };

async function answer(channel: Channel, sql: string): Promise<void> {
  const many = /^many (\d+)/.exec(sql);
  const rows = Number(many?.[1] ?? 1);
  channel.send({ type: "RowDescription", fields: [{ name: "echo", ...field, format: 0 }] });
  const text = many ? Buffer.alloc(1000, "x") : Buffer.from(sql === "tls" ? tlsOf(channel) : sql);
  for (let row = 0; row < rows; row++) {
    channel.send({ type: "DataRow", values: [text] });
    if (row % 100 === 99) await channel.drained();
  }
  if (sql === "wait")
    await new Promise((resolve) => channel.gone.addEventListener("abort", resolve));
  channel.send({ type: "CommandComplete", tag: `SELECT ${rows}` });
}

function tlsOf(channel: Channel): string {
  return channel.tls ? `${channel.tls.protocol} ${channel.tls.cipher}` : "plain";
}
