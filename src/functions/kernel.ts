/**
 * Functions of PostgreSQL's that are computed here, called by the engine with whole vectors: a table of them by
 * signature. Knows no engine, no session and no catalog.
 */
import type { LogicalType } from "../pgtypes/logical-type.ts";
import { logicalTypeFor, typeByName } from "../pgtypes/types.ts";
import type { EngineValue } from "../pgtypes/vector.ts";

/**
 * By `name(argument types) result type`, types by their names in pg_type; `?` in front: it wants to see NULLs; `[]` behind: it
 * returns a set, as a list. Values are the engine's, but numeric, range subtypes and other polymorphic ones, which are
 * texts. Where a polymorphic type stands, the OID of the concrete range or element type comes first.
 */
export type KernelTable = Readonly<Record<string, (...values: never[]) => EngineValue>>;

export interface Kernel {
  /** `masklen(inet)`. */
  readonly signature: string;
  readonly engineName: string;
  /** pg_type's names, as declared. */
  readonly parameterNames: readonly string[];
  readonly resultName: string;
  readonly isSet: boolean;
  readonly takesType: boolean;
  readonly parameters: readonly LogicalType[];
  readonly result: LogicalType;
  readonly call: (...values: EngineValue[]) => EngineValue;
}

export function kernelsOf(table: KernelTable): readonly Kernel[] {
  return Object.entries(table).map(([key, call]) => kernelOf(key, call));
}

const declaration = /^(\??)(\w+)\(([\w,]*)\) (\w+)(\[\])?$/;

function kernelOf(key: string, call: (...values: never[]) => EngineValue): Kernel {
  const [, lax, name = "", list = "", resultName = "", set] = declaration.exec(key) ?? [];
  if (name === "") throw new Error(`a kernel is declared as ${key}`);
  const parameterNames = list === "" ? [] : list.split(",");
  const takesType = [...parameterNames, resultName].some((one) => polymorphic.has(one));
  const result = storedAs(resultName);
  const own = call as unknown as (...values: EngineValue[]) => EngineValue;
  return {
    signature: `${name}(${list})`,
    engineName: `shim_fn_${[name, ...parameterNames].join("_")}`,
    parameterNames,
    resultName,
    isSet: set !== undefined,
    takesType,
    parameters: [
      ...(takesType ? [{ id: "INTEGER" } as const] : []),
      ...parameterNames.map(storedAs),
    ],
    result: set === undefined ? result : { id: "LIST", child: result },
    call:
      lax === "?"
        ? own
        : (...values) => (values.some((one) => one === null) ? null : own(...values)),
  };
}

/** Types that a value is handed over as text of. */
export const polymorphic: ReadonlySet<string> = new Set([
  "anyelement",
  "anyarray",
  "anyrange",
  "anymultirange",
  "anycompatible",
  "anycompatiblearray",
]);

export const isHandedAsText = (name: string) => name === "numeric" || polymorphic.has(name);

function storedAs(name: string): LogicalType {
  if (isHandedAsText(name)) return { id: "VARCHAR" };
  // Names of catalog entries are OIDs until they are shown.
  if (name.startsWith("reg")) return { id: "UINTEGER" };
  const type = typeByName(name);
  const stored = type && logicalTypeFor(type.oid, -1);
  return stored ?? { id: "VARCHAR" };
}
