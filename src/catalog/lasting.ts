/** Which engine texts over the catalog give the same rows for as long as its facts are the same. */
import { functionStatements, relationFiles } from "./shadow.ts";

/**
 * False where a text tells a moment, chance, a session or what is counted, or does something: by the words of what it calls, and
 * by what relations and macros of sql/ are made of. Rather too often than too seldom.
 */
export function isLasting(sql: string): boolean {
  if (moment.test(sql) || passing.test(sql.replace(/'(?:[^']|'')*'/g, "''"))) return false;
  made ??= readMade();
  for (const [, relation, macro] of sql.matchAll(names))
    if (made.has(relation ?? macro ?? "")) return false;
  return true;
}

const passing =
  /session_|sequence_\w*\(|nextval|currval|lastval|setval|set_config|txid|xact|snapshot|random|uuid|seed|sleep|clock|timestamp|advisory|notify|stat_|\bnow\b|current_|getvariable|\berror\(/i;

/** Texts that become one when they are read as dates. */
const moment = /'\s*(?:now|today|tomorrow|yesterday)\b/i;

const names = /\b(?:pg_shim|info_shim|lake_shim)\.(?:"([^"]+)"|(\w+))/g;

let made: ReadonlySet<string> | undefined;

/** Names in sql/ of what calls such a thing, itself or by way of others. */
function readMade(): ReadonlySet<string> {
  const texts = new Map<string, string>();
  for (const text of functionStatements())
    texts.set(/^CREATE MACRO pg_shim\.(\w+)/.exec(text)?.[1] ?? "", text);
  for (const { name, select = "" } of relationFiles()) texts.set(name, select);
  const found = new Set<string>();
  for (let before = -1; before < found.size; ) {
    before = found.size;
    for (const [name, text] of texts) {
      const others = [...text.matchAll(names)].map(
        ([, relation, macro]) => relation ?? macro ?? "",
      );
      if (calls.test(text) || others.some((other) => found.has(other))) found.add(name);
    }
  }
  return found;
}

const calls =
  /\b(?:session_\w+|\w*sequence\w*|now|txid_current|random|current_\w+|getvariable)\s*\(/i;
