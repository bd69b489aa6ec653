/** Rows of an INSERT that say themselves what they are, without a trip to the engine. */
import { must } from "../base/assert.ts";
import { PgError } from "../base/error.ts";
import type { Relation, RelationColumn } from "../catalog/relation.ts";
import { columnOf } from "../engine/column-values.ts";
import type { EngineParameter } from "../engine/engine.ts";
import type { TypedValue } from "../pgtypes/codec.ts";
import { engineTypeName } from "../pgtypes/engine-type.ts";
import type { LogicalType } from "../pgtypes/logical-type.ts";
import { oids } from "../pgtypes/oids.ts";
import { logicalTypeFor } from "../pgtypes/types.ts";
import type { Batch, EngineValue } from "../pgtypes/vector.ts";
import type { KnownRow, KnownValue } from "../query/plan.ts";
import type { Backend } from "./backend.ts";

/** Undefined: a value does not stand as it is in its column, which is the engine's to judge. */
export function knownBatch(
  rows: readonly KnownRow[],
  { columns }: Relation,
  backend: Backend,
  parameters: readonly EngineParameter[],
): Batch | undefined {
  const types = columns.map(({ typeOid, typmod }) =>
    must(logicalTypeFor(typeOid, typmod), "a known value's type is stored"),
  );
  const values: EngineValue[][] = columns.map(() => []);
  // Row by row: sequences give their numbers in this order.
  for (const row of rows) {
    for (const [at, known] of row.entries()) {
      const column = must(columns[at], "a value for each column");
      const given = givenValue(known, column, backend, parameters);
      const value = stored(given, column, must(types[at], "a type for each column"));
      if (value === undefined) return undefined;
      values[at]?.push(value);
    }
  }
  const vectors = types.map((type, at) => columnOf(type, values[at] ?? []));
  return { rowCount: rows.length, vectors };
}

function givenValue(
  known: KnownValue,
  column: RelationColumn,
  backend: Backend,
  parameters: readonly EngineParameter[],
): TypedValue {
  switch (known.kind) {
    case "constant":
      return known.typed;
    case "parameter":
      return must(parameters[known.index], "a parameter of a known row is bound");
    case "session": {
      const isOfTransaction = known.value === "transaction timestamp";
      const at = isOfTransaction ? backend.transaction.startedAt : backend.statementTime;
      return { type: { id: "TIMESTAMPTZ" }, value: BigInt(at.getTime()) * 1000n };
    }
    case "number":
      return numberFor(column, nextNumber(known, backend));
    default:
      return known satisfies never;
  }
}

function nextNumber(
  { sequence, isIdentity }: Extract<KnownValue, { kind: "number" }>,
  { sequences }: Backend,
): bigint {
  return must(sequences.nextval(sequence, 1, isIdentity)[0], "a number was drawn");
}

function numberFor({ typeOid }: RelationColumn, number: bigint): TypedValue {
  if (typeOid === oids.int8) return { type: { id: "BIGINT" }, value: number };
  const [id, bits, name] =
    typeOid === oids.int4
      ? (["INTEGER", 32, "integer"] as const)
      : (["SMALLINT", 16, "smallint"] as const);
  if (BigInt.asIntN(bits, number) !== number) throw new PgError("22003", `${name} out of range`);
  return { type: { id }, value: Number(number) };
}

function stored(
  { type, value }: TypedValue,
  { typeOid, typmod }: RelationColumn,
  wanted: LogicalType,
): EngineValue | undefined {
  if (value === null) return null;
  if (wanted.id === "DECIMAL")
    return type.id === "DECIMAL" ? rescaled(type, value, wanted) : undefined;
  if (engineTypeName(type) !== engineTypeName(wanted)) return undefined;
  const isLimited = typeOid === oids.varchar && typmod >= 4;
  return isLimited && !isWithin(String(value), typmod - 4) ? undefined : value;
}

/** No longer than so many characters. */
function isWithin(text: string, charactersMax: number): boolean {
  // A code unit is a character or half of one.
  return text.length <= charactersMax;
}

type Decimal = Extract<LogicalType, { id: "DECIMAL" }>;

function rescaled(from: Decimal, value: EngineValue, to: Decimal): bigint | undefined {
  if (typeof value !== "bigint" || from.scale > to.scale) return undefined;
  const scaled = value * 10n ** BigInt(to.scale - from.scale);
  const magnitude = scaled < 0n ? -scaled : scaled;
  return magnitude < 10n ** BigInt(to.width) ? scaled : undefined;
}
