/** How many rows have one value of a column, were its values spread evenly: by the files' statistics. An estimate, no bound. */
import { physicalName } from "./schema.ts";
import { statisticsOf } from "./statistics.ts";
import type { TableVersion } from "./table.ts";

const whole: ReadonlySet<unknown> = new Set(["byte", "short", "integer", "long"]);

const known = new WeakMap<TableVersion, Map<string, number | undefined>>();

/** Of whole numbers only; undefined where a file lacks their bounds. */
export function rowsPerValue(version: TableVersion, column: string): number | undefined {
  let columns = known.get(version);
  if (columns === undefined) {
    columns = new Map();
    known.set(version, columns);
  }
  if (!columns.has(column)) columns.set(column, estimate(version, column));
  return columns.get(column);
}

function estimate(version: TableVersion, column: string): number | undefined {
  const field = version.fields.find(({ name }) => name === column);
  if (field === undefined || !whole.has(field.type)) return undefined;
  const name = physicalName(field);
  let rows = 0;
  let [min, max] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const add of version.files.values()) {
    const { numRecords, minValues, maxValues } = statisticsOf(add);
    rows += numRecords ?? Number.NaN;
    min = Math.min(min, Number(minValues[name]));
    max = Math.max(max, Number(maxValues[name]));
  }
  const each = rows / (max - min + 1);
  return Number.isFinite(each) && each > 0 ? each : undefined;
}
