/** Types people made, as statements name them. */
import type { Node } from "libpg-query";
import { PgError } from "../../base/error.ts";
import type { BuiltinType } from "../../catalog/builtins.ts";
import { typeNamed, typeRow, userType, useTypes } from "../../catalog/types-in-force.ts";
import type { UserType } from "../../catalog/user-type.ts";
import { searchSchemas } from "../analyze/registered.ts";
import { typeName } from "../analyze/types.ts";
import type { Owned, Scope } from "../draft.ts";
import { existingSchema, strings } from "./names.ts";

/** The name's parts: DROP TYPE's as a type, ALTER TYPE's as a list. */
export function partsOf(node: Node | undefined): readonly Node[] {
  if (node === undefined) return [];
  if ("TypeName" in node) return node.TypeName.names ?? [];
  return "List" in node ? (node.List.items ?? []) : [node];
}

/** 42704, 3F000 when there is none; PostgreSQL's own types and arrays can be neither altered nor dropped. */
export function existingType(
  nodes: readonly Node[] | undefined,
  scope: Scope,
  isDropped = false,
): UserType {
  const found = findType(nodes, scope, isDropped);
  if (found !== undefined) return found;
  const names = strings(nodes);
  const [schema] = names;
  if (names.length > 1 && schema !== undefined) existingSchema(schema, scope.context);
  throw new PgError("42704", `type "${names.join(".")}" does not exist`);
}

export function findType(
  nodes: readonly Node[] | undefined,
  { context }: Scope,
  isDropped = false,
): UserType | undefined {
  useTypes(context.catalog, searchSchemas(context));
  const row = typeNamed(strings(nodes));
  if (row === undefined) return undefined;
  return userType(row.oid) ?? refuseFixed(row, isDropped);
}

function refuseFixed(row: BuiltinType, isDropped: boolean): never {
  const element = row.typcategory === "A" ? typeRow(row.typelem) : undefined;
  if (element?.typarray !== row.oid && isDropped)
    throw new PgError(
      "2BP01",
      `cannot drop type ${typeName(row.oid)} because it is required by the database system`,
    );
  if (element?.typarray !== row.oid)
    throw new PgError("42501", `must be owner of type ${typeName(row.oid)}`);
  const [array, title] = [typeName(row.oid), typeName(element.oid)];
  throw new PgError("2BP01", `cannot drop type ${array} because type ${title} requires it`, {
    hint: `You can drop type ${title} instead.`,
  });
}

export function ownedType(type: UserType): Owned {
  return { kind: "type", oid: type.oid, owner: type.owner, name: typeName(type.oid) };
}

export function refuseRowType(type: UserType): void {
  if (type.kind === "composite" && type.isRowType)
    throw new PgError("42809", `${typeName(type.oid)} is a table's row type`, {
      hint: "Use ALTER TABLE instead.",
    });
}

/** CREATE TABLE makes a row type of its name. */
export function refuseTypeOf(schema: string, name: string, { context }: Scope): void {
  const { catalog } = context;
  if (catalog.relation(schema, name) !== undefined || !catalog.type(schema, name)) return;
  throw new PgError("42710", `type "${name}" already exists`, {
    hint: "A relation has an associated type of the same name, so you must use a name that doesn't conflict with any existing type.",
  });
}
