/** What a session hears from its client: a message, what is wrong with one, or nothing more. */
import { asPgError, type PgError } from "../base/error.ts";
import { type FrontendMessage, malformedMessage } from "../wire/frontend.ts";

export type Received = FrontendMessage | Malformed | undefined;

export interface Malformed {
  readonly fault: PgError;
  /** Of the message, where its frame was right. */
  readonly name: string | undefined;
}

export function malformed(error: unknown): Malformed {
  const fault = asPgError(error);
  return { fault, name: malformedMessage(fault) };
}
