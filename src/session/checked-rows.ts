/** Engine text of the rows that are to be staged, each NOT NULL column checked on the way in. */
import { quoteName, quoteText } from "../base/quote.ts";
import type { Relation, RelationColumn } from "../catalog/relation.ts";
import { raisedField } from "../engine/errors.ts";
import { oids } from "../pgtypes/oids.ts";
import { elementOf } from "../pgtypes/types.ts";

/** Rows to insert: `sql` gives every column of the target in its order. */
export function checkedRows(sql: string, target: Relation, mark: number): string {
  const names = target.columns.map((_, at) => `c${at}`);
  const values = checkedValues(target, names, "");
  return `SELECT ${values.join(", ")}, ${mark} FROM (${sql}) AS source(${names.join(", ")})`;
}

/** Rows that are inserted, updated and deleted, as `ModifyPlan.source` gives them: columns by name, and what becomes of each. */
export function checkedChanges(sql: string, target: Relation, mark: number): string {
  const names = target.columns.map(({ name }) => quoteName(name));
  const values = checkedValues(target, names, `"@action" <> 'd' AND `);
  return `SELECT ${values.join(", ")}, ${mark}, "@action", "@file", "@row" FROM (${sql}) AS source`;
}

/** One column carries the check of all, so that the text grows with the columns and not with their square. */
function checkedValues(target: Relation, names: readonly string[], isStored: string): string[] {
  const required = target.columns.flatMap((column, at) => {
    const name = names[at];
    return column.notNull && name !== undefined ? [{ column, name, at }] : [];
  });
  const [carrier] = required;
  if (carrier === undefined) return [...names];
  const isMissing = required.map(({ name }) => `${name} IS NULL`).join(" OR ");
  const fault = required.map(
    ({ column, name }) => `WHEN ${name} IS NULL THEN ${quoteText(nullFault(column, target))}`,
  );
  const check =
    `CASE WHEN ${isStored}(${isMissing}) THEN error(CASE ${fault.join(" ")} END || ` +
    `${failingRow(target, names)}) ELSE ${carrier.name} END`;
  return names.map((name, at) => (at === carrier.at ? check : name));
}

function nullFault(column: RelationColumn, { schema, name }: Relation): string {
  const message = `null value in column "${column.name}" of relation "${name}" violates not-null constraint`;
  const fields = [`s${schema}`, `t${name}`, `c${column.name}`, "D"];
  return [`PGERR:23502:${message}`, ...fields].join(raisedField);
}

/** Engine text of a row as PostgreSQL tells it in DETAIL; `values` are the engine's text of each column. */
function failingRow(target: Relation, values: readonly string[]): string {
  const texts = target.columns.map(({ typeOid }, at) => {
    const text = textOf(values[at] ?? "NULL", typeOid);
    return `coalesce(CASE WHEN length(${text}) > 64 THEN left(${text}, 64) || '...' ELSE ${text} END, 'null')`;
  });
  return `'Failing row contains (' || concat_ws(', ', ${texts.join(", ")}) || ').'`;
}

/** As PostgreSQL's output functions write a value, near enough for a message. */
function textOf(value: string, typeOid: number): string {
  switch (typeOid) {
    case oids.bool:
      return `left(CAST(${value} AS VARCHAR), 1)`;
    case oids.float4:
    case oids.float8:
      return `pg_shim.float_text(${value})`;
    case oids.bytea:
      return `('\\x' || lower(hex(${value})))`;
    case oids.interval:
      return `pg_shim.interval_text(${value})`;
    case oids.numeric:
      return `pg_shim.numeric_text(${value})`;
    default:
      return elementOf(typeOid) === 0
        ? `CAST(${value} AS VARCHAR)`
        : `('{' || array_to_string(${value}, ',') || '}')`;
  }
}
