/** Functions of functions/ by signature. */
import type { BuiltinProc } from "../../catalog/builtins.ts";
import { kernels } from "../../functions/functions.ts";
import { typeRow } from "../analyze/types.ts";
import { list } from "../print/printer.ts";

/** `length(text)`: a function by its declared argument types. */
export function signature(proc: BuiltinProc, count = proc.proargtypes.length): string {
  const types = proc.proargtypes
    .slice(0, count)
    .map((type) => typeRow(type)?.typname ?? String(type));
  return `${proc.proname}(${types.join(",")})`;
}

/** One of ours that pg_proc does not have, by its signature. */
export function printNamedKernel(name: string, ...values: readonly string[]): string | undefined {
  const kernel = kernels.get(name);
  return kernel && `${kernel.engineName}(${list(values)})`;
}
