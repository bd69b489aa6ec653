/** Enums are their labels to the engine: equal as texts are, and ordered by their places in the type. */
import { quoteText } from "../../base/quote.ts";
import { userType } from "../../catalog/types-in-force.ts";
import type { UserType } from "../../catalog/user-type.ts";
import type { FunctionCall } from "../analyze/tree.ts";
import { baseType, elementType, typeRow } from "../analyze/types.ts";
import { list, type Printer } from "../print/printer.ts";
import { printNamedKernel } from "./named-kernel.ts";

export function enumType(type: number): Extract<UserType, { kind: "enum" }> | undefined {
  const found = userType(baseType(type));
  return found?.kind === "enum" ? found : undefined;
}

/** What a value is ordered by in the engine, where it is not the value itself. */
export function rankOf(value: string, type: number): string | undefined {
  const base = baseType(type);
  const own = enumType(base);
  if (own !== undefined) return `enum_code(CAST(${value} AS ${engineEnum(own)}))`;
  const key = printNamedKernel(`sort_key(${typeRow(base)?.typname})`, value);
  if (key !== undefined) return key;
  const element = elementType(base);
  if (element === undefined) return undefined;
  const item = rankOf("item", element);
  return item === undefined ? undefined : `list_transform(${value}, lambda item: ${item})`;
}

/** The engine's own enum, which compares by place. */
function engineEnum(type: Extract<UserType, { kind: "enum" }>): string {
  return `ENUM(${list(type.labels.map(({ label }) => quoteText(label)))})`;
}

/** The label at a place that was found among places: of the greatest, the least. */
export function labelAt(place: string, type: number): string | undefined {
  const own = enumType(type);
  return own && `list_extract(CAST([${labelList(own.labels)}] AS VARCHAR[]), 1 + ${place})`;
}

/** The input function: 22P02 in PostgreSQL's words. */
export function readLabel(value: string, type: number, title: string): string | undefined {
  const own = enumType(type);
  if (own === undefined) return undefined;
  const labels = own.labels.filter(({ isUncommitted }) => !isUncommitted);
  const fault = quoteText(`PGERR:22P02:invalid input value for enum ${title}: "`);
  const known = labels.length === 0 ? "false" : `${value} IN (${labelList(labels)})`;
  return `CASE WHEN ${value} IS NULL OR ${known} THEN ${value} ELSE error(${fault} || ${value} || '"') END`;
}

function labelList(labels: readonly { readonly label: string }[]): string {
  return list(labels.map(({ label }) => quoteText(label)));
}

/** enum_first, enum_last, enum_range: the type alone says most of it. */
export function printEnumFunction(call: FunctionCall, printer: Printer): string | undefined {
  const [first, second] = call.arguments;
  const own = first && (enumType(first.type) ?? enumType(second?.type ?? 0));
  if (first === undefined || own === undefined) return undefined;
  const labels = own.labels.map(({ label }) => label);
  switch (call.proc.proname) {
    case "enum_first":
    case "enum_last": {
      const label = call.proc.proname === "enum_first" ? labels[0] : labels.at(-1);
      return label === undefined ? "CAST(NULL AS VARCHAR)" : quoteText(label);
    }
    case "enum_range": {
      const all = `CAST([${labelList(own.labels)}] AS VARCHAR[])`;
      if (second === undefined) return all;
      const place = (value: string) => `list_position(${all}, ${value})`;
      const from = `coalesce(${place(printer.expression(first))}, 1)`;
      const to = `coalesce(${place(printer.expression(second))}, ${labels.length})`;
      return `list_slice(${all}, ${from}, ${to})`;
    }
    default:
      return undefined;
  }
}
