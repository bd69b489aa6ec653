/** What a statement comes to before anyone has asked whether it is allowed. Only authorize.ts makes a plan of it. */
import type { Node } from "libpg-query";
import type { ObjectKind, Privilege } from "../access/access.ts";
import type { Relation } from "../catalog/relation.ts";
import type { RelationKind } from "../catalog/relation-kind.ts";
import type { Routine } from "../routines/define.ts";
import type { AnalyzedQuery, RelationUse, SourceText } from "./analyze/analyze.ts";
import type { AuthorizedStatement } from "./authorize.ts";
import type { Plan, ResultColumn } from "./plan.ts";
import type { QueryContext, StatementText } from "./query.ts";

export interface Draft {
  readonly plan: Plan;
  /** 25006 in a read-only transaction when false. */
  readonly isReadOnly: boolean;
  readonly columns?: readonly ResultColumn[] | undefined;
  /** As inferred; the given ones when left out. */
  readonly parameterTypes?: readonly number[];
  readonly uses?: readonly RelationUse[];
  /** Read or written by a statement within, for which it has been asked already. */
  readonly within?: readonly Relation[];
  readonly routines?: readonly Routine[];
  readonly called?: AnalyzedQuery["called"];
  /** Names of engine functions that the text may call: the verifier's allow-list. */
  readonly functions?: readonly string[];
  readonly requirements?: readonly Requirement[];
  /** False when it stands on something that is not part of the cache's key: a prepared statement, a cursor. */
  readonly isCacheable?: boolean;
}

/** A thing with an owner, as privileges are asked of it. */
export interface Owned {
  readonly kind: ObjectKind;
  readonly oid: number;
  readonly owner: number;
  readonly name: string;
  /** What a relation is called, when that is not a table. */
  readonly relationKind?: RelationKind;
  readonly isProcedure?: boolean;
}

export type Requirement =
  | { readonly kind: "privilege"; readonly privilege: Privilege; readonly object: Owned }
  | { readonly kind: "owner"; readonly object: Owned }
  /** Owner, or holder of each privilege WITH GRANT OPTION. */
  | {
      readonly kind: "grant option";
      readonly privileges: readonly Privilege[];
      readonly object: Owned;
      /** On this column of it. */
      readonly column?: number;
    }
  | {
      readonly kind: "member";
      readonly role: { readonly oid: number; readonly name: string };
      /** What is said to others, when not that they are none. */
      readonly message?: string;
    }
  | {
      readonly kind: "admin option";
      readonly role: { readonly oid: number; readonly name: string };
    }
  | { readonly kind: "superuser"; readonly message: string; readonly hint?: string }
  | { readonly kind: "create role"; readonly message: string };

/** What every kind of statement is planned from. */
export interface Scope {
  readonly statement: StatementText;
  readonly source: SourceText;
  /** As the client gave them; 0 = inferred. */
  readonly parameterTypes: readonly number[];
  readonly context: QueryContext;
  /** Plans a statement within this one: EXPLAIN's, DECLARE's. */
  readonly plan: (tree: Node | undefined) => Promise<AuthorizedStatement>;
  /** Judges a statement that somebody may run one day: nobody is asked for a privilege. */
  readonly draft: (
    statement: StatementText,
    parameterTypes: readonly number[],
    context: QueryContext,
  ) => Promise<Draft>;
  /** Plans a cursor's query with the places of its rows; undefined where they are not those of one table. */
  readonly placed: (
    tree: Node | undefined,
  ) => Promise<{ readonly query: AuthorizedStatement; readonly relation: Relation } | undefined>;
  /** Analyzes a query within this one: COPY's, CREATE TABLE AS's. */
  readonly query: (tree: Node | undefined) => Promise<AnalyzedQuery>;
}

/** What an analyzed query asks to be allowed. */
export function analyzedUses(
  analyzed: AnalyzedQuery,
): Pick<Draft, "uses" | "routines" | "called" | "functions" | "isReadOnly"> {
  const routines = analyzed.routines.map(({ routine }) => routine);
  return {
    uses: analyzed.relations,
    routines,
    called: analyzed.called,
    functions: analyzed.functions,
    isReadOnly: routines.every(({ volatility }) => volatility !== "volatile"),
  };
}

/** The 1-based position in the client's text of a place in the tree. */
export function positionOf(scope: Scope, location: number | undefined): { position?: number } {
  return location === undefined || location < 0
    ? {}
    : { position: scope.statement.offset + location + 1 };
}

export function textColumn(name: string): ResultColumn {
  return { name, typeOid: 25, typmod: -1, tableOid: 0, columnNumber: 0 };
}
