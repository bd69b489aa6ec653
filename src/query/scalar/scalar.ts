/** Functions of PostgreSQL in JavaScript, for what the engine cannot say. The engine calls them by vectors, a row at a time. */
import type { ScalarFunction } from "../../engine/engine.ts";
import type { LogicalType } from "../../pgtypes/logical-type.ts";
import type { EngineValue } from "../../pgtypes/vector.ts";

const types = {
  text: { id: "VARCHAR" },
  texts: { id: "LIST", child: { id: "VARCHAR" } },
  textLists: { id: "LIST", child: { id: "LIST", child: { id: "VARCHAR" } } },
  int4: { id: "INTEGER" },
  int8: { id: "BIGINT" },
  bool: { id: "BOOLEAN" },
  float8: { id: "DOUBLE" },
  bytea: { id: "BLOB" },
  date: { id: "DATE" },
  timestamp: { id: "TIMESTAMP" },
  timestamptz: { id: "TIMESTAMPTZ" },
  interval: { id: "INTERVAL" },
} as const satisfies Record<string, LogicalType>;

type TypeName = keyof typeof types;

interface Value {
  readonly text: string;
  readonly texts: readonly (string | null)[];
  readonly textLists: readonly (readonly (string | null)[])[];
  readonly int4: number;
  readonly int8: bigint;
  readonly bool: boolean;
  readonly float8: number;
  readonly bytea: Uint8Array;
  /** Days since 1970. */
  readonly date: number;
  /** Microseconds since 1970. */
  readonly timestamp: bigint;
  readonly timestamptz: bigint;
  /** Months, days, microseconds. */
  readonly interval: readonly [number, number, bigint];
}

type Values<Names extends readonly TypeName[]> = { [I in keyof Names]: Value[Names[I]] };

/** A strict function: a NULL argument makes the result NULL. */
export function scalar<const Names extends readonly TypeName[], Result extends TypeName>(
  name: string,
  parameters: Names,
  result: Result,
  call: (...values: Values<Names>) => Value[Result] | null,
): ScalarFunction {
  return {
    name,
    parameters: parameters.map((parameter) => types[parameter]),
    result: types[result],
    call: (...values: EngineValue[]) =>
      values.includes(null) ? null : (call(...(values as unknown as Values<Names>)) as EngineValue),
  };
}
