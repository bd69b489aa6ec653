/** What is done to functions that are there: DROP, ALTER, and how they are named. */
import type {
  AlterFunctionStmt,
  AlterObjectSchemaStmt,
  AlterOwnerStmt,
  DropStmt,
  Node,
  ObjectWithArgs,
  RenameStmt,
} from "libpg-query";
import { must } from "../../base/assert.ts";
import { PgError } from "../../base/error.ts";
import { formatType } from "../../catalog/format-type.ts";
import { inputTypes, type UserFunction } from "../../catalog/user-function.ts";
import { searchSchemas } from "../analyze/registered.ts";
import { ownedFunction, ownedSchema } from "../authorize.ts";
import type { Draft, Requirement, Scope } from "../draft.ts";
import type { QueryContext } from "../query.ts";
import { elements, keptOptions } from "./create-function.ts";
import { existingSchema, nameOfList, strings } from "./names.ts";
import { roleNamed } from "./role-names.ts";
import { typeNamed } from "./types.ts";

/** "f(integer,text)", as messages call it. */
export function functionTitle(made: UserFunction): string {
  return `${made.name}(${inputTypes(made)
    .map((type) => formatType(type, undefined))
    .join(",")})`;
}

export function functionsNamed(
  path: readonly Node[] | undefined,
  context: QueryContext,
): readonly UserFunction[] {
  const { schema, name } = nameOfList(path, context);
  const schemas = schema === undefined ? [...new Set(searchSchemas(context))] : [schema];
  return schemas.flatMap((each) =>
    [...context.catalog.functionsIn(each).values()].filter((made) => made.name === name),
  );
}

export type RoutineKind = "function" | "procedure" | "routine";

/** By the parser's name. */
export const routineKinds: Readonly<Record<string, RoutineKind>> = {
  OBJECT_FUNCTION: "function",
  OBJECT_PROCEDURE: "procedure",
  OBJECT_ROUTINE: "routine",
};

/** 42809 for one of the other kind. */
export function existingRoutine(
  node: ObjectWithArgs,
  kind: RoutineKind,
  scope: Scope,
): UserFunction {
  const found = existingFunction(node, scope, kind);
  if (kind === "routine" || (found.isProcedure === true) === (kind === "procedure")) return found;
  throw new PgError("42809", `${functionTitle(found)} is not a ${kind}`);
}

/** 42883 when there is none, 42725 when the name alone does not say which. */
function existingFunction(node: ObjectWithArgs, scope: Scope, kind: RoutineKind): UserFunction {
  const { context } = scope;
  const all = functionsNamed(node.objname, context);
  const isOfKind = ({ isProcedure = false }: UserFunction) =>
    kind === "routine" || isProcedure === (kind === "procedure");
  const named = node.args_unspecified === true ? all.filter(isOfKind) : all;
  const { schema, name } = nameOfList(node.objname, context);
  const title = schema === undefined ? name : `${schema}.${name}`;
  if (node.args_unspecified === true) {
    const [only, second] = named;
    if (only === undefined)
      throw new PgError(
        "42883",
        `could not find a ${kind === "procedure" ? kind : "function"} named "${title}"`,
      );
    if (second !== undefined)
      throw new PgError("42725", `${kind} name "${title}" is not unique`, {
        hint: `Specify the argument list to select the ${kind} unambiguously.`,
      });
    return only;
  }
  const types = (node.objargs ?? []).map((item) =>
    "TypeName" in item ? typeNamed(item.TypeName, scope).oid : 0,
  );
  const found =
    named.find((made) => inputTypes(made).join() === types.join()) ??
    named.find((made) => made.isProcedure && allTypes(made).join() === types.join());
  if (found !== undefined) return found;
  const list = types.map((type) => formatType(type, undefined)).join(",");
  throw new PgError(
    "42883",
    `${kind === "procedure" ? kind : "function"} ${title}(${list}) does not exist`,
  );
}

/** A procedure may be named with its outputs. */
const allTypes = ({ parameters }: UserFunction) => parameters.map(({ type }) => type);

export function dropFunctions(node: DropStmt, kind: RoutineKind, scope: Scope): Draft {
  const targets: UserFunction[] = [];
  const missing: string[] = [];
  for (const item of node.objects ?? []) {
    const named = "ObjectWithArgs" in item ? item.ObjectWithArgs : {};
    try {
      const found = existingRoutine(named, kind, scope);
      if (!targets.includes(found)) targets.push(found);
    } catch (error) {
      if (!(error instanceof PgError) || error.sqlstate !== "42883" || node.missing_ok !== true)
        throw error;
      // Types as PostgreSQL's parser calls them.
      const types = (named.objargs ?? []).map((each) =>
        "TypeName" in each ? strings(each.TypeName.names).join(".") : "",
      );
      const called = `${strings(named.objname).join(".")}(${types.join(",")})`;
      missing.push(`${kind} ${called} does not exist, skipping`);
    }
  }
  return {
    plan: {
      kind: "drop function",
      tag: `DROP ${kind.toUpperCase()}`,
      targets,
      missing,
      cascade: node.behavior === "DROP_CASCADE",
    },
    parameterTypes: [],
    requirements: targets.map((made) => ({ kind: "owner", object: ownedFunction(made) })),
    isReadOnly: false,
  };
}

/** IMMUTABLE, STRICT, SECURITY DEFINER, COST … */
export function alterFunction(node: AlterFunctionStmt, scope: Scope): Draft {
  const kind = routineKinds[node.objtype ?? ""] ?? "function";
  const base = existingRoutine(must(node.func, "a function is named"), kind, scope);
  return replaced(base, { ...base, ...keptOptions(elements(node.actions), base) }, kind, []);
}

export function renameFunction(node: RenameStmt, scope: Scope): Draft {
  const kind = routineKinds[node.renameType ?? ""] ?? "function";
  const base = existingRoutine(named(node.object), kind, scope);
  const made = { ...base, name: node.newname ?? "" };
  return replaced(base, made, kind, [schemaOf(base.schema, scope)]);
}

export function setFunctionSchema(node: AlterObjectSchemaStmt, scope: Scope): Draft {
  const kind = routineKinds[node.objectType ?? ""] ?? "function";
  const base = existingRoutine(named(node.object), kind, scope);
  const schema = existingSchema(node.newschema ?? "", scope.context);
  if (schema.kind !== "bucket")
    throw new PgError("42501", `permission denied for schema ${schema.name}`);
  const made = { ...base, schema: schema.name };
  return replaced(base, made, kind, [schemaOf(schema.name, scope)]);
}

export function changeFunctionOwner(node: AlterOwnerStmt, scope: Scope): Draft {
  const kind = routineKinds[node.objectType ?? ""] ?? "function";
  const base = existingRoutine(named(node.object), kind, scope);
  const role = roleNamed(must(node.newowner, "an owner is named"), scope);
  return replaced(base, { ...base, owner: role.oid }, kind, [{ kind: "member", role }]);
}

export function commentOnFunction(
  object: Node | undefined,
  kind: RoutineKind,
  comment: string | null,
  scope: Scope,
): Draft {
  const base = existingRoutine(named(object), kind, scope);
  const draft = replaced(base, { ...base, comment }, kind, []);
  return draft.plan.kind === "put function"
    ? { ...draft, plan: { ...draft.plan, tag: "COMMENT" } }
    : draft;
}

function named(node: Node | undefined): ObjectWithArgs {
  return node !== undefined && "ObjectWithArgs" in node ? node.ObjectWithArgs : {};
}

function schemaOf(name: string, scope: Scope): Requirement {
  const schema = existingSchema(name, scope.context);
  return { kind: "privilege", privilege: "CREATE", object: ownedSchema(schema) };
}

function replaced(
  base: UserFunction,
  made: UserFunction,
  kind: RoutineKind,
  requirements: readonly Requirement[],
): Draft {
  return {
    plan: { kind: "put function", tag: `ALTER ${kind.toUpperCase()}`, base, made },
    parameterTypes: [],
    requirements: [{ kind: "owner", object: ownedFunction(base) }, ...requirements],
    isReadOnly: false,
  };
}
