/** EngineText → the SQL that runs: names and versions filled in by what this transaction sees, parameters bound. */
import { must } from "../base/assert.ts";
import { PgError } from "../base/error.ts";
import { quoteName } from "../base/quote.ts";
import type { Relation } from "../catalog/relation.ts";
import type { EngineParameter } from "../engine/engine.ts";
import { engineLiteral } from "../pgtypes/engine-literal.ts";
import { engineTypeName } from "../pgtypes/engine-type.ts";
import type { LogicalType } from "../pgtypes/logical-type.ts";
import { logicalTypeFor } from "../pgtypes/types.ts";
import type { EngineText, ParameterSource, Piece, Scan, ScanPredicate } from "../query/plan.ts";
import type { Predicate } from "../table/table.ts";
import type { Backend } from "./backend.ts";
import { foreignRows } from "./foreign.ts";
import type { Services } from "./services.ts";
import { filesAsked, isOfSystem, withSystemColumns } from "./system-columns.ts";
import type { Transaction } from "./transaction.ts";

/** What one execution brings: the values of this Bind and the instants of this statement. */
export interface Execution {
  readonly parameters: readonly EngineParameter[];
  readonly transactionTime: Date;
  readonly statementTime: Date;
  readonly pid: number;
  /** SHOW ALL's names and settings. */
  readonly settings: () => readonly { readonly name: string; readonly setting: string }[];
}

export interface RunnableText {
  readonly sql: string;
  readonly parameters: readonly EngineParameter[];
}

export interface Names {
  /** Engine tables holding the rows of the text's calls, in their order. */
  readonly calls: readonly string[];
  /** What `{written}` stands for. */
  readonly written?: string;
  /** Engine tables holding what the steps of WITH gave back, in their order. */
  readonly returned?: readonly string[];
  /** The rows seen are those staged under marks up to this one: a statement does not see its own. */
  readonly seen?: number;
  /** Rows of scans that tell their places are given when they are deleted, too. */
  readonly withDeleted?: boolean;
  /** The SQL stands within another's: values of parameters are written out in it. */
  readonly areInline?: boolean;
}

export function executionOf(backend: Backend, parameters: readonly EngineParameter[]): Execution {
  return {
    parameters,
    transactionTime: backend.transaction.startedAt,
    statementTime: backend.statementTime,
    pid: backend.pid,
    settings: () => backend.parameters.showAll(),
  };
}

export async function expand(
  text: EngineText,
  names: Names,
  transaction: Transaction,
  execution: Execution,
  services: Services,
): Promise<RunnableText> {
  const seen = names.seen ?? transaction.mark;
  const scans =
    text.scans.length === 0
      ? []
      : await Promise.all(
          text.scans.map((scan) =>
            scanText(scan, { ...names, seen }, transaction, execution, services),
          ),
        );
  const parameters = text.parameters.map((source) => parameterValue(source, execution));
  const fill = (piece: Piece): string => {
    if (typeof piece === "string")
      return names.areInline === true ? inlinedMarks(piece, parameters) : piece;
    if ("scan" in piece) return must(scans[piece.scan], "a scan piece has its scan");
    if ("call" in piece) return must(names.calls[piece.call], "a call piece has its rows");
    if ("returned" in piece) return must(names.returned?.[piece.returned], "a step has been run");
    if ("parameter" in piece)
      return names.areInline === true
        ? inlined(piece, parameters)
        : shapedParameter(piece, parameters);
    return must(names.written, "rows written are at hand");
  };
  return {
    sql: text.pieces.map(fill).join(""),
    parameters,
  };
}

/** Marks of parameters, wherever they do not stand in a text or a name. */
function inlinedMarks(piece: string, parameters: readonly EngineParameter[]): string {
  return piece.replaceAll(
    /'(?:[^']|'')*'|"(?:[^"]|"")*"|\$(\d+)/g,
    (token, index: string | undefined) =>
      index === undefined ? token : inlined({ parameter: Number(index) - 1 }, parameters),
  );
}

function inlined(
  { parameter }: { readonly parameter: number },
  parameters: readonly EngineParameter[],
): string {
  const { type, value } = must(parameters[parameter], "a parameter piece has its value");
  return engineLiteral(type, value);
}

/** Cast to the type of the plan where that holds the value, so that most values share one text; else to the value's own. */
function shapedParameter(
  { parameter, type: planned }: Extract<Piece, { parameter: number }>,
  parameters: readonly EngineParameter[],
): string {
  const { type, value } = must(parameters[parameter], "a parameter piece has its value");
  const cast = value === null ? planned : shaped(planned, type);
  return `CAST($${parameter + 1} AS ${engineTypeName(cast)})`;
}

/** A numeric keeps the digits it was written with behind the point; before it there is room for any. */
function shaped(planned: LogicalType, type: LogicalType): LogicalType {
  if (planned.id === "LIST" && type.id === "LIST") {
    return { id: "LIST", child: shaped(planned.child, type.child) };
  }
  if (planned.id !== "DECIMAL" || type.id !== "DECIMAL") return type;
  return { ...type, width: planned.width };
}

async function scanText(
  scan: Scan,
  { seen, withDeleted = false }: Names & { readonly seen: number },
  transaction: Transaction,
  execution: Execution,
  services: Services,
): Promise<string> {
  const { relation, columns, at } = scan;
  services.statistics.countTable(relation.oid, "seq_scan");
  if (relation.source.kind === "legacy") {
    return `(${await services.tables.legacyScan(relation, columns)})`;
  }
  const where = scan.where.flatMap((predicate) => boundPredicate(predicate, execution));
  if (relation.source.kind === "foreign") return foreignRows(scan, where, transaction);
  const position = scan.position === true;
  const rows = {
    ...{ relation, columns, where, position, seen, withDeleted: position && withDeleted },
    ...(at ? { at } : {}),
  };
  return scan.system === undefined
    ? rowsText(rows, transaction)
    : placedText(rows, scan.system, transaction);
}

async function placedText(
  rows: SeenRows,
  system: readonly string[],
  transaction: Transaction,
): Promise<string> {
  const { relation, columns, where, position, at } = rows;
  const version = transaction.isCreatedHere(relation)
    ? undefined
    : await versionOf(relation, at, transaction);
  const firstBlocks = version ? await transaction.table(relation).firstBlocks(version) : [];
  const only = filesAsked(where, { version, firstBlocks });
  const placed = await rowsText(
    {
      ...rows,
      where: where.filter((each) => !isOfSystem(each)),
      position: true,
      ...(only ? { only } : {}),
    },
    transaction,
  );
  const list = position ? [...columns, "@file", "@row"] : columns;
  return withSystemColumns(placed, list, system, where, { version, firstBlocks });
}

export interface SeenRows {
  readonly relation: Relation;
  readonly columns: readonly string[];
  readonly where: readonly Predicate[];
  readonly position?: boolean;
  readonly withDeleted?: boolean;
  /** Rows staged under marks up to this one. */
  readonly seen: number;
  /** But those staged under this one: what it has replaced is gone, what it has written is not there. */
  readonly except?: number;
  /** Of the committed rows alone those that are still there. */
  readonly isCommitted?: boolean;
  readonly at?: NonNullable<Scan["at"]>;
  /** Paths of the only files to read. */
  readonly only?: ReadonlySet<string>;
}

/** A SELECT, in parentheses, of a dataset's rows as a transaction sees them. */
export async function rowsText(rows: SeenRows, transaction: Transaction): Promise<string> {
  const { relation, columns, seen, position = false, except } = rows;
  // Time travel is to what was committed.
  const written = rows.at === undefined ? await transaction.stagedRows(relation) : undefined;
  const stage = written?.isEmpty ? undefined : written;
  const options = { position, ...(except === undefined ? {} : { except }) };
  const staged = rows.isCommitted ? undefined : stage?.rows(relation, columns, seen, options);
  if (transaction.isCreatedHere(relation) || stage?.isTruncated(seen)) {
    return `(${staged ?? emptyScan(relation, columns, position)})`;
  }
  const committed = await committedRows(rows, stage?.gone(seen), transaction);
  return staged === undefined ? `(${committed})` : `(${committed} UNION ALL ${staged})`;
}

async function committedRows(
  { relation, columns, where, position = false, withDeleted = false, at, only }: SeenRows,
  gone: string | undefined,
  transaction: Transaction,
): Promise<string> {
  const table = transaction.table(relation);
  const version = await versionOf(relation, at, transaction);
  return table.scan(version, columns, {
    where,
    position,
    withDeleted,
    ...(only ? { only } : {}),
    ...(gone === undefined ? {} : { without: gone }),
  });
}

async function versionOf(relation: Relation, at: Scan["at"], transaction: Transaction) {
  return at === undefined ? transaction.version(relation) : transaction.pastVersion(relation, at);
}

function emptyScan(relation: Relation, columns: readonly string[], position: boolean): string {
  const typed = columns.map((name) => {
    const column = must(
      relation.columns.find((candidate) => candidate.name === name),
      `${relation.name} has column ${name}`,
    );
    const type = must(logicalTypeFor(column.typeOid, column.typmod), "a stored type");
    return `CAST(NULL AS ${engineTypeName(type)}) AS ${quoteName(name)}`;
  });
  if (position) typed.push(`NULL::INTEGER AS "@file"`, `NULL::BIGINT AS "@row"`);
  return `SELECT ${typed.join(", ")} WHERE false`;
}

/** A predicate whose parameter is NULL or of a kind statistics do not know prunes nothing. */
function boundPredicate(predicate: ScanPredicate, execution: Execution): Predicate[] {
  const values: Predicate["values"][number][] = [];
  for (const value of predicate.values) {
    const bound = "literal" in value ? value.literal : execution.parameters[value.parameter]?.value;
    if (bound === null || bound === undefined || typeof bound === "object") return [];
    values.push(bound);
  }
  return [{ column: predicate.column, operator: predicate.operator, values }];
}

function parameterValue(source: ParameterSource, execution: Execution): EngineParameter {
  if (source.kind === "client") {
    const bound = execution.parameters[source.index];
    // A simple query has none.
    if (bound === undefined)
      throw new PgError("42P02", `there is no parameter $${source.index + 1}`);
    return bound;
  }
  const instant = (at: Date): EngineParameter => ({
    type: { id: "TIMESTAMPTZ" },
    value: BigInt(at.getTime()) * 1000n,
  });
  switch (source.value) {
    case "transaction timestamp":
      return instant(execution.transactionTime);
    case "statement timestamp":
      return instant(execution.statementTime);
    case "clock timestamp":
      return instant(new Date());
    case "backend pid":
      return { type: { id: "INTEGER" }, value: execution.pid };
    case "settings":
      return { type: { id: "VARCHAR" }, value: settingsText(execution) };
    default:
      return source.value satisfies never;
  }
}

function settingsText({ settings }: Execution): string {
  return JSON.stringify(
    Object.fromEntries(settings().map(({ name, setting }) => [name.toLowerCase(), setting])),
  );
}
