/** Relations that a kept expression names: by OID, so that it means the same whatever they are called later. */
import type { FuncCall, Node, TypeCast } from "libpg-query";
import { regclassText } from "../../catalog/sequence-uses.ts";
import { oids } from "../../pgtypes/oids.ts";
import { resolveRegistered } from "../analyze/registered.ts";
import { toUnits } from "../positions.ts";
import type { QueryContext } from "../query.ts";
import { scan } from "../scanner.ts";
import { parsedExpression } from "./expression-text.ts";
import { strings } from "./names.ts";

/** nextval('s') becomes nextval('262144'::regclass); so do names that are cast to regclass. */
export function withOids(text: string, context: QueryContext): string {
  const tree = parsedExpression(text);
  const names = regclassNames(tree);
  if (names.length === 0) return text;
  const tokens = scan(text);
  const edits = names.flatMap(({ name, location, isCast }) => {
    const unit = toUnits(text, location - "SELECT ".length);
    const token = tokens.find(({ start }) => start === unit);
    if (token === undefined) return [];
    const named = regclassText(resolveRegistered(name, oids.regclass, context));
    return [{ ...token, text: isCast ? named.replace("::regclass", "") : named }];
  });
  const made = edits
    .toSorted((a, b) => b.start - a.start)
    .reduce(
      (left, { start, end, text: into }) => left.slice(0, start) + into + left.slice(end),
      text,
    );
  // As PostgreSQL writes it.
  return tree !== undefined && "FuncCall" in tree
    ? made.replace(/^\s*nextval\s*\(\s*(.*?)\s*\)\s*$/is, "nextval($1)")
    : made;
}

interface RegclassName {
  readonly name: string;
  /** As the parser tells it. */
  readonly location: number;
  /** It is cast where it stands. */
  readonly isCast: boolean;
}

const takesRegclass: ReadonlySet<string> = new Set(["nextval", "currval", "setval"]);

function regclassNames(node: unknown): readonly RegclassName[] {
  if (typeof node !== "object" || node === null) return [];
  const [body] = Object.values(node);
  if ("FuncCall" in node) {
    const { funcname, args = [] } = body as FuncCall;
    const [first, ...rest] = args;
    const isKnown = takesRegclass.has(strings(funcname).at(-1) ?? "");
    const name = isKnown ? literal(first, false) : undefined;
    return name === undefined
      ? args.flatMap(regclassNames)
      : [name, ...rest.flatMap(regclassNames)];
  }
  if ("TypeCast" in node) {
    const { arg, typeName } = body as TypeCast;
    const name = strings(typeName?.names).at(-1) === "regclass" ? literal(arg, true) : undefined;
    return name === undefined ? regclassNames(arg) : [name];
  }
  return Object.values(node).flatMap(regclassNames);
}

function literal(node: Node | undefined, isCast: boolean): RegclassName | undefined {
  if (node === undefined || !("A_Const" in node)) return undefined;
  const { sval, location } = node.A_Const;
  return sval === undefined || location === undefined
    ? undefined
    : { name: sval.sval ?? "", location, isCast };
}
