/** What a view is made of: its query judged, its columns, the names it stands on. */
import type { Node } from "libpg-query";
import { PgError, unsupported } from "../../base/error.ts";
import { formatType } from "../../catalog/format-type.ts";
import type { RelationColumn, ViewDefinition } from "../../catalog/relation.ts";
import { queryOf } from "../analyze/view.ts";
import { type AnalyzedView, analyzeView } from "../analyze/view-analysis.ts";
import type { Scope } from "../draft.ts";
import { storageText } from "./storage-parameters.ts";
import { refuseType } from "./tables.ts";

export interface DefinedView {
  readonly analyzed: AnalyzedView;
  readonly columns: readonly RelationColumn[];
  readonly definition: ViewDefinition;
  /** It reads a temporary table, so it is one. */
  readonly isTemporary: boolean;
}

/** `names`: of its first columns. `tooMany`: what is said when they are more than the query has. */
export function definedView(
  tree: unknown,
  names: readonly string[],
  tooMany: string,
  scope: Scope,
): DefinedView {
  const { context, statement, source } = scope;
  const analyzed = analyzeView(queryOf(tree), source, context);
  if (names.length > analyzed.columns.length) throw new PgError("42601", tooMany);
  const columns = analyzed.columns.map((column, at) => viewColumn(column, names[at], at));
  refuseTwins(columns);
  const own = context.catalog.temporary?.name;
  const isTemporary = analyzed.reads.some(
    ({ oid }) => own !== undefined && context.catalog.relationByOid(oid)?.schema === own,
  );
  const { reads } = analyzed;
  return {
    analyzed,
    columns,
    definition: { sql: statement.sql, names: analyzed.names, reads },
    isTemporary,
  };
}

function viewColumn(
  column: { readonly name: string; readonly type: number; readonly typmod: number },
  given: string | undefined,
  at: number,
): RelationColumn {
  const name = given ?? column.name;
  if (column.type === 0)
    throw unsupported(`column "${name}" of a type that only the engine knows, in a view,`, {
      hint: "Cast it to a type of PostgreSQL's.",
    });
  refuseType(column.type, column.typmod, name, {});
  return {
    name,
    number: at + 1,
    typeOid: column.type,
    typmod: column.typmod,
    notNull: false,
    defaultText: null,
    comment: null,
  };
}

function refuseTwins(columns: readonly RelationColumn[]): void {
  const seen = new Set<string>();
  for (const { name } of columns) {
    if (seen.has(name)) throw new PgError("42701", `column "${name}" specified more than once`);
    seen.add(name);
  }
}

/** OR REPLACE keeps a view's columns and adds to them. 42P16 for anything else. */
export function refuseOtherColumns(
  before: readonly RelationColumn[],
  after: readonly RelationColumn[],
): void {
  if (after.length < before.length) throw new PgError("42P16", "cannot drop columns from view");
  for (const [at, old] of before.entries()) {
    const column = after[at];
    if (column === undefined) continue;
    if (column.name !== old.name)
      throw new PgError(
        "42P16",
        `cannot change name of view column "${old.name}" to "${column.name}"`,
        {
          hint: "Use ALTER VIEW ... RENAME COLUMN ... to change name of view column instead.",
        },
      );
    if (column.typeOid !== old.typeOid || column.typmod !== old.typmod)
      throw new PgError(
        "42P16",
        `cannot change data type of view column "${old.name}" from ${typeText(old)} to ${typeText(column)}`,
      );
  }
}

function typeText({ typeOid, typmod }: RelationColumn): string {
  return formatType(typeOid, typmod < 0 ? undefined : typmod);
}

const booleans = /^(true|false|on|off|yes|no|0|1)$/;

/** WITH (…) and WITH CHECK OPTION as `name=value`. 22023 as PostgreSQL for a name or a value it does not take. */
export function viewOptions(
  options: readonly Node[] | undefined,
  checkOption: string | undefined,
): readonly string[] {
  const given = (options ?? []).flatMap((option) =>
    "DefElem" in option ? [viewOption(option.DefElem)] : [],
  );
  const checks: Readonly<Record<string, string>> = {
    LOCAL_CHECK_OPTION: "local",
    CASCADED_CHECK_OPTION: "cascaded",
  };
  const check = checks[checkOption ?? ""];
  return check === undefined ? given : [...given, `check_option=${check}`];
}

function viewOption({
  defname = "",
  arg,
}: {
  readonly defname?: string;
  readonly arg?: Node;
}): string {
  const value = storageText(arg);
  if (defname === "check_option") {
    if (value !== "local" && value !== "cascaded")
      throw new PgError("22023", `invalid value for enum option "check_option": ${value}`, {
        detail: 'Valid values are "local" and "cascaded".',
      });
  } else if (defname === "security_barrier" || defname === "security_invoker") {
    if (!booleans.test(value))
      throw new PgError("22023", `invalid value for boolean option "${defname}": ${value}`);
  } else throw new PgError("22023", `unrecognized parameter "${defname}"`);
  return `${defname}=${value}`;
}
