/**
 * What the macros of sql/pg_catalog/functions/ cannot say in SQL: look-ups in the published facts, as functions of the engine.
 * In JavaScript because they are called anywhere an expression stands, and the engine takes no subquery in an outer join's ON.
 * A NULL argument makes the result NULL: the macros give a value where PostgreSQL's function wants to see NULLs.
 */
import type { Engine } from "../engine/engine.ts";
import type { LogicalType } from "../pgtypes/logical-type.ts";
import type { EngineValue } from "../pgtypes/vector.ts";
import * as definitions from "./definitions.ts";
import type { Facts } from "./facts.ts";
import { formatType } from "./format-type.ts";
import { quoteIdent } from "./identifiers.ts";
import * as names from "./names.ts";
import * as privileges from "./privileges.ts";

const types = {
  text: { id: "VARCHAR" },
  oid: { id: "UINTEGER" },
  int4: { id: "INTEGER" },
  bool: { id: "BOOLEAN" },
  path: { id: "LIST", child: { id: "VARCHAR" } },
} as const satisfies Record<string, LogicalType>;

type TypeName = keyof typeof types;
type Value = { text: string; oid: number; int4: number; bool: boolean; path: readonly string[] };
type Values<Names extends readonly TypeName[]> = { [I in keyof Names]: Value[Names[I]] };

type FunctionTable = Record<string, (engine: Engine, name: string, facts: () => Facts) => void>;

/** One function: its argument types, its result's, and what it computes. */
function define<const Names extends readonly TypeName[], Result extends TypeName>(
  parameters: Names,
  result: Result,
  call: (facts: Facts, ...values: Values<Names>) => Value[Result] | null,
): FunctionTable[string] {
  return (engine, name, facts) =>
    engine.registerScalar({
      name,
      parameters: parameters.map((parameter) => types[parameter]),
      result: types[result],
      call: (...values: EngineValue[]) =>
        values.includes(null) ? null : call(facts(), ...(values as unknown as Values<Names>)),
    });
}

/** No modifier at all, where a macro's caller gave NULL. */
const noModifier = -2147483648;

const functions: FunctionTable = {
  shim_format_type: define(["oid", "int4"], "text", (_, oid, typmod) =>
    formatType(oid, typmod === noModifier ? undefined : typmod),
  ),
  shim_quote_ident: define(["text"], "text", (_, name) => quoteIdent(name)),

  shim_reg_out: define(["text", "path", "oid"], "text", (facts, kind, path, oid) =>
    names.print(kind, facts, path, oid),
  ),
  shim_reg_in: define(["text", "path", "text"], "oid", (facts, kind, path, text) =>
    names.read(kind, facts, path, text),
  ),
  shim_to_reg: define(["text", "path", "text"], "oid", (facts, kind, path, text) =>
    names.readOrNull(kind, facts, path, text),
  ),

  shim_table_is_visible: define(["path", "oid"], "bool", names.isClassVisible),
  shim_function_is_visible: define(["path", "oid"], "bool", names.isFunctionVisible),
  shim_type_is_visible: define(["path", "oid"], "bool", (_, path, oid) =>
    names.isTypeVisible(path, oid),
  ),
  shim_operator_is_visible: define(["path", "oid"], "bool", (_, path, oid) =>
    names.isOperatorVisible(path, oid),
  ),

  shim_role_name: define(
    ["oid"],
    "text",
    (facts, oid) => facts.access.roleByOid(oid)?.name ?? null,
  ),
  shim_role_oid: define(["text"], "oid", privileges.roleNamed),
  shim_has_role: define(["oid", "oid", "text"], "bool", privileges.hasRole),
  shim_object_oid: define(["text", "path", "text"], "oid", (facts, kind, path, name) =>
    privileges.objectNamed(facts, kind, path, name),
  ),
  shim_has_privilege: define(["text", "oid", "oid", "text"], "bool", privileges.hasPrivilege),

  shim_function_arguments: define(["oid", "bool"], "text", definitions.functionArguments),
  shim_function_result: define(["oid"], "text", definitions.functionResult),
  shim_function_definition: define(["oid"], "text", definitions.functionDefinition),
  shim_index_definition: define(["oid", "int4"], "text", definitions.indexDefinition),
  shim_constraint_definition: define(["oid"], "text", definitions.constraintDefinition),
};

export function registerFunctions(engine: Engine, facts: () => Facts): void {
  for (const [name, register] of Object.entries(functions)) register?.(engine, name, facts);
}
