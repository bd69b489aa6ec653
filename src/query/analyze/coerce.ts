/** Which expression may become of which type, and the cast that makes it so: PostgreSQL's parse_coerce.c. */
import { userType } from "../../catalog/types-in-force.ts";
import type { Analysis } from "./analysis.ts";
import { genericsAgree } from "./generics.ts";
import { readLiteral } from "./literal.ts";
import { oid } from "./oids.ts";
import { findPathway, isPolymorphic, isRow } from "./pathway.ts";
import type { Cast, CastContext, Expression } from "./tree.ts";
import {
  arrayType,
  baseType,
  category,
  elementType,
  isPreferred,
  type TypeWithModifier,
  typeName,
  typeRow,
} from "./types.ts";

/** can_coerce_type: could these arguments be given for those? */
export function canCoerce(
  inputs: readonly number[],
  targets: readonly number[],
  context: CastContext,
): boolean {
  let hasGenerics = false;
  for (const [i, target] of targets.entries()) {
    const input = inputs[i] ?? oid.unknown;
    if (input === target || target === oid.any) continue;
    if (isPolymorphic(target)) {
      hasGenerics = true;
      continue;
    }
    if (input === oid.unknown) continue;
    if (findPathway(target, input, context) !== undefined) continue;
    if (isRow(input) && isRow(target)) continue;
    return false;
  }
  return !hasGenerics || genericsAgree(inputs, targets);
}

// ── Making the casts ────────────────────────────────────────────────────────────────────────────────────────────────

/** The type to show for an expression: a parameter's may have been decided since it was made. */
export function typeOf(expression: Expression, analysis: Analysis): number {
  return expression.kind === "parameter" && expression.type === oid.unknown
    ? analysis.parameterType(expression.index)
    : expression.type;
}

/**
 * The expression as `target`, which the caller knows to be possible. Literals of unknown type are read here:
 * 22P02 and its kin with the literal's place.
 */
export function coerce(
  expression: Expression,
  target: number,
  analysis: Analysis,
  context: CastContext = "implicit",
  location: number | undefined = expression.location,
): Expression {
  const type = typeOf(expression, analysis);
  const inside = insideDomain(target);
  if (inside !== undefined && (type !== target || expression.kind === "parameter"))
    return intoDomain(expression, target, inside, analysis, context);
  // A parameter seen before its type was decided takes it on.
  if (type === target) return type === expression.type ? expression : { ...expression, type };
  if (target === oid.any) return expression;
  if (isPolymorphic(target)) {
    // NULL among values of pg_statistic's anyarray columns.
    return expression.kind === "constant" && expression.text === null
      ? { ...expression, type: target }
      : expression;
  }
  if (type === oid.unknown) return coerceUnknown(expression, target, analysis, context);
  if (expression.kind === "row" && compositeOf(target) !== undefined)
    return rowInto(expression, target, analysis, context);
  const method = findPathway(target, type, context);
  if (method === undefined && !(isRow(type) && isRow(target)))
    throw analysis.error(
      "42846",
      `cannot cast type ${typeName(type)} to ${typeName(target)}`,
      location,
    );
  return cast(expression, target, method ?? "relabel", context);
}

function compositeOf(type: number) {
  const own = userType(type);
  return own?.kind === "composite" ? own : undefined;
}

/** ROW(…)::t: each field as the type's. 42846 when there are not as many. */
function rowInto(
  row: Extract<Expression, { kind: "row" }>,
  target: number,
  analysis: Analysis,
  context: CastContext,
): Expression {
  const columns = compositeOf(target)?.columns ?? [];
  const refused = (detail: string) =>
    analysis.error(
      "42846",
      `cannot cast type ${typeName(row.type)} to ${typeName(target)}`,
      row.location,
      { detail },
    );
  if (row.fields.length < columns.length) throw refused("Input has too few columns.");
  if (row.fields.length > columns.length) throw refused("Input has too many columns.");
  const fields = columns.map(({ typeOid, typmod }, at) => {
    const given = row.fields[at] ?? row;
    const value = coerceToTarget(given, typeOid, typmod, analysis, context);
    if (value !== undefined) return value;
    const types = `${typeName(typeOf(given, analysis))} to ${typeName(typeOid)} in column ${at + 1}`;
    throw refused(`Cannot cast type ${types}.`);
  });
  return { ...row, fields, names: columns.map(({ name }) => name), type: target };
}

/** What a value must be before it can be one of a domain, or of an array of them. */
export function insideDomain(target: number): TypeWithModifier | undefined {
  const domain = typeRow(target);
  if (domain?.typtype === "d" && userType(target) !== undefined)
    return (
      insideDomain(domain.typbasetype) ?? { type: domain.typbasetype, typmod: domain.typtypmod }
    );
  const element = elementType(target);
  const inside = element === undefined ? undefined : insideDomain(element);
  const array = inside && arrayType(inside.type);
  return inside && array !== undefined ? { type: array, typmod: inside.typmod } : undefined;
}

/** The tests of the domain are the cast's. A parameter is declared as of the domain. */
function intoDomain(
  expression: Expression,
  target: number,
  inside: TypeWithModifier,
  analysis: Analysis,
  context: CastContext,
): Expression {
  const type = typeOf(expression, analysis);
  if (expression.kind === "parameter" && (type === oid.unknown || type === target)) {
    analysis.decideParameter(expression.index, target, expression.location);
    return cast({ ...expression, type: inside.type }, target, "relabel", context);
  }
  const value = coerce(expression, inside.type, analysis, context);
  return cast(coerceLength(value, inside.type, inside.typmod, context), target, "relabel", context);
}

function cast(
  argument: Expression,
  type: number,
  method: Cast["method"],
  context: CastContext,
  typmod = -1,
): Expression {
  const { location } = argument;
  return { kind: "cast", argument, type, typmod, method, context, location };
}

function coerceUnknown(
  expression: Expression,
  target: number,
  analysis: Analysis,
  context: CastContext,
): Expression {
  if (expression.kind === "parameter") {
    analysis.decideParameter(expression.index, target, expression.location);
    return { ...expression, type: target };
  }
  if (expression.kind === "constant") {
    const read = readLiteral(expression.text, baseType(target), -1, expression.location, analysis);
    return { ...expression, text: read, type: target, typmod: -1 };
  }
  // A subquery's column that stayed unknown: text in all but name.
  return cast({ ...expression, type: oid.text }, target, "convert", context);
}

/** coerce_to_target_type; undefined when it may not be. */
export function coerceToTarget(
  expression: Expression,
  target: number,
  typmod: number,
  analysis: Analysis,
  context: CastContext,
): Expression | undefined {
  const type = typeOf(expression, analysis);
  if (target !== type && !canCoerce([type], [target], context)) return undefined;
  if (expression.kind === "constant" && type === oid.unknown && isTimeType(baseType(target))) {
    const base = baseType(target);
    const text = readLiteral(expression.text, base, typmod, expression.location, analysis);
    return { ...expression, text, type: target, typmod };
  }
  return coerceLength(coerce(expression, target, analysis, context), target, typmod, context);
}

const isTimeType = (type: number) => type === oid.interval;

/** Types whose modifier changes the value: lengths, precisions. */
export function coerceLength(
  expression: Expression,
  target: number,
  typmod: number,
  context: CastContext,
): Expression {
  if (typmod < 0 || expression.typmod === typmod) return expression;
  return cast(expression, target, "length", context, typmod);
}

// ── Common types ────────────────────────────────────────────────────────────────────────────────────────────────────

/** select_common_type. `what` names the construct in the 42804; undefined `what`: 0 instead of an error. */
export function commonType(
  expressions: readonly Expression[],
  what: string,
  analysis: Analysis,
): number {
  const types = expressions.map((expression) => typeOf(expression, analysis));
  const [first = oid.unknown] = types;
  if (first !== oid.unknown && types.every((type) => type === first)) return first;
  const bases = types.map(baseType);
  let candidate = bases[0] ?? oid.unknown;
  for (const [i, next] of bases.entries()) {
    if (i === 0 || next === oid.unknown || next === candidate) continue;
    if (candidate === oid.unknown || candidate === oid.engineTyped) {
      candidate = next;
    } else if (next === oid.engineTyped) {
    } else if (category(candidate) !== category(next)) {
      throw analysis.error(
        "42804",
        `${what} types ${typeName(candidate)} and ${typeName(next)} cannot be matched`,
        expressions[i]?.location,
      );
    } else if (
      !isPreferred(candidate) &&
      canCoerce([candidate], [next], "implicit") &&
      !canCoerce([next], [candidate], "implicit")
    ) {
      candidate = next;
    }
  }
  return candidate === oid.unknown ? oid.text : candidate;
}

/** coerce_to_common_type: 42846 when a value cannot become it. */
export function coerceToCommon(
  expression: Expression,
  type: number,
  what: string,
  analysis: Analysis,
): Expression {
  const own = typeOf(expression, analysis);
  if (own === type) return expression;
  if (canCoerce([own], [type], "implicit")) return coerce(expression, type, analysis);
  throw analysis.error(
    "42846",
    `${what} could not convert type ${typeName(own)} to ${typeName(type)}`,
    expression.location,
  );
}

export function commonTypmod(expressions: readonly Expression[], type: number): number {
  const [first] = expressions;
  if (first === undefined) return -1;
  return expressions.every((one) => one.type === type && one.typmod === first.typmod)
    ? first.typmod
    : -1;
}

/** A condition: 42804 unless it is boolean. */
export function coerceToBoolean(
  expression: Expression,
  what: string,
  analysis: Analysis,
): Expression {
  const type = typeOf(expression, analysis);
  if (type === oid.bool) return expression;
  const coerced = coerceToTarget(expression, oid.bool, -1, analysis, "assignment");
  if (coerced !== undefined) return coerced;
  throw analysis.error(
    "42804",
    `argument of ${what} must be type boolean, not type ${typeName(type)}`,
    expression.location,
  );
}

/** coerce_to_specific_type: LIMIT wants a bigint and so on. */
export function coerceToSpecific(
  expression: Expression,
  target: number,
  what: string,
  analysis: Analysis,
): Expression {
  const coerced = coerceToTarget(expression, target, -1, analysis, "assignment");
  if (coerced !== undefined) return coerced;
  const type = typeOf(expression, analysis);
  throw analysis.error(
    "42804",
    `argument of ${what} must be type ${typeName(target)}, not type ${typeName(type)}`,
    expression.location,
  );
}
