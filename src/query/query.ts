/**
 * SQL text → Plan. Pure but for catalog look-ups and the engine's parser.
 * Eight steps are told in docs/architecture.md; the first four are here: parse, analyze, authorize, plan.
 */
import type { AccessVersion, Role } from "../access/access.ts";
import type { PgError } from "../base/error.ts";
import type { CatalogVersion } from "../catalog/catalog.ts";
import type { Relation, RelationColumn } from "../catalog/relation.ts";
import type { UserFunction } from "../catalog/user-function.ts";
import type { Engine } from "../engine/engine.ts";
import type { PlannedStatement, Scan } from "./plan.ts";

/** Everything a statement's meaning depends on besides its text. */
export interface QueryContext {
  readonly catalog: CatalogVersion;
  readonly access: AccessVersion;
  /** The current role (SET ROLE), by which everything is decided; and the one that logged in. */
  readonly role: Role;
  readonly sessionRole: Role;
  /** As SHOW search_path gives it, split and unquoted, `$user` already replaced, schemas that do not exist included. */
  readonly searchPath: readonly string[];
  /** A run-time parameter as SHOW gives it; undefined when there is none of that name. */
  readonly setting: (name: string) => string | undefined;
  readonly database: string;
  readonly pid: number;
  readonly serverVersion: string;
  /** For DuckDB-only SQL (serialize, deserialize) and for verification. */
  readonly engine: Pick<Engine, "serialize" | "deserialize">;
  /** Columns of a prepared SQL cursor or statement, for EXECUTE and FETCH. */
  readonly prepared: (name: string) => PlannedStatement | undefined;
  readonly cursor: (name: string) => PlannedStatement | undefined;
  /** The function whose statement this is: its parameters have names, and their values are the statement's. */
  readonly running?: UserFunction;
  /** The columns a dataset had. 22023 when there is no such version. */
  readonly columnsAt: (
    relation: Relation,
    at: NonNullable<Scan["at"]>,
  ) => Promise<readonly RelationColumn[]>;
}

/** One statement of the client's text, split but not yet looked at. */
export interface StatementText {
  readonly sql: string;
  /** 0-based character at which it starts in the whole text. */
  readonly offset: number;
  /** PostgreSQL's tree (places in it are 0-based characters of `sql`), or undefined when only DuckDB's grammar may take it. */
  readonly tree: unknown;
  /** Cheap facts the session needs before analysis: may it run in a failed transaction; does it control transactions? */
  readonly endsTransaction: boolean;
  readonly isTransactionControl: boolean;
  /** What PostgreSQL's parser said where there is no tree: the answer when DuckDB's grammar does not take it either. */
  readonly failure?: PgError;
  /** `AT (…)` after a relation's name, by the name's place in `sql`. */
  readonly at?: ReadonlyMap<number, TimeTravel>;
}

export interface TimeTravel {
  readonly unit: "version" | "timestamp";
  /** The tokens between `=>` and the parenthesis, as written. */
  readonly value: readonly string[];
}

// Front functions, in query/parse.ts and query/statement.ts:
//   parse(sql: string, buckets: ReadonlySet<string>): readonly StatementText[]     42601 with position
//   plan(statement: StatementText, parameterTypes: readonly number[], context: QueryContext): Promise<PlannedStatement>
