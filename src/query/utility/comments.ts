/** COMMENT ON every kind of thing there is. https://www.postgresql.org/docs/15/sql-comment.html */
import type { CommentStmt, Node } from "libpg-query";
import { must } from "../../base/assert.ts";
import { PgError, unsupported } from "../../base/error.ts";
import { isKey } from "../../catalog/constraints.ts";
import { ownedRelation } from "../authorize.ts";
import type { Draft, Scope } from "../draft.ts";
import { begin, draftOf } from "./alter-table.ts";
import { databaseNamed } from "./database.ts";
import { commentOnFunction, routineKinds } from "./functions.ts";
import { indexNamed } from "./index-lookup.ts";
import {
  compositeNamed,
  existingRelation,
  findRelation,
  type Name,
  nameOfList,
  strings,
} from "./names.ts";
import { alteredSchema, items, kinds, ofKind, ours } from "./objects.ts";
import { commentOnPolicy } from "./policies.ts";
import { existingRole } from "./role-names.ts";
import { existingType, ownedType, partsOf } from "./type-names.ts";
import { commentOnType, replaceType } from "./user-types.ts";

export function comment(node: CommentStmt, scope: Scope): Draft {
  const text = node.comment === undefined || node.comment === "" ? null : node.comment;
  const { objtype = "OBJECT_TABLE", object } = node;
  switch (objtype) {
    case "OBJECT_TABLE":
    case "OBJECT_FOREIGN_TABLE":
    case "OBJECT_VIEW":
    case "OBJECT_MATVIEW":
    case "OBJECT_SEQUENCE": {
      const name = nameOfList(items(object), scope.context);
      const found = findRelation(name, scope.context);
      if (found !== undefined) ofKind(ours(found), kinds[objtype] ?? "table");
      return commentOn(name, undefined, text, scope);
    }
    case "OBJECT_COLUMN": {
      const path = items(object);
      const [column] = strings(path.slice(-1));
      const name = nameOfList(path.slice(0, -1), scope.context);
      return commentOnAttribute(name, column, text, scope) ?? commentOn(name, column, text, scope);
    }
    case "OBJECT_FUNCTION":
    case "OBJECT_PROCEDURE":
    case "OBJECT_ROUTINE":
      return commentOnFunction(object, routineKinds[objtype] ?? "function", text, scope);
    case "OBJECT_TYPE":
    case "OBJECT_DOMAIN":
      return commentOnType(object, objtype, text, scope);
    case "OBJECT_INDEX":
      return commentOnIndex(nameOfList(items(object), scope.context), text, scope);
    case "OBJECT_POLICY":
      return commentOnPolicy(items(object), text, scope);
    case "OBJECT_TABCONSTRAINT":
      return commentOnConstraint(items(object), text, scope);
    case "OBJECT_DOMCONSTRAINT":
      return commentOnDomainCheck(items(object), text, scope);
    default:
      return commentOnNamed(objtype, nameIn(object), text, scope);
  }
}

/** Things that have one name. */
function commentOnNamed(kind: string, name: string, text: string | null, scope: Scope): Draft {
  const { context } = scope;
  switch (kind) {
    case "OBJECT_SCHEMA":
      return alteredSchema(name, { comment: text }, [], scope);
    case "OBJECT_DATABASE":
      return {
        // Whatever belongs to no bucket is with the first.
        plan: { kind: "alter schema", name: "primary", databaseComment: text },
        parameterTypes: [],
        requirements: [{ kind: "owner", object: databaseNamed(name, context) }],
        isReadOnly: false,
      };
    case "OBJECT_ROLE": {
      const role = existingRole(name, context);
      const message = `must be member of role "${name}"`;
      return {
        plan: { kind: "alter role", name: role.name, options: {}, comment: text },
        parameterTypes: [],
        requirements: role.isSuperuser
          ? [{ kind: "superuser", message: `must be superuser to comment on role "${name}"` }]
          : [{ kind: "create role", message }],
        isReadOnly: false,
      };
    }
    case "OBJECT_EXTENSION":
      throw new PgError("42704", `extension "${name}" does not exist`);
    default:
      throw unsupported(`COMMENT ON ${kind.replace(/^OBJECT_/, "").replaceAll("_", " ")}`);
  }
}

function nameIn(object: Node | undefined): string {
  return object !== undefined && "String" in object ? (object.String.sval ?? "") : "";
}

function commentOn(
  name: Name,
  columnName: string | undefined,
  text: string | null,
  scope: Scope,
): Draft {
  const target = ours(existingRelation(name, scope.context));
  if (columnName !== undefined && target.source.kind === "sequence")
    throw new PgError("42809", `cannot set comment on relation "${target.name}"`, {
      detail: "This operation is not supported for sequences.",
    });
  const column = target.columns.find((candidate) => candidate.name === columnName);
  if (columnName !== undefined && column === undefined)
    throw new PgError(
      "42703",
      `column "${columnName}" of relation "${target.name}" does not exist`,
    );
  return {
    plan: { kind: "comment", target, column: column?.number ?? 0, text },
    parameterTypes: [],
    requirements: [{ kind: "owner", object: ownedRelation(target) }],
    isReadOnly: false,
  };
}

function commentOnAttribute(
  name: Name,
  column: string | undefined,
  text: string | null,
  { context }: Scope,
): Draft | undefined {
  const type =
    findRelation(name, context) === undefined ? compositeNamed(name, context) : undefined;
  if (type === undefined) return undefined;
  if (!type.columns.some((each) => each.name === column))
    throw new PgError("42703", `column "${column}" of relation "${type.name}" does not exist`);
  const columns = type.columns.map((each) =>
    each.name === column ? { ...each, comment: text } : each,
  );
  return replaceType(type, { ...type, columns }, [ownedType(type)], undefined, "COMMENT");
}

function commentOnIndex(name: Name, text: string | null, scope: Scope): Draft {
  const found = indexNamed(name, scope);
  if (found === undefined) throw new PgError("42P01", `relation "${name.name}" does not exist`);
  const { relation, constraint, index } = found;
  const altering = begin(relation, scope);
  altering.relation = {
    ...relation,
    ...(relation.constraints === undefined
      ? {}
      : {
          constraints: relation.constraints.map((each) =>
            each === constraint && isKey(each) ? { ...each, indexComment: text } : each,
          ),
        }),
    ...(relation.indexes === undefined
      ? {}
      : {
          indexes: relation.indexes.map((each) =>
            each === index ? { ...each, comment: text } : each,
          ),
        }),
  };
  return draftOf(altering, "COMMENT");
}

/** The table's name, then the constraint's. */
function commentOnConstraint(path: readonly Node[], text: string | null, scope: Scope): Draft {
  const [name = ""] = strings(path.slice(-1));
  const relation = ours(
    existingRelation(nameOfList(path.slice(0, -1), scope.context), scope.context),
  );
  const found = relation.constraints?.find(
    (each) => each.name === name && !(isKey(each) && each.isIndex === true),
  );
  if (found === undefined)
    throw new PgError("42704", `constraint "${name}" for table "${relation.name}" does not exist`);
  const altering = begin(relation, scope);
  const constraints = (relation.constraints ?? []).map((each) =>
    each === found ? { ...each, comment: text } : each,
  );
  altering.relation = { ...relation, constraints };
  return draftOf(altering, "COMMENT");
}

function commentOnDomainCheck(path: readonly Node[], text: string | null, scope: Scope): Draft {
  const type = existingType(partsOf(must(path[0], "a domain")), scope);
  const name = nameIn(path[1]);
  const checks = type.kind === "domain" ? type.checks : [];
  if (type.kind !== "domain" || !checks.some((check) => check.name === name))
    throw new PgError("42704", `constraint "${name}" for domain ${type.name} does not exist`);
  const commented = checks.map((check) =>
    check.name === name ? { ...check, comment: text } : check,
  );
  return replaceType(type, { ...type, checks: commented }, [ownedType(type)], undefined, "COMMENT");
}
