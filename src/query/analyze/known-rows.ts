/** VALUES whose every value is known before anything runs: constants, parameters, the statement's instant, a sequence's next number. */

import type { RelationColumn } from "../../catalog/relation.ts";
import { parseText } from "../../pgtypes/text-input.ts";
import type { KnownRow, KnownValue } from "../plan.ts";
import { fold } from "./fold.ts";
import { oid } from "./oids.ts";
import type { Expression, Query } from "./tree.ts";

/** Of what has more values, the engine lays out the rows. Parameters are no more than this. */
const knownValuesMax = 1 << 16;

/** Whose values need no more than a look at their own type and length on the way into a column. */
const plainTypes: ReadonlySet<number> = new Set([
  ...[oid.bool, oid.int2, oid.int4, oid.int8, oid.float4, oid.float8, oid.numeric],
  ...[oid.text, oid.varchar, oid.bytea, oid.date, oid.timestamp, oid.timestamptz],
]);

/** In the order of `columns`, which is the query's. Undefined: it takes the engine to know. */
export function knownRows(
  { body, commonTables }: Query,
  columns: readonly RelationColumn[],
): readonly KnownRow[] | undefined {
  if (body.kind !== "values" || commonTables.length > 0) return undefined;
  if (body.rows.length * columns.length > knownValuesMax) return undefined;
  if (columns.some(({ typeOid }) => !plainTypes.has(typeOid))) return undefined;
  const rows: KnownRow[] = [];
  for (const expressions of body.rows) {
    const row = expressions.map((expression, at) => knownValue(expression, columns[at]));
    if (row.includes(undefined)) return undefined;
    rows.push(row.filter((value) => value !== undefined));
  }
  return rows;
}

function knownValue(
  expression: Expression,
  column: RelationColumn | undefined,
): KnownValue | undefined {
  if (column === undefined) return undefined;
  const number = nextNumber(expression);
  if (number !== undefined) return number;
  const value = fold(withoutLength(expression, column));
  if (value?.kind === "parameter") return { kind: "parameter", index: value.index };
  if (value?.kind === "constant") return constantOf(value.type, value.text, column);
  if (expression.kind !== "session" || expression.type !== column.typeOid) return undefined;
  return expression.value === "transaction timestamp" || expression.value === "statement timestamp"
    ? { kind: "session", value: expression.value }
    : undefined;
}

/** The column's own length or digits are looked at when the value is there. */
function withoutLength(expression: Expression, { typeOid, typmod }: RelationColumn): Expression {
  const isLength = expression.kind === "cast" && expression.method === "length";
  if (!isLength || expression.context !== "assignment") return expression;
  const isOwn = expression.type === typeOid && expression.typmod === typmod;
  return isOwn && (typeOid === oid.varchar || typeOid === oid.numeric)
    ? expression.argument
    : expression;
}

function constantOf(
  type: number,
  text: string | null,
  { typeOid }: RelationColumn,
): KnownValue | undefined {
  if (text === null) return { kind: "constant", typed: { type: { id: "NULL" }, value: null } };
  if (type === oid.numeric && !/^-?\d{1,30}(\.\d{1,30})?$/.test(text)) return undefined;
  if (type !== typeOid) return undefined;
  return { kind: "constant", typed: parseText(type, -1, text) };
}

/** nextval('262144'::regclass), as a serial's default and an identity have it. */
function nextNumber(expression: Expression): KnownValue | undefined {
  const isWhole = whole.has(expression.type);
  if (!isWhole) return undefined;
  if (expression.kind === "cast" && expression.method === "convert")
    return nextNumber(expression.argument);
  if (expression.kind !== "function" || expression.proc.proname !== "nextval") return undefined;
  const [sequence] = expression.arguments;
  if (sequence?.kind !== "constant" || sequence.text === null) return undefined;
  const isIdentity = expression.isOwners === true;
  return { kind: "number", sequence: Number(sequence.text), isIdentity };
}

const whole: ReadonlySet<number> = new Set([oid.int2, oid.int4, oid.int8]);
