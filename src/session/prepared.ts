/** Prepared statements: text and types as given, planned again when what it stands on has changed. */
import { PgError } from "../base/error.ts";
import type { PlannedStatement, ResultColumn } from "../query/plan.ts";
import type { StatementText } from "../query/query.ts";
import type { Backend } from "./backend.ts";
import { completeColumns } from "./describe.ts";

export interface PreparedStatement {
  readonly name: string;
  /** What pg_prepared_statements shows: Parse's text, or the whole PREPARE. */
  readonly source: string;
  /** Undefined for an empty query string. */
  readonly statement: StatementText | undefined;
  /** As the client gave them; 0 = inferred. */
  readonly givenTypes: readonly number[];
  readonly planned: PlannedStatement;
  readonly columns: readonly ResultColumn[] | undefined;
  readonly preparedAt: Date;
  readonly fromSql: boolean;
}

export const emptyStatement: PlannedStatement = {
  plan: { kind: "empty" },
  sql: "",
  offset: 0,
  parameterTypes: [],
  columns: undefined,
  relations: [],
  isReadOnly: true,
};

export async function prepare(
  backend: Backend,
  name: string,
  statement: StatementText | undefined,
  givenTypes: readonly number[],
  fromSql: boolean,
  source: string,
): Promise<PreparedStatement> {
  const base = { name, source, statement, givenTypes, preparedAt: new Date(), fromSql };
  if (statement === undefined) return { ...base, planned: emptyStatement, columns: undefined };
  const planned = await backend.plan(statement, givenTypes);
  return { ...base, planned, columns: await completeColumns(planned, backend) };
}

/** The statement as of now; 0A000 when its result columns are not what the client was told. */
export async function replanned(
  backend: Backend,
  prepared: PreparedStatement,
): Promise<PreparedStatement> {
  if (prepared.statement === undefined) return prepared;
  const planned = await backend.plan(prepared.statement, prepared.planned.parameterTypes);
  if (planned === prepared.planned) return prepared;
  const columns = await completeColumns(planned, backend);
  if (!sameColumns(columns, prepared.columns)) {
    throw new PgError("0A000", "cached plan must not change result type", {
      routine: "RevalidateCachedQuery",
    });
  }
  return { ...prepared, planned, columns };
}

function sameColumns(
  now: readonly ResultColumn[] | undefined,
  then: readonly ResultColumn[] | undefined,
): boolean {
  if (now === undefined || then === undefined) return now === then;
  return (
    now.length === then.length &&
    now.every(
      (column, at) =>
        column.name === then[at]?.name &&
        column.typeOid === then[at]?.typeOid &&
        column.typmod === then[at]?.typmod,
    )
  );
}
