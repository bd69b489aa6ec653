/** FROM: get_from_clause of ruleutils.c. */
import { quoteText } from "../../base/quote.ts";
import { quoteIdent } from "../../catalog/identifiers.ts";
import { relationOf } from "../analyze/scope.ts";
import type { Alias, FromFunction, FromItem, RangeEntry } from "../analyze/tree.ts";
import type { RoutineCall } from "../plan.ts";
import { typeText } from "./constants.ts";
import { writeValues } from "./values.ts";
import { indents, type Writer } from "./writer.ts";

export function writeFrom(items: readonly FromItem[], writer: Writer): void {
  for (const [i, item] of items.entries()) {
    if (i === 0) {
      writer.keyword(" FROM ", -indents.standard, indents.standard, 2);
      writeItem(item, writer);
      continue;
    }
    writer.write(", ");
    const text = writer.apart(() => writeItem(item, writer));
    if (text.startsWith("\n")) writer.trim();
    else if (writer.lineLength + text.length > writer.style.wrapColumn)
      writer.keyword("", -indents.standard, indents.standard, indents.variable);
    writer.write(text);
  }
}

function writeItem(item: FromItem, writer: Writer): void {
  if (item.kind === "entry") {
    if (item.isLateral && item.entry.source.kind === "query") writer.write("LATERAL ");
    writeEntry(item.entry, writer);
  } else writeJoin(item, writer);
}

type Join = Extract<FromItem, { kind: "join" }>;

function writeJoin(item: Join, writer: Writer): void {
  const { isPretty } = writer.style;
  const { join, left, right, on, using, alias } = item;
  const enclosed = !isPretty || alias !== undefined;
  if (enclosed) writer.write("(");
  writeItem(left, writer);
  const word = join === "INNER" ? (on === undefined ? "CROSS JOIN" : "JOIN") : `${join} JOIN`;
  writer.keyword(` ${word} `, -indents.standard, indents.standard, indents.join);
  const isRightEnclosed = isPretty && right.kind === "join" && right.alias === undefined;
  if (isRightEnclosed) writer.write("(");
  writeItem(right, writer);
  if (isRightEnclosed) writer.write(")");
  if (using !== undefined) {
    writer.write(` USING (${using.names.map(quoteIdent).join(", ")})`);
    if (using.alias !== undefined) writer.write(` AS ${quoteIdent(using.alias)}`);
  } else if (on !== undefined) {
    writer.write(isPretty ? " ON " : " ON (");
    writer.expression(on, false);
    if (!isPretty) writer.write(")");
  } else if (join !== "INNER") writer.write(" ON TRUE");
  if (enclosed) writer.write(")");
  if (alias !== undefined) writer.write(` ${quoteIdent(alias.name)}${columnList(alias)}`);
}

const columnList = ({ columns }: Alias) =>
  columns.length === 0 ? "" : `(${columns.map(quoteIdent).join(", ")})`;

function writeEntry(entry: RangeEntry, writer: Writer): void {
  const names = writer.namespaces[0]?.entries.get(entry);
  const name = names?.name ?? entry.name;
  const { source } = entry;
  const columns = names?.columns ?? [];
  switch (source.kind) {
    case "relation":
    case "view":
    case "written":
      writeRelation(entry, name, columns, writer);
      return;
    case "call":
      if (source.relation !== undefined) writeRelation(entry, name, columns, writer);
      else {
        const call = writer.around.calls[source.call];
        if (call?.kind === "routine") writeRoutine(call.call, writer);
        if (source.hasOrdinality) writer.write(" WITH ORDINALITY");
        writer.write(` ${quoteIdent(name)}(${columns.map(quoteIdent).join(", ")})`);
      }
      return;
    case "query": {
      if (source.written !== undefined) {
        writer.call(source.written.proc, source.written.arguments);
        writer.write(` ${quoteIdent(name)}(${columns.map(quoteIdent).join(", ")})`);
        return;
      }
      const isValues = source.query.body.kind === "values" && source.query.sort.length === 0;
      writer.write("(");
      if (isValues && source.query.body.kind === "values" && source.query.limit === undefined) {
        writer.write(" ");
        writeValues(source.query.body.rows, writer);
      } else writer.query(source.query);
      writer.write(`) ${quoteIdent(name)}`);
      if ((entry.given?.columns.length ?? 0) > 0)
        writer.write(`(${columns.map(quoteIdent).join(", ")})`);
      return;
    }
    case "common table":
    case "returned": {
      const own = source.kind === "common table" ? source.table().name : entry.name;
      writer.write(quoteIdent(own));
      if (entry.given !== undefined || name !== own) writer.write(` ${quoteIdent(name)}`);
      if ((entry.given?.columns.length ?? 0) > 0)
        writer.write(`(${columns.map(quoteIdent).join(", ")})`);
      return;
    }
    case "functions":
      writeFunctions(source.functions, writer);
      if (source.hasOrdinality) writer.write(" WITH ORDINALITY");
      writer.write(` ${quoteIdent(name)}`);
      if (source.functions[0]?.isDefined === true) writeDefinitions(source.functions[0], writer);
      else writer.write(`(${columns.map(quoteIdent).join(", ")})`);
      return;
    default:
      source satisfies never;
  }
}

function writeRelation(
  entry: RangeEntry,
  name: string,
  columns: readonly string[],
  writer: Writer,
): void {
  const relation = relationOf(entry);
  if (relation === undefined) return;
  const isHidden = writer.namespaces.some(({ commonTables }) => commonTables.has(relation.name));
  writer.write(writer.around.relationName(relation, isHidden));
  if (entry.source.kind === "relation" && entry.source.at !== undefined)
    writer.write(` ${pastClause(entry.source.at)}`);
  if (entry.given !== undefined || name !== relation.name) writer.write(` ${quoteIdent(name)}`);
  const renamed = entry.columns.some(({ number }, i) => {
    const own = relation.columns.find((column) => column.number === number);
    return own !== undefined && own.name !== columns[i];
  });
  if (!renamed) {
    writeSample(entry, writer);
    return;
  }
  const byNumber = new Map(entry.columns.map(({ number }, i) => [number, columns[i]]));
  const all = relation.columns.map((column) => byNumber.get(column.number) ?? column.name);
  writer.write(`(${all.map(quoteIdent).join(", ")})`);
  writeSample(entry, writer);
}

function writeSample({ source }: RangeEntry, writer: Writer): void {
  const sample = source.kind === "relation" ? source.sample : undefined;
  if (sample === undefined) return;
  writer.write(` TABLESAMPLE ${sample.method} (`);
  writer.expression(sample.percent, false);
  writer.write(")");
  if (sample.seed === undefined) return;
  writer.write(" REPEATABLE (");
  writer.expression(sample.seed, false);
  writer.write(")");
}

function pastClause(at: { readonly version: number } | { readonly timestamp: Date }): string {
  return "version" in at
    ? `AT (VERSION => ${at.version})`
    : `AT (TIMESTAMP => ${quoteText(at.timestamp.toISOString())})`;
}

function writeFunctions(functions: readonly FromFunction[], writer: Writer): void {
  const [only, second] = functions;
  if (only !== undefined && second === undefined) {
    writer.expression(only.expression, true);
    return;
  }
  const unnested = functions.flatMap(({ expression }) =>
    expression.kind === "function" && expression.proc.proname === "unnest"
      ? expression.arguments
      : [],
  );
  if (unnested.length === functions.length) {
    writer.write("UNNEST(");
    writer.list(unnested);
  } else {
    writer.write("ROWS FROM(");
    for (const [i, each] of functions.entries()) {
      if (i > 0) writer.write(", ");
      writer.expression(each.expression, true);
      if (each.isDefined) {
        writer.write(" AS ");
        writeDefinitions(each, writer);
      }
    }
  }
  writer.write(")");
}

function writeDefinitions({ columns }: FromFunction, writer: Writer): void {
  const parts = columns.map(({ name, type }) => `${quoteIdent(name)} ${typeText(type, -1)}`);
  writer.write(`(${parts.join(", ")})`);
}

function writeRoutine({ routine, arguments: given }: RoutineCall, writer: Writer): void {
  const names = Object.keys(routine.arguments);
  const parts = given.map((argument, i) => {
    const value = argument.kind === "constant" ? argument.text : null;
    const shown = value === null ? "NULL" : quoteText(value);
    return `${quoteIdent(names[i] ?? "")} => ${shown}::${typeText(argument.typeOid, -1)}`;
  });
  writer.write(`${quoteIdent(routine.schema)}.${quoteIdent(routine.name)}(${parts.join(", ")})`);
}
