/** PostgreSQL's operators, by symbol and operand types, as the engine's. What is not in the table is 0A000 by name. */
import { fold } from "../analyze/fold.ts";
import { oid } from "../analyze/oids.ts";
import { isRow } from "../analyze/pathway.ts";
import type { Expression, OperatorCall } from "../analyze/tree.ts";
import { baseType, category, elementType, typeName } from "../analyze/types.ts";
import { engineType } from "../print/engine-type.ts";
import type { Printer } from "../print/printer.ts";
import { dimensionsOf, flattened } from "./dimensions.ts";
import { enumType, rankOf } from "./enums.ts";
import { printArrayConcatenation } from "./functions-array.ts";
import { printJsonPart } from "./json-operators.ts";
import { printKernelOperator } from "./kernels.ts";
import { printLike } from "./like.ts";
import { shapeOf } from "./numeric-shape.ts";
import { printRegexOperator, printSimilar } from "./regex.ts";
import { textOf } from "./text.ts";

type Operator = OperatorCall;

export function printOperator(call: Operator, printer: Printer): string {
  return printOperation(call, printer);
}

export function printOperation(call: Operator, printer: Printer): string {
  const { operator, left } = call;
  if (operator.oid === 0) return printPlain(call, printer);
  const computed = printJsonPart(call, printer) ?? printKernelOperator(call, printer);
  if (computed !== undefined) return computed;
  const printed = left === undefined ? printPrefix(call, printer) : printInfix(call, left, printer);
  if (printed !== undefined) return printed;
  const types = [operator.oprleft, operator.oprright].filter((type) => type !== 0).map(typeName);
  throw printer.analysis.error(
    "0A000",
    `operator ${operator.oprname} of ${types.join(" and ")} is not supported yet`,
    call.location,
  );
}

function printPlain({ operator, left, right }: Operator, printer: Printer): string {
  const value = printer.expression(right);
  if (left === undefined) return `(${operator.oprname} ${value})`;
  if (!engineInfix.has(operator.oprname))
    throw printer.analysis.error(
      "0A000",
      `operator ${operator.oprname} of engine types is not supported`,
      right.location,
    );
  return `(${printer.expression(left)} ${operator.oprname} ${value})`;
}

const engineInfix: ReadonlySet<string> = new Set(
  "= <> < <= > >= + - * / % ^ || & | << >> ~~ !~~ ~~* !~~* @> <@ &&".split(" "),
);

const comparisons: ReadonlySet<string> = new Set(["=", "<>", "<", "<=", ">", ">="]);

/** Types whose engine form is ordered as PostgreSQL orders them. */
const comparable: ReadonlySet<number> = new Set([
  oid.bool,
  oid.bytea,
  oid.char,
  oid.name,
  oid.int2,
  oid.int4,
  oid.int8,
  oid.regproc,
  oid.text,
  oid.oid,
  oid.xid,
  oid.xid8,
  oid.cid,
  oid.float4,
  oid.float8,
  oid.bpchar,
  oid.varchar,
  oid.date,
  oid.time,
  oid.timetz,
  oid.timestamp,
  oid.timestamptz,
  oid.interval,
  oid.numeric,
  oid.uuid,
  oid.bit,
  oid.varbit,
  oid.regclass,
  oid.regtype,
]);

const isNumber = (type: number) => category(type) === "N";
const isText = (type: number) => category(type) === "S" || type === oid.char;

function isComparable(type: number): boolean {
  const element = elementType(type);
  return element === undefined ? comparable.has(type) || isNumber(type) : isComparable(element);
}

/** Kept as text: equal when the texts are. */
const textual = (type: number) => ["I", "U", "G"].includes(category(type));

function printInfix(call: Operator, left: Expression, printer: Printer): string | undefined {
  const { operator, right } = call;
  const symbol = operator.oprname;
  const [leftType, rightType] = [baseType(left.type), baseType(right.type)];
  if (comparisons.has(symbol)) return printComparison(call, left, printer);
  if (symbol === "||") return printConcatenation(call, left, printer);
  const like = printLike(symbol, left, right, printer);
  if (like !== undefined) return like;
  const similar = printSimilar(symbol, left, right, printer);
  if (similar !== undefined) return similar;
  if (/^!?~\*?$/.test(symbol) && isText(leftType))
    return printRegexOperator(symbol, left, right, printer);
  if (symbol === "^@")
    return `starts_with(${printer.expression(left)}, ${printer.expression(right)})`;
  const [leftElement, rightElement] = [elementType(leftType), elementType(rightType)];
  if (leftElement !== undefined && rightElement !== undefined)
    return printArrayOperator(
      symbol,
      flattened(printer.expression(left), dimensionsOf(left)),
      flattened(printer.expression(right), dimensionsOf(right)),
    );
  return printArithmetic(symbol, left, right, call.type, printer);
}

function printComparison(call: Operator, left: Expression, printer: Printer): string | undefined {
  const { operator, right } = call;
  const symbol = operator.oprname;
  const type = baseType(left.type);
  const isEquality = symbol === "=" || symbol === "<>";
  const [l, r] = [printer.expression(left), printer.expression(right)];
  if (isEquality && dimensionsOf(left) !== dimensionsOf(right) && !isVoid(left) && !isVoid(right))
    return `CASE WHEN ${l} IS NOT NULL AND ${r} IS NOT NULL THEN ${symbol === "<>"} END`;
  // Padding does not tell two of them apart.
  if (type === oid.bpchar) return `(rtrim(${l}, ' ') ${symbol} rtrim(${r}, ' '))`;
  // Labels are told apart by their texts, which files' statistics know; only their order is another.
  if (isEquality && isEnum(type)) return `(${l} ${symbol} ${r})`;
  const places = [rankOf(l, type), rankOf(r, type)];
  if (places[0] !== undefined) return `(${places[0]} ${symbol} ${places[1]})`;
  // The engine would make one BETWEEN of two bounds, which it has not for lists.
  if (elementType(type) !== undefined && symbol.startsWith(">") && isComparable(type))
    return `(CASE WHEN ${l} IS NOT NULL THEN ${l} END ${symbol} ${r})`;
  if (isComparable(type)) return `(${l} ${symbol} ${r})`;
  if (isEquality && textual(type)) return `(CAST(${l} AS VARCHAR) ${symbol} CAST(${r} AS VARCHAR))`;
  if (isRow(type)) return `(${l} ${symbol} ${r})`;
  return undefined;
}

const isVoid = (one: Expression) => one.kind === "constant" && (one.text ?? "{}") === "{}";

function isEnum(type: number): boolean {
  return enumType(elementType(type) ?? type) !== undefined;
}

function printConcatenation(call: Operator, left: Expression, printer: Printer): string {
  const { right } = call;
  const [leftType, rightType] = [baseType(left.type), baseType(right.type)];
  const [leftElement, rightElement] = [elementType(leftType), elementType(rightType)];
  const result = baseType(call.type);
  if (elementType(result) !== undefined) {
    if (leftElement !== undefined && rightElement !== undefined)
      return printArrayConcatenation(left, right, printer);
    const [l, r] = [printer.expression(left), printer.expression(right)];
    return leftElement !== undefined ? `list_append(${l}, ${r})` : `list_prepend(${l}, ${r})`;
  }
  if (result === oid.bytea || result === oid.varbit)
    return `(${printer.expression(left)} || ${printer.expression(right)})`;
  return `(${textOf(left, printer)} || ${textOf(right, printer)})`;
}

function printArrayOperator(symbol: string, left: string, right: string): string | undefined {
  switch (symbol) {
    case "@>":
      return containsAll(left, right);
    case "<@":
      return containsAll(right, left);
    case "&&":
      return `list_has_any(${left}, ${right})`;
    default:
      return undefined;
  }
}

/** NULL is in no array. */
function containsAll(outer: string, inner: string): string {
  return `(list_has_all(${outer}, ${inner}) AND list_count(${inner}) = len(${inner}))`;
}

const integers: ReadonlySet<number> = new Set([oid.int2, oid.int4, oid.int8]);
const floats: ReadonlySet<number> = new Set([oid.float4, oid.float8]);
const moments: ReadonlySet<number> = new Set([
  oid.date,
  oid.timestamp,
  oid.timestamptz,
  oid.time,
  oid.timetz,
]);

function printArithmetic(
  symbol: string,
  left: Expression,
  right: Expression,
  result: number,
  printer: Printer,
): string | undefined {
  const [leftType, rightType] = [baseType(left.type), baseType(right.type)];
  const [l, r] = [printer.expression(left), printer.expression(right)];
  if (isNumber(leftType) && isNumber(rightType)) {
    // The engine takes a written number for as narrow as what stands beside it.
    const wide = (value: string, type: number) =>
      type === oid.int2 && leftType !== rightType && integers.has(baseType(result))
        ? `CAST(${value} AS ${engineType(result)})`
        : value;
    return printNumeric(symbol, wide(l, leftType), wide(r, rightType), left, right, result);
  }
  if (leftType === oid.date && rightType === oid.date && symbol === "-")
    return `CAST(${l} - ${r} AS INTEGER)`;
  if (moments.has(leftType) || moments.has(rightType))
    return printMoment(symbol, l, r, leftType, rightType);
  if (leftType === oid.interval || rightType === oid.interval)
    return symbol === "+" || symbol === "-" ? `(${l} ${symbol} ${r})` : undefined;
  return undefined;
}

function printNumeric(
  symbol: string,
  l: string,
  r: string,
  left: Expression,
  right: Expression,
  result: number,
): string | undefined {
  const isWhole = integers.has(baseType(result)) || baseType(result) === oid.oid;
  switch (symbol) {
    case "+":
    case "-":
      return `(${l} ${symbol} ${r})`;
    case "*":
      return result === oid.numeric ? printProduct(l, r, left, right) : `(${l} * ${r})`;
    case "/":
      if (isWhole) return isNonZero(right) ? `(${l} // ${r})` : `pg_shim.int_div(${l}, ${r})`;
      return floats.has(baseType(result))
        ? `pg_shim.float_div(${l}, ${r})`
        : `pg_shim.numeric_div(${l}, ${r})`;
    case "%":
      if (isWhole && isNonZero(right) && !isMinusOne(right)) return `(${l} % ${r})`;
      return isWhole ? `pg_shim.int_mod(${l}, ${r})` : `pg_shim.numeric_mod(${l}, ${r})`;
    case "^":
      return `pg_shim.float_power(CAST(${l} AS DOUBLE), CAST(${r} AS DOUBLE))`;
    case "<<":
      return shifted(l, r, baseType(left.type));
    case ">>":
      return `(${l} >> (${r} & ${baseType(left.type) === oid.int8 ? 63 : 31}))`;
    case "&":
    case "|":
      return `(${l} ${symbol} ${r})`;
    case "#":
      return `xor(${l}, ${r})`;
    default:
      return undefined;
  }
}

/** What is shifted out is lost, and the highest bit is the sign; the engine would call that an overflow. */
function shifted(value: string, by: string, type: number): string {
  const bits = type === oid.int8 ? 64 : type === oid.int4 ? 32 : 16;
  const wide = `((CAST(${value} AS HUGEINT) & ${2n ** BigInt(bits) - 1n}) * CAST(pow(2, ${by} & ${bits === 64 ? 63 : 31}) AS HUGEINT) & ${2n ** BigInt(bits) - 1n})`;
  return `CAST(${wide} - CASE WHEN ${wide} >= ${2n ** BigInt(bits - 1)} THEN ${2n ** BigInt(bits)} ELSE 0 END AS ${engineType(type)})`;
}

/** Scales add up, and the engine has 38 digits: a product that may not fit is a floating one. */
function printProduct(l: string, r: string, left: Expression, right: Expression): string {
  return scaleOf(left) + scaleOf(right) > 20
    ? `(CAST(${l} AS DOUBLE) * CAST(${r} AS DOUBLE))`
    : `(${l} * ${r})`;
}

/** Digits behind the point that the engine's form of a numeric has at most. */
function scaleOf(expression: Expression): number {
  if (expression.typmod >= 4) return (expression.typmod - 4) & 0x7ff;
  const shape = shapeOf(expression);
  if (typeof shape === "number") return shape;
  switch (expression.kind) {
    case "constant":
      return expression.text?.split(".")[1]?.length ?? 0;
    case "cast":
      return integers.has(baseType(expression.argument.type)) ? 0 : scaleOf(expression.argument);
    case "operator": {
      const { left, right, operator } = expression;
      if (left === undefined) return scaleOf(right);
      if (operator.oprname === "*") return scaleOf(left) + scaleOf(right);
      return operator.oprname === "/" ? 0 : Math.max(scaleOf(left), scaleOf(right));
    }
    default:
      return integers.has(baseType(expression.type)) ? 0 : 10;
  }
}

/** The engine overflows where the least number is divided by it. */
function isMinusOne(expression: Expression): boolean {
  const value = fold(expression);
  return value?.kind !== "constant" || value.text === "-1";
}

function isNonZero(expression: Expression): boolean {
  if (expression.kind === "cast") return isNonZero(expression.argument);
  return (
    expression.kind === "constant" && expression.text !== null && Number(expression.text) !== 0
  );
}

function printMoment(
  symbol: string,
  l: string,
  r: string,
  left: number,
  right: number,
): string | undefined {
  if (symbol !== "+" && symbol !== "-") return undefined;
  if (symbol === "-" && left === oid.time && right === oid.time)
    return `to_microseconds(epoch_us(${l}) - epoch_us(${r}))`;
  if (symbol === "-" && left === oid.timestamptz && right === oid.timestamptz)
    return `pg_shim.micros_span(epoch_us(${l}) - epoch_us(${r}))`;
  if (left === oid.interval && symbol === "+") return `(${r} + ${l})`;
  return `(${l} ${symbol} ${r})`;
}

function printPrefix({ operator, right }: Operator, printer: Printer): string | undefined {
  const value = printer.expression(right);
  switch (operator.oprname) {
    case "-":
      // An overflow of the engine's own minus does not tell the type.
      return integers.has(baseType(right.type)) && right.kind !== "constant"
        ? `(0 - ${value})`
        : `(- ${value})`;
    case "+":
      return value;
    case "~":
      return `(~ ${value})`;
    case "@":
      return `abs(${value})`;
    case "|/":
      return `sqrt(${value})`;
    case "||/":
      return `cbrt(${value})`;
    default:
      return undefined;
  }
}
