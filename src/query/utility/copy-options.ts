/** COPY's options, old spelling and new: https://www.postgresql.org/docs/15/sql-copy.html. Checked as ProcessCopyOptions does. */
import type { Node } from "libpg-query";
import { PgError, unsupported } from "../../base/error.ts";
import { encodingName, isServedEncoding } from "../../config/encoding-names.ts";
import { positionOf, type Scope } from "../draft.ts";
import type { CopyOptions } from "../plan.ts";
import { strings } from "./names.ts";
import { booleanOf, distinctOptions, type Option, requiredBoolean, textOf } from "./options.ts";

type Format = CopyOptions["format"];

/** What was written, before defaults. */
interface Given {
  format: Format;
  delimiter?: string;
  null?: string;
  header?: boolean | "match";
  quote?: string;
  escape?: string;
  forceQuote?: readonly string[] | "*";
  forceNotNull?: readonly string[];
  forceNull?: readonly string[];
  encoding?: string;
  freeze?: boolean;
}

export interface ReadOptions extends CopyOptions {
  readonly freeze: boolean;
}

export function copyOptions(
  nodes: readonly Node[] | undefined,
  isFrom: boolean,
  scope: Scope,
): ReadOptions {
  const given: Given = { format: "text" };
  for (const option of distinctOptions(nodes, scope)) readOption(option, given, isFrom, scope);
  const isCsv = given.format === "csv";
  refuseInBinary(given);
  refuseInOurs(given);
  const complete: ReadOptions = {
    format: given.format,
    delimiter: given.delimiter ?? (isCsv ? "," : "\t"),
    null: given.null ?? (isCsv ? "" : "\\N"),
    header: given.header ?? false,
    quote: given.quote ?? '"',
    escape: given.escape ?? given.quote ?? '"',
    forceQuote: given.forceQuote,
    forceNotNull: given.forceNotNull ?? [],
    forceNull: given.forceNull ?? [],
    encoding: given.encoding,
    freeze: given.freeze ?? false,
  };
  check(complete, given, isFrom);
  return complete;
}

function readOption(option: Option, given: Given, isFrom: boolean, scope: Scope): void {
  const text = textOf(option.value);
  const position = positionOf(scope, option.location);
  const required = (): string => {
    if (text === undefined) throw new PgError("42601", `${option.name} requires a parameter`);
    return text;
  };
  switch (option.name) {
    case "format":
      given.format = format(required(), position);
      return;
    case "delimiter":
    case "null":
    case "quote":
    case "escape":
      given[option.name] = required();
      return;
    case "header":
      given.header = header(option, isFrom);
      return;
    case "force_quote":
      given.forceQuote =
        option.value !== undefined && "A_Star" in option.value ? "*" : columnList(option, position);
      return;
    case "force_not_null":
      given.forceNotNull = columnList(option, position);
      return;
    case "force_null":
      given.forceNull = columnList(option, position);
      return;
    case "encoding":
      given.encoding = encoding(required(), position);
      return;
    case "freeze":
      given.freeze = requiredBoolean(option);
      return;
    case "create":
      throw unsupported("COPY with CREATE", {
        ...position,
        hint: "Create the table first, or use ingest_file().",
      });
    default:
      throw new PgError("42601", `option "${option.name}" not recognized`, position);
  }
}

function format(name: string, position: { position?: number }): Format {
  if (name === "text" || name === "csv" || name === "binary") return name;
  if (name === "json" || name === "parquet" || name === "arrow") return name;
  throw new PgError("22023", `COPY format "${name}" not recognized`, position);
}

function header({ value }: Option, isFrom: boolean): boolean | "match" {
  const isHeader = booleanOf(value);
  if (isHeader !== undefined) return isHeader;
  if (textOf(value)?.toLowerCase() !== "match")
    throw new PgError("42601", 'header requires a Boolean value or "match"');
  if (!isFrom) throw new PgError("0A000", 'cannot use "match" with HEADER in COPY TO');
  return "match";
}

function columnList({ name, value }: Option, position: { position?: number }): readonly string[] {
  if (value === undefined || !("List" in value))
    throw new PgError(
      "22023",
      `argument to option "${name}" must be a list of column names`,
      position,
    );
  return strings(value.List.items);
}

function encoding(name: string, position: { position?: number }): string {
  const known = encodingName(name);
  if (known === undefined)
    throw new PgError(
      "22023",
      'argument to option "encoding" must be a valid encoding name',
      position,
    );
  if (isServedEncoding(known)) return known;
  throw unsupported(`COPY with ENCODING '${name}'`, {
    ...position,
    hint: "Convert the data from or to UTF-8.",
  });
}

function refuseInBinary(given: Given): void {
  if (given.format !== "binary") return;
  const refused = (what: string) => new PgError("42601", `cannot specify ${what} in BINARY mode`);
  if (given.delimiter !== undefined) throw refused("DELIMITER");
  if (given.null !== undefined) throw refused("NULL");
  if (given.header !== undefined && given.header !== false)
    throw new PgError("0A000", "cannot specify HEADER in BINARY mode");
}

/** Formats that PostgreSQL has not: values are what they are there, and have no other spelling. */
function refuseInOurs(given: Given): void {
  const { format } = given;
  if (format !== "json" && format !== "parquet" && format !== "arrow") return;
  for (const option of ["delimiter", "null", "header", "quote", "escape", "encoding"] as const) {
    if (given[option] === undefined || given[option] === false) continue;
    const message = `COPY ${option} is not available with FORMAT ${format}`;
    throw new PgError("0A000", message);
  }
}

const isOneByte = (text: string) => Buffer.byteLength(text) === 1;

/** In PostgreSQL's order, so that of several faults the same one is told. */
function check(complete: CopyOptions, given: Given, isFrom: boolean): void {
  const { delimiter, quote } = complete;
  const isCsv = complete.format === "csv";
  const unfit = (message: string) => new PgError("0A000", message);
  const invalid = (message: string) => new PgError("22023", message);
  if (!isOneByte(delimiter)) throw unfit("COPY delimiter must be a single one-byte character");
  if (/[\r\n]/.test(delimiter))
    throw invalid("COPY delimiter cannot be newline or carriage return");
  if (/[\r\n]/.test(complete.null))
    throw invalid("COPY null representation cannot use newline or carriage return");
  if (!isCsv && /[\\.a-z0-9]/.test(delimiter))
    throw invalid(`COPY delimiter cannot be "${delimiter}"`);
  if (!isCsv && given.quote !== undefined) throw unfit("COPY quote available only in CSV mode");
  if (isCsv && !isOneByte(quote)) throw unfit("COPY quote must be a single one-byte character");
  if (isCsv && delimiter === quote) throw invalid("COPY delimiter and quote must be different");
  if (!isCsv && given.escape !== undefined) throw unfit("COPY escape available only in CSV mode");
  if (isCsv && !isOneByte(complete.escape))
    throw unfit("COPY escape must be a single one-byte character");
  checkForced(given, isCsv, isFrom);
  if (complete.null.includes(delimiter))
    throw unfit("COPY delimiter must not appear in the NULL specification");
  if (isCsv && complete.null.includes(quote))
    throw unfit("CSV quote character must not appear in the NULL specification");
}

function checkForced(given: Given, isCsv: boolean, isFrom: boolean): void {
  const forced = [
    ["quote", given.forceQuote, !isFrom],
    ["not null", given.forceNotNull, isFrom],
    ["null", given.forceNull, isFrom],
  ] as const;
  for (const [what, columns, isRightWay] of forced) {
    if (columns === undefined) continue;
    if (!isCsv) throw new PgError("0A000", `COPY force ${what} available only in CSV mode`);
    if (!isRightWay)
      throw new PgError(
        "0A000",
        `COPY force ${what} only available using COPY ${isFrom ? "TO" : "FROM"}`,
      );
  }
}
