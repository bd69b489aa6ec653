/** What the client sends in a COPY: the bytes of its CopyData messages, until CopyDone. */
import { PgError } from "../base/error.ts";
import type { FrontendMessage } from "../wire/frontend.ts";
import type { Backend } from "./backend.ts";
import type { Channel } from "./channel.ts";

export async function* copiedBytes(backend: Backend, channel: Channel): AsyncGenerator<Uint8Array> {
  for (;;) {
    const message = await channel.next(backend.signal);
    backend.signal.throwIfAborted();
    switch (message?.type) {
      case "CopyData":
        yield message.data;
        break;
      case "CopyDone":
        return;
      case "Flush":
      case "Sync":
        break; // As PostgreSQL: a client may have sent them before it knew that COPY began.
      default:
        throw copyEnded(message);
    }
  }
}

function copyEnded(message: FrontendMessage | undefined): PgError {
  if (message === undefined) {
    return new PgError("08006", "unexpected EOF on client connection with an open transaction", {
      severity: "FATAL",
    });
  }
  if (message.type === "CopyFail") {
    return new PgError("57014", `COPY from stdin failed: ${message.message}`);
  }
  return new PgError("08P01", `unexpected message ${message.type} during COPY from stdin`, {
    severity: "FATAL",
  });
}
