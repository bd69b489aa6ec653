/** Expressions of an index as the catalog keeps them: as they were written. */
import type { Node } from "libpg-query";
import { unsupported } from "../../base/error.ts";
import type { Scope } from "../draft.ts";
import { textOfExpression, withColumnsNamed } from "./expression-text.ts";

/** A function's call stands alone; everything else in parentheses, within those that the grammar asks for. */
export function indexedText(tree: Node, scope: Scope): string {
  const text = kept(tree, scope);
  return "FuncCall" in tree ? text : `(${text})`;
}

export function predicateText(tree: Node, scope: Scope): string {
  return `(${kept(tree, scope)})`;
}

function kept(tree: Node, scope: Scope): string {
  const text = textOfExpression(tree, scope);
  if (text === undefined)
    throw unsupported("this expression in an index", { hint: "Write it in parentheses." });
  return withColumnsNamed(text, (column) => column);
}
