/** One line an event, to stderr, by pino. A room narrows the log it is given: `log.child({ pid, role })`. */
import { type Logger, pino } from "pino";

export type Log = Logger;

export function openLog(level: string): Log {
  return pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, pino.destination(2));
}

/** For tests and for code that is handed no log. */
export const silentLog: Log = pino({ level: "silent" });
