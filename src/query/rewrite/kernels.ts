/** Calls of the functions that functions/ computes: by pg_proc's signature, also where an operator or a cast stands for one. */
import { builtins } from "../../catalog/builtins.ts";
import { kernels } from "../../functions/functions.ts";
import { isHandedAsText, type Kernel, polymorphic } from "../../functions/kernel.ts";
import { oid } from "../analyze/oids.ts";
import type { Expression, FunctionCall, OperatorCall } from "../analyze/tree.ts";
import { baseType } from "../analyze/types.ts";
import { engineType } from "../print/engine-type.ts";
import { list, type Printer } from "../print/printer.ts";
import { signature } from "./named-kernel.ts";
import { textOf } from "./text.ts";
import { printTextSearch } from "./text-search.ts";

export function kernelOf(call: FunctionCall): Kernel | undefined {
  const { proc } = call;
  // Defaults left out: a shorter form.
  const isShort = proc.provariadic === 0 && call.arguments.length < proc.proargtypes.length;
  return kernels.get(isShort ? signature(proc, call.arguments.length) : signature(proc));
}

export function printKernel(call: FunctionCall, printer: Printer): string | undefined {
  const kernel = kernelOf(call);
  if (kernel === undefined) return printTextSearch(call.proc, call.arguments, printer);
  const isSpread = call.proc.provariadic !== 0 && !call.isVariadicArray;
  return printCall(kernel, call.arguments, call.type, printer, isSpread);
}

/** The function behind an operator. */
export function printKernelOperator(call: OperatorCall, printer: Printer): string | undefined {
  const proc = builtins().procsByOid.get(call.operator.oprcode);
  const kernel = proc && kernels.get(signature(proc));
  const operands = call.left === undefined ? [call.right] : [call.left, call.right];
  if (kernel === undefined) return proc && printTextSearch(proc, operands, printer);
  return printCall(kernel, operands, call.type, printer);
}

/** The function behind a cast. */
export function printKernelCast(
  argument: Expression,
  from: number,
  to: number,
  printer: Printer,
): string | undefined {
  const proc = builtins().procsByOid.get(builtins().castsFrom(from, to)?.castfunc ?? 0);
  const kernel = proc && kernels.get(signature(proc));
  return kernel && printCall(kernel, [argument], to, printer);
}

function printCall(
  kernel: Kernel,
  values: readonly Expression[],
  result: number,
  printer: Printer,
  isSpread = false,
): string {
  const { parameterNames, resultName } = kernel;
  const printed = values.map((one, i) =>
    isHandedAsText(parameterNames[i] ?? "") ? textOf(one, printer) : printer.expression(one),
  );
  if (isSpread) {
    const fixed = parameterNames.length - 1;
    printed.splice(fixed, printed.length, `[${list(printed.slice(fixed))}]`);
  }
  if (kernel.takesType) printed.unshift(String(typeHanded(kernel, values, result)));
  const called = `${kernel.engineName}(${list(printed)})`;
  return isHandedAsText(resultName) ? readBack(called, kernel, result) : called;
}

/** The range type where one stands, else the type of the first polymorphic argument, or of the result. */
function typeHanded(kernel: Kernel, values: readonly Expression[], result: number): number {
  const types = values.flatMap((one, i) =>
    polymorphic.has(kernel.parameterNames[i] ?? "") ? [baseType(one.type)] : [],
  );
  const all = polymorphic.has(kernel.resultName) ? [...types, baseType(result)] : types;
  const { rangeSubtypes, multirangeRanges } = builtins();
  for (const type of all) {
    const range = multirangeRanges.get(type) ?? type;
    if (rangeSubtypes.has(range)) return range;
  }
  return all[0] ?? oid.text;
}

/** From its text what the engine holds such a value as. */
function readBack(called: string, kernel: Kernel, result: number): string {
  const stored = engineType(result);
  if (kernel.isSet) return `list_transform(${called}, lambda item: CAST(item AS ${stored}))`;
  if (baseType(result) === oid.numeric) return `pg_shim.read_numeric(${called})`;
  return stored === "VARCHAR" ? called : `CAST(${called} AS ${stored})`;
}
