/** Which type may become which, and how: PostgreSQL's parse_coerce.c. */
import { PgError } from "../../base/error.ts";
import { builtins } from "../../catalog/builtins.ts";
import type { Analysis } from "./analysis.ts";
import { readLiteral } from "./literal.ts";
import { oid } from "./oids.ts";
import type { Cast, CastContext, Expression } from "./tree.ts";
import {
  arrayType,
  baseType,
  category,
  elementType,
  isPreferred,
  typeName,
  typeRow,
} from "./types.ts";

export type Pathway = "relabel" | "convert" | undefined;

const strength = { implicit: 0, assignment: 1, explicit: 2 } as const;
const castStrength: Readonly<Record<string, number>> = { i: 0, a: 1, e: 2 };

/** How a value of `source` becomes one of `target`; undefined when it may not in this context. */
export function findPathway(target: number, source: number, context: CastContext): Pathway {
  const [to, from] = [baseType(target), baseType(source)];
  if (to === from) return "relabel";
  // What the engine alone can type is let through: the engine will judge it.
  if (to === oid.engineTyped || from === oid.engineTyped) return "convert";
  const cast = builtins().castsFrom(from, to);
  if (cast !== undefined) {
    if (strength[context] < (castStrength[cast.castcontext] ?? 2)) return undefined;
    return cast.castmethod === "b" ? "relabel" : "convert";
  }
  if (to !== oid.oidvector && to !== oid.int2vector) {
    const [toElement, fromElement] = [elementType(to), elementType(from)];
    if (toElement !== undefined && fromElement !== undefined)
      return findPathway(toElement, fromElement, context);
  }
  if (strength[context] >= strength.assignment && category(to) === "S") return "convert";
  if (context === "explicit" && category(from) === "S") return "convert";
  return undefined;
}

const polymorphic: ReadonlySet<number> = new Set([
  oid.anyelement,
  oid.anyarray,
  oid.anynonarray,
  oid.anyenum,
  oid.anyrange,
  oid.anymultirange,
  oid.anycompatible,
  oid.anycompatiblearray,
  oid.anycompatiblenonarray,
  oid.anycompatiblerange,
  oid.anycompatiblemultirange,
]);

export function isPolymorphic(type: number): boolean {
  return polymorphic.has(type);
}

const isRow = (type: number) => type === oid.record || typeRow(type)?.typtype === "c";

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

/** IsBinaryCoercible: the same bytes serve. */
export function isBinaryCoercible(source: number, target: number): boolean {
  if (source === target || target === oid.any || target === oid.anyelement) return true;
  if (target === oid.anycompatible) return true;
  const from = baseType(source);
  if (from === target) return true;
  if (target === oid.anyarray || target === oid.anycompatiblearray)
    return elementType(from) !== undefined;
  if (target === oid.anynonarray || target === oid.anycompatiblenonarray)
    return elementType(from) === undefined;
  if (target === oid.anyenum) return typeRow(from)?.typtype === "e";
  if (target === oid.anyrange || target === oid.anycompatiblerange)
    return typeRow(from)?.typtype === "r";
  if (target === oid.record) return isRow(from);
  const cast = builtins().castsFrom(from, target);
  return cast !== undefined && cast.castmethod === "b" && cast.castcontext === "i";
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
  const method = findPathway(target, type, context);
  if (method === undefined && !(isRow(type) && isRow(target)))
    throw analysis.error(
      "42846",
      `cannot cast type ${typeName(type)} to ${typeName(target)}`,
      location,
    );
  return cast(expression, target, method ?? "relabel", context);
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

/** The types alone, without an error: undefined when they do not go together. */
function commonTypeOf(types: readonly number[]): number | undefined {
  let candidate: number = oid.unknown;
  for (const type of types.map(baseType)) {
    if (type === oid.unknown || type === candidate) continue;
    if (candidate === oid.unknown) candidate = type;
    else if (category(candidate) !== category(type)) return undefined;
    else if (
      !isPreferred(candidate) &&
      canCoerce([candidate], [type], "implicit") &&
      !canCoerce([type], [candidate], "implicit")
    )
      candidate = type;
  }
  return candidate;
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

// ── Polymorphic types ───────────────────────────────────────────────────────────────────────────────────────────────

/** check_generic_type_consistency: could these arguments stand together? */
function genericsAgree(inputs: readonly number[], declared: readonly number[]): boolean {
  // What no argument decides is decided, or refused, when the function is chosen.
  return !(
    plainFamily(inputs, declared) instanceof PgError ||
    compatibleFamily(inputs, declared) instanceof PgError
  );
}

export interface ResolvedGenerics {
  readonly arguments: readonly number[];
  readonly result: number;
}

/** enforce_generic_type_consistency: the declared types with every polymorphic one made concrete. */
export function resolveGenerics(
  inputs: readonly number[],
  declared: readonly number[],
  result: number,
): ResolvedGenerics | PgError {
  const plain = plainFamily(inputs, declared);
  if (plain instanceof PgError) return plain;
  const compatible = compatibleFamily(inputs, declared);
  if (compatible instanceof PgError) return compatible;
  const made = (type: number, own: number | undefined): number | PgError => {
    if (!isPolymorphic(type)) return type;
    const { element, range } = isCompatible(type) ? compatible : plain;
    const concrete = memberOf(type, element, range);
    if (concrete !== undefined) return concrete;
    // int2vector and oidvector are arrays whose element's array type they are not.
    if (own !== undefined && own !== oid.unknown) return own;
    return new PgError(
      "42804",
      "could not determine polymorphic type because input has type unknown",
    );
  };
  const types: number[] = [];
  for (const [i, type] of declared.entries()) {
    const own = inputs[i];
    const concrete =
      own !== undefined && own !== oid.unknown && type === oid.anyarray
        ? baseType(own)
        : made(type, own);
    if (concrete instanceof PgError) return concrete;
    types.push(concrete);
  }
  const given = made(result, undefined);
  return given instanceof PgError ? given : { arguments: types, result: given };
}

interface Family {
  readonly element: number | undefined;
  readonly range: number | undefined;
}

const isCompatible = (type: number) => type >= oid.anycompatible && type <= oid.anycompatiblerange;

function memberOf(
  type: number,
  element: number | undefined,
  range: number | undefined,
): number | undefined {
  switch (type) {
    case oid.anyarray:
    case oid.anycompatiblearray:
      return element === undefined ? undefined : arrayType(element);
    case oid.anyrange:
    case oid.anycompatiblerange:
      return range;
    case oid.anymultirange:
    case oid.anycompatiblemultirange:
      return undefined;
    default:
      return element;
  }
}

function plainFamily(inputs: readonly number[], declared: readonly number[]): Family | PgError {
  let element: number | undefined;
  let range: number | undefined;
  for (const [i, type] of declared.entries()) {
    const input = inputs[i] ?? oid.unknown;
    if (!isPolymorphic(type) || isCompatible(type) || input === oid.unknown) continue;
    const given = elementGiven(type, baseType(input));
    if (given instanceof PgError) return given;
    if (element !== undefined && given !== element) return notAlike(element, given);
    element = given;
    if (type === oid.anyrange) range = baseType(input);
  }
  return { element, range };
}

function notAlike(first: number, second: number): PgError {
  return new PgError("42804", 'arguments declared "anyelement" are not all alike', {
    detail: `${typeName(first)} versus ${typeName(second)}`,
  });
}

function compatibleFamily(
  inputs: readonly number[],
  declared: readonly number[],
): Family | PgError {
  const elements: number[] = [];
  let range: number | undefined;
  let isUsed = false;
  for (const [i, type] of declared.entries()) {
    if (!isCompatible(type)) continue;
    isUsed = true;
    const input = inputs[i] ?? oid.unknown;
    if (input === oid.unknown) continue;
    const given = elementGiven(type, baseType(input));
    if (given instanceof PgError) return given;
    if (type === oid.anycompatiblerange) range = baseType(input);
    elements.push(given);
  }
  if (!isUsed) return { element: undefined, range };
  const common = commonTypeOf(elements);
  if (common === undefined)
    return new PgError(
      "42804",
      "arguments of anycompatible family cannot be cast to a common type",
    );
  return { element: common === oid.unknown ? oid.text : common, range };
}

/** The element type that an argument declared `type` speaks of. */
function elementGiven(type: number, input: number): number | PgError {
  const row = typeRow(input);
  switch (type) {
    case oid.anyarray:
    case oid.anycompatiblearray: {
      if (input === oid.anyarray) return oid.anyelement;
      return elementType(input) ?? wrongKind(type, "is not an array but type", input);
    }
    case oid.anynonarray:
    case oid.anycompatiblenonarray:
      return elementType(input) === undefined
        ? input
        : wrongKind(type, "is an array but type", input);
    case oid.anyenum:
      return row?.typtype === "e" ? input : wrongKind(type, "is not an enum but type", input);
    case oid.anyrange:
    case oid.anycompatiblerange:
      return (
        builtins().rangeSubtypes.get(input) ??
        wrongKind(type, "is not a range type but type", input)
      );
    case oid.anymultirange:
    case oid.anycompatiblemultirange:
      return wrongKind(type, "is not a multirange type but type", input);
    default:
      return input;
  }
}

function wrongKind(type: number, how: string, input: number): PgError {
  return new PgError("42804", `argument declared ${typeName(type)} ${how} ${typeName(input)}`);
}
