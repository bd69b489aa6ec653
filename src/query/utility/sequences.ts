/** CREATE and ALTER SEQUENCE. https://www.postgresql.org/docs/15/sql-createsequence.html */
import type { AlterSeqStmt, CreateSeqStmt, Node } from "libpg-query";
import { must } from "../../base/assert.ts";
import { PgError } from "../../base/error.ts";
import type { Relation } from "../../catalog/relation.ts";
import type { SequenceOwner } from "../../catalog/sequence.ts";
import type { SequenceRelation } from "../../catalog/sequence-uses.ts";
import { ownedRelation } from "../authorize.ts";
import { type Draft, positionOf, type Scope } from "../draft.ts";
import { existingRelation, findRelation, nameOf, nameOfList, strings } from "./names.ts";
import { options } from "./options.ts";
import { placeOf } from "./place.ts";
import { sequenceOptions } from "./sequence-options.ts";

export function createSequence(node: CreateSeqStmt, scope: Scope): Draft {
  const range = must(node.sequence, "CREATE SEQUENCE has a name");
  const { name } = nameOf(range, scope.context);
  const { schema, requirement } = placeOf(range, undefined, scope);
  const change = sequenceOptions(node.options, scope);
  if (change.name !== undefined) {
    const given = options(node.options).find((option) => option.name === "sequence_name");
    const position = positionOf(scope, given?.location);
    throw new PgError("42601", "invalid sequence option SEQUENCE NAME", position);
  }
  const place = { schema, owner: scope.context.role.oid };
  const ownedBy = change.ownedBy && ownerNamed(change.ownedBy, place, scope);
  return {
    plan: {
      kind: "create sequence",
      schema,
      name,
      options: change.options,
      ...(ownedBy ? { ownedBy } : {}),
      ifNotExists: node.if_not_exists ?? false,
    },
    parameterTypes: [],
    requirements: [requirement],
    isReadOnly: false,
  };
}

export function alterSequence(node: AlterSeqStmt, scope: Scope): Draft {
  const range = must(node.sequence, "ALTER SEQUENCE has a name");
  const name = nameOf(range, scope.context);
  if (node.missing_ok === true && findRelation(name, scope.context) === undefined)
    return {
      plan: {
        kind: "nothing",
        tag: "ALTER SEQUENCE",
        notice: `relation "${name.name}" does not exist, skipping`,
      },
      parameterTypes: [],
      isReadOnly: false,
    };
  const target = asSequence(existingRelation(name, scope.context));
  const change = sequenceOptions(node.options, scope, { before: target.source });
  return {
    plan: {
      kind: "alter sequence",
      target,
      options: change.options,
      restart: change.restart,
      ...owned(change.ownedBy, target, scope),
    },
    parameterTypes: [],
    requirements: [{ kind: "owner", object: ownedRelation(target) }],
    isReadOnly: false,
  };
}

/** 42809 for what is none. */
export function asSequence(relation: Relation): SequenceRelation {
  const { source } = relation;
  if (source.kind === "sequence") return { ...relation, source };
  throw new PgError("42809", `"${relation.name}" is not a sequence`);
}

/** Undefined leaves it as it is, null is NONE. */
function owned(
  path: readonly Node[] | undefined,
  { schema, owner, name, source }: SequenceRelation,
  scope: Scope,
): { readonly ownedBy?: SequenceOwner | null } {
  if (path === undefined) return {};
  if (source.ownedBy?.isIdentity === true) {
    const table = scope.context.catalog.relationByOid(source.ownedBy.table);
    throw new PgError("0A000", "cannot change ownership of identity sequence", {
      detail: `Sequence "${name}" is linked to table "${table?.name}".`,
    });
  }
  return { ownedBy: ownerNamed(path, { schema, owner }, scope) ?? null };
}

/** Undefined for NONE. */
function ownerNamed(
  path: readonly Node[],
  { schema, owner }: { readonly schema: string; readonly owner: number },
  scope: Scope,
): SequenceOwner | undefined {
  const { context } = scope;
  const parts = strings(path);
  if (parts.length === 1 && parts[0] === "none") return undefined;
  if (parts.length === 1)
    throw new PgError("42601", "invalid OWNED BY option", {
      hint: "Specify OWNED BY table.column or OWNED BY NONE.",
    });
  const table = existingRelation(nameOfList(path.slice(0, -1), context), context);
  if (table.source.kind !== "dataset" && table.source.kind !== "foreign")
    throw new PgError("42809", `sequence cannot be owned by relation "${table.name}"`);
  if (table.owner !== owner)
    throw new PgError("55000", "sequence must have same owner as table it is linked to");
  const own = context.catalog.temporary?.name;
  if (table.schema !== (schema === "pg_temp" ? own : schema))
    throw new PgError("55000", "sequence must be in same schema as table it is linked to");
  const columnName = parts.at(-1);
  const column = table.columns.find((candidate) => candidate.name === columnName);
  if (column === undefined)
    throw new PgError("42703", `column "${columnName}" of relation "${table.name}" does not exist`);
  return { table: table.oid, column: column.number, isIdentity: false };
}
