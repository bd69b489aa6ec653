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

/** 42883 when there is none, 42725 when the name alone does not say which. */
export function existingFunction(node: ObjectWithArgs, scope: Scope): UserFunction {
  const { context } = scope;
  const named = functionsNamed(node.objname, context);
  const { schema, name } = nameOfList(node.objname, context);
  const title = schema === undefined ? name : `${schema}.${name}`;
  if (node.args_unspecified === true) {
    const [only, second] = named;
    if (only === undefined)
      throw new PgError("42883", `could not find a function named "${title}"`);
    if (second !== undefined)
      throw new PgError("42725", `function name "${title}" is not unique`, {
        hint: "Specify the argument list to select the function unambiguously.",
      });
    return only;
  }
  const types = (node.objargs ?? []).map((item) =>
    "TypeName" in item ? typeNamed(item.TypeName, scope).oid : 0,
  );
  const found = named.find((made) => inputTypes(made).join() === types.join());
  if (found !== undefined) return found;
  const list = types.map((type) => formatType(type, undefined)).join(",");
  throw new PgError("42883", `function ${title}(${list}) does not exist`);
}

export function dropFunctions(node: DropStmt, scope: Scope): Draft {
  const targets: UserFunction[] = [];
  const missing: string[] = [];
  for (const item of node.objects ?? []) {
    const named = "ObjectWithArgs" in item ? item.ObjectWithArgs : {};
    try {
      const found = existingFunction(named, scope);
      if (!targets.includes(found)) targets.push(found);
    } catch (error) {
      if (!(error instanceof PgError) || error.sqlstate !== "42883" || node.missing_ok !== true)
        throw error;
      // Types as PostgreSQL's parser calls them.
      const types = (named.objargs ?? []).map((each) =>
        "TypeName" in each ? strings(each.TypeName.names).join(".") : "",
      );
      const called = `${strings(named.objname).join(".")}(${types.join(",")})`;
      missing.push(`function ${called} does not exist, skipping`);
    }
  }
  return {
    plan: {
      kind: "drop function",
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
  const base = existingFunction(must(node.func, "a function is named"), scope);
  return replaced(base, { ...base, ...keptOptions(elements(node.actions), base) }, []);
}

export function renameFunction(node: RenameStmt, scope: Scope): Draft {
  const base = existingFunction(named(node.object), scope);
  return replaced(base, { ...base, name: node.newname ?? "" }, [schemaOf(base.schema, scope)]);
}

export function setFunctionSchema(node: AlterObjectSchemaStmt, scope: Scope): Draft {
  const base = existingFunction(named(node.object), scope);
  const schema = existingSchema(node.newschema ?? "", scope.context);
  if (schema.kind !== "bucket")
    throw new PgError("42501", `permission denied for schema ${schema.name}`);
  return replaced(base, { ...base, schema: schema.name }, [schemaOf(schema.name, scope)]);
}

export function changeFunctionOwner(node: AlterOwnerStmt, scope: Scope): Draft {
  const base = existingFunction(named(node.object), scope);
  const role = roleNamed(must(node.newowner, "an owner is named"), scope);
  return replaced(base, { ...base, owner: role.oid }, [{ kind: "member", role }]);
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
  requirements: readonly Requirement[],
): Draft {
  return {
    plan: { kind: "put function", tag: "ALTER FUNCTION", base, made },
    parameterTypes: [],
    requirements: [{ kind: "owner", object: ownedFunction(base) }, ...requirements],
    isReadOnly: false,
  };
}
