/** Constants as get_const_expr of ruleutils.c shows them. */
import { quoteText } from "../../base/quote.ts";
import { formatType } from "../../catalog/format-type.ts";
import { oid, registered } from "../analyze/oids.ts";
import type { Constant } from "../analyze/tree.ts";
import type { Writer } from "./writer.ts";

/** `label`: with its type never, where it would not be read as that, or always. */
export function writeConstant(
  value: Constant,
  writer: Writer,
  label: "never" | "needed" | "always" = "needed",
): void {
  const { text, type, typmod } = value;
  if (text === null) {
    writer.write(label === "never" ? "NULL" : `NULL::${typeText(type, typmod)}`);
    return;
  }
  const isPlain = writePlain(text, type, writer);
  if (label === "never") return;
  const isKnown =
    type === oid.bool ||
    type === oid.unknown ||
    (type === oid.int4 && isPlain) ||
    (type === oid.numeric && isPlain && typmod < 0);
  if (!isKnown || label === "always") writer.write(`::${typeText(type, typmod)}`);
}

/** True for a number that needs no quotes. */
function writePlain(text: string, type: number, writer: Writer): boolean {
  if (type === oid.bool) {
    writer.write(text === "t" ? "true" : "false");
    return true;
  }
  const isNumber =
    (type === oid.int4 && !text.startsWith("-")) ||
    (type === oid.numeric && /^\d/.test(text) && /[eE.]/.test(text));
  const shown = registered.has(type) ? writer.around.registeredName(Number(text), type) : text;
  writer.write(isNumber ? text : quoteText(shown));
  return isNumber;
}

export function typeText(type: number, typmod: number): string {
  return formatType(type, typmod);
}
