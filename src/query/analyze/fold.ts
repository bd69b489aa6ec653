/** Expressions whose value is plain without running anything. */
import { insideDomain } from "./coerce.ts";
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
      // Whether it is one of the domain takes the engine to know.
      if (insideDomain(expression.type) !== undefined) return undefined;
      if (inner.kind === "parameter") return expression.method === "relabel" ? inner : undefined;
      if (
        inner.text === null ||
        expression.method === "relabel" ||
        keepsText(inner.text, inner.type, expression.type)
      )
        return { ...inner, type: expression.type, typmod: -1 };
      return undefined;
    }
    case "case":
      return foldCase(expression);
    case "array":
      return foldArray(expression.elements, expression.type, expression.location);
    default:
      return undefined;
  }
}

/** Conditions that are known choose the branch. */
function foldCase({
  branches,
  otherwise,
}: Extract<Expression, { kind: "case" }>): Constant | Parameter | undefined {
  for (const { when, result } of branches) {
    const condition = fold(when);
    if (condition?.kind !== "constant") return undefined;
    if (condition.text === "t") return fold(result);
  }
  return otherwise === undefined ? undefined : fold(otherwise);
}

const whole: ReadonlySet<number> = new Set([oid.int2, oid.int4, oid.int8, oid.oid]);

const ranges: ReadonlyMap<number, readonly [bigint, bigint]> = new Map([
  [oid.int2, [-(2n ** 15n), 2n ** 15n - 1n]],
  [oid.int4, [-(2n ** 31n), 2n ** 31n - 1n]],
  [oid.int8, [-(2n ** 63n), 2n ** 63n - 1n]],
  [oid.oid, [0n, 2n ** 32n - 1n]],
]);

/** The text form of one is the text form of the other. What is out of range is the engine's to refuse. */
function keepsText(text: string, from: number, to: number): boolean {
  if (to === oid.float8 || to === oid.float4) {
    if (!whole.has(from) && from !== oid.numeric) return false;
    return isShort(text, to === oid.float8 ? 15 : 6);
  }
  if (whole.has(from)) {
    const range = ranges.get(to);
    if (range !== undefined) return BigInt(text) >= range[0] && BigInt(text) <= range[1];
    return to === oid.numeric || category(to) === "S";
  }
  return category(from) === "S" && category(to) === "S";
}

/** A number that a float of so many digits holds, written as it writes it: no needless zero, no exponent. */
function isShort(text: string, digits: number): boolean {
  return (
    /^-?(?:0|[1-9]\d*)(?:\.\d*[1-9])?$/.test(text) &&
    !/^-?0\.0000/.test(text) &&
    text.replace(/\D/g, "").length <= digits
  );
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
