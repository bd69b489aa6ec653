/** Subqueries in expressions: get_sublink_expr of ruleutils.c. */
import type { SubqueryExpression } from "../analyze/tree.ts";
import type { Writer } from "./writer.ts";

export function writeSubquery(value: SubqueryExpression, writer: Writer): void {
  const { form, left, operator } = value;
  writer.write(form === "array" ? "ARRAY(" : "(");
  const [only, second] = left;
  if (only !== undefined) {
    if (second === undefined) writer.expression(only, true);
    else {
      writer.write("(");
      writer.list(left);
      writer.write(")");
    }
  }
  const words = {
    exists: "EXISTS ",
    any: operator === "=" ? " IN " : ` ${operator} ANY `,
    all: ` ${operator} ALL `,
    row: ` ${operator} `,
    scalar: "",
    array: "",
  };
  const isEnclosed = form !== "scalar" && form !== "array";
  writer.write(`${words[form]}${isEnclosed ? "(" : ""}`);
  writer.query(value.query, { areNamesVisible: false });
  writer.write(isEnclosed ? "))" : ")");
}
