/**
 * How large one value may become: functions that make much out of little are asked before they begin, for the engine
 * neither spills such a value nor can be interrupted while it makes one.
 */

export interface ValueLimits {
  /** Bytes of a text. */
  readonly valueBytesMax: number;
  /** Elements of an array, and rows of a function in a SELECT list. */
  readonly valueItemsMax: number;
}

/** PostgreSQL's own limits of both are four times the first, and the second. */
export const defaultValueLimits: ValueLimits = {
  valueBytesMax: 256 << 20,
  valueItemsMax: 134_217_727,
};

export const sizeMacros = ({ valueBytesMax, valueItemsMax }: ValueLimits): readonly string[] => [
  `CREATE OR REPLACE MACRO pg_shim.value_bytes_max() AS ${valueBytesMax}`,
  `CREATE OR REPLACE MACRO pg_shim.text_size_limit(size) AS
  CASE WHEN size > ${valueBytesMax} THEN error('PGERR:54000:requested length too large') ELSE size END`,
  `CREATE OR REPLACE MACRO pg_shim.items_limit(items) AS
  CASE WHEN items > ${valueItemsMax}
    THEN error('PGERR:54000:array size exceeds the maximum allowed (${valueItemsMax})')
    ELSE items END`,
  `CREATE OR REPLACE MACRO pg_shim.series_end(start, upto, step) AS
  CASE WHEN pg_shim.items_limit(abs(CAST(upto AS HUGEINT) - start) // greatest(abs(CAST(step AS HUGEINT)), 1)) IS NULL
    THEN NULL ELSE upto END`,
];
