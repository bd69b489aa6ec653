/**
 * The shape of a declaration: everything about a function or procedure of ours in one object, from which pg_proc, \df+,
 * docs, coercion, privilege checks and contract tests follow. One routine a file in this folder, named as in SQL.
 */
import type { AccessVersion, Role } from "../access/access.ts";
import type { Notice } from "../base/error.ts";
import type { ConstraintGuard, RowCompletion } from "../ingest/request.ts";
import type { EngineValue } from "../pgtypes/vector.ts";
import { demandAll } from "./demand.ts";
import type { Rooms } from "./rooms.ts";

/** A SQL-visible value: an argument or a result field. `Value` is what the body gets or gives. Made in columns.ts. */
export interface Column<Value> {
  readonly typeOid: number;
  /** As format_type prints it. */
  readonly typeName: string;
  readonly summary: string;
  readonly isOptional: boolean;
  /** SQL text of the default, for \df; undefined = required. */
  readonly defaultText: string | undefined;
  readonly fallback: Value | undefined;
  readonly isNullable: boolean;
  /** Never journaled or logged. */
  readonly isSecret: boolean;
  default(value: Value): Column<Value>;
  /** An argument: DEFAULT NULL. A result field: may be NULL. */
  orNull(): Column<Value | null>;
  secret(): Column<Value>;
  /** What the body gets for what the statement gave. 22004, 22023 with the argument's name. */
  accept(value: EngineValue, argument: string): Value;
}

export type Columns = Readonly<Record<string, Column<EngineValue>>>;
export type Values<C extends Columns> = {
  readonly [Name in keyof C]: C[Name] extends Column<infer Value> ? Value : never;
};

export type RequiredPrivilege =
  | { readonly kind: "superuser" }
  | {
      readonly kind: "table";
      readonly name: string;
      readonly privilege: "SELECT" | "INSERT" | "UPDATE" | "DELETE";
    }
  | { readonly kind: "owner"; readonly name: string }
  | { readonly kind: "schema"; readonly name: string; readonly privilege: "USAGE" | "CREATE" };

export interface RoutineContext {
  readonly role: Role;
  readonly access: AccessVersion;
  readonly signal: AbortSignal;
  readonly pid: number;
  readonly setting: (name: string) => string | undefined;
  readonly notice: (notice: Notice) => void;
  /** Runs SQL as the caller, in a background session of its own: filters and masks apply. */
  readonly sql: SqlRunner;
  /** Files that a body adds to a dataset by itself keep the dataset's constraints. */
  readonly guard: ConstraintGuard;
  /** And their columns that a file lacks are filled. */
  readonly complete: RowCompletion;
  readonly rooms: Rooms;
}

/** Open a background session as a role, run, stream, cancel: handed down by the composition root. Values are text. */
export interface SqlRunner {
  query(
    sql: string,
    parameters?: readonly (string | null)[],
  ): AsyncIterable<readonly (readonly (string | null)[])[]>;
  execute(sql: string, parameters?: readonly (string | null)[]): Promise<string>;
  /** All of them or none: one transaction. */
  transaction(statements: readonly string[]): Promise<void>;
}

export interface Example {
  readonly title: string;
  readonly sql: string;
  /** Statements that must have run before, each by itself, as a superuser. */
  readonly before?: readonly string[];
  /** What must be there that SQL cannot make: only with it can the example be run. */
  readonly needs?: string;
}

/** The erased form, as query/ and session/ see every routine. A procedure with result columns is also callable in FROM. */
export interface Routine {
  /** 90 000 – 99 999, unique, never reused. */
  readonly oid: number;
  readonly schema: "lakehouse";
  readonly name: string;
  readonly kind: "function" | "procedure";
  readonly volatility: "immutable" | "stable" | "volatile";
  readonly summary: string;
  readonly arguments: Columns;
  readonly returns: Columns;
  readonly examples: readonly [Example, ...Example[]];
  /** True: 25001 inside a transaction block, as PostgreSQL's own VACUUM. */
  readonly ownTransaction: boolean;
  requires(args: Readonly<Record<string, EngineValue>>): readonly RequiredPrivilege[];
  run(
    args: Readonly<Record<string, EngineValue>>,
    context: RoutineContext,
  ): AsyncIterable<Readonly<Record<string, EngineValue>>>;
}

/** A declaration as it is written: `run` is tied to `arguments` and `returns`. */
export interface Definition<A extends Columns, R extends Columns> {
  readonly oid: number;
  readonly name: string;
  /** "volatile" unless said otherwise, as CREATE FUNCTION. */
  readonly volatility?: Routine["volatility"];
  readonly summary: string;
  readonly arguments: A;
  readonly returns: R;
  readonly examples: Routine["examples"];
  readonly ownTransaction?: boolean;
  /** What can be told from the arguments alone; a body asks for the rest itself (demand.ts). */
  requires?(args: Values<A>): readonly RequiredPrivilege[];
  run(args: Values<A>, context: RoutineContext): AsyncIterable<Values<R>>;
}

export function defineFunction<A extends Columns, R extends Columns>(
  definition: Definition<A, R>,
): Routine {
  return erase("function", definition);
}

/** Run by CALL; in a transaction of its own unless it says otherwise. */
export function defineProcedure<A extends Columns, R extends Columns>(
  definition: Definition<A, R>,
): Routine {
  return erase("procedure", { ownTransaction: true, ...definition });
}

function erase<A extends Columns, R extends Columns>(
  kind: Routine["kind"],
  definition: Definition<A, R>,
): Routine {
  return {
    oid: definition.oid,
    schema: "lakehouse",
    name: definition.name,
    kind,
    volatility: definition.volatility ?? "volatile",
    summary: definition.summary,
    arguments: definition.arguments,
    returns: definition.returns,
    examples: definition.examples,
    ownTransaction: definition.ownTransaction ?? false,
    requires: (args) => definition.requires?.(accepted(definition.arguments, args)) ?? [],
    run(args, context) {
      const values = accepted(definition.arguments, args);
      return permitted(definition, values, context);
    },
  };
}

/** Nothing of the body runs before its privileges are there. */
async function* permitted<A extends Columns, R extends Columns>(
  definition: Definition<A, R>,
  values: Values<A>,
  context: RoutineContext,
): AsyncIterable<Readonly<Record<string, EngineValue>>> {
  await demandAll(context, definition.requires?.(values) ?? []);
  // A mapped type over an unknown R is not seen to be a record of engine values; every Column's Value is one.
  yield* definition.run(values, context) as AsyncIterable<Readonly<Record<string, EngineValue>>>;
}

/** The arguments as the body gets them: defaults filled in, NULL refused where the body does not take it. */
function accepted<A extends Columns>(
  columns: A,
  args: Readonly<Record<string, EngineValue>>,
): Values<A> {
  const values = Object.entries(columns).map(([name, column]) => {
    const given = args[name];
    return [name, given === undefined ? (column.fallback ?? null) : column.accept(given, name)];
  });
  return Object.fromEntries(values) as Values<A>;
}
