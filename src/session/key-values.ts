/** Values read from the engine for a check: as PostgreSQL's text for its message, as literals and bounds for its scan. */
import { must } from "../base/assert.ts";
import { quoteName } from "../base/quote.ts";
import type { RelationColumn } from "../catalog/relation.ts";
import { engineLiteral } from "../pgtypes/engine-literal.ts";
import { oids } from "../pgtypes/oids.ts";
import { readValue } from "../pgtypes/read-value.ts";
import { defaultSettings, type TextSettings } from "../pgtypes/text-settings.ts";
import type { Predicate } from "../table/table.ts";
import type { Backend } from "./backend.ts";
import { createTextReader } from "./text-rows.ts";

type TypedColumn = Pick<RelationColumn, "typeOid" | "typmod">;

interface ReadRows {
  /** Null: NULL. */
  readonly texts: readonly (readonly (string | null)[])[];
  readonly literals: readonly (readonly string[])[];
}

/** All rows of a SELECT that gives few; its columns are of these types. */
export async function readRows(
  sql: string,
  columns: readonly TypedColumn[],
  settings: TextSettings,
  { services, signal }: Pick<Backend, "services" | "signal">,
): Promise<ReadRows> {
  const connection = await services.engine.connect();
  try {
    const stream = await connection.row(sql, [], signal);
    const read = createTextReader(
      columns.map(({ typeOid, typmod }, at) => ({
        type: must(stream.columns[at], "a column for each type").type,
        typeOid,
        typmod,
      })),
      settings,
    );
    const texts: (readonly (string | null)[])[] = [];
    const literals: string[][] = [];
    for (let batch = await stream.next(); batch; batch = await stream.next()) {
      texts.push(...read(batch));
      for (let row = 0; row < batch.rowCount; row++) {
        literals.push(
          batch.vectors.map((vector) => engineLiteral(vector.type, readValue(vector, row))),
        );
      }
    }
    return { texts, literals };
  } finally {
    connection.release();
  }
}

/** What is known of a set of keys before anything is compared with them: lets a scan leave out files and row groups. */
export interface KeyBounds {
  readonly isEmpty: boolean;
  /** One key at most: none of them can be there twice. */
  readonly isSingle: boolean;
  /** True when `filter` alone finds these keys and no others. */
  readonly isExact: boolean;
  /** For the columns they are compared with, in the key's order. */
  readonly where: (columns: readonly string[]) => readonly Predicate[];
  /** An engine condition on such columns, of a table of that alias. */
  readonly filter: (alias: string, columns: readonly string[]) => string;
}

/** So many keys are named one by one; of more, only the least and the greatest. */
const namedMax = 64;

/** `source`: a SELECT of columns k0, k1, … of the columns' types. */
export async function boundsOf(
  source: string,
  columns: readonly RelationColumn[],
  hasNulls: boolean,
  backend: Backend,
): Promise<KeyBounds> {
  const names = columns.map((_, at) => `k${at}`);
  const first = await readRows(
    `SELECT ${names.join(", ")} FROM (${source}) AS keys LIMIT ${namedMax + 1}`,
    columns,
    defaultSettings,
    backend,
  );
  const count = first.texts.length;
  if (count <= namedMax) return namedBounds(first, columns);
  const ordered = columns.flatMap((column, at) => (isOrdered(column) ? [{ column, at }] : []));
  // A range finds no NULL.
  if (ordered.length === 0 || hasNulls) return unbounded;
  const extremes = await readRows(
    `SELECT ${ordered.map(({ at }) => `min(k${at}), max(k${at})`).join(", ")} FROM (${source}) AS keys`,
    ordered.flatMap(({ column }) => [column, column]),
    defaultSettings,
    backend,
  );
  return rangeBounds(
    extremes,
    ordered.map(({ at }) => at),
  );
}

const unbounded: KeyBounds = {
  isEmpty: false,
  isSingle: false,
  isExact: false,
  where: () => [],
  filter: () => "true",
};

function namedBounds({ texts, literals }: ReadRows, columns: readonly RelationColumn[]): KeyBounds {
  const usable = columns.flatMap((column, at) => {
    const values = texts.map((row) => row[at] ?? null);
    return isOrdered(column) && !values.includes(null) ? [at] : [];
  });
  const distinct = (at: number) => [...new Set(literals.map((row) => row[at] ?? "NULL"))];
  return {
    isEmpty: texts.length === 0,
    isSingle: texts.length <= 1,
    isExact: usable.length === columns.length && (columns.length === 1 || texts.length === 1),
    where: (names) =>
      usable.map((at) => ({
        column: names[at] ?? "",
        operator: "in",
        values: texts.map((row) => row[at] ?? ""),
      })),
    filter: (alias, names) =>
      conjunction(
        usable.map(
          (at) => `${alias}.${quoteName(names[at] ?? "")} IN (${distinct(at).join(", ")})`,
        ),
      ),
  };
}

function rangeBounds({ texts, literals }: ReadRows, places: readonly number[]): KeyBounds {
  const [values = []] = texts;
  const [bounds = []] = literals;
  const ranges = places.flatMap((at, i) => {
    const [least, greatest] = [values[2 * i], values[2 * i + 1]];
    if (least === null || least === undefined || greatest === null || greatest === undefined)
      return [];
    return [{ at, least, greatest, from: bounds[2 * i] ?? "", to: bounds[2 * i + 1] ?? "" }];
  });
  return {
    ...unbounded,
    where: (names) =>
      ranges.flatMap(({ at, least, greatest }): Predicate[] => [
        { column: names[at] ?? "", operator: ">=", values: [least] },
        { column: names[at] ?? "", operator: "<=", values: [greatest] },
      ]),
    filter: (alias, names) =>
      conjunction(
        ranges.map(
          ({ at, from, to }) => `${alias}.${quoteName(names[at] ?? "")} BETWEEN ${from} AND ${to}`,
        ),
      ),
  };
}

const conjunction = (conditions: readonly string[]) => conditions.join(" AND ") || "true";

/** Whose order in the engine is that of their statistics, and whose equality is that of their values. */
const orderedTypes: ReadonlySet<number> = new Set([
  oids.int2,
  oids.int4,
  oids.int8,
  oids.numeric,
  oids.date,
  oids.timestamp,
  oids.timestamptz,
  oids.text,
  oids.varchar,
  oids.uuid,
]);

export function isOrdered({ typeOid }: TypedColumn): boolean {
  return orderedTypes.has(typeOid);
}
