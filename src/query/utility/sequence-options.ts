/** What CREATE and ALTER SEQUENCE say of its numbers, and identity columns in parentheses: PostgreSQL's init_params. */
import type { DefElem, Node } from "libpg-query";
import { PgError } from "../../base/error.ts";
import { formatType } from "../../catalog/format-type.ts";
import type { SequenceOptions } from "../../catalog/sequence.ts";
import { oids } from "../../pgtypes/oids.ts";
import type { Scope } from "../draft.ts";
import { distinctOptions, type Option, textOf } from "./options.ts";
import { typeNamed } from "./types.ts";

export interface SequenceChange {
  readonly options: SequenceOptions;
  /** RESTART: at this number. */
  readonly restart: string | undefined;
  /** OWNED BY's list. */
  readonly ownedBy: readonly Node[] | undefined;
  /** SEQUENCE NAME of an identity column. */
  readonly name: readonly Node[] | undefined;
}

const ranges: ReadonlyMap<number, readonly [bigint, bigint]> = new Map([
  [oids.int2, [-(2n ** 15n), 2n ** 15n - 1n]],
  [oids.int4, [-(2n ** 31n), 2n ** 31n - 1n]],
  [oids.int8, [-(2n ** 63n), 2n ** 63n - 1n]],
]);

/** `before`: what is altered. `identityType`: of the column whose identity it is. 22023 in PostgreSQL's words. */
export function sequenceOptions(
  nodes: readonly Node[] | undefined,
  scope: Scope,
  { before, identityType }: { before?: SequenceOptions; identityType?: number } = {},
): SequenceChange {
  const given = new Map(distinctOptions(nodes, scope).map((option) => [option.name, option]));
  const typeOid = typeOf(given.get("as"), before, identityType, scope);
  const increment = numberOf(given.get("increment")) ?? BigInt(before?.increment ?? 1);
  if (increment === 0n) throw invalid("INCREMENT must not be zero");
  const cycles = given.has("cycle")
    ? textOf(given.get("cycle")?.value) === "true"
    : (before?.cycles ?? false);
  const { min, max } = bounds(typeOid, increment, given, before);
  const start =
    numberOf(given.get("start")) ?? (before ? BigInt(before.start) : increment > 0n ? min : max);
  if (start < min) throw invalid(`START value (${start}) cannot be less than MINVALUE (${min})`);
  if (start > max) throw invalid(`START value (${start}) cannot be greater than MAXVALUE (${max})`);
  const cache = numberOf(given.get("cache")) ?? BigInt(before?.cache ?? 1);
  const restart = given.has("restart") ? (numberOf(given.get("restart")) ?? start) : undefined;
  if (restart !== undefined) refuseOutside(restart, min, max);
  if (cache <= 0n) throw invalid(`CACHE (${cache}) must be greater than zero`);
  return {
    options: {
      typeOid,
      increment: String(increment),
      min: String(min),
      max: String(max),
      start: String(start),
      cache: String(cache),
      cycles,
    },
    restart: restart === undefined ? undefined : String(restart),
    ownedBy: listOf(given.get("owned_by")),
    name: listOf(given.get("sequence_name")),
  };
}

/** 22023: where it stands, or is to begin again, is not within its bounds. */
export function refuseOutside(value: bigint, min: bigint, max: bigint): void {
  if (value < min) throw invalid(`RESTART value (${value}) cannot be less than MINVALUE (${min})`);
  if (value > max)
    throw invalid(`RESTART value (${value}) cannot be greater than MAXVALUE (${max})`);
}

function typeOf(
  option: Option | undefined,
  before: SequenceOptions | undefined,
  identityType: number | undefined,
  scope: Scope,
): number {
  const { value } = option ?? {};
  const named =
    value !== undefined && "TypeName" in value ? typeNamed(value.TypeName, scope).oid : undefined;
  const typeOid = named ?? identityType ?? before?.typeOid ?? oids.int8;
  if (ranges.has(typeOid)) return typeOid;
  const what = identityType === undefined ? "sequence type" : "identity column type";
  throw invalid(`${what} must be smallint, integer, or bigint`);
}

function bounds(
  typeOid: number,
  increment: bigint,
  given: ReadonlyMap<string, Option>,
  before: SequenceOptions | undefined,
): { readonly min: bigint; readonly max: bigint } {
  const [least, most] = rangeOf(typeOid);
  const [oldLeast, oldMost] = rangeOf(before?.typeOid ?? typeOid);
  const isAscending = increment > 0n;
  // Another type's end is another end.
  const keptMax = before && !given.has("maxvalue") && BigInt(before.max) !== oldMost;
  const keptMin = before && !given.has("minvalue") && BigInt(before.min) !== oldLeast;
  const isOtherType = before !== undefined && before.typeOid !== typeOid;
  const oldMax = before && !given.has("maxvalue") && !isOtherType ? BigInt(before.max) : undefined;
  const oldMin = before && !given.has("minvalue") && !isOtherType ? BigInt(before.min) : undefined;
  const max =
    numberOf(given.get("maxvalue")) ??
    (keptMax ? BigInt(before.max) : (oldMax ?? (isAscending ? most : -1n)));
  const min =
    numberOf(given.get("minvalue")) ??
    (keptMin ? BigInt(before.min) : (oldMin ?? (isAscending ? 1n : least)));
  const type = formatType(typeOid, undefined);
  if (max < least || max > most)
    throw invalid(`MAXVALUE (${max}) is out of range for sequence data type ${type}`);
  if (min < least || min > most)
    throw invalid(`MINVALUE (${min}) is out of range for sequence data type ${type}`);
  if (min >= max) throw invalid(`MINVALUE (${min}) must be less than MAXVALUE (${max})`);
  return { min, max };
}

function rangeOf(typeOid: number): readonly [bigint, bigint] {
  return ranges.get(typeOid) ?? [0n, 0n];
}

/** Undefined for NO MAXVALUE, RESTART alone, and for what is not said. */
function numberOf(option: Option | undefined): bigint | undefined {
  const text = option === undefined ? undefined : textOf(option.value);
  if (text === undefined) return undefined;
  const number = /^[+-]?\d+$/.test(text) ? BigInt(text) : undefined;
  if (number !== undefined && BigInt.asIntN(64, number) === number) return number;
  throw new PgError("22P02", `invalid input syntax for type bigint: "${text}"`);
}

function listOf(option: Option | undefined): readonly Node[] | undefined {
  const value: DefElem["arg"] = option?.value;
  return value !== undefined && "List" in value ? (value.List.items ?? []) : undefined;
}

function invalid(message: string): PgError {
  return new PgError("22023", message);
}
