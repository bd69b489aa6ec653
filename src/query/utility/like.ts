/** CREATE TABLE (LIKE t …): another table's columns, and what of it INCLUDING names. */
import type { Constraint, Node, TableLikeClause } from "libpg-query";
import { must } from "../../base/assert.ts";
import { PgError } from "../../base/error.ts";
import type { Relation, RelationColumn, TableConstraint } from "../../catalog/relation.ts";
import type { TableIndex } from "../../catalog/table-index.ts";
import type { RelationUse } from "../analyze/analyze.ts";
import { positionOf, type Scope } from "../draft.ts";
import type { ColumnDefinition, ConstraintDefinition } from "../plan.ts";
import { likeIdentity, type SequenceTable } from "./column-sequences.ts";
import type { ConstraintNames } from "./constraint-names.ts";
import type { Declared } from "./constraints.ts";
import { existingRelation, nameOf } from "./names.ts";

/** https://www.postgresql.org/docs/15/sql-createtable.html#SQL-CREATETABLE-PARMS-LIKE; the parser's bits. */
const included = {
  comments: 1,
  constraints: 4,
  defaults: 8,
  generated: 16,
  identity: 32,
  indexes: 64,
};

/** What nothing here has (statistics, storage …) is included as much as it is there. */
export class Likes {
  readonly uses: RelationUse[] = [];
  readonly #scope: Scope;
  readonly #found = new Map<TableLikeClause, Relation>();

  constructor(elements: readonly Node[], scope: Scope) {
    this.#scope = scope;
    for (const element of elements)
      if ("TableLikeClause" in element) this.#find(element.TableLikeClause);
  }

  columns(clause: TableLikeClause, table: SequenceTable): readonly ColumnDefinition[] {
    return this.#of(clause).columns.map(
      ({ number: _, defaultText, comment, identity, isGenerated = false, ...column }) => {
        const isKept = has(clause, isGenerated ? "generated" : "defaults");
        return {
          ...column,
          defaultText: isKept ? defaultText : null,
          ...(has(clause, "comments") && comment !== null ? { comment } : {}),
          ...(isGenerated && isKept ? { isGenerated } : {}),
          ...(identity && has(clause, "identity")
            ? likeIdentity(column.name, identity, table, this.#scope)
            : {}),
        };
      },
    );
  }

  /** Keys, to be named as the new table's own. */
  keys(): readonly Declared[] {
    return this.#constraints("indexes").flatMap(({ constraint, relation }) => {
      const type = keyTypes[constraint.kind];
      if (type === undefined || isIndex(constraint)) return [];
      const node: Constraint = {
        contype: type,
        keys: constraint.columns.map((number) => ({ String: { sval: nameIn(relation, number) } })),
        ...("nullsNotDistinct" in constraint && constraint.nullsNotDistinct
          ? { nulls_not_distinct: true }
          : {}),
        deferrable: constraint.deferrable !== undefined,
        initdeferred: constraint.deferrable === "initially deferred",
      };
      return [{ node, column: undefined, isEnforced: constraint.isEnforced }];
    });
  }

  /** Checks keep their names. */
  checks(columns: readonly RelationColumn[]): readonly ConstraintDefinition[] {
    return this.#constraints("constraints").flatMap(({ constraint, relation }) => {
      if (constraint.kind !== "check") return [];
      const { oid: _, ...check } = constraint;
      return [{ ...check, columns: constraint.columns.map(numbering(relation, columns)) }];
    });
  }

  /** Indexes that are no keys, named as the new table's own once its constraints have their names. */
  indexes(columns: readonly RelationColumn[], names: ConstraintNames): LikeIndexes {
    const constraints: ConstraintDefinition[] = [];
    for (const { constraint, relation } of this.#constraints("indexes")) {
      if (constraint.kind !== "unique" || !isIndex(constraint)) continue;
      const { oid: _, indexOid: __, indexComment: ___, ...unique } = constraint;
      const { include } = constraint;
      const map = numbering(relation, columns);
      const named = [...constraint.columns, ...(include ?? [])];
      const about = named.map((number) => nameIn(relation, number)).join("_");
      constraints.push({
        ...unique,
        name: names.forIndex(about, "idx"),
        columns: constraint.columns.map(map),
        ...(include === undefined ? {} : { include: include.map(map) }),
      });
    }
    const indexes = [...this.#found].flatMap(([clause, relation]) =>
      has(clause, "indexes")
        ? (relation.indexes ?? []).map((index) => likeIndex(index, relation, columns, names))
        : [],
    );
    return { constraints, indexes };
  }

  #constraints(
    what: keyof typeof included,
  ): readonly { readonly constraint: TableConstraint; readonly relation: Relation }[] {
    return [...this.#found].flatMap(([clause, relation]) =>
      has(clause, what)
        ? (relation.constraints ?? []).map((constraint) => ({ constraint, relation }))
        : [],
    );
  }

  #find(clause: TableLikeClause): void {
    const range = must(clause.relation, "LIKE names a table");
    const { context } = this.#scope;
    const position = positionOf(this.#scope, range.location);
    let relation: Relation;
    try {
      relation = existingRelation(nameOf(range, context), context);
    } catch (error) {
      throw error instanceof PgError ? error.with(position) : error;
    }
    this.#found.set(clause, relation);
    this.uses.push({ relation, privilege: "SELECT", columns: [] });
  }

  #of(clause: TableLikeClause): Relation {
    return must(this.#found.get(clause), "LIKE's table was found");
  }
}

export interface LikeIndexes {
  /** Those of columns alone that are unique. */
  readonly constraints: readonly ConstraintDefinition[];
  readonly indexes: readonly TableIndex[];
}

function likeIndex(
  index: TableIndex,
  relation: Relation,
  columns: readonly RelationColumn[],
  names: ConstraintNames,
): TableIndex {
  const { comment: _, include, ...rest } = index;
  const map = numbering(relation, columns);
  const keys = index.keys.map(({ name }) => name);
  const others = (include ?? []).map((number) => nameIn(relation, number));
  return {
    ...rest,
    oid: 0,
    name: names.forIndex([...keys, ...others].join("_"), "idx"),
    keys: index.keys.map((key) => ({ ...key, column: key.column === 0 ? 0 : map(key.column) })),
    reads: index.reads.map(map),
    ...(include === undefined ? {} : { include: include.map(map) }),
  };
}

/** A column's number in the new table. */
function numbering(relation: Relation, columns: readonly RelationColumn[]) {
  return (number: number): number => {
    const name = nameIn(relation, number);
    return must(
      columns.find((column) => column.name === name),
      "a column of its table",
    ).number;
  };
}

function isIndex(constraint: TableConstraint): boolean {
  return constraint.kind === "unique" && constraint.isIndex === true;
}

const keyTypes: Partial<Record<TableConstraint["kind"], "CONSTR_PRIMARY" | "CONSTR_UNIQUE">> = {
  "primary key": "CONSTR_PRIMARY",
  unique: "CONSTR_UNIQUE",
};

function has({ options = 0 }: TableLikeClause, what: keyof typeof included): boolean {
  return (options & included[what]) !== 0;
}

function nameIn({ columns }: Relation, number: number): string {
  return must(
    columns.find((column) => column.number === number),
    "a column of its table",
  ).name;
}
