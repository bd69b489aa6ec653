/**
 * What the macros of sql/pg_catalog/functions/ cannot say in SQL: look-ups in the published facts, as functions of the engine.
 * In JavaScript because they are called anywhere an expression stands, and the engine takes no subquery in an outer join's ON.
 * A NULL argument makes the result NULL: the macros give a value where PostgreSQL's function wants to see NULLs.
 */
import type { Engine } from "../engine/engine.ts";
import { kernels } from "../functions/functions.ts";
import type { LogicalType } from "../pgtypes/logical-type.ts";
import type { EngineValue } from "../pgtypes/vector.ts";
import { addressObject } from "./address-object.ts";
import * as definitions from "./definitions.ts";
import { describeObject } from "./describe-object.ts";
import { description } from "./descriptions.ts";
import type { Facts } from "./facts.ts";
import { formatType } from "./format-type.ts";
import { parseIdent, quoteIdent } from "./identifiers.ts";
import { identifyObject } from "./identify-object.ts";
import { indexColumnProperty, indexProperty, methodProperty } from "./index-properties.ts";
import * as names from "./names.ts";
import * as privileges from "./privileges.ts";
import * as sizes from "./sizes.ts";
import { useTypes } from "./types-in-force.ts";

const types = {
  text: { id: "VARCHAR" },
  oid: { id: "UINTEGER" },
  int4: { id: "INTEGER" },
  int8: { id: "BIGINT" },
  bool: { id: "BOOLEAN" },
  path: { id: "LIST", child: { id: "VARCHAR" } },
} as const satisfies Record<string, LogicalType>;

type TypeName = keyof typeof types;
interface Value {
  readonly text: string;
  readonly oid: number;
  readonly int4: number;
  readonly int8: bigint;
  readonly bool: boolean;
  readonly path: readonly string[];
}

type Values<Names extends readonly TypeName[]> = { [I in keyof Names]: Value[Names[I]] };

type FunctionTable = Record<string, (engine: Engine, name: string, facts: () => Facts) => void>;

/** A function of its arguments alone. */
function pure<const Names extends readonly TypeName[], Result extends TypeName>(
  parameters: Names,
  result: Result,
  call: (...values: Values<Names>) => Value[Result] | null,
): FunctionTable[string] {
  return (engine, name) =>
    engine.registerScalar({
      name,
      parameters: parameters.map((parameter) => types[parameter]),
      result: types[result],
      call: (...values: EngineValue[]) =>
        values.includes(null) ? null : call(...(values as unknown as Values<Names>)),
    });
}

/**
 * A function of the published facts too. The engine computes a call with constant arguments once, when it prepares a statement:
 * the facts' number in every text that reads them (HeldFacts) keeps that from answering for later ones.
 */
function ofFacts<const Names extends readonly TypeName[], Result extends TypeName>(
  parameters: Names,
  result: Result,
  call: (facts: Facts, ...values: Values<Names>) => Value[Result] | null,
): FunctionTable[string] {
  const pathAt = parameters.indexOf("path");
  return (engine, name, facts) => {
    engine.registerScalar({
      name,
      parameters: parameters.map((parameter) => types[parameter]),
      result: types[result],
      call: (...values: EngineValue[]) => {
        if (values.includes(null)) return null;
        const current = facts();
        useTypes(current.catalog, pathAt < 0 ? [] : (values[pathAt] as readonly string[]));
        return call(current, ...(values as unknown as Values<Names>));
      },
    });
  };
}

/** No modifier at all, where a macro's caller gave NULL. */
const noModifier = -2147483648;

const functions: FunctionTable = {
  shim_format_type: ofFacts(["path", "oid", "int4"], "text", (_, __, oid, typmod) =>
    formatType(oid, typmod === noModifier ? undefined : typmod),
  ),
  shim_quote_ident: pure(["text"], "text", quoteIdent),
  shim_parse_ident: pure(["text", "bool"], "path", parseIdent),

  shim_reg_out: ofFacts(["text", "path", "oid"], "text", (facts, kind, path, oid) =>
    names.print(kind, facts, path, oid),
  ),
  shim_reg_in: ofFacts(["text", "path", "text"], "oid", (facts, kind, path, text) =>
    names.read(kind, facts, path, text),
  ),
  shim_to_reg: ofFacts(["text", "path", "text"], "oid", (facts, kind, path, text) =>
    names.readOrNull(kind, facts, path, text),
  ),

  shim_table_is_visible: ofFacts(["path", "oid"], "bool", names.isClassVisible),
  shim_function_is_visible: ofFacts(["path", "oid"], "bool", names.isFunctionVisible),
  shim_type_is_visible: ofFacts(["path", "oid"], "bool", (_, path, oid) =>
    names.isTypeVisible(path, oid),
  ),
  shim_operator_is_visible: ofFacts(["path", "oid"], "bool", (_, path, oid) =>
    names.isOperatorVisible(path, oid),
  ),

  shim_role_name: ofFacts(
    ["oid"],
    "text",
    (facts, oid) => facts.access.roleByOid(oid)?.name ?? null,
  ),
  shim_role_oid: ofFacts(["text"], "oid", privileges.roleNamed),
  shim_has_role: ofFacts(["oid", "oid", "text"], "bool", privileges.hasRole),
  shim_object_oid: ofFacts(["text", "path", "text"], "oid", (facts, kind, path, name) =>
    privileges.objectNamed(facts, kind, path, name),
  ),
  shim_column_number: ofFacts(["oid", "text"], "int4", privileges.columnNumber),
  shim_acl: ofFacts(["text", "oid", "oid"], "path", privileges.aclOf),
  shim_acl_default: ofFacts(["text", "oid"], "path", privileges.defaultAcl),
  shim_acl_item: ofFacts(["oid", "oid", "text", "bool"], "text", privileges.aclItem),
  shim_has_parameter_privilege: ofFacts(["oid", "text"], "bool", privileges.hasParameterPrivilege),
  shim_relation_path: ofFacts(["oid"], "text", (facts, oid) => {
    const source = facts.catalog.relationByOid(oid)?.source;
    return source?.kind === "dataset" ? source.location : null;
  }),
  shim_acl_name: ofFacts(["oid"], "text", privileges.aclName),
  shim_acl_role: ofFacts(["text"], "oid", privileges.aclRole),
  shim_has_privilege: ofFacts(["text", "oid", "oid", "text"], "bool", privileges.hasPrivilege),

  shim_row_security_active: ofFacts(["oid", "oid"], "bool", privileges.isRowSecurityActive),
  shim_has_column_privilege: ofFacts(
    ["oid", "oid", "int4", "text"],
    "bool",
    privileges.hasColumnPrivilege,
  ),

  shim_function_arguments: ofFacts(["path", "oid", "bool"], "text", (facts, _, oid, identity) =>
    definitions.functionArguments(facts, oid, identity),
  ),
  shim_argument_default: ofFacts(["oid", "int4"], "text", definitions.argumentDefault),
  shim_function_result: ofFacts(["path", "oid"], "text", (facts, _, oid) =>
    definitions.functionResult(facts, oid),
  ),
  shim_function_body: ofFacts(["path", "oid"], "text", definitions.functionBody),
  shim_function_definition: ofFacts(["path", "oid"], "text", (facts, _, oid) =>
    definitions.functionDefinition(facts, oid),
  ),
  shim_index_definition: ofFacts(
    ["path", "oid", "int4", "bool"],
    "text",
    definitions.indexDefinition,
  ),
  shim_constraint_definition: ofFacts(
    ["path", "oid", "bool"],
    "text",
    definitions.constraintDefinition,
  ),
  shim_expression: ofFacts(["path", "text", "oid", "bool"], "text", definitions.expression),
  shim_serial_sequence: ofFacts(["path", "text", "text"], "text", definitions.serialSequence),
  shim_description: ofFacts(["oid", "oid", "int4"], "text", description),

  shim_method_property: ofFacts(["oid", "text"], "bool", methodProperty),
  shim_index_property: ofFacts(["oid", "text"], "bool", indexProperty),
  shim_index_column_property: ofFacts(["oid", "int4", "text"], "bool", indexColumnProperty),
  shim_describe_object: ofFacts(["path", "oid", "oid", "int4"], "text", describeObject),

  shim_address_object: ofFacts(["oid", "oid", "int4"], "path", addressObject),
  shim_identify_object: ofFacts(["oid", "oid", "int4"], "path", identifyObject),

  shim_view_definition: ofFacts(["path", "text", "text"], "text", definitions.viewDefinition),
  shim_column_updatable: ofFacts(["oid", "int4"], "bool", definitions.columnIsUpdatable),
  shim_updatable_events: ofFacts(["oid"], "int4", definitions.updatableEvents),

  shim_size_pretty: pure(["int8"], "text", sizes.sizePretty),
  shim_relation_bytes: ofFacts(["oid"], "int8", sizes.relationBytes),
  shim_relation_rows: ofFacts(["oid"], "int8", sizes.relationRows),
  shim_database_bytes: ofFacts([], "int8", sizes.databaseBytes),
};

export function registerFunctions(engine: Engine, facts: () => Facts): void {
  for (const [name, register] of Object.entries(functions)) register?.(engine, name, facts);
  for (const { engineName: name, parameters, result, call } of kernels.values())
    engine.registerScalar({ name, parameters, result, call });
}
