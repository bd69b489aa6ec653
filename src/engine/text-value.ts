/** A string given for a type that is not text is in PostgreSQL's text form, as everywhere above this room. */
import { coerce } from "../pgtypes/coerce.ts";
import { oidForLogical } from "../pgtypes/engine-type.ts";
import type { LogicalType } from "../pgtypes/logical-type.ts";
import { parseText } from "../pgtypes/text-input.ts";
import type { EngineValue } from "../pgtypes/vector.ts";

export function engineValue(type: LogicalType, value: EngineValue): EngineValue {
  if (typeof value !== "string" || isTextual(type)) return value;
  const { typeOid, typmod } = oidForLogical(type);
  return coerce(parseText(typeOid, typmod, value), type);
}

function isTextual({ id }: LogicalType): boolean {
  switch (id) {
    case "VARCHAR":
    case "JSON":
    case "UUID":
    case "ENUM":
    case "BIT":
    case "BIGNUM":
    case "NULL":
      return true;
    default:
      return false;
  }
}
