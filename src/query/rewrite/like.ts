/** LIKE and ILIKE: backslash escapes unless the pattern has none, so that the engine can still look for a plain prefix. */
import { quoteText } from "../../base/quote.ts";
import { oid } from "../analyze/oids.ts";
import type { Expression } from "../analyze/tree.ts";
import { category } from "../analyze/types.ts";
import type { Printer } from "../print/printer.ts";

const symbols: Readonly<Record<string, { readonly word: string; readonly escape: string }>> = {
  "~~": { word: "LIKE", escape: "like_escape" },
  "!~~": { word: "NOT LIKE", escape: "not_like_escape" },
  "~~*": { word: "ILIKE", escape: "ilike_escape" },
  "!~~*": { word: "NOT ILIKE", escape: "not_ilike_escape" },
};

export function printLike(
  symbol: string,
  left: Expression,
  right: Expression,
  printer: Printer,
): string | undefined {
  const known = symbols[symbol];
  if (known === undefined) return undefined;
  if (category(left.type) !== "S" && left.type !== oid.char) return undefined;
  const value = printer.expression(left);
  const escaped = escapeCall(right);
  if (escaped !== undefined) {
    const [pattern, character] = escaped;
    if (character.kind === "constant" && (character.text?.length ?? 2) > 1)
      throw printer.analysis.error("22025", "invalid escape string", character.location, {
        hint: "Escape string must be empty or one character.",
      });
    return `${known.escape}(${value}, ${printer.expression(pattern)}, ${printer.expression(character)})`;
  }
  const pattern = printer.expression(right);
  const isPlain = right.kind === "constant" && !right.text?.includes("\\");
  return isPlain
    ? `(${value} ${known.word} ${pattern})`
    : `${known.escape}(${value}, ${pattern}, ${quoteText("\\")})`;
}

/** LIKE pattern ESCAPE character comes as like_escape(pattern, character). */
function escapeCall(right: Expression): readonly [Expression, Expression] | undefined {
  if (right.kind !== "function" || right.proc.proname !== "like_escape") return undefined;
  const [pattern, character] = right.arguments;
  return pattern === undefined || character === undefined ? undefined : [pattern, character];
}
