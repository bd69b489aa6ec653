/** Errors and notices → the fields of ErrorResponse and NoticeResponse, in PostgreSQL's order. */
import type { Notice, PgError } from "../base/error.ts";
import type { NoticeFields } from "./backend.ts";

export function errorFields({ severity, sqlstate, message, details }: PgError): NoticeFields {
  return noticeFields({ ...details, severity, sqlstate, message });
}

type Told = Omit<Notice, "severity"> & {
  readonly severity: Notice["severity"] | PgError["severity"];
};

export function noticeFields(told: Told): NoticeFields {
  const { position } = told;
  return present({
    S: told.severity,
    V: told.severity,
    C: told.sqlstate,
    M: told.message,
    D: told.detail,
    H: told.hint,
    P: position === undefined ? undefined : String(position),
    W: told.where,
    s: told.schema,
    t: told.table,
    c: told.column,
    d: told.dataType,
    n: told.constraint,
    R: told.routine,
  });
}

function present(fields: Readonly<Record<string, string | undefined>>): NoticeFields {
  const kept: Record<string, string> = {};
  for (const [field, text] of Object.entries(fields)) if (text !== undefined) kept[field] = text;
  return kept;
}
