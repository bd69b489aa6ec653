/** ALTER TABLE's rows: every row of a table as it becomes, PostgreSQL's ATRewriteTable as one SELECT. */
import type { Node } from "@pgsql/types";
import { must } from "../../base/assert.ts";
import { formatType } from "../../catalog/format-type.ts";
import { quoteIdent } from "../../catalog/identifiers.ts";
import type { Relation, RelationColumn } from "../../catalog/relation.ts";
import type { Analysis } from "./analysis.ts";
import { assign, numberOf } from "./assign.ts";
import { coerceToTarget } from "./coerce.ts";
import { nullConstant } from "./constant.ts";
import { makeEntry } from "./from.ts";
import { plainSelect } from "./plain-select.ts";
import { columnUse, inClause, namespaceItem, newScope, type Scope } from "./scope.ts";
import type { Expression, Query, RangeEntry } from "./tree.ts";

/** What fills a column of the table as it will be. */
export type ColumnFilling =
  /** The column of the same number, of the same type. */
  | { readonly kind: "kept" }
  /** The column of the same number made another type, by USING's expression over the old row if there is one. */
  | { readonly kind: "converted"; readonly using: Node | undefined }
  /** Numbers of a sequence, for a new column. */
  | { readonly kind: "numbered"; readonly sequence: number }
  /** A new column's default; NULL without one. */
  | { readonly kind: "new"; readonly value: Node | undefined };

export interface FilledColumn {
  readonly column: Pick<RelationColumn, "name" | "number" | "typeOid" | "typmod">;
  readonly filling: ColumnFilling;
}

/** Gives every column, in order. 42804 when a value may not become the column's type. */
export function alteredRows(
  before: Relation,
  columns: readonly FilledColumn[],
  analysis: Analysis,
): Query {
  const scope = newScope(analysis, undefined);
  const entry = makeEntry(
    undefined,
    before.name,
    before.columns.map(({ name, number, typeOid, typmod }) => ({
      name,
      engineName: name,
      type: typeOid,
      typmod,
      number,
    })),
    { kind: "relation", relation: before, predicates: [], at: undefined },
    scope,
  );
  scope.items = [namespaceItem(entry, analysis, { schema: before.schema })];
  const targets = columns.map((filled) => ({
    name: filled.column.name,
    expression: filling(filled, entry, scope),
    isJunk: false,
  }));
  return plainSelect({
    targets,
    from: [{ kind: "entry", entry, isLateral: false }],
    columns: columns.map(({ column }) => ({
      name: column.name,
      engineName: column.name,
      type: column.typeOid,
      typmod: column.typmod,
    })),
  });
}

function filling({ column, filling }: FilledColumn, entry: RangeEntry, scope: Scope): Expression {
  const { analysis } = scope;
  switch (filling.kind) {
    case "kept":
      return own(column.number, entry);
    case "numbered":
      return assign(numberOf(filling.sequence), column, scope);
    case "new": {
      const { value } = filling;
      if (value === undefined) {
        return { ...nullConstant(column.typeOid, undefined), typmod: column.typmod };
      }
      const alone = newScope(analysis, undefined, "DEFAULT expressions");
      return assign(analysis.rules.expression(value, alone), column, alone);
    }
    case "converted":
      return converted(column, filling.using, entry, scope);
    default:
      return filling satisfies never;
  }
}

function converted(
  column: FilledColumn["column"],
  using: Node | undefined,
  entry: RangeEntry,
  scope: Scope,
): Expression {
  const { analysis } = scope;
  const value =
    using === undefined
      ? own(column.number, entry)
      : inClause(scope, "transform expressions", () => analysis.rules.expression(using, scope));
  if (coerceToTarget(value, column.typeOid, column.typmod, analysis, "assignment") !== undefined) {
    return assign(value, column, scope);
  }
  const { name, typeOid, typmod } = column;
  const title = formatType(typeOid, undefined);
  const cast = `${quoteIdent(name)}::${formatType(typeOid, typmod)}`;
  throw using === undefined
    ? analysis.error(
        "42804",
        `column "${name}" cannot be cast automatically to type ${title}`,
        undefined,
        { hint: `You might need to specify "USING ${cast}".` },
      )
    : analysis.error(
        "42804",
        `result of USING clause for column "${name}" cannot be cast automatically to type ${title}`,
        undefined,
        { hint: "You might need to add an explicit cast." },
      );
}

function own(number: number, entry: RangeEntry): Expression {
  const found = entry.columns.find((one) => one.number === number);
  const column = must(found, `column ${number} of "${entry.name}"`);
  entry.used.add(column);
  return columnUse(entry, column, undefined);
}
