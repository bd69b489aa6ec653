/**
 * An engine error → PgError. The instance runs with `errors_as_json`, so type, subtype and position are data;
 * only what the type leaves open is read from the message. Nothing of the engine's decoration gets through:
 * no `LINE 1:` tail, no candidate names (they may name what the role must not know).
 */
import { type ErrorDetails, PgError } from "../base/error.ts";

export interface EngineFault {
  readonly type: string;
  readonly message: string;
  readonly subtype: string;
  /** What kind of catalog entry is missing. */
  readonly entry: string;
  readonly name: string;
  /** 0-based byte in the statement. */
  readonly offset: number | undefined;
}

/** `sql` is the text the engine was given, by which its byte offset becomes a 1-based character. */
export function pgError(error: unknown, sql = ""): PgError {
  if (error instanceof PgError) return error;
  const fault = readFault(error instanceof Error ? error.message : String(error));
  const raised = /^(?:[A-Za-z ]+ Error: )*PGERR:([0-9A-Z]{5}):([\s\S]*)/.exec(fault.message);
  if (raised?.[1] && raised[2] !== undefined) {
    const [message = "", ...fields] = raised[2].split(raisedField);
    const details = Object.fromEntries(fields.flatMap(detailOf));
    return new PgError(raised[1], message, details, { cause: error });
  }
  const message = wording(fault);
  // What is found out while values are computed has no place in the text, as in PostgreSQL.
  const isAboutText = !ofValues.has(fault.type) && fault.offset !== undefined;
  const position = isAboutText ? characterAt(sql, fault.offset) : undefined;
  const details = { position, ...overflowed(fault.message) };
  return new PgError(sqlstate(fault), message, details, { cause: error });
}

const decimalOverflow =
  /^(?:Casting value .* to type|Could not cast value (\S+) to|Failed to cast (?:decimal )?value .* to type) DECIMAL\((\d+),(\d+)\)/;

/** What PostgreSQL says of a value that a numeric field does not hold. */
function overflowed(message: string): { readonly detail?: string } {
  const [, value = "", precision, scale] = decimalOverflow.exec(message) ?? [];
  if (precision === undefined || scale === undefined) return {};
  const field = `A field with precision ${precision}, scale ${scale}`;
  if (/nan/i.test(value)) return { detail: `${field} cannot hold NaN.` };
  if (/inf/i.test(value)) return { detail: `${field} cannot hold an infinite value.` };
  const digits = Number(precision) - Number(scale);
  const bound = digits === 0 ? "1" : `10^${digits}`;
  return { detail: `${field} must round to an absolute value less than ${bound}.` };
}

const ofValues: ReadonlySet<string> = new Set([
  "Conversion",
  "Out of Range",
  "Invalid Input",
  "Divide by Zero",
  "Decimal",
]);

/** Between the message of an error raised by engine text and each further field, which begins with the protocol's letter. */
export const raisedField = "\u001e";

/** An error raised where values are computed, as the engine carries it through. */
export function raisedText({ sqlstate, message, details: { detail, hint } }: PgError): string {
  const fields = [detail === undefined ? [] : `D${detail}`, hint === undefined ? [] : `H${hint}`];
  return [`PGERR:${sqlstate}:${message}`, ...fields.flat()].join(raisedField);
}

const fieldNames: ReadonlyMap<string, keyof ErrorDetails> = new Map([
  ["D", "detail"],
  ["H", "hint"],
  ["s", "schema"],
  ["t", "table"],
  ["c", "column"],
  ["n", "constraint"],
  ["d", "dataType"],
]);

function detailOf(field: string): (readonly [keyof ErrorDetails, string])[] {
  const name = fieldNames.get(field.slice(0, 1));
  return name ? [[name, field.slice(1)]] : [];
}

export function readFault(text: string): EngineFault {
  const start = text.indexOf('{"exception_type"');
  if (start >= 0) {
    try {
      const fields = JSON.parse(text.slice(start)) as Record<string, unknown>;
      const field = (name: string) => (fields[name] === undefined ? "" : String(fields[name]));
      const offset = Number.parseInt(field("position"), 10);
      return {
        type: field("exception_type"),
        message: plain(field("exception_message")),
        subtype: field("error_subtype"),
        entry: field("type"),
        name: field("name"),
        offset: Number.isNaN(offset) ? undefined : offset,
      };
    } catch {
      // Not JSON after all: read it as text.
    }
  }
  const [, type = "Unknown", message = text] = /^([A-Za-z ]+?) Error: ([\s\S]*)$/.exec(text) ?? [];
  return { type, message: plain(message), subtype: "", entry: "", name: "", offset: undefined };
}

/** The message alone: what follows names candidates, lists signatures or quotes the statement. */
function plain(message: string): string {
  const end = message.search(
    /\n\s*(?:Did you mean|Candidate|LINE \d+:|Possible solutions|Use "SET|\^)|\n\n/,
  );
  return (end < 0 ? message : message.slice(0, end)).trim();
}

function characterAt(sql: string, byteOffset: number): number | undefined {
  if (sql === "") return undefined;
  const bytes = Buffer.from(sql, "utf8");
  if (byteOffset > bytes.length) return undefined;
  return [...bytes.toString("utf8", 0, byteOffset)].length + 1;
}

type Refinement = readonly [pattern: RegExp, sqlstate: string];

/** Exception type → SQLSTATE, refined by the first pattern its message matches; the last entry is the rest. */
const states: Readonly<Record<string, readonly Refinement[]>> = {
  Parser: [
    [/Like pattern must not end/, "22025"],
    [/Max expression depth/, "54001"],
    [/not supported|unsupported|not implemented/i, "0A000"],
    [/./s, "42601"],
  ],
  Binder: [
    [
      /Referenced column|does not have a column|Column .* does not exist|not found in (?:FROM|table)|Referenced update column/i,
      "42703",
    ],
    [/Referenced table .* not found|Table .* does not exist/, "42P01"],
    [/^Catalog ".*" does not exist/, "3D000"],
    [/Ambiguous reference to column/i, "42702"],
    [/Ambiguous|Duplicate alias/, "42712"],
    [/must appear in the GROUP BY|cannot contain aggregates|calls cannot be nested/i, "42803"],
    [/cannot contain window|window functions are not allowed/i, "42P20"],
    [/Could not choose a best candidate/i, "42725"],
    [
      /No function matches|does not support the supplied arguments|Cannot compare values of type|explicit cast is required/i,
      "42883",
    ],
    [
      /same number of result columns|columns but \d+ values|expected \d+|Subquery returns/i,
      "42601",
    ],
    [/DECIMAL type width/i, "22023"],
    [/type.*mismatch|Cannot mix|cannot cast|could not convert/i, "42804"],
    [/UNNEST|not supported|not implemented|unsupported/i, "0A000"],
    [/already attached|already exists/, "42P04"],
    [/./s, "42601"],
  ],
  Conversion: [
    [
      /(?:out of range|overflow)(?=[\s\S]*(?:date|time))|(?:date|time)[\s\S]*out of range/i,
      "22008",
    ],
    [
      /out of range|overflow|could not be cast|Could not cast value .* to DECIMAL|Failed to cast (?:decimal )?value/i,
      "22003",
    ],
    [
      /(?:date|timestamp|time) field (?:format|value)|to INTERVAL|to TIME|strptime|interval/i,
      "22007",
    ],
    [/./s, "22P02"],
  ],
  "Out of Range": [
    [/square root|power/i, "2201F"],
    [/logarithm/i, "2201E"],
    [/date|timestamp|interval/i, "22008"],
    [/divi(?:de|sion) by zero/i, "22012"],
    [/./s, "22003"],
  ],
  "Divide by Zero": [[/./s, "22012"]],
  Decimal: [[/./s, "22003"]],
  "Object Size": [[/./s, "54000"]],
  "Unknown Type": [[/./s, "42804"]],
  "Mismatch Type": [[/./s, "42804"]],
  "Invalid type": [[/./s, "42804"]],
  Expression: [[/./s, "42804"]],
  Constraint: [
    [/NOT NULL/, "23502"],
    [/CHECK/, "23514"],
    [/foreign key/i, "23503"],
    [/primary key|unique|duplicate key/i, "23505"],
    [/./s, "23000"],
  ],
  TransactionContext: [
    [/transaction is aborted/, "25P02"],
    [/read-only mode/, "25006"],
    [/conflict/i, "40001"],
    [/primary key|unique|duplicate key/i, "23505"],
    [/foreign key/i, "23503"],
    [/within a transaction/, "25001"],
    [/no transaction/, "25P01"],
    [/single attached database/, "0A000"],
    [/CHECKPOINT/, "55006"],
    [/./s, "25000"],
  ],
  "Not implemented": [[/./s, "0A000"]],
  "Missing Extension": [[/./s, "0A000"]],
  "Extension Autoloading": [[/./s, "0A000"]],
  Dependency: [[/./s, "2BP01"]],
  Sequence: [[/./s, "2200H"]],
  INTERRUPT: [[/./s, "57014"]],
  Interrupt: [[/./s, "57014"]],
  Permission: [[/./s, "42501"]],
  "Out of Memory": [
    [/max_temp_directory_size|offload|disk/i, "53100"],
    [/./s, "53200"],
  ],
  IO: [
    [/No space|disk/i, "53100"],
    [/Permission denied/i, "42501"],
    [/No files found|does not exist|No such file/i, "58P01"],
    [/./s, "58030"],
  ],
  HTTP: [[/./s, "08006"]],
  Connection: [[/./s, "08006"]],
  Network: [[/./s, "08006"]],
  "Invalid Configuration": [[/./s, "22023"]],
  Settings: [[/./s, "22023"]],
  "Parameter Not Resolved": [[/./s, "42P18"]],
  "Parameter Not Allowed": [[/./s, "42P02"]],
  FATAL: [[/./s, "XX001"]],
  "Invalid Input": [
    [/More than one row/, "21000"],
    [/division by zero/i, "22012"],
    [
      /regex|missing \)|invalid escape|invalid perl|missing ]|no argument for repetition|bad repetition/i,
      "2201B",
    ],
    [
      /configuration has been locked|Cannot change configuration|while database is running/,
      "55P02",
    ],
    [/parameter/i, "42P02"],
    [/Type with name/, "42704"],
    [/invalidated/, "57P01"],
    [/./s, "22023"],
  ],
};

const missing: Readonly<Record<string, string>> = {
  Table: "42P01",
  View: "42P01",
  Sequence: "42P01",
  Index: "42P01",
  "Scalar Function": "42883",
  "Table Function": "42883",
  "Aggregate Function": "42883",
  "Macro Function": "42883",
  "Table Macro Function": "42883",
  "Pragma Function": "42883",
  Macro: "42883",
  Type: "42704",
  Collation: "42704",
  Schema: "3F000",
  Database: "3D000",
};

export function sqlstate(fault: EngineFault): string {
  if (fault.type === "Catalog") return catalogState(fault);
  if (fault.type === "Syntax") return sqlstate({ ...fault, type: "Parser" });
  if (fault.type === "Binder") {
    if (fault.subtype === "COLUMN_NOT_FOUND") return "42703";
    if (fault.subtype === "UNSUPPORTED") return "0A000";
  }
  for (const [pattern, state] of states[fault.type] ?? []) {
    if (pattern.test(fault.message)) return state;
  }
  return "XX000";
}

function catalogState(fault: EngineFault): string {
  const { message } = fault;
  if (fault.subtype === "ENTRY_ALREADY_EXISTS" || message.includes("already exists")) {
    if (message.startsWith("Column")) return "42701";
    if (message.startsWith("Schema")) return "42P06";
    if (message.startsWith("Type")) return "42710";
    return /^(?:Scalar|Macro|Function|Table Function|Aggregate)/.test(message) ? "42723" : "42P07";
  }
  if (/schema ".*" does not exist|Schema with name/.test(message)) {
    return /^(?:Table|View)/.test(message) ? "42P01" : "3F000";
  }
  const entry = fault.entry || (/^([A-Z]\w+(?: \w+)*) with name/.exec(message)?.[1] ?? "");
  const state = missing[entry];
  if (state !== undefined) return state;
  if (/does not have a column|column.*does not exist/i.test(message)) return "42703";
  return /Existing object .* is of type/.test(message) ? "42809" : "42704";
}

/** PostgreSQL's wording where clients and people know it by heart; else the engine's own. */
function wording(fault: EngineFault): string {
  const { message, name } = fault;
  if (fault.type === "INTERRUPT" || fault.type === "Interrupt") {
    return "canceling statement due to user request";
  }
  if (/^Like pattern must not end/.test(message))
    return "LIKE pattern must not end with escape character";
  if (fault.type === "Divide by Zero") return "division by zero";
  // How deep is the server's to say: the engine's hint names a setting nobody can set.
  if (/^Max expression depth/.test(message)) return "stack depth limit exceeded";
  if (fault.subtype === "COLUMN_NOT_FOUND" && name !== "") return `column "${name}" does not exist`;
  if (fault.subtype === "MISSING_ENTRY" && name !== "") {
    if (missing[fault.entry] === "42P01") return `relation "${name}" does not exist`;
    if (missing[fault.entry] === "42704") return `type "${name}" does not exist`;
    if (missing[fault.entry] === "3F000") return `schema "${name}" does not exist`;
    if (missing[fault.entry] === "42883") return `function ${name} does not exist`;
  }
  if (/^More than one row returned by a subquery/.test(message)) {
    return "more than one row returned by a subquery used as an expression";
  }
  return conversion(message) ?? message;
}

const engineNames: Readonly<Record<string, string>> = {
  INT8: "smallint",
  INT16: "smallint",
  INT32: "integer",
  INT64: "bigint",
  INT128: "numeric",
  UINT8: "smallint",
  UINT16: "integer",
  UINT32: "bigint",
  UINT64: "numeric",
  FLOAT: "real",
  DOUBLE: "double precision",
  BOOL: "boolean",
  UUID: "uuid",
  DATE: "date",
  TIMESTAMP: "timestamp without time zone",
  "TIMESTAMP WITH TIME ZONE": "timestamp with time zone",
  TIME: "time without time zone",
  INTERVAL: "interval",
};

const typeName = (name: string) =>
  engineNames[name] ?? (name.startsWith("DECIMAL") ? "numeric" : name.toLowerCase());

const leastOf: Readonly<Record<string, string>> = {
  "-32768": "smallint",
  "-2147483648": "integer",
};

function conversion(message: string): string | undefined {
  const string = /^Could not convert string ['"]([\s\S]*)['"] to ([A-Z0-9 (),]+)$/.exec(message);
  if (string?.[1] !== undefined && string[2]) {
    return `invalid input syntax for type ${typeName(string[2])}: "${string[1]}"`;
  }
  const date = /^invalid (date|timestamp|time) field format: "([\s\S]*)", expected/.exec(message);
  if (date?.[1] && date[2] !== undefined) {
    return `invalid input syntax for type ${typeName(date[1].toUpperCase())}: "${date[2]}"`;
  }
  const field = /^(?:date|timestamp|time) field value out of range: "([\s\S]*?)"/.exec(message);
  if (field?.[1] !== undefined) return `date/time field value out of range: "${field[1]}"`;
  const range = /out of range for the destination type ([A-Z0-9]+)/.exec(message);
  const narrowed = /^Failed to cast decimal value \S+ to type ([A-Z0-9]+)$/.exec(message);
  if (narrowed?.[1]) return `${typeName(narrowed[1])} out of range`;
  if (decimalOverflow.test(message)) return "numeric field overflow";
  if (range?.[1] === "FLOAT") return "value out of range: overflow";
  if (range?.[1] === "UINT32") return "OID out of range";
  if (range?.[1]) return `${typeName(range[1])} out of range`;
  const overflow = /^Overflow in \w+ of ([A-Z0-9]+) /.exec(message);
  if (overflow?.[1]) return `${typeName(overflow[1])} out of range`;
  const least = /^Overflow (?:in division of|on abs\()\s*(-\d+)/.exec(message)?.[1];
  if (least !== undefined) return `${leastOf[least] ?? "bigint"} out of range`;
  if (/^(?:lcm value is out of range|Overflow in negation of numeric)/.test(message))
    return "bigint out of range";
  return undefined;
}
