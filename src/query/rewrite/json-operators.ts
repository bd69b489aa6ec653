/** Operators of json and jsonb. Paths are built from keys, never from the client's text. */
import { oid } from "../analyze/oids.ts";
import type { Expression } from "../analyze/tree.ts";
import { baseType } from "../analyze/types.ts";
import type { Printer } from "../print/printer.ts";

export function printJsonOperator(
  symbol: string,
  left: Expression,
  right: Expression,
  printer: Printer,
): string | undefined {
  const [l, r] = [printer.expression(left), printer.expression(right)];
  const isIndex = baseType(right.type) === oid.int4;
  switch (symbol) {
    case "->":
      return isIndex ? `pg_shim.json_item(${l}, ${r})` : `pg_shim.json_field(${l}, ${r})`;
    case "->>":
      return isIndex ? `pg_shim.json_item_text(${l}, ${r})` : `pg_shim.json_field_text(${l}, ${r})`;
    case "#>":
      return `pg_shim.json_path(${l}, ${r})`;
    case "#>>":
      return `pg_shim.json_path_text(${l}, ${r})`;
    case "#-":
      return `CAST(shim_json_without_path(CAST(${l} AS VARCHAR), ${r}) AS JSON)`;
    case "@>":
      return `json_contains(${l}, ${r})`;
    case "<@":
      return `json_contains(${r}, ${l})`;
    case "?":
      return `pg_shim.json_has(${l}, ${r})`;
    case "?|":
      return `pg_shim.any_true(list_transform(${r}, lambda item: pg_shim.json_has(${l}, item)))`;
    case "?&":
      return `(NOT pg_shim.any_true(list_transform(${r}, lambda item: NOT pg_shim.json_has(${l}, item))))`;
    case "-":
      if (baseType(left.type) !== oid.jsonb) return undefined;
      if (isIndex) return `pg_shim.jsonb_without_place(${l}, ${r})`;
      return baseType(right.type) === oid.text
        ? `pg_shim.jsonb_without(${l}, [${r}])`
        : `pg_shim.jsonb_without(${l}, ${r})`;
    default:
      return undefined;
  }
}
