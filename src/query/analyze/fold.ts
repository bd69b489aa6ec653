/** Expressions whose value is plain without running anything. */
import { oid } from "./oids.ts";
import type { Constant, Expression, Parameter } from "./tree.ts";
import { category, isArray } from "./types.ts";

/** A constant or a bare parameter; undefined when it takes the engine to know the value. */
export function fold(expression: Expression): Constant | Parameter | undefined {
  switch (expression.kind) {
    case "constant":
    case "parameter":
      return expression;
    case "cast": {
      const inner = fold(expression.argument);
      if (inner === undefined || expression.method === "length") return undefined;
      if (inner.kind === "parameter") return expression.method === "relabel" ? inner : undefined;
      if (
        inner.text === null ||
        expression.method === "relabel" ||
        keepsText(inner.type, expression.type)
      )
        return { ...inner, type: expression.type, typmod: -1 };
      return undefined;
    }
    case "array":
      return foldArray(expression.elements, expression.type, expression.location);
    default:
      return undefined;
  }
}

const whole: ReadonlySet<number> = new Set([oid.int2, oid.int4, oid.int8, oid.oid]);
const numbers: ReadonlySet<number> = new Set([...whole, oid.numeric, oid.float8, oid.float4]);

/** The text form of one is the text form of the other. */
function keepsText(from: number, to: number): boolean {
  if (whole.has(from) && (numbers.has(to) || category(to) === "S")) return true;
  if (from === oid.numeric && (to === oid.float8 || to === oid.float4)) return true;
  return category(from) === "S" && category(to) === "S";
}

function foldArray(
  elements: readonly Expression[],
  type: number,
  location: number | undefined,
): Constant | undefined {
  const texts: string[] = [];
  for (const element of elements) {
    const value = fold(element);
    if (value?.kind !== "constant") return undefined;
    texts.push(
      value.text === null ? "NULL" : isArray(value.type) ? value.text : quoted(value.text),
    );
  }
  return { kind: "constant", type, typmod: -1, text: `{${texts.join(",")}}`, location };
}

/** As array_out: quoted where a reader would take it for something else. */
function quoted(text: string): string {
  const isPlain = /^[^\s{}",\\]+$/.test(text) && !/^null$/i.test(text);
  return isPlain ? text : `"${text.replace(/["\\]/g, "\\$&")}"`;
}
