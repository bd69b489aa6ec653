/** What a session hears from its client: a message, what is wrong with one, or nothing more. */
import { asPgError, type PgError } from "../base/error.ts";
import { type FrontendMessage, malformedMessage } from "../wire/frontend.ts";
import type { Backend } from "./backend.ts";
import type { Channel } from "./channel.ts";

type Received = FrontendMessage | Malformed | undefined;

export interface Malformed {
  readonly fault: PgError;
  /** Of the message, where its frame was right. */
  readonly name: string | undefined;
}

export class Hearing {
  #waiting: ReturnType<Channel["next"]> | undefined;
  /** A statement's time was up before its next message came: that is still the next. */
  #isLate = false;

  /** The next message, or what is wrong with it. A terminated session stops waiting for one. */
  next(channel: Channel, backend: Backend): Received | Promise<Received> {
    try {
      if (!this.#isLate) this.#waiting = channel.next();
      this.#isLate = false;
      return backend.untilTerminated<Received>(this.#waiting, this.#unheard);
    } catch (error) {
      return malformed(error);
    }
  }

  readonly #unheard = (error: unknown): Malformed => {
    const heard = malformed(error);
    this.#isLate = heard.fault.sqlstate === "57014";
    return heard;
  };
}

function malformed(error: unknown): Malformed {
  const fault = asPgError(error);
  return { fault, name: malformedMessage(fault) };
}
