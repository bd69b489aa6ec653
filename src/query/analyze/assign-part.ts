/** SET a[i] = …, a[i:j] = …, j['k'] = …: the old value with a part put in. PostgreSQL's transformAssignmentIndirection. */
import type { A_Indices, Node } from "@pgsql/types";
import { must } from "../../base/assert.ts";
import type { RelationColumn } from "../../catalog/relation.ts";
import { kernels } from "../../functions/functions.ts";
import { coerce, coerceToTarget, typeOf } from "./coerce.ts";
import { make } from "./constant.ts";
import { oid } from "./oids.ts";
import type { Scope } from "./scope.ts";
import type { Expression } from "./tree.ts";
import { baseType, elementType, typeName } from "./types.ts";

type Column = Pick<RelationColumn, "name" | "typeOid" | "typmod">;

export function assignPart(
  old: Expression,
  value: Expression,
  column: Column,
  steps: readonly Node[],
  scope: Scope,
): Expression {
  const { analysis } = scope;
  const indices = steps.flatMap((step) => ("A_Indices" in step ? [step.A_Indices] : []));
  if (indices.length < steps.length)
    throw analysis.error("0A000", "UPDATE of a field of a column is not supported", old.location, {
      hint: "Assign the whole column.",
    });
  const type = baseType(column.typeOid);
  if (type === oid.jsonb) return jsonbPart(old, value, column, indices, scope);
  const element = elementType(type);
  if (element === undefined)
    throw analysis.error(
      "42804",
      `cannot subscript type ${typeName(type)} because it does not support subscripting`,
      old.location,
    );
  const [index, second] = indices;
  if (index === undefined || second !== undefined)
    throw analysis.error(
      "0A000",
      "UPDATE of a part of a multidimensional array is not supported",
      old.location,
      { hint: "Assign the whole column." },
    );
  const wanted = index.is_slice ? type : element;
  const part = partValue(value, column, wanted, old.location, scope);
  const upper = bound(index.uidx, scope);
  return index.is_slice
    ? put("pg_shim.array_put_slice", [old, bound(index.lidx, scope), upper, part], column)
    : put("pg_shim.array_put", [old, upper, part], column);
}

function partValue(
  value: Expression,
  column: Column,
  wanted: number,
  location: number | undefined,
  { analysis }: Scope,
): Expression {
  const settled = coerceToTarget(value, wanted, column.typmod, analysis, "assignment");
  if (settled !== undefined) return settled;
  throw analysis.error(
    "42804",
    `subscripted assignment to "${column.name}" requires type ${typeName(wanted)} but expression is of type ${typeName(typeOf(value, analysis))}`,
    location,
    { hint: "You will need to rewrite or cast the expression." },
  );
}

function bound(node: Node | undefined, scope: Scope): Expression {
  const { analysis } = scope;
  if (node === undefined) return make(oid.int4, null, undefined);
  const index = analysis.rules.expression(node, scope);
  const settled = coerceToTarget(index, oid.int4, -1, analysis, "assignment");
  if (settled !== undefined) return settled;
  throw analysis.error("42804", "array subscript must have type integer", index.location);
}

function put(name: string, values: readonly Expression[], column: Column): Expression {
  return {
    kind: "engine function",
    name,
    arguments: values,
    aggregate: undefined,
    over: undefined,
    type: column.typeOid,
    typmod: column.typmod,
    location: undefined,
  };
}

/** A number as the first key makes an array of nothing, a text an object. */
function jsonbPart(
  old: Expression,
  value: Expression,
  column: Column,
  indices: readonly A_Indices[],
  scope: Scope,
): Expression {
  const { analysis } = scope;
  const keys = indices.map(({ is_slice: isSlice, uidx }) => {
    if (isSlice || uidx === undefined)
      throw analysis.error("42804", "jsonb subscript does not support slices", old.location);
    return analysis.rules.expression(uidx, scope);
  });
  const [first] = keys;
  const isArray = first !== undefined && typeOf(first, analysis) === oid.int4;
  const path: Expression = {
    kind: "array",
    elements: keys.map((key) => coerce(key, oid.text, analysis, "explicit")),
    type: oid.textArray,
    typmod: -1,
    location: undefined,
  };
  const kernel = must(
    kernels.get("jsonb_assign(jsonb,_text,bool,jsonb)"),
    "jsonb can be assigned to by its parts",
  );
  const part = partValue(value, column, oid.jsonb, old.location, scope);
  const made = make(oid.bool, isArray ? "t" : "f", undefined);
  return put(kernel.engineName, [old, path, made, part], column);
}
