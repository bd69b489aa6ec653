/** Functions people made of SQL, as plain data. https://www.postgresql.org/docs/15/catalog-pg-proc.html */
import type { BuiltinProc } from "./builtins.ts";
import type { FrozenNames, ViewDefinition } from "./relation.ts";

export interface UserFunction {
  readonly oid: number;
  readonly schema: string;
  readonly name: string;
  readonly owner: number;
  readonly comment: string | null;
  readonly parameters: readonly FunctionParameter[];
  readonly returnType: number;
  readonly returnsSet: boolean;
  readonly volatility: "immutable" | "stable" | "volatile";
  readonly isStrict: boolean;
  readonly isSecurityDefiner: boolean;
  readonly isLeakproof: boolean;
  /** As pg_proc.proparallel. */
  readonly parallel: "s" | "r" | "u";
  readonly cost: number;
  readonly rows: number;
  readonly body: FunctionBody;
  /** It is run by CALL, and its parameters are told with IN. */
  readonly isProcedure?: boolean;
}

export type FunctionBody =
  /** AS 'text': names are looked up when it is called. */
  | { readonly kind: "text"; readonly text: string }
  /** RETURN and BEGIN ATOMIC: the whole statement, whose names stand for what they stood for when it was made. */
  | {
      readonly kind: "parsed";
      readonly sql: string;
      readonly names: FrozenNames;
      readonly reads: ViewDefinition["reads"];
    };

export interface FunctionParameter {
  /** Empty when it has none. */
  readonly name: string;
  /** As pg_proc.proargmodes: in, out, both, variadic, table. */
  readonly mode: "i" | "o" | "b" | "v" | "t";
  readonly type: number;
  /** SQL text; of an input that may be left out. */
  readonly defaultText: string | null;
}

export const isInput = ({ mode }: FunctionParameter): boolean =>
  mode === "i" || mode === "b" || mode === "v";

/** What tells it from others of its name. */
export const inputTypes = ({ parameters }: UserFunction): readonly number[] =>
  parameters.filter(isInput).map(({ type }) => type);

const procs = new WeakMap<UserFunction, BuiltinProc>();
const functions = new WeakMap<BuiltinProc, UserFunction>();

/** The same as its row of pg_proc would tell it; `elementOf` gives an array's element type. */
export function procOfFunction(
  made: UserFunction,
  schemaOid: number,
  elementOf: (type: number) => number,
): BuiltinProc {
  const known = procs.get(made);
  if (known?.pronamespace === schemaOid) return known;
  const { parameters } = made;
  const inputs = parameters.filter(isInput);
  const isPlain = parameters.every(({ mode }) => mode === "i");
  const defaults = inputs.flatMap(({ defaultText }) => defaultText ?? []);
  const variadic = inputs.find(({ mode }) => mode === "v");
  const proc: BuiltinProc = {
    oid: made.oid,
    proname: made.name,
    pronamespace: schemaOid,
    prokind: made.isProcedure ? "p" : "f",
    proretset: made.returnsSet,
    prorettype: made.returnType,
    proargtypes: inputs.map(({ type }) => type),
    proallargtypes: isPlain ? null : parameters.map(({ type }) => type),
    proargmodes: isPlain ? null : parameters.map(({ mode }) => mode),
    proargnames: parameters.some(({ name }) => name !== "")
      ? parameters.map(({ name }) => name)
      : null,
    pronargdefaults: defaults.length,
    provariadic: variadic === undefined ? 0 : elementOf(variadic.type),
    provolatile: made.volatility[0] ?? "v",
    proisstrict: made.isStrict,
    proargdefaults: defaults.length === 0 ? null : defaults.join(", "),
    proacl: null,
  };
  procs.set(made, proc);
  functions.set(proc, made);
  return proc;
}

/** The function whose row this is; undefined for one of PostgreSQL's own. */
export function functionOfProc(proc: BuiltinProc): UserFunction | undefined {
  return functions.get(proc);
}
