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
import type { InsertPlan, KnownRow, KnownValue } from "../query/plan.ts";
import type { Backend } from "./backend.ts";

/** Values by column of the target, in its order; as many of each as there are rows. */
export interface KnownColumns {
  readonly rowCount: number;
  readonly types: readonly LogicalType[];
  readonly values: readonly (readonly EngineValue[])[];
}

/**
 * Undefined: it takes the engine to know the rows, or a value does not stand as it is in its column, or is missing there, which
 * is the engine's to judge. No number has been drawn then.
 */
export async function knownColumns(
  { known, source, target }: InsertPlan,
  backend: Backend,
  parameters: readonly EngineParameter[],
): Promise<KnownColumns | undefined> {
  if (known === undefined) return undefined;
  backend.parameters.queryStarted();
  return backend.sequences.around(source, true, async () => {
    const columns = columnsOf(known, target, backend, parameters);
    await backend.sequences.settle();
    return columns;
  });
}

export function batchOf({ rowCount, types, values }: KnownColumns): Batch {
  return { rowCount, vectors: types.map((type, at) => columnOf(type, values[at] ?? [])) };
}

function columnsOf(
  rows: readonly KnownRow[],
  { columns }: Relation,
  backend: Backend,
  parameters: readonly EngineParameter[],
): KnownColumns | undefined {
  const types = columns.map(({ typeOid, typmod }) =>
    must(logicalTypeFor(typeOid, typmod), "a known value's type is stored"),
  );
  const values: EngineValue[][] = columns.map(() => []);
  const drawn: { readonly row: number; readonly at: number; readonly number: DrawnNumber }[] = [];
  for (const [row, known] of rows.entries()) {
    for (const [at, given] of known.entries()) {
      const column = must(columns[at], "a value for each column");
      if (given.kind === "number") drawn.push({ row, at, number: given });
      else {
        const type = must(types[at], "a type for each column");
        const value = stored(givenValue(given, backend, parameters), column, type);
        if (value === undefined || (value === null && column.notNull)) return undefined;
        must(values[at], "a list for each column")[row] = value;
      }
    }
  }
  // Row by row: sequences give their numbers in this order.
  for (const { row, at, number } of drawn) {
    const column = must(columns[at], "a value for each column");
    must(values[at], "a list for each column")[row] = numberFor(column, next(number, backend));
  }
  return { rowCount: rows.length, types, values };
}

type DrawnNumber = Extract<KnownValue, { kind: "number" }>;

function givenValue(
  known: Exclude<KnownValue, DrawnNumber>,
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
    default:
      return known satisfies never;
  }
}

function next({ sequence, isIdentity }: DrawnNumber, { sequences }: Backend): bigint {
  return must(sequences.nextval(sequence, 1, isIdentity)[0], "a number was drawn");
}

function numberFor({ typeOid }: RelationColumn, number: bigint): EngineValue {
  if (typeOid === oids.int8) return number;
  const [bits, name] = typeOid === oids.int4 ? ([32, "integer"] as const) : [16, "smallint"];
  if (BigInt.asIntN(bits, number) !== number) throw new PgError("22003", `${name} out of range`);
  return Number(number);
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
