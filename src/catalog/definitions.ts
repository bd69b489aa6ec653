/** The pg_get_… functions: how a function, index or constraint is written in SQL. */
import { quoteText } from "../base/quote.ts";
import { builtins } from "./builtins.ts";
import {
  type CheckConstraint,
  type ConstraintOf,
  constraintsIn,
  constraintText,
  quotedColumns,
} from "./constraints.ts";
import { checkOf } from "./descriptions.ts";
import type { Facts } from "./facts.ts";
import { formatType } from "./format-type.ts";
import { qualified, quoteIdent } from "./identifiers.ts";
import {
  classOf,
  isClassVisible,
  type Named,
  type Path,
  type ProcFact,
  print,
  procOf,
  read,
  read as readName,
} from "./names.ts";
import { columnNumber } from "./privileges.ts";
import type { Relation } from "./relation.ts";
import { policyTextNamed } from "./row-security.ts";
import { indexesIn, indexText, optionWords } from "./table-index.ts";
import { functionOfProc, type UserFunction } from "./user-function.ts";

interface Argument {
  /** As pg_proc.proargmodes. */
  readonly mode: string;
  readonly name: string;
  readonly typeOid: number;
  readonly defaultText: string | undefined;
}

/** pg_get_function_arguments; with `identity`, what tells it from its namesakes: no defaults, no result columns. */
export function functionArguments(facts: Facts, oid: number, identity: boolean): string | null {
  const proc = procOf(facts, oid);
  if (proc === undefined) return null;
  const all = argumentsOf(proc).filter(({ mode }) => mode !== "t");
  if (proc.builtin !== undefined && orderedSet(oid)) return orderedSetArguments(oid, all);
  return all.map((argument) => printArgument(argument, identity, isProcedure(proc))).join(", ");
}

/** pg_get_function_arg_default: of the n-th argument, outputs counted too. */
export function argumentDefault(facts: Facts, oid: number, place: number): string | null {
  const proc = procOf(facts, oid);
  return (proc && argumentsOf(proc)[place - 1]?.defaultText) ?? null;
}

const isProcedure = ({ routine, builtin }: ProcFact) =>
  routine?.kind === "procedure" || builtin?.prokind === "p";

function printArgument(argument: Argument, identity: boolean, isOfProcedure: boolean): string {
  const modes: Readonly<Record<string, string>> = { o: "OUT", b: "INOUT", v: "VARIADIC" };
  // A procedure's IN is said, so that its OUT is not taken for one.
  const mode = modes[argument.mode] ?? (isOfProcedure ? "IN" : "");
  const words = [mode, argument.name && quoteIdent(argument.name)].filter((word) => word !== "");
  words.push(formatType(argument.typeOid, undefined));
  const text = words.join(" ");
  return identity || argument.defaultText === undefined
    ? text
    : `${text} DEFAULT ${argument.defaultText}`;
}

function argumentsOf(proc: ProcFact): Argument[] {
  if (proc.routine !== undefined) {
    const { routine } = proc;
    const inputs = Object.entries(routine.arguments).map(([name, column]) => ({
      mode: "i",
      name,
      typeOid: column.typeOid,
      defaultText: column.isOptional ? (column.defaultText ?? "NULL") : undefined,
    }));
    const mode = routine.kind === "procedure" ? "o" : "t";
    const outputs = Object.entries(routine.returns).map(([name, { typeOid }]) => ({
      mode,
      name,
      typeOid,
      defaultText: undefined,
    }));
    return [...inputs, ...outputs];
  }
  return builtinArguments(proc);
}

function builtinArguments({ builtin }: ProcFact): Argument[] {
  if (builtin === undefined) return [];
  const types = builtin.proallargtypes ?? builtin.proargtypes;
  const modes = builtin.proargmodes;
  const isInput = (index: number) => !["o", "t"].includes(modes?.[index] ?? "i");
  const inputs = types.filter((_, index) => isInput(index)).length;
  const defaults = splitList(builtin.proargdefaults ?? "");
  let input = 0;
  return types.map((typeOid, index) => {
    const position = isInput(index) ? input++ : -1;
    const defaultText =
      position < 0 ? undefined : defaults[position - (inputs - builtin.pronargdefaults)];
    return {
      mode: modes?.[index] ?? "i",
      name: builtin.proargnames?.[index] ?? "",
      typeOid,
      defaultText,
    };
  });
}

/** The expressions of a comma-separated list: commas in quotes and parentheses are theirs. */
function splitList(text: string): string[] {
  const found = text.match(/(?:'(?:[^']|'')*'|\([^()]*\)|[^,'(])+/g) ?? [];
  return found.map((part) => part.trim()).filter((part) => part !== "");
}

function orderedSet(oid: number): boolean {
  return (builtins().aggregates.get(oid)?.aggkind ?? "n") !== "n";
}

/** An ordered-set aggregate writes ORDER BY between its direct arguments and the others. */
function orderedSetArguments(oid: number, all: readonly Argument[]): string {
  const direct = builtins().aggregates.get(oid)?.aggnumdirectargs ?? 0;
  const print = (argument: Argument) => printArgument(argument, true, false);
  const before = all.slice(0, direct).map(print).join(", ");
  const last = all.at(-1);
  const rest = all.slice(direct);
  // A hypothetical-set's one VARIADIC stands on both sides.
  const after = (rest.length === 0 && last !== undefined ? [last] : rest).map(print).join(", ");
  return before === "" ? `ORDER BY ${after}` : `${before} ORDER BY ${after}`;
}

/** pg_get_function_result; NULL for a procedure. */
export function functionResult(facts: Facts, oid: number): string | null {
  const proc = procOf(facts, oid);
  if (proc === undefined) return null;
  const columns = argumentsOf(proc).filter(({ mode }) => mode === "t");
  if (columns.length > 0) {
    const list = columns.map(
      ({ name, typeOid }) => `${quoteIdent(name)} ${formatType(typeOid, undefined)}`,
    );
    return `TABLE(${list.join(", ")})`;
  }
  if (proc.routine !== undefined) return proc.routine.kind === "procedure" ? null : "void";
  const builtin = proc.builtin;
  if (builtin === undefined || builtin.prokind === "p") return null;
  return `${builtin.proretset ? "SETOF " : ""}${formatType(builtin.prorettype, undefined)}`;
}

/** pg_get_indexdef(oid); with a column, that column alone. NULL when there is no such index. */
export function indexDefinition(
  facts: Facts,
  path: Path,
  oid: number,
  column: number,
  isPretty: boolean,
): string | null {
  const nameOf = (relation: Named) =>
    isPretty && isClassVisible(facts, path, relation.oid)
      ? quoteIdent(relation.name)
      : qualified(relation.schema, relation.name);
  const own = indexesIn(facts.catalog).get(oid);
  if (own !== undefined) {
    const textOf = (text: string) =>
      facts.views.expression({ text, relation: own.relation }, path, isPretty) ?? text;
    return indexText(own, column, { nameOf, textOf });
  }
  const index = indexOf(facts, oid);
  if (index === undefined) return null;
  if (column > 0)
    return index.columns[column - 1] ?? index.included?.[column - 1 - index.columns.length] ?? "";
  const unique = index.isUnique ? "UNIQUE " : "";
  const on = nameOf(index.on);
  const keys = index.columns.map((name, at) => name + optionWords(index.options?.[at] ?? 0));
  return `CREATE ${unique}INDEX ${quoteIdent(index.name)} ON ${on} USING btree (${keys.join(", ")})${index.included === undefined ? "" : ` INCLUDE (${index.included.join(", ")})`}${index.nullsNotDistinct ? " NULLS NOT DISTINCT" : ""}`;
}

interface Index {
  readonly name: string;
  readonly on: Named;
  readonly isUnique: boolean;
  readonly columns: readonly string[];
  readonly options?: readonly number[];
  readonly nullsNotDistinct?: boolean;
  readonly included?: readonly string[];
}

function indexOf(facts: Facts, oid: number): Index | undefined {
  const builtin = builtins().indexes.get(oid);
  if (builtin !== undefined) {
    const named = classOf(facts, builtin.indrelid);
    const columns = builtins().relationsByOid.get(builtin.indrelid)?.columns ?? [];
    return {
      name: classOf(facts, oid)?.name ?? "",
      on: named ?? { oid: 0, schema: "", name: "" },
      isUnique: builtin.indisunique,
      columns: builtin.indkey.map((number) => quoteIdent(columns[number - 1]?.name ?? "")),
    };
  }
  const key = constraintsIn(facts.catalog).keys.get(oid);
  if (key === undefined) return undefined;
  const { relation, constraint } = key;
  return {
    name: constraint.name,
    on: relation,
    isUnique: true,
    columns: quotedColumns(relation, constraint.columns),
    ...(constraint.include === undefined
      ? {}
      : { included: quotedColumns(relation, constraint.include) }),
    ...(constraint.options === undefined ? {} : { options: constraint.options }),
    ...(constraint.nullsNotDistinct ? { nullsNotDistinct: true } : {}),
  };
}

/** pg_get_constraintdef: another table's name is qualified where the path does not find it. */
export function constraintDefinition(
  facts: Facts,
  path: Path,
  oid: number,
  isPretty: boolean,
): string | null {
  const own = constraintsIn(facts.catalog).byOid.get(oid);
  if (own === undefined)
    return domainCheck(facts, path, oid, isPretty) ?? builtinConstraint(oid, isPretty);
  const nameOf = ({ oid, schema, name }: Relation) =>
    isClassVisible(facts, path, oid) ? quoteIdent(name) : qualified(schema, name);
  const conditionOf = ({
    relation,
    constraint: { expression: text },
  }: ConstraintOf<CheckConstraint>) =>
    facts.views.expression({ text, relation }, path, isPretty) ?? (isPretty ? text : `(${text})`);
  return constraintText(own, facts.catalog, { nameOf, conditionOf });
}

function domainCheck(facts: Facts, path: Path, oid: number, isPretty: boolean): string | null {
  const found = checkOf(facts.catalog, oid);
  if (found === undefined) return null;
  const { domain, check } = found;
  const { expression: text, isValidated } = check;
  const condition =
    facts.views.expression({ text, domain }, path, isPretty) ?? (isPretty ? text : `(${text})`);
  return `CHECK (${condition})${isValidated ? "" : " NOT VALID"}`;
}

/** The checks of information_schema's domains, plain and pretty. */
const bornChecks: Readonly<Record<string, readonly [plain: string, pretty: string]>> = {
  cardinal_number_domain_check: ["CHECK ((VALUE >= 0))", "CHECK (VALUE >= 0)"],
  yes_or_no_check: [
    "CHECK (((VALUE)::text = ANY ((ARRAY['YES'::character varying, 'NO'::character varying])::text[])))",
    "CHECK (VALUE::text = ANY (ARRAY['YES'::character varying, 'NO'::character varying]::text[]))",
  ],
};

/** The system's own tables have keys, and its domains checks. */
function builtinConstraint(oid: number, isPretty: boolean): string | null {
  const constraint = builtins().constraints.get(oid);
  if (constraint === undefined) return null;
  if (constraint.contype === "c") {
    return bornChecks[constraint.conname]?.[isPretty ? 1 : 0] ?? null;
  }
  const columns = builtins().relationsByOid.get(constraint.conrelid)?.columns ?? [];
  const names =
    constraint.conkey?.map((number) => quoteIdent(columns[number - 1]?.name ?? "")) ?? [];
  return `${constraint.contype === "p" ? "PRIMARY KEY" : "UNIQUE"} (${names.join(", ")})`;
}

const volatilities: Readonly<Record<string, string>> = {
  i: "IMMUTABLE",
  s: "STABLE",
  v: "VOLATILE",
};

/** pg_get_functiondef. The body of a routine of ours is not SQL, so it names its language as the server itself. */
export function functionDefinition(facts: Facts, oid: number): string | null {
  const proc = procOf(facts, oid);
  if (proc === undefined) return null;
  const result = functionResult(facts, oid);
  const volatility = proc.routine?.volatility[0] ?? proc.builtin?.provolatile ?? "v";
  const marks = [
    ...(volatility === "v" ? [] : [volatilities[volatility] ?? ""]),
    ...(proc.builtin?.proisstrict ? ["STRICT"] : []),
  ];
  const made = proc.builtin && functionOfProc(proc.builtin);
  if (made !== undefined) return userFunctionDefinition(facts, made, result);
  const lines = [
    `CREATE OR REPLACE ${isProcedure(proc) ? "PROCEDURE" : "FUNCTION"} ${qualified(proc.schema, proc.name)}(${functionArguments(facts, oid, false)})`,
    ...(result === null ? [] : [` RETURNS ${result}`]),
    " LANGUAGE internal",
    ...(marks.length === 0 ? [] : [` ${marks.join(" ")}`]),
    `AS ${quoteText(proc.name)}`,
    "",
  ];
  return lines.join("\n");
}

function userFunctionDefinition(facts: Facts, made: UserFunction, result: string | null): string {
  const { isStrict, isLeakproof, isSecurityDefiner, cost, rows, returnsSet } = made;
  const marks = [
    ...(made.volatility === "volatile" ? [] : [made.volatility.toUpperCase()]),
    ...(made.parallel === "u" ? [] : [`PARALLEL ${made.parallel === "s" ? "SAFE" : "RESTRICTED"}`]),
    ...(isStrict ? ["STRICT"] : []),
    ...(isSecurityDefiner ? ["SECURITY DEFINER"] : []),
    ...(isLeakproof ? ["LEAKPROOF"] : []),
    ...(cost === 100 ? [] : [`COST ${cost}`]),
    ...(!returnsSet || rows === 1000 ? [] : [`ROWS ${rows}`]),
  ];
  const { body } = made;
  const lines = [
    `CREATE OR REPLACE ${made.isProcedure ? "PROCEDURE" : "FUNCTION"} ${qualified(made.schema, made.name)}(${functionArguments(facts, made.oid, false)})`,
    ...(result === null ? [] : [` RETURNS ${result}`]),
    " LANGUAGE sql",
    ...(marks.length === 0 ? [] : [` ${marks.join(" ")}`]),
    body.kind === "text"
      ? `AS ${dollarQuoted(body.text, made.isProcedure ? "procedure" : "function")}`
      : facts.views.functionBody(made, ["pg_catalog", made.schema]),
    "",
  ];
  return lines.join("\n");
}

function dollarQuoted(text: string, word: string): string {
  let tag = word;
  while (text.includes(`$${tag}`)) tag += "x";
  return `$${tag}$${text}$${tag}$`;
}

/** pg_get_function_sqlbody: NULL for a body that is text. */
export function functionBody(facts: Facts, path: Path, oid: number): string | null {
  const proc = procOf(facts, oid)?.builtin;
  const made = proc && functionOfProc(proc);
  return made?.body.kind === "parsed" ? facts.views.functionBody(made, path) : null;
}

/** pg_get_viewdef; `style` is true or false for a pretty text, or where its lines are broken. NULL for what is no view. */
export function viewDefinition(
  facts: Facts,
  path: Path,
  view: string,
  style: string,
): string | null {
  const oid = /^\d+$/.test(view) ? Number(view) : readName("regclass", facts, path, view);
  const relation = facts.catalog.relationByOid(oid);
  if (relation?.view === undefined) return null;
  const isFlag = style === "true" || style === "false";
  return facts.views.text(relation, path, {
    isPretty: style !== "false",
    wrapColumn: isFlag ? 0 : Number(style),
  });
}

const writeEvents = 4 + 8;
const deleteEvent = 16;

/** pg_relation_is_updatable: a bit for each of UPDATE (4), INSERT (8), DELETE (16) that a relation takes. */
export function updatableEvents(facts: Facts, oid: number): number {
  const relation = facts.catalog.relationByOid(oid);
  if (relation?.source.kind === "dataset")
    return relation.view === undefined ? writeEvents + deleteEvent : 0;
  if (relation?.source.kind !== "view") return 0;
  const columns = facts.views.writtenColumns(relation);
  if (columns === undefined) return 0;
  return deleteEvent + (columns.length > 0 ? writeEvents : 0);
}

/** pg_column_is_updatable. */
export function columnIsUpdatable(facts: Facts, oid: number, column: number): boolean {
  const relation = facts.catalog.relationByOid(oid);
  if (relation === undefined || column <= 0) return false;
  if (relation.source.kind !== "view") return updatableEvents(facts, oid) !== 0;
  return facts.views.writtenColumns(relation)?.includes(column) ?? false;
}

/** pg_get_expr: a default, a generated value, a check or an indexed expression of a relation, as kept. */
export function expression(
  facts: Facts,
  path: Path,
  kept: string,
  relationOid: number,
  pretty: boolean,
): string {
  const relation = facts.catalog.relationByOid(relationOid);
  const policy = relation && policyTextNamed(kept, relation);
  if (relation !== undefined && policy !== undefined)
    return facts.views.expression({ policy, text: kept, relation }, path, pretty) ?? "";
  const column = relation?.columns.find(({ defaultText }) => defaultText === kept);
  const isPlain = plainDefault.test(kept);
  return (
    (relation === undefined || isPlain
      ? undefined
      : facts.views.expression({ text: kept, relation, column }, path, pretty)) ??
    asKept(facts, path, kept, pretty)
  );
}

/** What analysis would make nothing else of. */
const plainDefault =
  /^(?:\d+|'(?:[^']|'')*'::(?:text|integer|bigint|numeric|boolean|date)|true|false|nextval\('\d+'::regclass\)|now\(\))$/;

/** With what it names by OID told by name; `pretty` without parentheses round all of it. */
function asKept(facts: Facts, path: Path, kept: string, pretty: boolean): string {
  const text = pretty && isParenthesised(kept) ? kept.slice(1, -1) : kept;
  return text.replace(
    /'(\d+)'::regclass/g,
    (_, oid: string) => `${quoteText(print("regclass", facts, path, Number(oid)))}::regclass`,
  );
}

/** pg_get_serial_sequence: of the sequence that a column owns. */
export function serialSequence(
  facts: Facts,
  path: Path,
  name: string,
  column: string,
): string | null {
  const table = read("regclass", facts, path, name);
  const number = columnNumber(facts, table, column);
  for (const { source, schema, name: sequence } of facts.catalog.relations()) {
    if (source.kind !== "sequence") continue;
    const { ownedBy } = source;
    if (ownedBy?.table === table && ownedBy.column === number) return qualified(schema, sequence);
  }
  return null;
}

/** The first parenthesis closes at the end. */
function isParenthesised(text: string): boolean {
  if (!text.startsWith("(") || !text.endsWith(")")) return false;
  let depth = 0;
  for (const { 0: token, index } of text.matchAll(/'(?:[^']|'')*'|"(?:[^"]|"")*"|[()]/g)) {
    if (token === "(") depth++;
    if (token === ")" && --depth === 0) return index === text.length - 1;
  }
  return false;
}
