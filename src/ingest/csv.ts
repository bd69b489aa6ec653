/**
 * CSV and TSV (https://www.rfc-editor.org/rfc/rfc4180). The dialect is read off the first record and the types off every
 * value: a sniffer that guesses from a sample takes a malformed file for a well-formed one of another dialect.
 */
import { PgError } from "../base/error.ts";
import { quoteName, quoteText } from "../base/quote.ts";
import type { Engine } from "../engine/engine.ts";
import { engineTypeName } from "../pgtypes/engine-type.ts";
import type { LogicalType } from "../pgtypes/logical-type.ts";
import { oids } from "../pgtypes/oids.ts";
import { readValue } from "../pgtypes/read-value.ts";
import { fileFault } from "./fault.ts";
import { columnNames } from "./format.ts";
import { checkColumns, type Pick, picked, type Reading } from "./reading.ts";
import { rejectOptions } from "./rejected.ts";
import type { StagedFile } from "./staged-file.ts";

export interface CsvOptions {
  /** Undefined: found out. */
  readonly delimiter: string | undefined;
  readonly header: boolean | undefined;
  /** Lines that cannot be read are left out and counted, see rejected.ts. */
  readonly skipsFaults?: boolean;
}

interface Dialect {
  readonly delimiter: string;
  readonly header: boolean;
  readonly names: readonly string[];
  readonly skipsFaults: boolean;
}

export async function readCsv(
  file: StagedFile,
  options: CsvOptions,
  engine: Engine,
  signal: AbortSignal,
): Promise<Reading> {
  const dialect = dialectOf(file, options);
  checkColumns(dialect.names, file.fileName);
  const types = await detectTypes(file, dialect, engine, signal);
  return {
    columns: dialect.names.map((name, at) => ({
      name,
      typeOid: types[at] ?? oids.text,
      typmod: -1,
    })),
    decisions: {
      delimiter: dialect.delimiter === "\t" ? "tab" : dialect.delimiter,
      header: String(dialect.header),
    },
    select: (picks) => selectOf(file, dialect, picks),
  };
}

/** Types the CSV reader itself converts, naming the line it fails at. */
const readerTypes = new Set<LogicalType["id"]>([
  "BOOLEAN",
  "SMALLINT",
  "INTEGER",
  "BIGINT",
  "FLOAT",
  "DOUBLE",
  "DECIMAL",
  "DATE",
  "TIME",
  "TIMESTAMP",
  "TIMESTAMPTZ",
  "UUID",
]);
const castTypes = new Set<LogicalType["id"]>(["VARCHAR", "JSON", "INTERVAL"]);

function selectOf(file: StagedFile, dialect: Dialect, picks: readonly Pick[]): string {
  const types = dialect.names.map((_, at) => {
    const type = picks.find(({ source }) => source === at)?.type;
    if (type === undefined || castTypes.has(type.id)) return "VARCHAR";
    if (readerTypes.has(type.id)) return engineTypeName(type);
    throw new PgError(
      "0A000",
      `loading a CSV file into a column of type ${engineTypeName(type)} is not supported`,
    );
  });
  const list = picks.map((pick) =>
    picked(pick.source === undefined ? "NULL" : quoteName(dialect.names[pick.source] ?? ""), pick),
  );
  return `SELECT ${list.join(", ")} FROM ${reader(file, dialect, types)}`;
}

function reader(file: StagedFile, dialect: Dialect, types: readonly string[]): string {
  const { delimiter, header, names, skipsFaults } = dialect;
  const columns = names.map(
    (name, at) => `${quoteText(name)}: ${quoteText(types[at] ?? "VARCHAR")}`,
  );
  const options = [
    "auto_detect=false",
    `delim=${quoteText(delimiter)}`,
    "quote='\"'",
    "escape='\"'",
    `header=${header}`,
    `columns={${columns.join(", ")}}`,
    "strict_mode=true",
    "null_padding=false",
    "nullstr=''",
    "allow_quoted_nulls=false",
    `max_line_size=${lineBytesMax}`,
    `buffer_size=${lineBytesMax * 2}`,
  ];
  if (skipsFaults) options.push(types.length === 0 ? "ignore_errors=true" : rejectOptions);
  return `read_csv(${quoteText(file.path)}, ${options.join(", ")})`;
}

const lineBytesMax = 1 << 24;

function dialectOf(file: StagedFile, options: CsvOptions): Dialect {
  const text = file.head.toString("utf8").replace(/^\ufeff/, "");
  if (text.trim() === "") throw new PgError("22P04", `file "${file.fileName}" is empty`);
  if (file.head.includes(0)) {
    throw new PgError("22021", `file "${file.fileName}" is not text in UTF-8`, {
      hint: "Convert it first: iconv -f UTF-16 -t UTF-8.",
    });
  }
  const delimiter = options.delimiter ?? likelyDelimiter(text);
  if (delimiter.length !== 1 || /["\r\n]/.test(delimiter)) {
    throw new PgError("22023", "delimiter must be a single character, not a quote or a line end");
  }
  const first = firstRecord(text, delimiter);
  const header = options.header ?? looksLikeHeader(first);
  const skipsFaults = options.skipsFaults ?? false;
  return {
    delimiter,
    header,
    skipsFaults,
    names: columnNames(header ? first : first.map(() => "")),
  };
}

/** The candidate that cuts the first record into most fields; a comma when none does. */
function likelyDelimiter(text: string): string {
  let best = ",";
  for (const candidate of [",", "\t", ";", "|"]) {
    if (firstRecord(text, candidate).length > firstRecord(text, best).length) best = candidate;
  }
  return best;
}

/** The fields of the first record that is not an empty line; a quoted one may hold delimiters and line ends. */
function firstRecord(text: string, delimiter: string): readonly string[] {
  const fields: string[] = [];
  let field = "";
  let isQuoted = false;
  const start = text.search(/[^\r\n]/);
  for (let at = start; at < text.length; at++) {
    const character = text[at] ?? "";
    if (isQuoted) {
      if (character !== '"') field += character;
      else if (text[at + 1] === '"') field += text[++at] ?? "";
      else isQuoted = false;
    } else if (character === '"' && field === "") isQuoted = true;
    else if (character === delimiter) {
      fields.push(field);
      field = "";
    } else if (character === "\n" || character === "\r") break;
    else field += character;
  }
  return [...fields, field];
}

/** Names are all there, all different, and none of them is a number, a date or a truth value. */
function looksLikeHeader(fields: readonly string[]): boolean {
  const titles = fields.map((field) => field.trim().toLowerCase());
  if (new Set(titles).size !== titles.length) return false;
  return titles.every(
    (title) => title !== "" && !/^([-+]?[\d.,:/ -]+|true|false|null)$/.test(title),
  );
}

/** What a value can be, as one bit, so that a column is the union of its values. */
const kinds = {
  bool: 1,
  int: 2,
  wideInt: 4,
  float: 8,
  date: 16,
  timestamp: 32,
  zoned: 64,
  text: 128,
};

/** The first type that holds every kind a column has. Integers of more than 15 digits are not exact as float8. */
const typesByKinds: readonly (readonly [typeOid: number, kinds: number])[] = [
  [oids.bool, kinds.bool],
  [oids.int8, kinds.int | kinds.wideInt],
  [oids.float8, kinds.int | kinds.float],
  [oids.date, kinds.date],
  [oids.timestamp, kinds.date | kinds.timestamp],
  [oids.timestamptz, kinds.zoned],
];

/**
 * Engine SQL of a value's kind; the cheap tests first. A number with a leading zero is a code (a ZIP, a phone number), not a
 * number. Dates are ISO dates: 03/04/2024 is two days, depending on who reads it.
 */
function kindOf(value: string): string {
  const is = (pattern: string) => `regexp_full_match(${value}, ${quoteText(pattern)})`;
  const date = "[0-9]{4}-[0-9]{2}-[0-9]{2}";
  const time = `${date}[ T][0-9]{2}:[0-9]{2}(:[0-9]{2}(\\.[0-9]{1,6})?)?`;
  const float = "[-+]?(0|[1-9][0-9]{0,14})?(\\.[0-9]{0,15})?([eE][-+]?[0-9]{1,3})?";
  const can = (type: string) => `TRY_CAST(${value} AS ${type}) IS NOT NULL`;
  return `CASE WHEN ${value} IS NULL THEN 0
    WHEN lower(${value}) IN ('true', 'false') THEN ${kinds.bool}
    WHEN ascii(${value}) NOT BETWEEN ascii('+') AND ascii('9') THEN ${kinds.text}
    WHEN ${is("0|-?[1-9][0-9]{0,14}")} THEN ${kinds.int}
    WHEN ${is("-?[1-9][0-9]{0,17}")} THEN ${kinds.wideInt}
    WHEN ${is(float)} AND ${can("DOUBLE")} THEN ${kinds.float}
    WHEN ${is(date)} AND ${can("DATE")} THEN ${kinds.date}
    WHEN ${is(time)} AND ${can("TIMESTAMP")} THEN ${kinds.timestamp}
    WHEN ${is(`${time}(Z|[-+][0-9]{2}(:?[0-9]{2})?)`)} AND ${can("TIMESTAMPTZ")} THEN ${kinds.zoned}
    ELSE ${kinds.text} END`;
}

/** One pass over the whole file, which also finds every malformed line. A column without values is text. */
async function detectTypes(
  file: StagedFile,
  dialect: Dialect,
  engine: Engine,
  signal: AbortSignal,
): Promise<readonly number[]> {
  const found = dialect.names.map((name) => `bit_or(${kindOf(quoteName(name))})::INTEGER`);
  const sql = `SELECT ${found.join(", ")} FROM ${reader(file, dialect, [])}`;
  const connection = await engine.connect();
  try {
    const stream = await connection.stream(sql, [], signal);
    const batch = await stream.next();
    return dialect.names.map((_, at) => {
      const vector = batch?.vectors[at];
      const union = vector ? Number(readValue(vector, 0) ?? 0) : 0;
      const type = typesByKinds.find(([, held]) => union !== 0 && (union & ~held) === 0);
      return type?.[0] ?? oids.text;
    });
  } catch (error) {
    const columns = dialect.names.map((name) => ({ name, typeOid: oids.text, typmod: -1 }));
    throw fileFault(error, file, "csv", columns);
  } finally {
    connection.release();
  }
}
