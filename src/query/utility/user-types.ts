/** What types of every kind have in common: made, renamed, moved, given away, dropped. */
import type {
  AlterObjectSchemaStmt,
  AlterOwnerStmt,
  DropStmt,
  Node,
  RenameStmt,
} from "libpg-query";
import { must } from "../../base/assert.ts";
import { PgError } from "../../base/error.ts";
import { quoteIdent } from "../../catalog/identifiers.ts";
import type { Relation, Schema } from "../../catalog/relation.ts";
import { type TypeDependent, typeDependents } from "../../catalog/type-dependents.ts";
import type { UserType, UserTypeKind } from "../../catalog/user-type.ts";
import { typeName } from "../analyze/types.ts";
import { ownedSchema } from "../authorize.ts";
import type { AlterTablePlan } from "../definition-plan.ts";
import type { Draft, Owned, Requirement, Scope } from "../draft.ts";
import type { TypePlan, TypesGone } from "../type-plan.ts";
import { columnActions } from "./alter-column.ts";
import { begin, draftOf } from "./alter-table.ts";
import { named, tableName } from "./dependents.ts";
import { functionTitle } from "./functions.ts";
import { creationSchema, existingSchema, nameOfList, strings } from "./names.ts";
import { roleNamed } from "./role-names.ts";
import { existingType, findType, ownedType, partsOf, refuseRowType } from "./type-names.ts";

export function createType(
  names: readonly Node[] | undefined,
  scope: Scope,
  definition: UserTypeKind,
  tag = "CREATE TYPE",
): Draft {
  const { context } = scope;
  const name = nameOfList(names, context);
  const schema = creationSchema(name, context, {});
  refuseTaken(schema.name, name.name, scope);
  const owner = context.role.oid;
  return {
    plan: {
      kind: "create type",
      tag,
      type: { ...definition, oid: 0, schema: schema.name, name: name.name, owner, comment: null },
    },
    parameterTypes: [],
    requirements: [{ kind: "privilege", privilege: "CREATE", object: ownedSchema(schema) }],
    isReadOnly: false,
  };
}

/** `relabeled`: what rows hold under the old label. */
export function replaceType(
  base: UserType,
  type: UserType,
  owned: readonly Owned[],
  relabeled?: { readonly from: string; readonly to: string },
  tag = "ALTER TYPE",
): Draft {
  return {
    plan: { kind: "alter type", tag, base, type, ...(relabeled ? { relabeled } : {}) },
    parameterTypes: [],
    requirements: owned.map((object) => ({ kind: "owner", object })),
    isReadOnly: false,
  };
}

/** ALTER TYPE and ALTER DOMAIN … RENAME TO. */
export function renameType(node: RenameStmt, scope: Scope): Draft {
  const type = alterable(partsOf(node.object), node.renameType === "OBJECT_DOMAIN", scope);
  const to = node.newname ?? "";
  refuseTaken(type.schema, to, scope);
  return moved(type, { ...type, name: to }, [], tagOf(node.renameType));
}

/** ALTER TYPE and ALTER DOMAIN … SET SCHEMA. */
export function setTypeSchema(node: AlterObjectSchemaStmt, scope: Scope): Draft {
  const type = alterable(partsOf(node.object), node.objectType === "OBJECT_DOMAIN", scope);
  const schema = existingSchema(node.newschema ?? "", scope.context);
  if (schema.kind !== "bucket")
    throw new PgError("42501", `permission denied for schema ${schema.name}`);
  if (schema.name !== type.schema) refuseTaken(schema.name, type.name, scope, schema);
  const requirement: Requirement = {
    kind: "privilege",
    privilege: "CREATE",
    object: ownedSchema(schema),
  };
  return moved(type, { ...type, schema: schema.name }, [requirement], tagOf(node.objectType));
}

/** ALTER TYPE and ALTER DOMAIN … OWNER TO. */
export function changeTypeOwner(node: AlterOwnerStmt, scope: Scope): Draft {
  const type = alterable(partsOf(node.object), node.objectType === "OBJECT_DOMAIN", scope);
  const role = roleNamed(must(node.newowner, "an owner is named"), scope);
  const draft = replaceType(type, { ...type, owner: role.oid }, [ownedType(type)]);
  return {
    ...draft,
    plan: { ...(draft.plan as AlterType), tag: tagOf(node.objectType) },
    requirements: [...(draft.requirements ?? []), { kind: "member", role }],
  };
}

/** A row type has no comment of its own: its table's is another. */
export function commentOnType(
  object: Node | undefined,
  kind: string,
  comment: string | null,
  scope: Scope,
): Draft {
  const type = alterable(partsOf(object), kind === "OBJECT_DOMAIN", scope);
  return replaceType(type, { ...type, comment }, [ownedType(type)], undefined, "COMMENT");
}

type AlterType = Extract<TypePlan, { kind: "alter type" }>;

const tagOf = (kind: string | undefined) =>
  kind === "OBJECT_DOMAIN" ? "ALTER DOMAIN" : "ALTER TYPE";

function moved(
  base: UserType,
  type: UserType,
  requirements: readonly Requirement[],
  tag: string,
): Draft {
  const draft = replaceType(base, type, [ownedType(base)], undefined, tag);
  return { ...draft, requirements: [...(draft.requirements ?? []), ...requirements] };
}

function alterable(nodes: readonly Node[], mustBeDomain: boolean, scope: Scope): UserType {
  const type = existingType(nodes, scope);
  if (mustBeDomain && type.kind !== "domain")
    throw new PgError("42809", `${typeName(type.oid)} is not a domain`);
  refuseRowType(type);
  return type;
}

function refuseTaken(schema: string, name: string, { context }: Scope, movedTo?: Schema): void {
  if (context.catalog.type(schema, name) === undefined) return;
  const where = movedTo === undefined ? "" : ` in schema "${movedTo.name}"`;
  throw new PgError("42710", `type "${name}" already exists${where}`);
}

// ── DROP ────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** DROP TYPE and DROP DOMAIN. */
export function dropTypes(node: DropStmt, scope: Scope): Draft {
  const isDomain = node.removeType === "OBJECT_DOMAIN";
  const targets: UserType[] = [];
  const notices: string[] = [];
  for (const object of node.objects ?? []) {
    const found = droppable(partsOf(object), node, scope);
    if (typeof found === "string") notices.push(found);
    else if (!targets.includes(found)) targets.push(found);
  }
  const { dependents, ...gone } = dependentsGone(targets, node, scope);
  const lines = [...dependents.values()].flat().map((each) => `drop cascades to ${each}`);
  return {
    plan: {
      kind: "drop type",
      tag: isDomain ? "DROP DOMAIN" : "DROP TYPE",
      ...gone,
      notices: [...notices.map((message) => ({ message })), ...cascadeNotice(lines)],
    },
    parameterTypes: [],
    requirements: targets.map((type) => ({ kind: "owner", object: ownedType(type) })),
    isReadOnly: false,
  };
}

/** A text says what was skipped. */
function droppable(nodes: readonly Node[], node: DropStmt, scope: Scope): UserType | string {
  const isMissingFine = node.missing_ok ?? false;
  const names = strings(nodes);
  const [schema] = names;
  if (isMissingFine && names.length > 1 && schema && !scope.context.catalog.schemas.has(schema))
    return `schema "${schema}" does not exist, skipping`;
  const found = isMissingFine ? findType(nodes, scope, true) : existingType(nodes, scope, true);
  if (found === undefined) return `type "${names.join(".")}" does not exist, skipping`;
  if (node.removeType === "OBJECT_DOMAIN" && found.kind !== "domain")
    throw new PgError("42809", `"${names.join(".")}" is not a domain`);
  if (found.kind === "composite" && found.isRowType) {
    const name = typeName(found.oid);
    throw new PgError("2BP01", `cannot drop type ${name} because table ${name} requires it`, {
      hint: `You can drop table ${name} instead.`,
    });
  }
  return found;
}

/** 2BP01 without CASCADE when something stands on one of them. */
function dependentsGone(targets: readonly UserType[], node: DropStmt, scope: Scope): TypesGone {
  const found = standingOn(targets, scope);
  if (found.length > 0 && node.behavior !== "DROP_CASCADE") throw stoodOn(targets, found, scope);
  return typesGone(targets, found, scope);
}

function standingOn(targets: readonly UserType[], scope: Scope): readonly TypeDependent[] {
  const isTarget = (oid: number) => targets.some((target) => target.oid === oid);
  return targets
    .toReversed()
    .flatMap((target) => typeDependents(target, scope.context.catalog))
    .filter((each) => !("type" in each) || !isTarget(each.type.oid));
}

function typesGone(
  targets: readonly UserType[],
  found: readonly TypeDependent[],
  scope: Scope,
): TypesGone {
  const types = found.flatMap((each) => (each.kind === "type" ? [each.type] : []));
  const dependents = targets.map((target) => {
    const own = standingOn([target], scope).filter((each) =>
      found.some((one) => isSame(one, each)),
    );
    return [target.oid, own.map((each) => described(each, scope))] as const;
  });
  return {
    targets: [...types, ...targets],
    alterations: withoutColumns(found, scope),
    altered: withoutAttributes(found),
    views: found.flatMap((each) => (each.kind === "view" ? [each.relation] : [])),
    functions: found.flatMap((each) => (each.kind === "function" ? [each.made] : [])),
    dependents: new Map(dependents),
  };
}

function isSame(one: TypeDependent, other: TypeDependent): boolean {
  switch (one.kind) {
    case "type":
      return other.kind === "type" && one.type === other.type;
    case "view":
      return other.kind === "view" && one.relation === other.relation;
    case "function":
      return other.kind === "function" && one.made === other.made;
    default:
      return other.kind === one.kind && one.column === other.column;
  }
}

interface Going {
  readonly schema: string;
  readonly oid: number;
  readonly owner: number;
}

/** Of schemas that go with everything in them: what stands on their types elsewhere. */
export function typesOfSchemas(
  schemas: readonly string[],
  scope: Scope,
  isGoing: (each: Going) => boolean = () => false,
): TypesGone {
  const targets = [...scope.context.catalog.types()].filter(
    (type) => schemas.includes(type.schema) && !isGoing(type),
  );
  const stays = (each: Going) => !schemas.includes(each.schema) && !isGoing(each);
  return typesGone(targets, standingFrom(targets, stays, scope), scope);
}

/** 2BP01 without CASCADE when something that stays stands on one of them. */
export function typesOwned(
  targets: readonly UserType[],
  isGoing: (each: Going) => boolean,
  isCascade: boolean,
  scope: Scope,
): TypesGone {
  const found = standingFrom(targets, (each) => !isGoing(each), scope);
  if (found.length > 0 && !isCascade) throw stoodOn(targets, found, scope);
  return typesGone(targets, found, scope);
}

function standingFrom(
  targets: readonly UserType[],
  stays: (each: Going) => boolean,
  scope: Scope,
): readonly TypeDependent[] {
  return standingOn(targets, scope).filter((each) => {
    if ("relation" in each) return stays(each.relation);
    return each.kind !== "function" || stays(each.made);
  });
}

function stoodOn(
  targets: readonly UserType[],
  found: readonly TypeDependent[],
  scope: Scope,
): PgError {
  const [first, second] = targets;
  const what = second ? "desired object(s)" : `type ${typeName(first?.oid ?? 0)}`;
  const lines = found.map(
    (each) =>
      `${described(each, scope)} depends on ${columnRead(each, found, scope) ?? `type ${typeName(each.on)}`}`,
  );
  return new PgError(
    "2BP01",
    `cannot drop ${what} because other objects depend on ${second ? "them" : "it"}`,
    { detail: lines.join("\n"), hint: "Use DROP ... CASCADE to drop the dependent objects too." },
  );
}

/** A view that shows a column of the type stands on that. */
function columnRead(
  each: TypeDependent,
  found: readonly TypeDependent[],
  scope: Scope,
): string | undefined {
  if (each.kind !== "view") return undefined;
  const reads = each.relation.view?.reads ?? [];
  const column = found.find(
    (other) =>
      other.kind === "column" &&
      reads.some(
        ({ oid, columns }) => oid === other.relation.oid && columns.includes(other.column.number),
      ),
  );
  return column && described(column, scope);
}

function described(each: TypeDependent, scope: Scope): string {
  switch (each.kind) {
    case "column": {
      const { relation, column } = each;
      return `column ${quoteIdent(column.name)} of table ${tableName(relation, scope.context)}`;
    }
    case "attribute":
      return `column ${quoteIdent(each.column.name)} of composite type ${typeName(each.type.oid)}`;
    case "type":
      return `type ${typeName(each.type.oid)}`;
    case "view":
      return named(each.relation, scope.context);
    case "function":
      return `function ${functionTitle(each.made)}`;
    default:
      return each satisfies never;
  }
}

function cascadeNotice(lines: readonly string[]): { message: string; detail?: string }[] {
  const [only, second] = lines;
  if (only === undefined) return [];
  if (second === undefined) return [{ message: only }];
  return [{ message: `drop cascades to ${lines.length} other objects`, detail: lines.join("\n") }];
}

/** Columns go as by ALTER TABLE … DROP COLUMN … CASCADE. */
function withoutColumns(found: readonly TypeDependent[], scope: Scope): readonly AlterTablePlan[] {
  const byRelation = new Map<Relation, string[]>();
  for (const each of found) {
    if (each.kind !== "column") continue;
    const names = byRelation.get(each.relation) ?? [];
    byRelation.set(each.relation, [...names, each.column.name]);
  }
  return [...byRelation].map(([relation, names]) => {
    const altering = begin(relation, scope);
    for (const name of names)
      columnActions.AT_DropColumn({ name, behavior: "DROP_CASCADE" }, altering);
    const { plan } = draftOf(altering);
    if (plan.kind !== "alter table") throw new Error("ALTER TABLE has a plan of its own");
    const areTold = plan.droppedViews.every(({ oid }) =>
      found.some((each) => each.kind === "view" && each.relation.oid === oid),
    );
    return areTold ? { ...plan, notices: [] } : plan;
  });
}

function withoutAttributes(
  found: readonly TypeDependent[],
): readonly { readonly base: UserType; readonly type: UserType }[] {
  const attributes = found.filter((each) => each.kind === "attribute");
  return [...new Set(attributes.map(({ type }) => type))].map((base) => {
    const gone = attributes.filter(({ type }) => type === base).map(({ column }) => column);
    return {
      base,
      type: { ...base, columns: base.columns.filter((column) => !gone.includes(column)) },
    };
  });
}
