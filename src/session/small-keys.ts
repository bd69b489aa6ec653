/** Keys of a few rows that are in JavaScript's hands: looked for where statistics let them be, and only there. */
import { must } from "../base/assert.ts";
import { quoteName } from "../base/quote.ts";
import { isKey, type KeyConstraint } from "../catalog/constraints.ts";
import type { Relation, RelationColumn } from "../catalog/relation.ts";
import type { EngineParameter } from "../engine/engine.ts";
import { engineLiteral } from "../pgtypes/engine-literal.ts";
import { readValue } from "../pgtypes/read-value.ts";
import { defaultSettings } from "../pgtypes/text-settings.ts";
import type { Batch, EngineValue } from "../pgtypes/vector.ts";
import { filesThatMatter } from "../table/statistics.ts";
import type { Predicate, Table, TableVersion } from "../table/table.ts";
import { columnsOf } from "./check-keys.ts";
import { isOrdered } from "./key-values.ts";
import type { Services } from "./services.ts";
import { createTextReader } from "./text-rows.ts";

/** Undefined: something else is asked of its rows as well, or of its keys in another way. */
export function plainKeys({
  constraints = [],
  indexes = [],
  columns,
}: Relation): readonly KeyConstraint[] | undefined {
  if (indexes.some(({ isUnique }) => isUnique === true)) return undefined;
  const enforced = constraints.filter(({ isEnforced }) => isEnforced);
  const isPlain = (constraint: (typeof enforced)[number]) =>
    isKey(constraint) &&
    constraint.deferrable === undefined &&
    constraint.nullsNotDistinct !== true &&
    columns.every((column) => !constraint.columns.includes(column.number) || isOrdered(column));
  return enforced.every(isPlain) ? enforced.filter(isKey) : undefined;
}

/** Keys by their values, of those rows that have one. */
export interface SmallKeys {
  readonly columns: readonly RelationColumn[];
  readonly byId: ReadonlyMap<string, SmallKeyValues>;
  /** Two rows have the same. */
  readonly areRepeated: boolean;
}

interface SmallKeyValues {
  readonly parameters: readonly EngineParameter[];
  /** As statistics have them. */
  readonly texts: readonly string[];
}

/** `batch` has the relation's columns, in its order. */
export function keysIn(relation: Relation, key: KeyConstraint, batch: Batch): SmallKeys {
  const columns = columnsOf(relation, key.columns);
  const vectors = columns.map((column) =>
    must(batch.vectors[relation.columns.indexOf(column)], "a column of the rows"),
  );
  const typed = columns.map((column, at) => ({ ...column, type: must(vectors[at], "it").type }));
  const texts = createTextReader(typed, defaultSettings)({ rowCount: batch.rowCount, vectors });
  const byId = new Map<string, SmallKeyValues>();
  let areRepeated = false;
  for (const [row, text] of texts.entries()) {
    const known = text.filter((one) => one !== null);
    if (known.length < columns.length) continue;
    const parameters = vectors.map((vector) => ({
      type: vector.type,
      value: readValue(vector, row),
    }));
    const id = idOf(parameters);
    areRepeated ||= byId.has(id);
    byId.set(id, { parameters, texts: known });
  }
  return { columns, byId, areRepeated };
}

/** Those that a version has already; of its files `only` these are asked. */
export async function takenKeys(
  { columns, byId }: SmallKeys,
  table: Table,
  version: TableVersion,
  { engine }: Pick<Services, "engine">,
  signal: AbortSignal,
  only?: ReadonlySet<string>,
): Promise<ReadonlySet<string>> {
  const keys = [...byId.values()];
  const where = columns.map(({ name }, at): Predicate => {
    const values = [...new Set(keys.map(({ texts }) => texts[at] ?? ""))];
    return { column: name, operator: "in", values };
  });
  const files = filesThatMatter(version, where);
  const taken = new Set<string>();
  if (keys.length === 0 || !files.some(([, { path }]) => only?.has(path) ?? true)) return taken;
  const names = columns.map(({ name }) => name);
  const rows = await table.scan(version, names, { where, ...(only ? { only } : {}) });
  const parameters: EngineParameter[] = [];
  const conditions = names.map((name, at) => {
    const values = new Map(
      keys.map((key) => {
        const parameter = must(key.parameters[at], "a value for each column");
        return [idOf([parameter]), parameter];
      }),
    );
    const marks = [...values.values()].map((value) => `$${parameters.push(value)}`);
    return `${quoteName(name)} IN (${marks.join(", ")})`;
  });
  const list = names.map(quoteName).join(", ");
  const sql = `SELECT ${list} FROM (${rows}) AS old WHERE ${conditions.join(" AND ")}`;
  const connection = await engine.connect();
  try {
    const stream = await connection.row(sql, parameters, signal);
    for (let batch = await stream.next(); batch; batch = await stream.next()) {
      for (let row = 0; row < batch.rowCount; row++) {
        const values = batch.vectors.map((vector) => ({
          type: vector.type,
          value: readValue(vector, row),
        }));
        const id = idOf(values);
        if (byId.has(id)) taken.add(id);
      }
    }
    return taken;
  } finally {
    connection.release();
  }
}

function idOf(
  values: readonly { readonly type: EngineParameter["type"]; readonly value: EngineValue }[],
): string {
  return JSON.stringify(values.map(({ type, value }) => engineLiteral(type, value)));
}
