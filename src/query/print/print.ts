/**
 * An analyzed query as DuckDB SQL. Writes names quoted, values from what they are, and functions and operators by the
 * tables of rewrite/: nothing else gets into the text.
 */
import { must } from "../../base/assert.ts";
import { isLasting } from "../../catalog/lasting.ts";
import type { LogicalType } from "../../pgtypes/logical-type.ts";
import { logicalTypeFor } from "../../pgtypes/types.ts";
import type { Analysis } from "../analyze/analysis.ts";
import { oid, registered } from "../analyze/oids.ts";
import { rowsMax } from "../analyze/rows-max.ts";
import type { Query } from "../analyze/tree.ts";
import { baseType, elementType } from "../analyze/types.ts";
import type { Call, EngineText, ParameterSource, Piece, Scan } from "../plan.ts";
import { engineType } from "./engine-type.ts";
import { printExpression, printWindow } from "./expression.ts";
import { functionsIn } from "./functions-in.ts";
import { lookupOf } from "./lookup.ts";
import { printOutput } from "./output.ts";
import { AskedTexts, type Printer } from "./printer.ts";
import { printQuery } from "./query.ts";

export interface Printed {
  readonly text: EngineText;
  readonly functions: readonly string[];
}

/** `isResult`: the client sees the rows; else a later text reads them. */
export function printText(query: Query, analysis: Analysis, isResult = true): Printed {
  const printer = newPrinter(analysis);
  const sql = isResult ? printOutput(query, printer) : printer.query(query);
  const { scans, readsCatalog, readsFigures, sequences } = printer;
  const calls: Call[] = [];
  const parameters: ParameterSource[] = [];
  const places = new Map<ParameterSource, number>();
  const pieces = split(sql, {
    call(index) {
      const call = must(analysis.calls[index], "a call that is printed was analyzed");
      return calls.includes(call) ? calls.indexOf(call) : calls.push(call) - 1;
    },
    // What was printed and then not used binds nothing.
    parameter(index) {
      const source = must(printer.parameters[index], "a parameter's mark has its source");
      const at = places.get(source) ?? parameters.push(source) - 1;
      places.set(source, at);
      return parameterPiece(source, at);
    },
  });
  const most = rowsMax(query);
  const bound = most === undefined ? {} : { rowsMax: most };
  const isOfCatalog = readsCatalog && scans.length + calls.length + parameters.length === 0;
  const isSame = isOfCatalog && sequences === undefined && isLasting(sql);
  const lookup = calls.length > 0 ? undefined : lookupOf({ pieces, scans, parameters });
  return {
    text: {
      pieces,
      scans,
      calls,
      parameters,
      readsCatalog,
      readsFigures,
      ...bound,
      ...(lookup === undefined ? {} : { lookup }),
      ...(query.sort.length > 0 ? { isSorted: true } : {}),
      ...(isSame ? { isLasting: true } : {}),
      ...(sequences === undefined ? {} : { sequences }),
    },
    functions: functionsIn(sql),
  };
}

function newPrinter(analysis: Analysis): Printer {
  const scans: Scan[] = [];
  const parameters: ParameterSource[] = [];
  const places = new Map<string, number>();
  const printer: Printer = {
    analysis,
    scans,
    parameters,
    readsCatalog: false,
    readsFigures: false,
    sequences: undefined,
    rowPlace: undefined,
    groups: [],
    texts: new AskedTexts(),
    expression: (expression) => printExpression(expression, printer),
    query: (query) => printQuery(query, printer),
    window: (window) => printWindow(window, printer),
    parameter(source) {
      const key = source.kind === "client" ? `${source.index} ${source.typeOid}` : source.value;
      const index = places.get(key) ?? parameters.push(source) - 1;
      places.set(key, index);
      // Refuses a type that has no values here.
      engineType(typeOfSource(source));
      return `\0p${index}\0`;
    },
  };
  return printer;
}

/** The type of most values of a parameter whose engine type is the value's: `{{1}}` is a list of lists, NaN no decimal. */
function shapedType(source: ParameterSource): LogicalType | undefined {
  if (source.kind !== "client") return undefined;
  const base = baseType(source.typeOid);
  const element = elementType(base);
  const isShaped = base === oid.numeric || (element !== undefined && !registered.has(element));
  return isShaped ? logicalTypeFor(base, -1) : undefined;
}

function typeOfSource(source: ParameterSource): number {
  if (source.kind === "client") return source.typeOid;
  switch (source.value) {
    case "backend pid":
      return oid.int4;
    case "settings":
      return oid.text;
    default:
      return oid.timestamptz;
  }
}

function parameterPiece(source: ParameterSource, at: number): Piece {
  const type = shapedType(source);
  return type === undefined
    ? `CAST($${at + 1} AS ${engineType(typeOfSource(source))})`
    : { parameter: at, type };
}

interface Marks {
  readonly call: (index: number) => number;
  readonly parameter: (index: number) => Piece;
}

/** Marks become pieces. A statement's texts share its calls, and each runs but those it reads. */
function split(sql: string, marks: Marks): readonly Piece[] {
  const pieces: Piece[] = [];
  for (const [i, part] of sql.split("\0").entries()) {
    const piece = i % 2 === 0 ? part : marked(part, marks);
    const last = pieces.at(-1);
    if (piece === "") continue;
    if (typeof piece !== "string" || typeof last !== "string") pieces.push(piece);
    else pieces[pieces.length - 1] = last + piece;
  }
  return pieces;
}

function marked(part: string, { call, parameter }: Marks): Piece {
  const index = Number(part.slice(1));
  switch (part[0]) {
    case "s":
      return { scan: index };
    case "r":
      return { returned: index };
    case "p":
      return parameter(index);
    case "c":
      return { call: call(index) };
    default:
      return { written: true };
  }
}
