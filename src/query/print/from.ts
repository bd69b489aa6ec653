/** FROM: scans, subqueries, calls, functions and joins. */
import { quoteName } from "../../base/quote.ts";
import { hasPolicies } from "../../catalog/row-security.ts";
import type { Sample } from "../analyze/from-tree.ts";
import type { FromItem, RangeEntry } from "../analyze/tree.ts";
import type { ScanPredicate } from "../plan.ts";
import { textColumn } from "../rewrite/numeric-text.ts";
import { ownPath } from "../rewrite/shim.ts";
import { printFunctions } from "./from-functions.ts";
import { list, marks, type Printer } from "./printer.ts";

export function printFrom(items: readonly FromItem[], printer: Printer): string {
  return items
    .map((item, i) => {
      const printed = printItem(item, printer);
      return i === 0 ? printed : ` CROSS JOIN ${printed}`;
    })
    .join("");
}

function printItem(item: FromItem, printer: Printer): string {
  if (item.kind === "entry") return printEntry(item.entry, item.isLateral, printer);
  const left = printItem(item.left, printer);
  const right = printItem(item.right, printer);
  if (item.on === undefined) {
    // NATURAL without a shared column, or CROSS.
    if (item.join === "INNER") return `(${left} CROSS JOIN ${right})`;
    return `(${left} ${item.join} JOIN ${right} ON true)`;
  }
  return `(${left} ${item.join} JOIN ${right} ON ${printer.expression(item.on)})`;
}

function printEntry(entry: RangeEntry, isLateral: boolean, printer: Printer): string {
  const { source } = entry;
  const alias = quoteName(entry.alias);
  const lateral = isLateral ? "LATERAL " : "";
  switch (source.kind) {
    case "relation":
      return `${printRelation(entry, printer)} AS ${alias}`;
    case "written":
      return `${marks.written} AS ${alias}`;
    case "query":
    case "view":
      return `${lateral}(${printer.query(source.query)}) AS ${alias}`;
    case "common table": {
      const table = source.table();
      const texts = printer.texts.asked(table.query);
      const names = [
        ...entry.columns.map((column) => column.engineName),
        ...texts.map((i) => textColumn(entry.columns[i]?.engineName ?? "")),
      ].map(quoteName);
      return `${quoteName(table.engineName)} AS ${alias}${names.length === 0 ? "" : `(${list(names)})`}`;
    }
    case "returned": {
      const names = entry.columns.map((column) => quoteName(column.engineName));
      return `${marks.returned(source.step)} AS ${alias}(${list(names)})`;
    }
    case "functions":
      return `${lateral}(${printFunctions(entry, source, printer)}) AS ${alias}`;
    case "call": {
      if (!source.hasOrdinality) return `${marks.call(source.call)} AS ${alias}`;
      return `(SELECT *, row_number() OVER () AS "ordinality" FROM ${marks.call(source.call)}) AS ${alias}`;
    }
    default:
      return source satisfies never;
  }
}

function printRelation(entry: RangeEntry, printer: Printer): string {
  if (entry.source.kind !== "relation") throw new Error("bug: a relation entry has a relation");
  const { relation, predicates, at, position, asRole } = entry.source;
  if (relation.source.kind === "shadow") {
    printer.readsCatalog = true;
    const { engineName, takes = [], stored, empty } = relation.source;
    const read = [...entry.used].map((column) => column.engineName);
    if (stored !== undefined && read.every((name) => stored.columns.has(name)))
      return stored.engineName;
    const isEmpty = empty?.unless === undefined || !hasPolicies(printer.analysis.context.catalog);
    if (empty !== undefined && isEmpty && read.every((name) => empty.types.has(name)))
      return noRows(read, empty.types);
    if (relation.source.readsFigures === true) printer.readsFigures = true;
    const role = `CAST(${asRole ?? printer.analysis.context.role.oid} AS UINTEGER)`;
    const given = takes.map((fact) => (fact === "role" ? role : ownPath(printer.analysis.context)));
    return given.length === 0 ? engineName : `${engineName}(${list(given)})`;
  }
  // Counting rows alone still needs one column to count by.
  const used = entry.columns.filter((column) => entry.used.has(column));
  const columns = (used.length > 0 ? used : entry.columns.slice(0, 1)).map(
    (column) => column.engineName,
  );
  const system = Array.from(entry.used).filter(({ number }) => number < 0);
  const scan = {
    relation,
    columns: mostSelectiveFirst(columns, predicates),
    where: predicates,
    ...(position ? { position } : {}),
    ...(system.length > 0 ? { system: system.map(({ name }) => name) } : {}),
    ...(at === undefined ? {} : { at }),
  };
  return printSample(marks.scan(printer.scans.push(scan) - 1), entry.source.sample, printer);
}

/** Folded away when it is planned, together with what it is joined with. */
function noRows(columns: readonly string[], types: ReadonlyMap<string, string>): string {
  const values = columns.map((name) => `CAST(NULL AS ${types.get(name)}) AS ${quoteName(name)}`);
  return `(SELECT ${values.length === 0 ? "NULL" : list(values)} WHERE false)`;
}

function printSample(scan: string, sample: Sample | undefined, printer: Printer): string {
  if (sample === undefined) return scan;
  const percent = `pg_shim.sample_percent(${printer.expression(sample.percent)})`;
  if (sample.seed === undefined) return `(SELECT * FROM ${scan} WHERE random() * 100 < ${percent})`;
  const seed = `pg_shim.sample_seed(${printer.expression(sample.seed)})`;
  const drawn = `hash("@sampled", ${seed}) / CAST(18446744073709551616 AS DOUBLE) * 100`;
  return `(SELECT * EXCLUDE ("@sampled") FROM (SELECT *, row_number() OVER () AS "@sampled" FROM ${scan}) WHERE ${drawn} < ${percent})`;
}

/** The engine tests a row's columns in the order of the scan, and reads no more of one that has failed. */
function mostSelectiveFirst(
  columns: readonly string[],
  predicates: readonly ScanPredicate[],
): readonly string[] {
  const rank = (name: string) => {
    const operators = predicates.flatMap((each) => (each.column === name ? [each.operator] : []));
    if (operators.includes("=")) return 0;
    if (operators.includes("in")) return 1;
    return operators.some((operator) => operator !== "is not null") ? 2 : 3;
  };
  return columns.toSorted((a, b) => rank(a) - rank(b));
}
