/** Files in engine text. */

import { PgError, unsupported } from "../base/error.ts";
import { quoteText } from "../base/quote.ts";
import type { Add } from "./actions.ts";

/** The engine takes every path for a pattern: what would be one is put into brackets. */
export function pathList(paths: readonly string[]): string {
  return `[${paths.map(quotedPath).join(", ")}]`;
}

export function quotedPath(path: string): string {
  return quoteText(path.replace(/[[?*]/g, "[$&]"));
}

/** A data file's key in its bucket. A path outside the dataset's folder (a shallow clone's) is not read. */
export function dataFileKey(location: string, add: Pick<Add, "path">): string {
  if (/^([a-z][a-z0-9+.-]*:|\/)/i.test(add.path)) {
    throw unsupported(`reading a dataset whose files lie elsewhere (${add.path})`);
  }
  try {
    return `${location}/${decodeURIComponent(add.path)}`;
  } catch {
    throw new PgError("XX001", `the log of "${location}" has a malformed path: ${add.path}`);
  }
}
