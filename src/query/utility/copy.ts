/** COPY, both ways and both forms. https://www.postgresql.org/docs/15/sql-copy.html */
import type { CopyStmt, Node, RangeVar } from "libpg-query";
import { must } from "../../base/assert.ts";
import { PgError, unsupported } from "../../base/error.ts";
import type { Relation, RelationColumn } from "../../catalog/relation.ts";
import { relationKind } from "../../catalog/relation-kind.ts";
import { isSubject } from "../../catalog/row-security.ts";
import { analyzeCopyWhere } from "../analyze/analyze.ts";
import { analyzedUses, type Draft, type Requirement, type Scope } from "../draft.ts";
import type { CopyOptions } from "../plan.ts";
import { copyOptions, type ReadOptions } from "./copy-options.ts";
import { existingRelation, nameOf, strings } from "./names.ts";

export async function copyStatement(node: CopyStmt, scope: Scope): Promise<Draft> {
  refuseFiles(node, scope);
  const options = copyOptions(node.options, node.is_from === true, scope);
  if (node.query !== undefined) return copyQuery(node.query, options, scope);
  const range = must(node.relation, "COPY has a table or a query");
  return node.is_from === true
    ? copyFrom(node, range, options, scope)
    : copyTable(node, range, options, scope);
}

/** A file of the server's is nobody's but a superuser's, and not yet theirs either. */
function refuseFiles(node: CopyStmt, scope: Scope): void {
  const { filename, is_program: isProgram = false, is_from: isFrom = false } = node;
  if (filename === undefined) return;
  const [verb, direction] = isFrom ? ["read", "from"] : ["write", "to"];
  const privilege = isProgram ? "pg_execute_server_program" : `pg_${verb}_server_files`;
  const what = isProgram ? "an external program" : "a file";
  if (!scope.context.role.isSuperuser)
    throw new PgError(
      "42501",
      `must be superuser or have privileges of the ${privilege} role to COPY ${direction} ${what}`,
      {
        hint: "Anyone can COPY to stdout or from stdin. psql's \\copy command also works for anyone.",
      },
    );
  throw unsupported(`COPY ${direction} ${what}`, {
    hint: isFrom
      ? "Use ingest_file(), or psql's \\copy command."
      : "Use COPY … TO STDOUT, or psql's \\copy command.",
  });
}

async function copyQuery(query: Node, options: CopyOptions, scope: Scope): Promise<Draft> {
  if ("SelectStmt" in query && query.SelectStmt.intoClause !== undefined)
    throw new PgError("0A000", "COPY (SELECT INTO) is not supported");
  if (!("SelectStmt" in query) || changesData(query)) return copyReturned(query, options, scope);
  const analyzed = await scope.query(query);
  return {
    plan: { kind: "copy out", text: analyzed.text, columns: analyzed.columns, options },
    parameterTypes: analyzed.parameterTypes,
    ...analyzedUses(analyzed),
  };
}

function changesData(query: Node): boolean {
  const ctes = "SelectStmt" in query ? (query.SelectStmt.withClause?.ctes ?? []) : [];
  return ctes.some(
    (cte) =>
      "CommonTableExpr" in cte &&
      cte.CommonTableExpr.ctequery !== undefined &&
      !("SelectStmt" in cte.CommonTableExpr.ctequery),
  );
}

async function copyReturned(query: Node, options: CopyOptions, scope: Scope): Promise<Draft> {
  if ("MergeStmt" in query) throw unsupported("MERGE in COPY");
  const statement = await scope.plan(query);
  const { columns, parameterTypes, relations, isReadOnly } = statement;
  if (columns === undefined) throw new PgError("0A000", "COPY query must have a RETURNING clause");
  return {
    plan: { kind: "copy returned", statement, columns, options },
    parameterTypes,
    within: relations,
    isReadOnly,
  };
}

/** The table form is the query form over its columns. */
async function copyTable(
  node: CopyStmt,
  range: RangeVar,
  options: CopyOptions,
  scope: Scope,
): Promise<Draft> {
  const past = scope.source.past?.get(range.location);
  const relation = past?.relation ?? existingRelation(nameOf(range, scope.context), scope.context);
  refuseView(relation, "from");
  const columns = columnsNamed(strings(node.attlist), relation);
  checkForcedColumns(options, columns, relation);
  const target = (name: string): Node => ({
    ResTarget: {
      val: { ColumnRef: { fields: [{ String: { sval: name } }], location: -1 } },
      location: -1,
    },
  });
  const query: Node = {
    SelectStmt: {
      targetList: columns.map(({ name }) => target(name)),
      fromClause: [{ RangeVar: range }],
      limitOption: "LIMIT_OPTION_DEFAULT",
      op: "SETOP_NONE",
    },
  };
  return copyQuery(query, options, scope);
}

function copyFrom(node: CopyStmt, range: RangeVar, options: ReadOptions, scope: Scope): Draft {
  const target = existingRelation(nameOf(range, scope.context), scope.context);
  refuseView(target, "to");
  const { role, access } = scope.context;
  if (isSubject(target, role, access))
    throw new PgError("0A000", "COPY FROM not supported with row-level security", {
      hint: "Use INSERT statements instead.",
    });
  const columns = columnsNamed(strings(node.attlist), target);
  checkForcedColumns(options, columns, target);
  const where =
    node.whereClause && analyzeCopyWhere(node.whereClause, target, scope.source, scope.context);
  const asked = where && analyzedUses(where);
  const inserted = {
    relation: target,
    privilege: "INSERT",
    columns: columns.map(({ name }) => name),
  } as const;
  return {
    plan: {
      kind: "copy in",
      target,
      columns,
      options,
      isFrozen: options.freeze,
      where: where?.text,
    },
    ...asked,
    uses: [inserted, ...(asked?.uses ?? [])],
    requirements: datasetOnly(target),
    parameterTypes: [],
    isReadOnly: false,
  };
}

/** Views of the catalog are copied, for they are tables in PostgreSQL as often as not. */
function refuseView(relation: Relation, way: "from" | "to"): void {
  const kind = relationKind(relation);
  if (relation.view === undefined) return;
  const hints = {
    from: "Try the COPY (SELECT ...) TO variant.",
    to:
      kind === "view"
        ? "To enable copying to a view, provide an INSTEAD OF INSERT trigger."
        : undefined,
  };
  throw new PgError("42809", `cannot copy ${way} ${kind} "${relation.name}"`, { hint: hints[way] });
}

/** A legacy dataset has no log to write to. */
function datasetOnly(target: Relation): readonly Requirement[] {
  if (target.source.kind !== "legacy") return [];
  throw new PgError("0A000", `cannot write to legacy dataset "${target.name}"`, {
    hint: "Copy it first: CREATE TABLE … AS SELECT * FROM it.",
  });
}

function columnsNamed(names: readonly string[], relation: Relation): readonly RelationColumn[] {
  if (names.length === 0) return relation.columns.filter(({ isGenerated }) => isGenerated !== true);
  return names.map((name, at) => {
    const column = relation.columns.find((candidate) => candidate.name === name);
    if (column === undefined)
      throw new PgError("42703", `column "${name}" of relation "${relation.name}" does not exist`);
    if (column.isGenerated === true)
      throw new PgError("42P10", `column "${name}" is a generated column`, {
        detail: "Generated columns cannot be used in COPY.",
      });
    if (names.indexOf(name) !== at)
      throw new PgError("42701", `column "${name}" specified more than once`);
    return column;
  });
}

function checkForcedColumns(
  options: CopyOptions,
  columns: readonly RelationColumn[],
  relation: Relation,
): void {
  const lists = [
    ["FORCE_QUOTE", options.forceQuote === "*" ? [] : (options.forceQuote ?? [])],
    ["FORCE_NOT_NULL", options.forceNotNull],
    ["FORCE_NULL", options.forceNull],
  ] as const;
  for (const [option, names] of lists) {
    columnsNamed(names, relation);
    for (const name of names)
      if (!columns.some((column) => column.name === name))
        throw new PgError("42P10", `${option} column "${name}" not referenced by COPY`);
  }
}
