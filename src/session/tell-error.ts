/** An ErrorResponse for what has failed; a fault of ours is logged besides. */
import { asPgError, type PgError } from "../base/error.ts";
import { errorFields } from "../wire/notice-fields.ts";
import type { Channel } from "./channel.ts";
import type { Services } from "./services.ts";

/** What the client was told. */
export function tellError(
  error: unknown,
  channel: Channel,
  services: Services,
  pid: number,
): PgError {
  const fault = asPgError(error);
  if (fault.sqlstate.startsWith("XX"))
    services.log.error({ pid, err: error }, "a statement met a bug");
  services.statistics.failed(fault);
  try {
    channel.send({ type: "ErrorResponse", fields: errorFields(fault) });
    return fault;
  } catch (cause) {
    // Words that the client's character set lacks: it is told of that instead, as by PostgreSQL.
    const untold = asPgError(cause);
    channel.send({ type: "ErrorResponse", fields: errorFields(untold) });
    return untold;
  }
}
