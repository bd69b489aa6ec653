/** A query made to give other column types: in its own select list where that means the same, else round it. */
import type { Analysis } from "./analysis.ts";
import { coerce, coerceToCommon, typeOf } from "./coerce.ts";
import { make } from "./constant.ts";
import { oid } from "./oids.ts";
import type { Expression, Query, SetOperand } from "./tree.ts";

/** An expression a column, for its type and place; literals of unknown type as they are. */
export function columnExpressions(query: Query): readonly Expression[] {
  const { body } = query;
  if (body.kind === "select")
    return body.targets.filter((target) => !target.isJunk).map((target) => target.expression);
  if (body.kind === "values") {
    const [first = []] = body.rows;
    return query.columns.map((column, i) =>
      column.type === oid.unknown
        ? (first[i] ?? make(oid.unknown, null, undefined))
        : make(column.type, null, first[i]?.location),
    );
  }
  const places = columnExpressions(body.left.query);
  return query.columns.map((column, i) => ({
    ...make(column.type, null, places[i]?.location),
    typmod: column.typmod,
  }));
}

export function castColumns(
  query: Query,
  types: readonly number[],
  what: string,
  analysis: Analysis,
): SetOperand {
  const { body } = query;
  if (body.kind === "values") {
    const rows = body.rows.map((row) =>
      row.map((one, i) => coerceToCommon(one, types[i] ?? one.type, what, analysis)),
    );
    return { query: withTypes({ ...query, body: { ...body, rows } }, types), casts: [] };
  }
  if (body.kind === "select") {
    const isPlain = body.distinct === undefined && query.sort.length === 0;
    let at = 0;
    const targets = body.targets.map((target) => {
      if (target.isJunk) return target;
      const type = types[at++] ?? target.expression.type;
      const isUnknown = typeOf(target.expression, analysis) === oid.unknown;
      if (isUnknown) return { ...target, expression: coerce(target.expression, type, analysis) };
      if (!isPlain) return target;
      return { ...target, expression: coerceToCommon(target.expression, type, what, analysis) };
    });
    const own = withTargets({ ...query, body: { ...body, targets } }, analysis);
    return { query: own, casts: differing(own, types) };
  }
  return { query, casts: differing(query, types) };
}

function differing(query: Query, types: readonly number[]): readonly (number | undefined)[] {
  const casts = query.columns.map((column, i) =>
    column.type === types[i] || column.type === oid.engineTyped ? undefined : types[i],
  );
  return casts.some((type) => type !== undefined) ? casts : [];
}

function withTypes(query: Query, types: readonly number[]): Query {
  return {
    ...query,
    columns: query.columns.map((column, i) => ({ ...column, type: types[i] ?? column.type })),
  };
}

function withTargets(query: Query, analysis: Analysis): Query {
  const { body } = query;
  if (body.kind !== "select") return query;
  const visible = body.targets.filter((target) => !target.isJunk);
  return {
    ...query,
    columns: query.columns.map((column, i) => {
      const expression = visible[i]?.expression;
      return expression === undefined
        ? column
        : { ...column, type: typeOf(expression, analysis), typmod: expression.typmod };
    }),
  };
}
