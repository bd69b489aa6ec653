/** Reading the name–value lists that PostgreSQL's grammar makes of options. */
import type { DefElem, Node } from "libpg-query";
import { PgError } from "../../base/error.ts";
import { positionOf, type Scope } from "../draft.ts";

export interface Option {
  readonly name: string;
  readonly value: Node | undefined;
  readonly location: number | undefined;
}

export function options(nodes: readonly Node[] | undefined): readonly Option[] {
  return (nodes ?? []).map((node) => {
    const { defname = "", arg, location }: DefElem = "DefElem" in node ? node.DefElem : {};
    return { name: defname, value: arg, location };
  });
}

/** Each at most once: 42601 otherwise. */
export function distinctOptions(
  nodes: readonly Node[] | undefined,
  scope: Scope,
): readonly Option[] {
  const found = options(nodes);
  for (const [at, { name, location }] of found.entries())
    if (found.findIndex((option) => option.name === name) !== at)
      throw new PgError("42601", "conflicting or redundant options", positionOf(scope, location));
  return found;
}

/** As defGetString: whatever was written, as text. */
export function textOf(node: Node | undefined): string | undefined {
  if (node === undefined) return undefined;
  if ("String" in node) return node.String.sval ?? "";
  if ("Integer" in node) return String(node.Integer.ival ?? 0);
  if ("Float" in node) return node.Float.fval ?? "";
  if ("Boolean" in node) return node.Boolean.boolval === true ? "true" : "false";
  if ("A_Const" in node) return constantText(node.A_Const);
  if ("TypeName" in node)
    return (node.TypeName.names ?? [])
      .map((part) => ("String" in part ? part.String.sval : ""))
      .join(".");
  if ("A_Star" in node) return "*";
  return undefined;
}

/** The text of a literal; undefined for NULL. */
export function constantText(
  constant: Extract<Node, { A_Const: unknown }>["A_Const"],
): string | undefined {
  if (constant.isnull === true) return undefined;
  if (constant.sval !== undefined) return constant.sval.sval ?? "";
  if (constant.ival !== undefined) return String(constant.ival.ival ?? 0);
  if (constant.fval !== undefined) return constant.fval.fval ?? "";
  if (constant.boolval !== undefined) return constant.boolval.boolval === true ? "true" : "false";
  return constant.bsval?.bsval;
}

/** As defGetBoolean; undefined when it is no boolean. An option without a value is true. */
export function booleanOf(node: Node | undefined): boolean | undefined {
  const text = textOf(node)?.toLowerCase();
  if (node === undefined) return true;
  if (text === "true" || text === "on" || text === "1") return true;
  if (text === "false" || text === "off" || text === "0") return false;
  return undefined;
}

/** 42601 `x requires a Boolean value`. */
export function requiredBoolean(option: Option): boolean {
  const value = booleanOf(option.value);
  if (value === undefined) throw new PgError("42601", `${option.name} requires a Boolean value`);
  return value;
}
