/**
 * The shape of a declaration: everything about a function or procedure of ours in one object, from which pg_proc, \df+,
 * docs, coercion, privilege checks and contract tests follow. One routine a file in this folder, named as in SQL.
 */
import type { AccessVersion, Role } from "../access/access.ts";
import type { Notice } from "../base/error.ts";
import type { EngineValue } from "../pgtypes/vector.ts";
import type { Rooms } from "./rooms.ts";

/** A SQL-visible value: an argument or a result field. `Value` is what the body gets or gives. */
export interface Column<Value> {
  readonly typeOid: number;
  /** As format_type prints it. */
  readonly typeName: string;
  readonly summary: string;
  readonly isOptional: boolean;
  /** SQL text of the default, for \df; undefined = required. */
  readonly defaultText: string | undefined;
  readonly fallback: Value | undefined;
  /** Never journaled or logged. */
  readonly isSecret: boolean;
  default(value: Value): Column<Value>;
  secret(): Column<Value>;
}

export type Columns = Readonly<Record<string, Column<never>>>;
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
  readonly rooms: Rooms;
}

/** Open a background session as a role, run, stream, cancel: handed down by the composition root. */
export interface SqlRunner {
  query(
    sql: string,
    parameters?: readonly (string | null)[],
  ): AsyncIterable<readonly (readonly (string | null)[])[]>;
  execute(sql: string, parameters?: readonly (string | null)[]): Promise<string>;
}

export interface Example {
  readonly title: string;
  readonly sql: string;
}

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
