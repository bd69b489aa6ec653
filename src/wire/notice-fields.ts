/** Errors and notices → the fields of ErrorResponse and NoticeResponse, in PostgreSQL's order. */
import type { Notice, PgError } from "../base/error.ts";
import type { NoticeFields } from "./backend.ts";

export function errorFields(error: PgError): NoticeFields {
  const { detail, hint, position, where, schema, table, column, dataType, constraint } =
    error.details;
  return present({
    S: error.severity,
    V: error.severity,
    C: error.sqlstate,
    M: error.message,
    D: detail,
    H: hint,
    P: position === undefined ? undefined : String(position),
    W: where,
    s: schema,
    t: table,
    c: column,
    d: dataType,
    n: constraint,
  });
}

export function noticeFields(notice: Notice): NoticeFields {
  return present({
    S: notice.severity,
    V: notice.severity,
    C: notice.sqlstate,
    M: notice.message,
    D: notice.detail,
    H: notice.hint,
  });
}

function present(fields: Readonly<Record<string, string | undefined>>): NoticeFields {
  const kept: Record<string, string> = {};
  for (const [field, text] of Object.entries(fields)) if (text !== undefined) kept[field] = text;
  return kept;
}
