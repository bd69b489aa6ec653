/** CREATE TYPE … AS ENUM and ALTER TYPE … ADD VALUE, RENAME VALUE. https://www.postgresql.org/docs/15/datatype-enum.html */
import type { AlterEnumStmt, CreateEnumStmt } from "libpg-query";
import { PgError } from "../../base/error.ts";
import type { EnumLabel, UserType } from "../../catalog/user-type.ts";
import { typeName } from "../analyze/types.ts";
import type { Draft, Scope } from "../draft.ts";
import { strings } from "./names.ts";
import { existingType, ownedType } from "./type-names.ts";
import { createType, replaceType } from "./user-types.ts";

type EnumType = Extract<UserType, { kind: "enum" }>;

export function createEnum(node: CreateEnumStmt, scope: Scope): Draft {
  const labels = strings(node.vals);
  for (const [at, label] of labels.entries()) {
    refuseLong(label);
    if (labels.indexOf(label) !== at)
      throw new PgError(
        "23505",
        'duplicate key value violates unique constraint "pg_enum_typid_label_index"',
        { detail: `Key (enumtypid, enumlabel)=(0, ${label}) already exists.` },
      );
  }
  return createType(node.typeName, scope, {
    kind: "enum",
    labels: labels.map((label, at) => ({ oid: 0, label, sortOrder: at + 1 })),
  });
}

export function alterEnum(node: AlterEnumStmt, scope: Scope): Draft {
  const type = existingType(node.typeName, scope);
  if (type.kind !== "enum") throw new PgError("42809", `${typeName(type.oid)} is not an enum`);
  if (node.oldVal !== undefined) return renameValue(type, node.oldVal, node.newVal ?? "");
  return addValue(type, node);
}

function addValue(type: EnumType, node: AlterEnumStmt): Draft {
  const { newVal: label = "", newValNeighbor: neighbour, newValIsAfter: isAfter = false } = node;
  refuseLong(label);
  if (type.labels.some((one) => one.label === label)) {
    const message = `enum label "${label}" already exists`;
    if (node.skipIfNewValExists !== true) throw new PgError("42710", message);
    return {
      plan: {
        kind: "nothing",
        tag: "ALTER TYPE",
        notice: `${message}, skipping`,
        sqlstate: "42710",
      },
      parameterTypes: [],
      requirements: [{ kind: "owner", object: ownedType(type) }],
      isReadOnly: false,
    };
  }
  const at =
    neighbour === undefined ? type.labels.length : placeOf(neighbour, type) + (isAfter ? 1 : 0);
  const added: EnumLabel = {
    oid: 0,
    label,
    sortOrder: orderBetween(type.labels[at - 1], type.labels[at]),
    isUncommitted: true,
  };
  const labels = [...type.labels.slice(0, at), added, ...type.labels.slice(at)];
  return replaceType(type, { ...type, labels }, [ownedType(type)]);
}

/** As AddEnumLabel: the next whole number at an end, the middle between two. */
function orderBetween(before: EnumLabel | undefined, after: EnumLabel | undefined): number {
  if (after === undefined) return before === undefined ? 1 : Math.floor(before.sortOrder) + 1;
  if (before === undefined) return after.sortOrder - 1;
  return (before.sortOrder + after.sortOrder) / 2;
}

function renameValue(type: EnumType, from: string, to: string): Draft {
  refuseLong(to);
  const at = placeOf(from, type);
  if (type.labels.some((one) => one.label === to))
    throw new PgError("42710", `enum label "${to}" already exists`);
  const labels = type.labels.map((one, i) => (i === at ? { ...one, label: to } : one));
  return replaceType(type, { ...type, labels }, [ownedType(type)], { from, to });
}

function placeOf(label: string, type: EnumType): number {
  const at = type.labels.findIndex((one) => one.label === label);
  if (at < 0) throw new PgError("22023", `"${label}" is not an existing enum label`);
  return at;
}

function refuseLong(label: string): void {
  if (Buffer.byteLength(label) > 63)
    throw new PgError("42602", `invalid enum label "${label}"`, {
      detail: "Labels must be 63 bytes or less.",
    });
}
