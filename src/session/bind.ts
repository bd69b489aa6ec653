/** What a Bind message must agree on with the statement it binds. */
import { PgError } from "../base/error.ts";
import type { FrontendMessage } from "../wire/frontend.ts";
import type { PreparedStatement } from "./prepared.ts";

export function checkBind(
  message: Extract<FrontendMessage, { type: "Bind" }>,
  prepared: PreparedStatement,
): void {
  const { parameterFormats, parameters, resultFormats } = message;
  if (parameterFormats.length > 1 && parameterFormats.length !== parameters.length) {
    throw new PgError(
      "08P01",
      `bind message has ${parameterFormats.length} parameter formats but ${parameters.length} parameters`,
    );
  }
  const expected = prepared.planned.parameterTypes.length;
  if (parameters.length !== expected) {
    throw new PgError(
      "08P01",
      `bind message supplies ${parameters.length} parameters, but prepared statement "${prepared.name}" requires ${expected}`,
    );
  }
  const columns = prepared.columns?.length ?? 0;
  if (resultFormats.length > 1 && resultFormats.length !== columns) {
    throw new PgError(
      "08P01",
      `bind message has ${resultFormats.length} result formats but query has ${columns} columns`,
    );
  }
}
