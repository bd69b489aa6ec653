/** What the engine says of a file, said to a person: PostgreSQL's words for COPY, the file's own name, the line. */
import { PgError } from "../base/error.ts";
import { oids } from "../pgtypes/oids.ts";
import { typeTitle } from "../pgtypes/types.ts";
import type { Format } from "./format.ts";
import type { SourceColumn } from "./reading.ts";
import type { StagedFile } from "./staged-file.ts";

export function fileFault(
  error: unknown,
  file: Pick<StagedFile, "path" | "fileName">,
  format: Format,
  columns: readonly SourceColumn[] = [],
): unknown {
  // What has a PgError for its cause has been through here.
  if (!(error instanceof PgError) || error.cause instanceof PgError) return error;
  const isForeign = error.message.includes(file.path) || /^CSV Error/.test(error.message);
  const fault =
    csvFault(error, file.fileName, columns) ??
    jsonFault(error, file.fileName) ??
    (format === "parquet" ? parquetFault(error, file.fileName) : undefined);
  if (fault) return fault;
  if (!isForeign) return error;
  const message = error.message.replaceAll(file.path, file.fileName);
  return new PgError(error.sqlstate, message, {}, { cause: error });
}

function csvFault(
  error: PgError,
  fileName: string,
  columns: readonly SourceColumn[],
): PgError | undefined {
  // The engine's words after a blank line, the reason among them, are not in the message.
  const message = `${error.message}\n${error.cause instanceof Error ? error.cause.message : ""}`;
  const line = /CSV Error on Line: (\d+)/.exec(message)?.[1];
  if (line === undefined) return undefined;
  const original = /Original Line: (.*)/.exec(error.message)?.[1] ?? "";
  const at = `"${fileName}", line ${line}`;
  const where = `${fileName}, line ${line}: "${original.slice(0, 100)}"`;
  const say = (sqlstate: string, text: string) =>
    new PgError(sqlstate, `${at}: ${text}`, { where }, { cause: error });

  const counts = /Expected Number of Columns: (\d+) Found: (\d+)/.exec(message);
  if (counts) {
    const found = Number(counts[2]);
    if (found > Number(counts[1])) return say("22P04", "extra data after last expected column");
    return say("22P04", `missing data for column "${columns[found]?.name ?? found + 1}"`);
  }
  if (/unterminated quote/i.test(message)) return say("22P04", "unterminated CSV quoted field");
  if (/Invalid unicode/i.test(message)) {
    return say("22021", 'invalid byte sequence for encoding "UTF8"');
  }
  const value = /converting column "(.*?)"\. Could not convert string "(.*?)" to '(\w+)/s.exec(
    message,
  );
  if (value) {
    const [, column = "", text = "", type = ""] = value;
    const title = typeNames[type] ?? type.toLowerCase();
    return say("22P02", `column "${column}": invalid input syntax for type ${title}: "${text}"`);
  }
  if (/maximum_line_size|max_line_size|Maximum line size/i.test(message)) {
    return say("54000", "the line is too long");
  }
  return say("22P04", "malformed CSV");
}

const typeNames: Readonly<Record<string, string>> = {
  BIGINT: typeTitle(oids.int8),
  INTEGER: typeTitle(oids.int4),
  SMALLINT: typeTitle(oids.int2),
  DOUBLE: typeTitle(oids.float8),
  FLOAT: typeTitle(oids.float4),
  DECIMAL: typeTitle(oids.numeric),
  BOOLEAN: typeTitle(oids.bool),
  DATE: typeTitle(oids.date),
  TIME: typeTitle(oids.time),
  TIMESTAMP: typeTitle(oids.timestamp),
  UUID: typeTitle(oids.uuid),
};

function jsonFault(error: PgError, fileName: string): PgError | undefined {
  const { message } = error;
  const malformed =
    /Malformed JSON in file .*?, at byte (\d+) in (?:line|record\/value) (\d+): (.*)/s;
  const found = malformed.exec(message);
  if (found) {
    const reason = (found[3] ?? "").trim().split("\n")[0]?.replace(/\.$/, "");
    return new PgError("22P04", `"${fileName}", line ${found[2]}: malformed JSON: ${reason}`, {
      where: `${fileName}, line ${found[2]}, byte ${found[1]}`,
    });
  }
  if (/non-record JSON/.test(message)) {
    return new PgError("22P04", `"${fileName}" holds JSON values that are not objects`, {
      hint: "A file of objects, one a line or in an array, becomes a dataset.",
    });
  }
  const line = /(?:in line|in record\/value) (\d+)/.exec(message)?.[1];
  if (line === undefined || !/json/i.test(message)) return undefined;
  const text = message.split("\n")[0] ?? "";
  return new PgError(
    "22P02",
    `"${fileName}", line ${line}: ${text.replace(/"[^"]*\/source"/, "file")}`,
  );
}

/** What the engine says when bytes are not what they should be; canceling, memory, disk and types are another matter. */
const damage = new Set(["22023", "22P04", "58030", "58P01", "XX000", "XX001", "0A000"]);

function parquetFault(error: PgError, fileName: string): PgError | undefined {
  if (!damage.has(error.sqlstate)) return undefined;
  const reason = (error.message.split("\n")[0] ?? "").replaceAll(
    /'[^']*\/source'|"[^"]*\/source"/g,
    "it",
  );
  return new PgError("22P04", `"${fileName}" is not a Parquet file that can be read`, {
    detail: reason,
  });
}
