/** One statement on PostgreSQL 15 and on the engine, by way of analysis and printing: what clients would see of both. */
import type { Node } from "@pgsql/types";
import { parseSync } from "libpg-query";
import type { Client } from "pg";
import { must } from "../../src/base/assert.ts";
import { PgError } from "../../src/base/error.ts";
import type { EngineConnection, EngineParameter } from "../../src/engine/engine.ts";
import { codecFor } from "../../src/pgtypes/codecs.ts";
import { readValue } from "../../src/pgtypes/read-value.ts";
import { parseText } from "../../src/pgtypes/text-input.ts";
import { type AnalyzedQuery, analyzeSelect } from "../../src/query/analyze/analyze.ts";
import type { ParameterSource, Piece } from "../../src/query/plan.ts";
import type { QueryContext } from "../../src/query/query.ts";

/** What a client sees: names, type OIDs and modifiers of the columns, rows as text; or an error. */
export type Answer =
  | {
      readonly kind: "rows";
      readonly names: readonly string[];
      readonly types: readonly number[];
      readonly modifiers: readonly number[];
      readonly rows: readonly (readonly (string | null)[])[];
    }
  | {
      readonly kind: "error";
      readonly sqlstate: string;
      readonly message: string;
      readonly position: number | undefined;
    };

const asText = { getTypeParser: () => (value: string) => value };

export async function askPostgres(client: Client, sql: string): Promise<Answer> {
  try {
    const { fields, rows } = await client.query<(string | null)[]>({
      text: sql,
      rowMode: "array",
      types: asText,
    });
    return {
      kind: "rows",
      names: fields.map((field) => field.name),
      types: fields.map((field) => builtinType(field.dataTypeID)),
      modifiers: fields.map((field) => field.dataTypeModifier),
      rows,
    };
  } catch (error) {
    return errorAnswer(error);
  }
}

/** A type that somebody made has another OID on each side. */
function builtinType(oid: number): number {
  return oid < 16_384 ? oid : 16_384;
}

function errorAnswer(error: unknown): Answer {
  if (error instanceof PgError) {
    const { sqlstate, message, details } = error;
    return { kind: "error", sqlstate, message, position: details.position };
  }
  if (!(error instanceof Error) || !("code" in error)) throw error;
  const position = "position" in error && error.position !== undefined ? error.position : undefined;
  return {
    kind: "error",
    sqlstate: String(error.code),
    message: error.message,
    position: position === undefined ? undefined : Number(position),
  };
}

export function parseOne(sql: string): Node {
  const [only] = parseSync(sql).stmts ?? [];
  return must(only?.stmt, "one statement");
}

export async function askEngine(
  sql: string,
  context: QueryContext,
  connection: EngineConnection,
): Promise<Answer> {
  try {
    const tree = parseOne(sql);
    if (!("SelectStmt" in tree)) throw new Error(`not a query: ${sql}`);
    const analyzed = analyzeSelect(tree.SelectStmt, { sql, offset: 0 }, [], context);
    const { columns } = analyzed;
    return {
      kind: "rows",
      names: columns.map((column) => column.name),
      types: columns.map((column) => builtinType(column.typeOid)),
      modifiers: columns.map((column) => column.typmod),
      rows: await run(analyzed, connection),
    };
  } catch (error) {
    // A place in the engine's text is none in the client's.
    const answer = errorAnswer(error);
    return answer;
  }
}

/** Rows in PostgreSQL's text form. Datasets are engine tables of the same name. */
export async function run(
  analyzed: Pick<AnalyzedQuery, "text" | "columns">,
  connection: EngineConnection,
): Promise<(string | null)[][]> {
  const { pieces, scans, parameters } = analyzed.text;
  const fill = (piece: Piece): string => {
    if (typeof piece === "string") return piece;
    if (!("scan" in piece)) throw new Error("this test has neither calls nor written rows");
    const { relation, columns } = must(scans[piece.scan], "a scan of the piece");
    return `(SELECT ${columns.map((column) => `"${column}"`).join(", ")} FROM ${relation.name})`;
  };
  const stream = await connection.stream(
    pieces.map(fill).join(""),
    parameters.map(bound),
    new AbortController().signal,
  );
  const rows: (string | null)[][] = [];
  for (let batch = await stream.next(); batch !== undefined; batch = await stream.next()) {
    for (let row = 0; row < batch.rowCount; row++) {
      rows.push(
        analyzed.columns.map((column, i) => {
          const vector = must(batch.vectors[i], "a vector a column");
          const value = readValue(vector, row);
          return value === null ? null : text(column, vector.type, value);
        }),
      );
    }
  }
  return rows;
}

function text(
  column: { readonly typeOid: number; readonly typmod: number },
  ...[type, value]: [
    Parameters<ReturnType<typeof codecFor>["text"]>[0],
    Parameters<ReturnType<typeof codecFor>["text"]>[1],
  ]
): string {
  return codecFor(column.typeOid).text(type, value, column.typmod, {
    dateStyle: "ISO, MDY",
    intervalStyle: "postgres",
    timeZone: "UTC",
    byteaOutput: "hex",
    extraFloatDigits: 1,
  });
}

function bound(source: ParameterSource): EngineParameter {
  if (source.kind === "client") return parseText(source.typeOid, -1, null);
  return source.value === "backend pid"
    ? { type: { id: "INTEGER" }, value: 4242 }
    : { type: { id: "TIMESTAMPTZ" }, value: BigInt(Date.now()) * 1000n };
}
