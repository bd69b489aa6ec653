/** CREATE TYPE … AS (…) and ALTER TYPE of its attributes. https://www.postgresql.org/docs/15/rowtypes.html */
import type { AlterTableStmt, CompositeTypeStmt, Node, RenameStmt } from "libpg-query";
import { must } from "../../base/assert.ts";
import { PgError, unsupported } from "../../base/error.ts";
import type { RelationColumn } from "../../catalog/relation.ts";
import { typeDependents } from "../../catalog/type-dependents.ts";
import type { UserType } from "../../catalog/user-type.ts";
import { typeName, typeRow } from "../analyze/types.ts";
import type { Draft, Scope } from "../draft.ts";
import { refuseCollation } from "./tables.ts";
import { existingType, ownedType, refuseRowType } from "./type-names.ts";
import { typeNamed } from "./types.ts";
import { createType, replaceType } from "./user-types.ts";

type Composite = Extract<UserType, { kind: "composite" }>;

export function createComposite(node: CompositeTypeStmt, scope: Scope): Draft {
  const { catalogname, schemaname, relname = "" } = must(node.typevar, "a type is named");
  const names = [catalogname, schemaname, relname]
    .filter((part) => part !== undefined)
    .map((sval): Node => ({ String: { sval } }));
  const columns = (node.coldeflist ?? []).map((element, at) => attribute(element, at + 1, scope));
  for (const [at, { name }] of columns.entries())
    if (columns.findIndex((column) => column.name === name) !== at)
      throw new PgError("42701", `column "${name}" specified more than once`);
  return createType(names, scope, { kind: "composite", columns, columnsMade: columns.length });
}

function attribute(element: Node, number: number, scope: Scope): RelationColumn {
  const column = must("ColumnDef" in element ? element.ColumnDef : undefined, "an attribute");
  const name = column.colname ?? "";
  const { oid, typmod } = typeNamed(column.typeName, scope);
  if (typeRow(oid)?.typtype === "p")
    throw new PgError("42P16", `column "${name}" has pseudo-type ${typeName(oid)}`);
  refuseCollation(column, scope);
  return { name, number, typeOid: oid, typmod, notNull: false, defaultText: null, comment: null };
}

/** ADD, DROP and ALTER ATTRIBUTE. */
export function alterComposite(node: AlterTableStmt, scope: Scope): Draft {
  const type = existingComposite(node.relation ?? {}, scope);
  let columns = type.columns;
  let made = type.columnsMade;
  for (const item of node.cmds ?? []) {
    const command = must("AlterTableCmd" in item ? item.AlterTableCmd : undefined, "an action");
    const { name = "", def } = command;
    const found = columns.find((column) => column.name === name);
    const missing = new PgError(
      "42703",
      `column "${name}" of relation "${type.name}" does not exist`,
    );
    switch (command.subtype) {
      case "AT_AddColumn": {
        const added = attribute(must(def, "an attribute"), made + 1, scope);
        if (columns.some((column) => column.name === added.name))
          throw new PgError(
            "42701",
            `column "${added.name}" of relation "${type.name}" already exists`,
          );
        columns = [...columns, added];
        made++;
        break;
      }
      case "AT_DropColumn":
        if (found === undefined && command.missing_ok !== true) throw missing;
        columns = columns.filter((column) => column !== found);
        break;
      case "AT_AlterColumnType": {
        if (found === undefined) throw missing;
        refuseUsed(type, scope);
        const { typeOid, typmod } = attribute(must(def, "a type"), found.number, scope);
        columns = columns.map((column) =>
          column === found ? { ...column, typeOid, typmod } : column,
        );
        break;
      }
      default:
        throw unsupported("this action of ALTER TYPE");
    }
  }
  return replaceType(type, { ...type, columns, columnsMade: made }, [ownedType(type)]);
}

export function renameAttribute(node: RenameStmt, scope: Scope): Draft {
  const type = existingComposite(node.relation ?? {}, scope);
  const { subname = "", newname = "" } = node;
  if (!type.columns.some(({ name }) => name === subname))
    throw new PgError("42703", `column "${subname}" does not exist`);
  if (type.columns.some(({ name }) => name === newname))
    throw new PgError("42701", `column "${newname}" of relation "${type.name}" already exists`);
  const columns = type.columns.map((column) =>
    column.name === subname ? { ...column, name: newname } : column,
  );
  return replaceType(type, { ...type, columns }, [ownedType(type)]);
}

function existingComposite(
  { schemaname, relname = "" }: { readonly schemaname?: string; readonly relname?: string },
  scope: Scope,
): Composite {
  const names = [schemaname, relname]
    .filter((part) => part !== undefined)
    .map((sval): Node => ({ String: { sval } }));
  const found = scope.context.catalog.relation(schemaname ?? "", relname);
  const type = existingType(names, scope);
  if (type.kind !== "composite" || found !== undefined)
    throw new PgError("42809", `"${relname}" is not a composite type`);
  refuseRowType(type);
  return type;
}

function refuseUsed(type: Composite, { context }: Scope): void {
  const [first] = typeDependents(type, context.catalog);
  if (first?.kind !== "column") return;
  throw new PgError(
    "0A000",
    `cannot alter type "${type.name}" because column "${first.relation.name}.${first.column.name}" uses it`,
  );
}
