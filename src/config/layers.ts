/** Values of run-time parameters by name, of the session and over them of the transaction. */
export type Values = ReadonlyMap<string, string>;

/** What is kept for a session to begin with, by ALTER ROLE … SET or ALTER DATABASE … SET. */
export interface KeptValues {
  readonly source: "global" | "database" | "user" | "database user";
  readonly values: Readonly<Record<string, string>>;
}

/** Values are never changed in place, so a savepoint is a pair of references. */
export interface Layers {
  /** Survives the transaction when it commits. */
  readonly session: Values;
  /** SET LOCAL: goes with the transaction. */
  readonly local: Values;
}

export const none: Values = new Map();

export function without(values: Values, keys: readonly string[]): Values {
  if (!keys.some((key) => values.has(key))) return values;
  return new Map([...values].filter(([key]) => !keys.includes(key)));
}

export function only(values: Values, keys: readonly string[]): Values {
  return new Map([...values].filter(([key]) => keys.includes(key)));
}
