/** What an EXCEPTION's steps know of the error they handle: SQLERRM, SQLSTATE, and RAISE alone, which raises it again. */
import type { PgError } from "../../base/error.ts";
import { quoteText } from "../../base/quote.ts";
import type { BlockStep } from "../block-plan.ts";
import { scan } from "../scanner.ts";

export function handled(steps: readonly BlockStep[], error: PgError): readonly BlockStep[] {
  return steps.map((step) => handledStep(step, error));
}

function handledStep(step: BlockStep, error: PgError): BlockStep {
  const known = (sql: string) => withValues(sql, error);
  switch (step.kind) {
    case "sql":
    case "perform":
      return { ...step, sql: known(step.sql) };
    case "execute":
      return { ...step, value: known(step.value) };
    // A block's own handlers have an error of their own.
    case "block":
      return { ...step, steps: handled(step.steps, error) };
    case "if": {
      const branches = step.branches.map(({ condition, steps }) => ({
        condition: condition === undefined ? undefined : known(condition),
        steps: handled(steps, error),
      }));
      return { ...step, branches };
    }
    case "return":
      return step;
    case "raise": {
      const { format, condition, values, options } = step;
      if (format === undefined && condition === undefined && options.length === 0)
        return { ...step, again: error };
      return {
        ...step,
        values: values === undefined ? undefined : known(values),
        options: options.map((option) => ({ ...option, value: known(option.value) })),
      };
    }
    default:
      return step satisfies never;
  }
}

/** The two are variables of type text wherever their names stand alone. */
function withValues(sql: string, { sqlstate, message }: PgError): string {
  const values: Readonly<Record<string, string>> = { sqlstate, sqlerrm: message };
  const tokens = scan(sql);
  let written = "";
  let end = 0;
  tokens.forEach(({ kind, text, start }, i) => {
    const value = kind === "word" ? values[text] : undefined;
    const isPart = tokens[i - 1]?.text === "." || tokens[i + 1]?.text === ".";
    if (value === undefined || isPart) return;
    written += `${sql.slice(end, start)}CAST(${quoteText(value)} AS text)`;
    end = start + text.length;
  });
  return written + sql.slice(end);
}
