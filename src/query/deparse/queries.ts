/** Whole queries: get_query_def of ruleutils.c. */
import { unsupported } from "../../base/error.ts";
import { quoteIdent } from "../../catalog/identifiers.ts";
import type {
  Expression,
  GroupClause,
  GroupItem,
  Query,
  SelectBody,
  SetBody,
  SetOperand,
} from "../analyze/tree.ts";
import { typeText } from "./constants.ts";
import { columnName, mergedName } from "./expressions.ts";
import { writeFrom } from "./from.ts";
import { namespaceOf } from "./naming.ts";
import { writeKey, writeSortKeys } from "./sorting.ts";
import { writeValues } from "./values.ts";
import { writeWindow } from "./windows.ts";
import { indents, type QueryLook, type Writer } from "./writer.ts";

/** Names that a view's own rule takes in its outermost query. */
const ruleNames = ["old", "new"];

export function writeQuery(query: Query, writer: Writer, look: QueryLook): void {
  const reserved = writer.namespaces.length === 0 ? ruleNames : [];
  writer.namespaces = [namespaceOf(query, writer.namespaces, reserved), ...writer.namespaces];
  writeWith(query, writer);
  const { body } = query;
  switch (body.kind) {
    case "select":
      writeSelect(body, writer, look);
      break;
    case "set":
      writeSet(body, writer, look);
      break;
    case "values":
      writeValuesQuery(body.rows, query, writer, look);
      break;
    default:
      body satisfies never;
  }
  writeTail(query, writer);
}

const line = (word: string, plus: number, writer: Writer) =>
  writer.keyword(word, -indents.standard, indents.standard, plus);

function writeTail(query: Query, writer: Writer): void {
  const { sort, offset, limit, withTies, body } = query;
  if (sort.length > 0) {
    line(" ORDER BY ", 1, writer);
    writeSortKeys(sort, writer, body.kind === "set");
  }
  if (offset !== undefined) {
    line(" OFFSET ", 0, writer);
    writer.expression(offset, false);
  }
  if (limit === undefined) return;
  line(withTies ? " FETCH FIRST " : " LIMIT ", 0, writer);
  const enclosed = withTies && limit.kind !== "constant";
  if (enclosed) writer.write("(");
  writer.expression(limit, false);
  if (enclosed) writer.write(")");
  if (withTies) writer.write(" ROWS WITH TIES");
}

function writeWith({ commonTables }: Query, writer: Writer): void {
  const [first] = commonTables;
  if (first === undefined) return;
  writer.indent += indents.standard;
  writer.write(first.written.isRecursive ? " WITH RECURSIVE " : " WITH ");
  if (commonTables.some(({ hasSteps }) => hasSteps))
    throw unsupported("printing SEARCH and CYCLE again");
  for (const [i, table] of commonTables.entries()) {
    if (i > 0) writer.write(", ");
    const { columns } = table.written;
    writer.write(quoteIdent(table.name));
    if (columns.length > 0) writer.write(`(${columns.map(quoteIdent).join(", ")})`);
    const kept =
      table.materialized === undefined
        ? ""
        : table.materialized
          ? "MATERIALIZED "
          : "NOT MATERIALIZED ";
    writer.write(` AS ${kept}(`);
    writer.keyword("", 0, 0, 0);
    writer.query(table.query);
    writer.keyword("", 0, 0, 0);
    writer.write(")");
  }
  writer.indent -= indents.standard;
  writer.keyword("", 0, 0, 0);
}

// ── SELECT ──────────────────────────────────────────────────────────────────────────────────────────────────────────

function writeSelect(body: SelectBody, writer: Writer, look: QueryLook): void {
  writer.indent += indents.standard;
  writer.write(" SELECT");
  const { distinct } = body;
  if (distinct === "all") writer.write(" DISTINCT");
  else if (distinct !== undefined) {
    writer.write(" DISTINCT ON (");
    for (const [i, { expression }] of distinct.entries()) {
      if (i > 0) writer.write(", ");
      writeKey(expression, writer);
    }
    writer.write(")");
  }
  const results = body.targets.filter(({ isJunk }) => !isJunk);
  writeTargets(
    results.map(({ expression }) => expression),
    look.columns ?? results.map(({ name }) => name),
    writer,
    look,
  );
  writeFrom(body.from, writer);
  if (body.where !== undefined) {
    line(" WHERE ", 1, writer);
    writer.expression(body.where, false);
  }
  if (body.groups !== undefined) writeGroups(body.groups, writer);
  if (body.having !== undefined) {
    line(" HAVING ", 0, writer);
    writer.expression(body.having, false);
  }
  for (const [i, window] of (body.windows ?? []).entries()) {
    if (i === 0) line(" WINDOW ", 1, writer);
    else writer.write(", ");
    writer.write(`${quoteIdent(window.name ?? "")} AS `);
    writeWindow(window, writer);
  }
}

function writeTargets(
  values: readonly Expression[],
  names: readonly string[],
  writer: Writer,
  { areNamesVisible }: QueryLook,
): void {
  let wasMultiline = false;
  for (const [i, value] of values.entries()) {
    writer.write(i === 0 ? " " : ", ");
    const field = writer.apart(() => writeTarget(value, names[i] ?? "", areNamesVisible, writer));
    if (field.startsWith("\n")) writer.trim();
    else if (i > 0 && (writer.lineLength + field.length > writer.style.wrapColumn || wasMultiline))
      writer.keyword("", -indents.standard, indents.standard, indents.variable);
    wasMultiline = field.slice(1).includes("\n");
    writer.write(field);
  }
}

function writeTarget(
  value: Expression,
  name: string,
  isNameVisible: boolean,
  writer: Writer,
): void {
  let own = isNameVisible ? undefined : "?column?";
  if (value.written?.kind === "merged") {
    writer.write(mergedName(value.written));
    own = value.written.name;
  } else if (value.written === undefined && isReference(value)) {
    const column = columnName(value, writer);
    writer.write(column.text);
    if (value.kind === "whole row") writer.write(`::${rowType(value, writer)}`);
    own = column.name;
  } else writer.expression(value, true);
  if (own !== name) writer.write(` AS ${quoteIdent(name)}`);
}

function isReference(
  value: Expression,
): value is Extract<Expression, { kind: "column" | "whole row" }> {
  return value.kind === "column" || value.kind === "whole row";
}

function rowType(value: Extract<Expression, { kind: "whole row" }>, writer: Writer): string {
  const { source } = value.entry;
  return "relation" in source && source.relation !== undefined
    ? writer.around.relationName(source.relation, false)
    : typeText(value.type, -1);
}

function writeGroups({ isDistinct, items }: GroupClause, writer: Writer): void {
  line(" GROUP BY ", 1, writer);
  if (isDistinct) writer.write("DISTINCT ");
  const hasSets = items.some(
    (item) => item.kind !== "expressions" || item.expressions.length === 0,
  );
  for (const [i, item] of items.entries()) {
    if (i > 0) writer.write(", ");
    if (hasSets) writeGroupItem(item, writer, true);
    else if (item.kind === "expressions") writeKeys(item.expressions, writer);
  }
}

function writeKeys(keys: readonly Expression[], writer: Writer): void {
  for (const [i, key] of keys.entries()) {
    if (i > 0) writer.write(", ");
    writeKey(key, writer);
  }
}

function writeGroupItem(item: GroupItem, writer: Writer, omitsParentheses: boolean): void {
  switch (item.kind) {
    case "expressions":
      writeGroupSet(item.expressions, writer, omitsParentheses);
      return;
    case "rollup":
    case "cube":
      writer.write(`${item.kind.toUpperCase()}(`);
      for (const [i, set] of item.sets.entries()) {
        if (i > 0) writer.write(", ");
        writeGroupSet(set, writer, true);
      }
      writer.write(")");
      return;
    case "sets":
      writer.write("GROUPING SETS (");
      for (const [i, inner] of item.items.entries()) {
        if (i > 0) writer.write(", ");
        writeGroupItem(inner, writer, false);
      }
      writer.write(")");
      return;
    default:
      item satisfies never;
  }
}

function writeGroupSet(
  keys: readonly Expression[],
  writer: Writer,
  omitsParentheses: boolean,
): void {
  const enclosed = !omitsParentheses || keys.length !== 1;
  if (enclosed) writer.write("(");
  writeKeys(keys, writer);
  if (enclosed) writer.write(")");
}

// ── VALUES and set operations ───────────────────────────────────────────────────────────────────────────────────────

function writeValuesQuery(
  rows: readonly (readonly Expression[])[],
  query: Query,
  writer: Writer,
  look: QueryLook,
): void {
  writer.indent += indents.standard;
  const own = query.columns.map(({ name }) => name);
  const names = look.columns ?? own;
  if (names.every((name, i) => name === own[i])) {
    writer.write(" ");
    writeValues(rows, writer);
    return;
  }
  writer.write(" SELECT");
  for (const [i, name] of names.entries()) {
    if (i === 0) writer.write(" ");
    else {
      writer.write(", ");
      writer.keyword("", -indents.standard, indents.standard, indents.variable);
    }
    writer.write(`"*VALUES*".${quoteIdent(own[i] ?? "")}`);
    if (own[i] !== name) writer.write(` AS ${quoteIdent(name)}`);
  }
  line(" FROM ", 2, writer);
  writer.write("(");
  writeValues(rows, writer);
  writer.write(`) "*VALUES*"`);
}

/** Parentheses round a left side of another kind, and round any set operation on the right. */
function writeSet(body: SetBody, writer: Writer, look: QueryLook): void {
  const left = nested(body.left);
  const isOther =
    left !== undefined && (left.operation !== body.operation || left.isAll !== body.isAll);
  const leftIndent = isOther ? indents.standard : 0;
  if (isOther) {
    writer.write("(");
    writer.keyword("", leftIndent, 0, 0);
  }
  writeOperand(body.left, writer, look);
  writer.keyword(isOther ? ") " : "", -leftIndent, 0, 0);
  writer.write(`${body.operation} ${body.isAll ? "ALL " : ""}`);
  const isNested = nested(body.right) !== undefined;
  const rightIndent = isNested ? indents.standard : 0;
  if (isNested) writer.write("(");
  writer.keyword("", rightIndent, 0, 0);
  writeOperand(body.right, writer, { ...look, areNamesVisible: false });
  writer.indent -= rightIndent;
  if (isNested) writer.keyword(")", 0, 0, 0);
}

/** A set operation without clauses of its own belongs to the one it stands in. */
function nested({ query }: SetOperand): SetBody | undefined {
  const { body, sort, limit, offset, commonTables } = query;
  const isBare = sort.length === 0 && limit === undefined && offset === undefined;
  return body.kind === "set" && isBare && commonTables.length === 0 ? body : undefined;
}

function writeOperand(operand: SetOperand, writer: Writer, look: QueryLook): void {
  const inner = nested(operand);
  if (inner !== undefined) {
    writeSet(inner, writer, look);
    return;
  }
  const { query } = operand;
  const enclosed =
    query.commonTables.length > 0 ||
    query.sort.length > 0 ||
    query.limit !== undefined ||
    query.offset !== undefined;
  if (enclosed) writer.write("(");
  writer.query(query, look);
  if (enclosed) writer.write(")");
}
