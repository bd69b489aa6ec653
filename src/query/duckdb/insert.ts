/**
 * INSERT of a query that only DuckDB's grammar takes. To analyze/ the query is a relation whose columns have the
 * target's types; in the text it gives back, that relation's scan is the query, cast.
 */
import type { InsertStmt, Node } from "libpg-query";
import { assert, must } from "../../base/assert.ts";
import { PgError, unsupported } from "../../base/error.ts";
import { quoteName } from "../../base/quote.ts";
import type { Relation, RelationColumn } from "../../catalog/relation.ts";
import { engineTypeName } from "../../pgtypes/engine-type.ts";
import { logicalTypeFor } from "../../pgtypes/types.ts";
import { type AnalyzedQuery, analyzeInsert } from "../analyze/analyze.ts";
import type { Draft, Scope } from "../draft.ts";
import type { EngineText, Piece } from "../plan.ts";
import { existingRelation, nameOf } from "../utility/names.ts";

/** No bucket has such a name. */
const bodySchema = "\u0001body";

export function draftInsert(node: InsertStmt, query: AnalyzedQuery, scope: Scope): Draft {
  if (node.onConflictClause !== undefined) throw unsupported("ON CONFLICT");
  const { context } = scope;
  const target = existingRelation(nameOf(must(node.relation, "a target"), context), context);
  if (target.source.kind === "foreign")
    throw new PgError("0A000", `cannot insert into foreign table "${target.name}"`);
  if (target.source.kind !== "dataset")
    throw new PgError("0A000", `cannot write to "${target.name}"`);
  const body = bodyRelation(node, target);
  const analyzed = analyzeInsert(
    { ...node, selectStmt: selectFrom(body) },
    scope.source,
    query.parameterTypes,
    { ...context, catalog: { ...withRelation(context.catalog, body) } },
  );
  const { source, returning } = analyzed;
  const isReal = ({ relation }: { readonly relation: Relation }) => relation !== body;
  return {
    plan: {
      kind: "insert",
      target,
      source: withBody(source.text, body, query.text),
      returning: returning?.text,
    },
    columns: returning?.columns,
    parameterTypes: returning?.parameterTypes ?? query.parameterTypes,
    uses: [...source.relations, ...(returning?.relations ?? [])]
      .filter(isReal)
      .concat(query.relations),
    routines: [...source.routines, ...(returning?.routines ?? [])].map(({ routine }) => routine),
    functions: [...source.functions, ...(returning?.functions ?? [])],
    isReadOnly: false,
  };
}

/** A column for each that is inserted into. */
function bodyRelation(node: InsertStmt, target: Relation): Relation {
  const names = (node.cols ?? []).map((item) =>
    "ResTarget" in item ? (item.ResTarget.name ?? "") : "",
  );
  const columns =
    names.length === 0
      ? target.columns
      : names.map((name) => {
          const column = target.columns.find((candidate) => candidate.name === name);
          if (column === undefined)
            throw new PgError(
              "42703",
              `column "${name}" of relation "${target.name}" does not exist`,
            );
          return column;
        });
  const { rowSecurity: _, ...plain } = target;
  return {
    ...plain,
    oid: 0,
    schema: bodySchema,
    schemaOid: 0,
    name: "body",
    columns: columns.map((column, at) => ({
      ...column,
      name: `c${at + 1}`,
      number: at + 1,
      // A text's length is checked, not cut: left to the assignment that analyze/ prints.
      typmod: isLengthLimited(column) ? -1 : column.typmod,
    })),
  };
}

function isLengthLimited({ typeOid }: RelationColumn): boolean {
  return typeOid === 1042 || typeOid === 1043;
}

function selectFrom({ columns }: Relation): Node {
  const column = (name: string): Node => ({
    ResTarget: { val: { ColumnRef: { fields: [{ String: { sval: name } }], location: -1 } } },
  });
  return {
    SelectStmt: {
      targetList: columns.map(({ name }) => column(name)),
      fromClause: [
        {
          RangeVar: { schemaname: bodySchema, relname: "body", inh: true, relpersistence: "p" },
        },
      ],
      limitOption: "LIMIT_OPTION_DEFAULT",
      op: "SETOP_NONE",
    },
  };
}

function withRelation(catalog: Scope["context"]["catalog"], body: Relation): typeof catalog {
  return {
    id: catalog.id,
    schemas: catalog.schemas,
    buckets: catalog.buckets,
    relation: (schema, name) => (schema === bodySchema ? body : catalog.relation(schema, name)),
    relationByOid: (oid) => catalog.relationByOid(oid),
    relations: () => catalog.relations(),
    schemaByOid: (oid) => catalog.schemaByOid(oid),
    type: (schema, name) => catalog.type(schema, name),
    typeByOid: (oid) => catalog.typeByOid(oid),
    types: () => catalog.types(),
    functionsIn: (schema) => catalog.functionsIn(schema),
  };
}

function withBody(text: EngineText, body: Relation, query: EngineText): EngineText {
  assert(text.calls.length === 0, "nothing but the body is read");
  // Those of defaults come behind the body's own.
  const bodys = query.parameters.length;
  const pieces = text.pieces.flatMap((piece): readonly Piece[] => {
    if (typeof piece === "string") return [renumbered(piece, bodys)];
    if ("parameter" in piece) return [{ ...piece, parameter: piece.parameter + bodys }];
    if (!("scan" in piece)) return [piece];
    const scan = must(text.scans[piece.scan], "a scan piece has its scan");
    assert(scan.relation === body, "nothing but the body is read");
    return castBody(scan.columns, body, query);
  });
  const { sequences } = text;
  return {
    ...query,
    pieces,
    parameters: [...query.parameters, ...text.parameters],
    readsCatalog: query.readsCatalog || text.readsCatalog,
    ...(sequences === undefined ? {} : { sequences }),
  };
}

/** `$1` becomes `$1 + after`; quoted things stay as they are. */
function renumbered(sql: string, after: number): string {
  return sql.replace(/'(?:[^']|'')*'|"(?:[^"]|"")*"|\$(\d+)/g, (whole, digits?: string) =>
    digits === undefined ? whole : `$${Number(digits) + after}`,
  );
}

function castBody(columns: readonly string[], body: Relation, query: EngineText): readonly Piece[] {
  const casts = columns.map((name) => {
    const column = must(
      body.columns.find((candidate) => candidate.name === name),
      "the body has its columns",
    );
    const type = must(logicalTypeFor(column.typeOid, column.typmod), "a stored type");
    return `CAST(${quoteName(name)} AS ${engineTypeName(type)}) AS ${quoteName(name)}`;
  });
  const names = body.columns.map(({ name }) => quoteName(name)).join(", ");
  return [`(SELECT ${casts.join(", ")} FROM (`, ...query.pieces, `) AS body(${names}))`];
}
