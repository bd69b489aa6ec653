/** A value of an engine type in PostgreSQL's text form, by the engine's type alone. Placeholder until format.ts stands. */
import type { LogicalType } from "./logical-type.ts";
import type { EngineValue } from "./vector.ts";

export function formatEngineText(_type: LogicalType, value: EngineValue): string {
  return String(value);
}
