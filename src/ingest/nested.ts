/** JSON and Parquet: nested objects become columns (a.b is a_b), lists of plain values arrays, whatever else jsonb. */
import { PgError } from "../base/error.ts";
import { quoteName, quoteText } from "../base/quote.ts";
import type { Engine, EngineColumn } from "../engine/engine.ts";
import { engineTypeName, oidForLogical } from "../pgtypes/engine-type.ts";
import type { LogicalType } from "../pgtypes/logical-type.ts";
import { oids } from "../pgtypes/oids.ts";
import { columnNames, isObject } from "./format.ts";
import { jsonLineFault } from "./json-line.ts";
import { checkColumns, picked, type Reading, type SourceColumn } from "./reading.ts";
import type { StagedFile } from "./staged-file.ts";

export async function readParquet(
  file: StagedFile,
  engine: Engine,
  signal: AbortSignal,
): Promise<Reading> {
  const from = `read_parquet(${quoteText(file.path)})`;
  return reading(file, from, await bound(from, engine), engine, signal, {});
}

export async function readJson(
  file: StagedFile,
  isLines: boolean,
  engine: Engine,
  signal: AbortSignal,
): Promise<Reading> {
  const shape = jsonShape(file, isLines);
  const options = `format=${quoteText(shape)}, records='true', maximum_object_size=${objectBytesMax}`;
  const path = quoteText(file.path);
  // Every object is looked at, not a sample: one that is malformed or has a new field may be the last.
  const columns = await bound(`read_json(${path}, ${options}, sample_size=-1)`, engine).catch(
    async (error: unknown) => {
      throw (await jsonLineFault(file, shape)) ?? error;
    },
  );
  const types = columns.map(
    ({ name, type }) => `${quoteText(name)}: ${quoteText(engineTypeName(type))}`,
  );
  const from = `read_json(${path}, ${options}, columns={${types.join(", ")}})`;
  return reading(file, from, columns, engine, signal, { shape });
}

const objectBytesMax = 1 << 26;

/** The engine takes an array that is cut short for a whole one, so its end is looked for here. */
function jsonShape(
  file: StagedFile,
  isLines: boolean,
): "array" | "newline_delimited" | "unstructured" {
  const start = file.head
    .toString("utf8")
    .replace(/^\ufeff/, "")
    .trimStart();
  if (start === "") throw new PgError("22P04", `file "${file.fileName}" is empty`);
  if (start.startsWith("[")) {
    if (file.tail.toString("latin1").trimEnd().endsWith("]")) return "array";
    throw new PgError(
      "22P04",
      `"${file.fileName}", line ${file.lines}: the array that begins the file does not end`,
    );
  }
  if (!start.startsWith("{")) {
    throw new PgError(
      "22P04",
      `"${file.fileName}", line 1: objects are expected, or an array of them`,
    );
  }
  return isLines || isObject(start.split("\n")[0] ?? "") ? "newline_delimited" : "unstructured";
}

async function bound(from: string, engine: Engine): Promise<readonly EngineColumn[]> {
  const connection = await engine.connect();
  try {
    const statement = await connection.prepare(`SELECT * FROM ${from}`);
    statement.close();
    return statement.columns;
  } finally {
    connection.release();
  }
}

interface Leaf extends Omit<SourceColumn, "name"> {
  /** Field names from the outside in. */
  readonly path: readonly string[];
  readonly expression: string;
  readonly isJson: boolean;
}

async function reading(
  file: StagedFile,
  from: string,
  columns: readonly EngineColumn[],
  engine: Engine,
  signal: AbortSignal,
  decisions: Readonly<Record<string, string>>,
): Promise<Reading> {
  const leaves = await settled(
    columns.flatMap(({ name, type }) => leavesOf([name], quoteName(name), type)),
    from,
    engine,
    signal,
  );
  const names = columnNames(leaves.map(({ path }) => path.join("_")));
  checkColumns(names, file.fileName);
  return {
    columns: leaves.map(({ typeOid, typmod }, at) => ({ name: names[at] ?? "", typeOid, typmod })),
    decisions,
    select(picks) {
      const list = picks.map((pick) => {
        const leaf = pick.source === undefined ? undefined : leaves[pick.source];
        return picked(leaf ? leafValue(leaf, pick.type) : "NULL", pick);
      });
      return `SELECT ${list.join(", ")} FROM ${from}`;
    },
  };
}

function leavesOf(path: readonly string[], expression: string, type: LogicalType): readonly Leaf[] {
  if (type.id === "STRUCT") {
    return type.fields.flatMap((field) =>
      leavesOf(
        [...path, field.name],
        `struct_extract(${expression}, ${quoteText(field.name)})`,
        field.type,
      ),
    );
  }
  const { typeOid, typmod } = oidForLogical(type);
  const isJson = type.id === "JSON";
  if (isJson) return [{ path, expression, typeOid: oids.jsonb, typmod, isJson }];
  if (typeOid !== oids.json) return [{ path, expression, typeOid, typmod, isJson }];
  return [{ path, expression: `to_json(${expression})`, typeOid: oids.jsonb, typmod: -1, isJson }];
}

/** The engine calls JSON what is null in every object; such a column is text, as an empty one of a CSV file. */
async function settled(
  leaves: readonly Leaf[],
  from: string,
  engine: Engine,
  signal: AbortSignal,
): Promise<readonly Leaf[]> {
  const unsure = leaves.filter(({ isJson }) => isJson);
  if (unsure.length === 0) return leaves;
  const tests = unsure.map(({ expression }) => `count(${expression}) = 0`);
  const connection = await engine.connect();
  try {
    const stream = await connection.stream(`SELECT ${tests.join(", ")} FROM ${from}`, [], signal);
    const batch = await stream.next();
    const empty = new Set(unsure.filter((_, at) => batch?.vectors[at]?.data[0] === 1));
    return leaves.map((leaf) => (empty.has(leaf) ? { ...leaf, typeOid: oids.text } : leaf));
  } finally {
    connection.release();
  }
}

/** A JSON string that goes into a text column loses its quotes. */
function leafValue({ expression, isJson }: Leaf, type: LogicalType): string {
  return isJson && type.id !== "JSON" ? `(${expression} ->> '$')` : expression;
}
