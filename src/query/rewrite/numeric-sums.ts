/** The text of sum, avg, min, max and the deviations of numerics: sums are exact, and so is what is made of them. */
import type { Expression } from "../analyze/tree.ts";
import type { Printer } from "../print/printer.ts";
import { filter } from "../print/sort.ts";
import { gathering, isDeviation, isReadNumeric, shapeOf } from "./numeric-shape.ts";

type Aggregate = Extract<Expression, { kind: "aggregate" | "window" }>;

interface Summing {
  readonly call: Aggregate;
  readonly value: Expression;
  readonly printed: string;
  readonly printer: Printer;
  /** Any numeric's text. */
  readonly textOf: (expression: Expression) => string;
  /** `name(argument)` over the call's rows. */
  readonly over: (name: string, argument: string) => string;
}

export function aggregateText(
  call: Aggregate,
  printer: Printer,
  textOf: Summing["textOf"],
): string | undefined {
  const [value] = call.arguments;
  if (value === undefined) return undefined;
  const over = overRows(call, printer);
  const summing = { call, value, printed: printer.expression(value), printer, textOf, over };
  const { proname } = call.proc;
  if (proname === "min" || proname === "max") return chosenText(summing);
  const total = sumText(summing);
  if (proname === "sum") return total;
  const count = over("count", gathering(call) === "texts" ? textOf(value) : summing.printed);
  return isDeviation(proname)
    ? deviationText(summing, total, count)
    : `CASE WHEN ${count} > 0 THEN shim_numeric_divide(${total}, CAST(${count} AS VARCHAR)) END`;
}

function overRows(call: Aggregate, printer: Printer): Summing["over"] {
  const distinct = call.kind === "aggregate" && call.options.isDistinct ? "DISTINCT " : "";
  const condition = call.kind === "aggregate" ? call.options.filter : call.filter;
  const window = call.kind === "window" ? ` OVER (${printer.window(call.over)})` : "";
  return (name, argument) =>
    `${name}(${distinct}${argument})${filter(condition, printer)}${window}`;
}

/** As many digits as the summand that shows most. */
function sumText(summing: Summing): string {
  const { call, value, printed, textOf, over } = summing;
  const total = `pg_shim.numeric_text(${over("sum", printed)})`;
  if (typeof shapeOf(value) === "number") return total;
  return gathering(call) === "texts"
    ? `shim_numeric_sum(${over("string_agg", `${textOf(value)}, ' '`)})`
    : `shim_numeric_round(${total}, ${over("max", digitsOf(summing))})`;
}

/** The one found, with its digits. */
function chosenText(summing: Summing): string {
  const { call, value, printed, textOf, over } = summing;
  const name = call.proc.proname;
  const ofFound = (what: string) => over(`arg_${name}`, `${what}, ${printed}`);
  return gathering(call) === "texts"
    ? ofFound(textOf(value))
    : `shim_numeric_round(pg_shim.numeric_text(${over(name, printed)}), ${ofFound(digitsOf(summing))})`;
}

/** How many digits a row's value shows; NULL of NULL. */
function digitsOf({ value, printed, printer, textOf }: Summing): string {
  return `CASE WHEN ${printed} IS NOT NULL THEN ${shownDigits(value, printer, textOf)} END`;
}

function shownDigits(value: Expression, printer: Printer, textOf: Summing["textOf"]): string {
  const shape = shapeOf(value);
  if (typeof shape === "number") return String(shape);
  const digits = (one: Expression) => shownDigits(one, printer, textOf);
  const choice = (branches: readonly string[], last: string) =>
    `CASE ${branches.join(" ")}${last} END`;
  if (isReadNumeric(value) && value.kind === "cast")
    return `CAST(length(regexp_extract(CAST(${printer.expression(value.argument)} AS VARCHAR), '\\.(\\d+)', 1)) AS INTEGER)`;
  switch (value.kind) {
    case "case": {
      const branches = value.branches.map(
        ({ when, result }) => `WHEN ${printer.expression(when)} THEN ${digits(result)}`,
      );
      const { otherwise } = value;
      return choice(branches, otherwise === undefined ? "" : ` ELSE ${digits(otherwise)}`);
    }
    case "coalesce": {
      const branches = value.arguments.map(
        (one) => `WHEN ${printer.expression(one)} IS NOT NULL THEN ${digits(one)}`,
      );
      return choice(branches, "");
    }
    case "operator":
      if (value.left !== undefined && value.operator.oprname !== "*")
        return `greatest(${digits(value.left)}, ${digits(value.right)})`;
      break;
    default:
  }
  return `CAST(length(split_part(${textOf(value)}, '.', 2)) AS INTEGER)`;
}

function deviationText(
  { call, value, printed, over }: Summing,
  total: string,
  count: string,
): string {
  const shape = shapeOf(value);
  const wide =
    typeof shape === "number" ? `CAST(${printed} AS DECIMAL(38,${Math.min(shape, 18)}))` : printed;
  const squares = `pg_shim.numeric_text(${over("sum", `${wide} * ${wide}`)})`;
  const { proname } = call.proc;
  const [isSample, isRoot] = [!proname.endsWith("_pop"), proname.startsWith("stddev")];
  return `shim_numeric_deviation(CAST(${count} AS VARCHAR), ${total}, ${squares}, ${isSample}, ${isRoot})`;
}
