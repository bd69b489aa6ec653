/** VALUES: get_values_def of ruleutils.c. */
import type { Expression } from "../analyze/tree.ts";
import type { Writer } from "./writer.ts";

export function writeValues(rows: readonly (readonly Expression[])[], writer: Writer): void {
  writer.write("VALUES ");
  for (const [i, row] of rows.entries()) {
    writer.write(i === 0 ? "(" : ", (");
    for (const [at, value] of row.entries()) {
      if (at > 0) writer.write(",");
      writer.expression(value, false);
    }
    writer.write(")");
  }
}
