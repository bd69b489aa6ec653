/** Which notices a client wants. */
import type { NoticeSeverity } from "../base/error.ts";

/** https://www.postgresql.org/docs/15/runtime-config-client.html#GUC-CLIENT-MIN-MESSAGES */
const levels = [
  "debug5",
  "debug4",
  "debug3",
  "debug2",
  "debug1",
  "debug",
  "log",
  "notice",
  "warning",
  "error",
];

export function reaches(severity: NoticeSeverity, least: string): boolean {
  return severity === "INFO" || levels.indexOf(severity.toLowerCase()) >= levels.indexOf(least);
}
