/** a[1], a[1:2], (x).f: PostgreSQL's transformIndirection. */
import type { A_Indices, A_Indirection, Node } from "@pgsql/types";
import { userType } from "../../catalog/types-in-force.ts";
import { coerce, coerceToTarget, typeOf } from "./coerce.ts";
import { oid } from "./oids.ts";
import { fieldsOf } from "./record.ts";
import { columnOfItem, type NamespaceItem, type Scope } from "./scope.ts";
import type { Expression } from "./tree.ts";
import { baseType, elementType, typeName } from "./types.ts";

export function indirection(node: A_Indirection, scope: Scope): Expression {
  const { analysis } = scope;
  if (node.arg === undefined)
    throw analysis.error("0A000", "an empty expression is not supported", undefined);
  let value = analysis.rules.expression(node.arg, scope);
  const steps = node.indirection ?? [];
  for (let at = 0; at < steps.length; ) {
    const indices = indicesFrom(steps, at);
    if (indices.length > 0) {
      value = subscript(value, indices, scope);
      at += indices.length;
      continue;
    }
    const step = steps[at++];
    if (step !== undefined && "String" in step) value = field(value, step.String.sval ?? "", scope);
    else
      throw analysis.error("0A000", 'row expansion via "*" is not supported here', value.location);
  }
  return value;
}

function indicesFrom(steps: readonly Node[], start: number): readonly A_Indices[] {
  const indices: A_Indices[] = [];
  for (const step of steps.slice(start)) {
    if (!("A_Indices" in step)) break;
    indices.push(step.A_Indices);
  }
  return indices;
}

/** Several indices reach into an array of arrays; when one is a slice, all are. */
function subscript(value: Expression, indices: readonly A_Indices[], scope: Scope): Expression {
  const { analysis } = scope;
  const type = baseType(typeOf(value, analysis));
  if (type === oid.jsonb) return jsonSubscript(value, indices, scope);
  const element =
    type === oid.engineTyped ? oid.engineTyped : type === oid.name ? oid.char : elementType(type);
  if (element === undefined)
    throw analysis.error(
      "42804",
      `cannot subscript type ${typeName(type)} because it does not support subscripting`,
      value.location,
    );
  const isSlice = indices.some((index) => index.is_slice);
  let result = value;
  for (const [i, index] of indices.entries()) {
    const isLast = i === indices.length - 1;
    result = {
      kind: "subscript",
      argument: result,
      lower: bound(index.lidx, scope),
      upper: bound(index.uidx, scope),
      isSlice,
      type: isSlice ? sliceType(type) : isLast ? element : type,
      typmod: value.typmod,
      location: value.location,
    };
  }
  return result;
}

/** A slice of an int2vector is an ordinary array. */
function sliceType(type: number): number {
  if (type === oid.int2vector) return 1005;
  return type === oid.oidvector ? 1028 : type;
}

function bound(node: Node | undefined, scope: Scope): Expression | undefined {
  if (node === undefined) return undefined;
  const { analysis } = scope;
  const index = analysis.rules.expression(node, scope);
  const settled = coerceToTarget(index, oid.int4, -1, analysis, "assignment");
  if (settled !== undefined) return settled;
  throw analysis.error("42804", "array subscript must have type integer", index.location);
}

function jsonSubscript(value: Expression, indices: readonly A_Indices[], scope: Scope): Expression {
  const { analysis } = scope;
  let result = value;
  for (const index of indices) {
    if (index.is_slice || index.uidx === undefined)
      throw analysis.error("0A000", "jsonb subscript does not support slices", value.location);
    const key = analysis.rules.expression(index.uidx, scope);
    const type = typeOf(key, analysis);
    const settled = type === oid.int4 ? key : coerce(key, oid.text, analysis, "assignment");
    result = {
      kind: "subscript",
      argument: result,
      lower: undefined,
      upper: settled,
      isSlice: false,
      type: oid.jsonb,
      typmod: -1,
      location: value.location,
    };
  }
  return result;
}

export function field(value: Expression, name: string, scope: Scope): Expression {
  const { analysis } = scope;
  if (value.kind === "whole row") {
    const column = value.entry.columns.find((one) => one.name === name);
    const item = scopeItemOf(value.entry, scope);
    const found = item && columnOfItem(item, name, scope, value.location);
    if (found !== undefined) return found;
    if (column === undefined)
      throw analysis.error(
        "42703",
        `column "${name}" not found in data type ${value.entry.name}`,
        value.location,
      );
  }
  const fields = fieldsOf(value);
  const found = fields?.find((one) => one.name === name);
  if (found === undefined) {
    const type = typeOf(value, analysis);
    if (type === oid.engineTyped)
      return {
        kind: "field",
        argument: value,
        field: name,
        type,
        typmod: -1,
        location: value.location,
      };
    if (userType(baseType(type))?.kind === "composite")
      throw analysis.error(
        "42703",
        `column "${name}" not found in data type ${typeName(type)}`,
        value.location,
      );
    if (type === oid.record)
      throw analysis.error(
        "42703",
        `could not identify column "${name}" in record data type`,
        value.location,
      );
    throw analysis.error(
      "42809",
      `column notation .${name} applied to type ${typeName(type)}, which is not a composite type`,
      value.location,
    );
  }
  return {
    kind: "field",
    argument: value,
    field: name,
    type: found.type,
    typmod: found.typmod,
    location: value.location,
  };
}

function scopeItemOf(entry: NamespaceItem["entry"], scope: Scope): NamespaceItem | undefined {
  for (let level: Scope | undefined = scope; level !== undefined; level = level.parent) {
    const found = level.items.find((item) => item.entry === entry);
    if (found !== undefined) return found;
  }
  return undefined;
}
