/**
 * An analyzed query as DuckDB SQL. Writes names quoted, values from what they are, and functions and operators by the
 * tables of rewrite/: nothing else gets into the text.
 */
import { must } from "../../base/assert.ts";
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
  const { scans, parameters, readsCatalog, sequences } = printer;
  const calls: Call[] = [];
  const pieces = split(sql, parameters, (index) => {
    const call = must(analysis.calls[index], "a call that is printed was analyzed");
    return calls.includes(call) ? calls.indexOf(call) : calls.push(call) - 1;
  });
  const most = rowsMax(query);
  const bound = most === undefined ? {} : { rowsMax: most };
  return {
    text: {
      pieces,
      scans,
      calls,
      parameters,
      readsCatalog,
      ...bound,
      ...(sequences === undefined ? {} : { sequences }),
    },
    functions: functionsIn(sql),
  };
}

function newPrinter(analysis: Analysis): Printer {
  const scans: Scan[] = [];
  const parameters: ParameterSource[] = [];
  const printer: Printer = {
    analysis,
    scans,
    parameters,
    readsCatalog: false,
    sequences: undefined,
    rowPlace: undefined,
    texts: new AskedTexts(),
    expression: (expression) => printExpression(expression, printer),
    query: (query) => printQuery(query, printer),
    window: (window) => printWindow(window, printer),
    parameter(source) {
      const at = parameters.findIndex((known) => sameSource(known, source));
      const index = at >= 0 ? at : parameters.push(source) - 1;
      const type = engineType(typeOfSource(source));
      return shapedType(source) ? `\0p${index}\0` : `CAST($${index + 1} AS ${type})`;
    },
  };
  return printer;
}

function sameSource(left: ParameterSource, right: ParameterSource): boolean {
  if (left.kind === "client")
    return right.kind === "client" && left.index === right.index && left.typeOid === right.typeOid;
  return right.kind === "session" && left.value === right.value;
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

function shapeOf(source: ParameterSource | undefined): LogicalType {
  return must(source && shapedType(source), "a parameter's mark stands for one with a shape");
}

/** Marks become pieces. A statement's texts share its calls, and each runs but those it reads. */
function split(
  sql: string,
  parameters: readonly ParameterSource[],
  callIndex: (index: number) => number,
): readonly Piece[] {
  return sql
    .split("\0")
    .map((part, i): Piece => {
      if (i % 2 === 0) return part;
      const index = Number(part.slice(1));
      if (part.startsWith("s")) return { scan: index };
      if (part.startsWith("r")) return { returned: index };
      if (part.startsWith("p")) return { parameter: index, type: shapeOf(parameters[index]) };
      return part.startsWith("c") ? { call: callIndex(index) } : { written: true };
    })
    .filter((piece) => piece !== "");
}
