/** A default as the catalog keeps it and pg_get_expr shows it: a literal is read once, as the column's type, when it is declared. */
import type { A_Const, Node } from "libpg-query";
import { quoteText } from "../../base/quote.ts";
import { formatType } from "../../catalog/format-type.ts";
import { oids } from "../../pgtypes/oids.ts";
import { analyzeExpression } from "../analyze/analyze.ts";
import type { Scope } from "../draft.ts";
import { withOids } from "./regclass-text.ts";

/** `text` is the expression as written. Null: DEFAULT NULL is none. */
export function keptDefault(
  expression: Node,
  text: string,
  column: { readonly typeOid: number },
  scope: Scope,
): string | null {
  if ("SQLValueFunction" in expression) return text.toUpperCase();
  if (!("A_Const" in expression)) return withOids(text, scope.context);
  const literal = expression.A_Const;
  if (literal.isnull) return null;
  if (literal.boolval !== undefined) return literal.boolval.boolval ? "true" : "false";
  if (literal.sval !== undefined) return readText(expression, column.typeOid, scope);
  return text.startsWith("-") ? `${quoteText(text)}::${numberType(literal)}` : text;
}

function readText(expression: Node, typeOid: number, scope: Scope): string {
  const { argument } = analyzeExpression(expression, typeOid, scope.source, [], scope.context);
  const value = argument.kind === "constant" ? (argument.text ?? "") : "";
  if (typeOid === oids.bool) return value === "t" ? "true" : "false";
  if (typeOid === oids.int4 && /^\d+$/.test(value)) return value;
  if (typeOid === oids.numeric && /^\d+\.\d+$/.test(value)) return value;
  const type = typeOid === oids.bpchar ? "bpchar" : formatType(typeOid, undefined);
  return `${quoteText(value)}::${type}`;
}

function numberType({ ival, fval }: A_Const): string {
  if (ival !== undefined) return "integer";
  return /^-?\d+$/.test(fval?.fval ?? "") ? "bigint" : "numeric";
}
