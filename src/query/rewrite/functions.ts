/** PostgreSQL's functions as the engine's: a template a signature, or a printer where a template cannot say it. */
import { builtins } from "../../catalog/builtins.ts";
import type { Expression, FunctionCall } from "../analyze/tree.ts";
import { typeName } from "../analyze/types.ts";
import type { Printer } from "../print/printer.ts";
import { printCast } from "./casts.ts";
import { arrayFunctions } from "./functions-array.ts";
import { dateTemplates } from "./functions-date.ts";
import { mathTemplates } from "./functions-math.ts";
import { specialFunctions } from "./functions-special.ts";
import { stringTemplates } from "./functions-string.ts";
import { systemTemplates } from "./functions-system.ts";
import { printKernel } from "./kernels.ts";
import { signature } from "./named-kernel.ts";
import { printOperator } from "./operators.ts";
import { positional } from "./positional.ts";
import { printSetInList } from "./set-returning.ts";
import { shimCall } from "./shim.ts";

const templates: Readonly<Record<string, string>> = {
  ...stringTemplates,
  ...mathTemplates,
  ...dateTemplates,
  ...systemTemplates,
};

export function printFunction(written: FunctionCall, printer: Printer): string {
  const call = positional(written);
  if (call.proc.proretset) return printSetInList(call, printer);
  const printed =
    specialFunctions[call.proc.proname]?.(call, printer) ??
    printArrayFunction(call, printer) ??
    printKernel(call, printer) ??
    castFunction(call, printer) ??
    fromTemplate(call, printer) ??
    shimCall(
      call.proc.proname,
      call.arguments.map((one) => printer.expression(one)),
      printer,
    ) ??
    operatorFunction(call, printer);
  if (printed !== undefined) return printed;
  throw printer.analysis.error(
    "0A000",
    `function ${call.proc.proname}(${call.proc.proargtypes.map(typeName).join(", ")}) is not supported yet`,
    call.location,
  );
}

function printArrayFunction(call: FunctionCall, printer: Printer): string | undefined {
  const known = arrayFunctions[call.proc.proname];
  return known?.(
    call,
    call.arguments.map((one) => printer.expression(one)),
    printer,
  );
}

function fromTemplate(call: FunctionCall, printer: Printer): string | undefined {
  const template = templates[signature(call.proc)];
  if (template === undefined) return undefined;
  return fill(
    template,
    call.arguments.map((one) => printer.expression(one)),
  );
}

/** One pass, so that a `$1` inside an argument stays what it is. */
export function fill(template: string, values: readonly string[]): string {
  return template.replace(/\$(\d)/g, (_, digit: string) => values[Number(digit) - 1] ?? "NULL");
}

/** int4pl(int4, int4), texteq(text, text): the function behind an operator. */
function operatorFunction(call: FunctionCall, printer: Printer): string | undefined {
  const operator = builtins().operatorsByCode.get(call.proc.oid);
  const [left, right] = call.arguments;
  if (operator === undefined || left === undefined) return undefined;
  const operands = right === undefined ? { left: undefined, right: left } : { left, right };
  return printOperator({ ...call, kind: "operator", operator, ...operands }, printer);
}

/** int4(float8), date(timestamp): the function behind a cast. */
function castFunction(call: FunctionCall, printer: Printer): string | undefined {
  const [argument] = call.arguments;
  const { proc } = call;
  const [source] = proc.proargtypes;
  if (argument === undefined || source === undefined || call.arguments.length !== 1)
    return undefined;
  if (builtins().castsFrom(source, proc.prorettype)?.castfunc !== proc.oid) return undefined;
  const cast: Extract<Expression, { kind: "cast" }> = {
    kind: "cast",
    argument,
    type: proc.prorettype,
    typmod: -1,
    method: "convert",
    context: "explicit",
    location: call.location,
  };
  return printCast(cast, printer);
}
