/** Errors a client is meant to read: https://www.postgresql.org/docs/15/protocol-error-fields.html */

export interface ErrorDetails {
  readonly detail?: string | undefined;
  readonly hint?: string | undefined;
  /** 1-based character in the client's own text. */
  readonly position?: number | undefined;
  readonly where?: string | undefined;
  readonly schema?: string | undefined;
  readonly table?: string | undefined;
  readonly column?: string | undefined;
  readonly dataType?: string | undefined;
  readonly constraint?: string | undefined;
  /** PostgreSQL's function that says so, where drivers go by it: some prepare a statement anew. */
  readonly routine?: string | undefined;
  /** FATAL ends the session. */
  readonly severity?: "ERROR" | "FATAL" | "PANIC";
}

export class PgError extends Error {
  readonly sqlstate: string;
  readonly details: ErrorDetails;

  constructor(
    sqlstate: string,
    message: string,
    details: ErrorDetails = {},
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = "PgError";
    this.sqlstate = sqlstate;
    this.details = details;
  }

  get severity(): "ERROR" | "FATAL" | "PANIC" {
    return this.details.severity ?? "ERROR";
  }

  /** The same error with more known about it; what is already known stays. */
  with(details: ErrorDetails): PgError {
    return new PgError(
      this.sqlstate,
      this.message,
      { ...details, ...this.details },
      { cause: this.cause },
    );
  }
}

/** What a client may be told about a fault of ours: its kind, not its stack. */
export function asPgError(error: unknown): PgError {
  if (error instanceof PgError) return error;
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof RangeError && /call stack/i.test(message))
    return new PgError("54001", "stack depth limit exceeded", {}, { cause: error });
  return new PgError("XX000", message, {}, { cause: error });
}

/** Something PostgreSQL has and this server has not (yet). Never silently ignored. */
export function unsupported(what: string, details: ErrorDetails = {}): PgError {
  return new PgError("0A000", `${what} is not supported`, details);
}

export type NoticeSeverity = "WARNING" | "NOTICE" | "DEBUG" | "INFO" | "LOG";

export interface Notice extends Omit<ErrorDetails, "severity"> {
  readonly severity: NoticeSeverity;
  readonly sqlstate: string;
  readonly message: string;
}
