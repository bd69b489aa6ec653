/** XMLTABLE: rows that a path finds in a document, and columns that further paths find in each. */
import type { Node, RangeTableFunc, RangeTableFuncCol } from "@pgsql/types";
import { coerceToSpecific, coerceToTarget } from "./coerce.ts";
import { make } from "./constant.ts";
import { type FunctionItem, readsSibling } from "./from-function.ts";
import { makeFunctionEntry } from "./function-entry.ts";
import { oid } from "./oids.ts";
import { inClause, namespaceItem, type Scope } from "./scope.ts";
import type { Expression } from "./tree.ts";
import { resolveType, typeName } from "./types.ts";

interface Column {
  readonly name: string;
  readonly type: number;
  readonly path: Expression;
  /** Undefined: FOR ORDINALITY. */
  readonly cell: Expression | undefined;
}

export function xmlTable(node: RangeTableFunc, scope: Scope): FunctionItem {
  const { analysis } = scope;
  const { location } = node;
  const clause = <T>(step: () => T) => inClause(scope, "functions in FROM", step);
  const value = (one: Node | undefined, type: number): Expression =>
    clause(() =>
      one === undefined
        ? make(type, null, location)
        : coerceToSpecific(analysis.rules.expression(one, scope), type, "XMLTABLE", analysis),
    );
  const nodes = (node.columns ?? []).flatMap((one) =>
    "RangeTableFuncCol" in one ? [one.RangeTableFuncCol] : [],
  );
  refuseRepeated(nodes, scope);
  const columns = nodes.map((one, i) => clause(() => column(one, i, scope)));
  const paths: Expression = {
    kind: "array",
    elements: columns.map((one) => one.path),
    type: oid.textArray,
    typmod: -1,
    location,
  };
  const expression: Expression = {
    kind: "xml",
    operation: "table",
    name: "",
    names: [],
    named: [],
    arguments: [
      value(node.docexpr, oid.xml),
      value(node.rowexpr, oid.text),
      make(oid.text, namespaces(node, scope), location),
      paths,
    ],
    isDocument: true,
    type: oid.record,
    typmod: -1,
    location,
  };
  const cells = columns.map(({ cell }) => cell);
  const functions = [{ expression, columns, isDefined: true, cells }];
  const source = { kind: "functions", functions, hasOrdinality: false } as const;
  const entry = makeFunctionEntry(node.alias, "xmltable", columns, source, scope);
  const parts = [expression, ...cells.filter((cell) => cell !== undefined)];
  const isLateral = parts.some((one) => readsSibling(one, scope));
  return { entry, isLateral, names: [namespaceItem(entry, analysis)] };
}

/** The path says in front whether xml is wanted or a value's text. */
function column(node: RangeTableFuncCol, at: number, scope: Scope): Column {
  const { analysis } = scope;
  const { location, colname: name = "" } = node;
  if (node.for_ordinality || node.typeName === undefined)
    return { name, type: oid.int4, path: make(oid.text, "t.", location), cell: undefined };
  const { type, typmod } = resolveType(node.typeName, (error, place) => {
    throw analysis.at(error, place);
  });
  const kind = type === oid.xml ? "x" : "t";
  const given =
    node.colexpr === undefined ? undefined : analysis.rules.expression(node.colexpr, scope);
  if (given !== undefined && given.kind !== "constant")
    throw analysis.error("0A000", "a column's path that is no literal is not supported", location);
  const path = make(oid.text, `${kind}${given?.text ?? name}`, location);
  const item: Expression = {
    kind: "item",
    type: oid.text,
    typmod: -1,
    location,
    name: `item[${at + 1}]`,
  };
  const cell = filled(item, node, type, typmod, scope);
  return { name, type, path, cell };
}

/** Cast, with DEFAULT where nothing is found. */
function filled(
  item: Expression,
  node: RangeTableFuncCol,
  type: number,
  typmod: number,
  scope: Scope,
): Expression {
  const { analysis } = scope;
  const { location, colname } = node;
  if (node.is_not_null)
    throw analysis.error("0A000", "NOT NULL in XMLTABLE is not supported", location);
  const cast = (value: Expression) => {
    const made = coerceToTarget(value, type, typmod, analysis, "explicit");
    if (made !== undefined) return made;
    throw analysis.error(
      "42846",
      `cannot cast column "${colname}" of XMLTABLE to type ${typeName(type)}`,
      location,
    );
  };
  const found = type === oid.xml ? { ...item, type } : cast(item);
  if (node.coldefexpr === undefined) return found;
  const other = cast(analysis.rules.expression(node.coldefexpr, scope));
  return { kind: "coalesce", arguments: [found, other], type, typmod, location };
}

function refuseRepeated(nodes: readonly RangeTableFuncCol[], scope: Scope): void {
  const seen = new Set<string>();
  let ordinalities = 0;
  for (const { colname = "", for_ordinality, location } of nodes) {
    if (seen.has(colname))
      throw scope.analysis.error("42601", `column name "${colname}" is not unique`, location);
    seen.add(colname);
    if (for_ordinality && ++ordinalities > 1)
      throw scope.analysis.error("42601", "only one FOR ORDINALITY column is allowed", location);
  }
}

/** XMLNAMESPACES('uri' AS prefix), as an array of pairs. */
function namespaces(node: RangeTableFunc, scope: Scope): string {
  const pairs = (node.namespaces ?? []).map((one) => {
    const { name, val, location } = "ResTarget" in one ? one.ResTarget : {};
    if (name === undefined)
      throw scope.analysis.error("0A000", "DEFAULT namespace is not supported", location);
    const uri = val === undefined ? undefined : scope.analysis.rules.expression(val, scope);
    if (uri?.kind !== "constant" || uri.text === null)
      throw scope.analysis.error(
        "0A000",
        "a namespace that is no literal is not supported",
        location,
      );
    const quoted = (text: string) => `"${text.replace(/["\\]/g, "\\$&")}"`;
    return `{${quoted(name)},${quoted(uri.text)}}`;
  });
  return `{${pairs.join(",")}}`;
}
