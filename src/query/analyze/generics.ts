/** Polymorphic types: anyelement and its kin, made concrete by the arguments. PostgreSQL's parse_coerce.c. */
import { PgError } from "../../base/error.ts";
import { builtins } from "../../catalog/builtins.ts";
import { oid } from "./oids.ts";
import { commonTypeOf, isPolymorphic } from "./pathway.ts";
import { arrayType, baseType, elementType, typeName, typeRow } from "./types.ts";

/** check_generic_type_consistency: could these arguments stand together? */
export function genericsAgree(inputs: readonly number[], declared: readonly number[]): boolean {
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
      return range === undefined ? undefined : multirangeOf(range);
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
    const own = rangeGiven(type, baseType(input));
    if (own !== undefined && range !== undefined && own !== range)
      return new PgError("42804", 'arguments declared "anyrange" are not all alike', {
        detail: `${typeName(range)} versus ${typeName(own)}`,
      });
    range ??= own;
  }
  return { element, range };
}

/** The range type that an argument declared `type` speaks of; undefined: of none. */
function rangeGiven(type: number, input: number): number | undefined {
  if (type === oid.anyrange) return input;
  return type === oid.anymultirange ? builtins().multirangeRanges.get(input) : undefined;
}

function multirangeOf(range: number): number | undefined {
  for (const [multirange, own] of builtins().multirangeRanges) if (own === range) return multirange;
  return undefined;
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
      return (
        builtins().rangeSubtypes.get(builtins().multirangeRanges.get(input) ?? 0) ??
        wrongKind(type, "is not a multirange type but type", input)
      );
    default:
      return input;
  }
}

function wrongKind(type: number, how: string, input: number): PgError {
  return new PgError("42804", `argument declared ${typeName(type)} ${how} ${typeName(input)}`);
}
