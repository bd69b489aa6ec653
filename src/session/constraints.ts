/**
 * Keys, checks and references: asked once a statement's rows are staged, before the statement ends. Each is one or two
 * statements in the engine, however many rows were written.
 */
import { isConstrained, isKey } from "../catalog/constraints.ts";
import type { Relation, TableConstraint } from "../catalog/relation.ts";
import { checkText } from "../query/analyze/analyze.ts";
import type { EngineText } from "../query/plan.ts";
import type { Backend } from "./backend.ts";
import { checkKeys, rowsBut } from "./check-keys.ts";
import { checkReferences, followReferences } from "./check-references.ts";
import { openRows } from "./engine-rows.ts";
import type { Stage } from "./stage.ts";
import { createTextReader } from "./text-rows.ts";
import { failedCheck } from "./violations.ts";

/**
 * Throws what PostgreSQL answers (23505, 23503, 23514) when the rows staged under `mark` break a constraint of the
 * relation, or of one that refers to it. They see one another and everything the transaction saw before them. What
 * ON DELETE and ON UPDATE ask for is staged under marks of its own, and asked about in turn.
 */
export async function checkConstraints(
  backend: Backend,
  relation: Relation,
  stage: Stage,
  mark: number,
  afterKeys?: () => Promise<void>,
  /** The relation with the keys that are to be asked about. */
  open = relation,
): Promise<void> {
  const isAsked = isConstrained(relation);
  if (isAsked) {
    const written = `(SELECT * FROM (${stage.written(relation, mark)}) AS changes WHERE "@action" <> 'd')`;
    await checkChecks(relation, written, backend);
    await checkKeys(
      withoutDeferred(open, backend),
      written,
      rowsBut(relation, mark, backend),
      backend,
    );
  }
  await afterKeys?.();
  if (isAsked) await checkReferences(relation, stage, mark, backend);
  await followReferences(backend, relation, stage, mark, (...further) =>
    checkConstraints(backend, ...further),
  );
}

/** Keys that are deferred are asked about when the transaction ends. */
function withoutDeferred(relation: Relation, { transaction: { deferred } }: Backend): Relation {
  const { constraints = [] } = relation;
  if (constraints.every(({ deferrable }) => deferrable === undefined)) return relation;
  for (const constraint of constraints) {
    if (isKey(constraint) && constraint.isEnforced && deferred.isDeferred(constraint))
      deferred.wait({ constraint: constraint.oid, relation: relation.oid, side: "rows" });
  }
  return { ...relation, constraints: constraints.filter((each) => !deferred.isDeferred(each)) };
}

type Check = Extract<TableConstraint, { kind: "check" }>;

/** By name, as PostgreSQL takes them. */
export async function checkChecks(
  relation: Relation,
  written: string,
  backend: Backend,
): Promise<void> {
  const checks = (relation.constraints ?? []).filter(
    (constraint): constraint is Check => constraint.kind === "check" && constraint.isEnforced,
  );
  for (const check of checks.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
    const row = await failingRow(relation, check, written, backend);
    if (row !== undefined) throw failedCheck(relation, check, row, backend);
  }
}

/** A row that breaks a check, as text. `rows` is engine SQL in parentheses. */
export async function failingRow(
  relation: Relation,
  check: Check,
  rows: string,
  backend: Backend,
): Promise<readonly (string | null)[] | undefined> {
  const text = checkText(relation, check.expression, await backend.context());
  return rowNotHeld(relation, text, { written: rows }, backend);
}

/** A row of those in `names.written` whose `"@holds"` is false, as text. */
export async function rowNotHeld(
  relation: Relation,
  text: EngineText,
  names: { readonly written: string; readonly seen?: number },
  backend: Backend,
): Promise<readonly (string | null)[] | undefined> {
  const failing: EngineText = {
    ...text,
    pieces: [
      'SELECT * EXCLUDE ("@holds") FROM (',
      ...text.pieces,
      ') AS checked WHERE NOT "@holds" LIMIT 1',
    ],
  };
  const found = await openRows(failing, backend, [], names);
  try {
    const batch = await found.ready();
    if (batch === undefined) return undefined;
    const columns = relation.columns.map(({ typeOid, typmod }, at) => ({
      typeOid,
      typmod,
      type: found.stream.columns[at]?.type ?? { id: "NULL" as const },
    }));
    return createTextReader(columns, backend.textSettings())(batch)[0];
  } finally {
    await found.close();
  }
}
