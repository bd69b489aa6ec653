/** WHERE's plain conditions on a scanned column, offered to the scan for skipping files. They are still tested by the engine. */
import type { ScanPredicate } from "../plan.ts";
import { fold } from "./fold.ts";
import { oid } from "./oids.ts";
import type { Expression, FromItem, RangeEntry } from "./tree.ts";
import { baseType, category } from "./types.ts";

export function notePredicates(where: Expression, from: readonly FromItem[]): void {
  const kept = new Set(from.flatMap(keptEntries));
  for (const conjunct of conjuncts(where)) {
    const found = predicate(conjunct);
    if (found === undefined || !kept.has(found.entry)) continue;
    if (found.entry.source.kind === "relation") found.entry.source.predicates.push(found.predicate);
  }
}

/** Entries whose rows WHERE sees as they are: not those an outer join may fill with nulls. */
function keptEntries(item: FromItem): readonly RangeEntry[] {
  if (item.kind === "entry") return [item.entry];
  switch (item.join) {
    case "INNER":
      return [...keptEntries(item.left), ...keptEntries(item.right)];
    case "LEFT":
      return keptEntries(item.left);
    case "RIGHT":
      return keptEntries(item.right);
    default:
      return [];
  }
}

function conjuncts(where: Expression): readonly Expression[] {
  return where.kind === "boolean" && where.operation === "AND"
    ? where.arguments.flatMap(conjuncts)
    : [where];
}

interface Found {
  readonly entry: RangeEntry;
  readonly predicate: ScanPredicate;
}

const mirrored = { "=": "=", "<": ">", "<=": ">=", ">": "<", ">=": "<=" } as const;

function predicate(test: Expression): Found | undefined {
  if (test.kind === "null test" && test.argument.kind === "column")
    return found(test.argument, test.isNegated ? "is not null" : "is null", []);
  if (test.kind === "array comparison" && test.isAny && test.operator.oprname === "=") {
    if (test.left.kind !== "column" || test.right.kind !== "array") return undefined;
    const values = test.right.elements.map(predicateValue);
    return values.includes(undefined)
      ? undefined
      : found(
          test.left,
          "in",
          values.filter((value) => value !== undefined),
        );
  }
  if (test.kind !== "operator" || test.left === undefined) return undefined;
  const symbol = test.operator.oprname;
  if (!isMirrored(symbol)) return undefined;
  // Statistics know an enum's labels by their texts, whose order is not theirs.
  if (symbol !== "=" && category(baseType(test.left.type)) === "E") return undefined;
  const [left, right] = [ofDomain(test.left), ofDomain(test.right)];
  if (left.kind === "column") {
    const value = predicateValue(right);
    return value && found(left, symbol, [value]);
  }
  if (right.kind !== "column") return undefined;
  const value = predicateValue(left);
  return value && found(right, mirrored[symbol], [value]);
}

/** A value of a domain is compared as one of the type the domain is of. */
function ofDomain(expression: Expression): Expression {
  return expression.kind === "cast" &&
    expression.method === "relabel" &&
    expression.type === baseType(expression.argument.type)
    ? expression.argument
    : expression;
}

function isMirrored(symbol: string): symbol is keyof typeof mirrored {
  return symbol in mirrored;
}

function found(
  column: Extract<Expression, { kind: "column" }>,
  operator: ScanPredicate["operator"],
  values: ScanPredicate["values"],
): Found {
  const { entry } = column;
  return { entry, predicate: { column: column.column.engineName, operator, values } };
}

/** Only what a file's statistics can be compared with as it is. */
export function predicateValue(
  expression: Expression,
): ScanPredicate["values"][number] | undefined {
  const value = fold(expression);
  if (value === undefined) return undefined;
  if (value.kind === "parameter") return { parameter: value.index };
  if (value.text === null) return undefined;
  switch (value.type) {
    case oid.int2:
    case oid.int4:
      return { literal: Number(value.text) };
    case oid.int8:
      return { literal: BigInt(value.text) };
    case oid.float8:
    case oid.float4:
      return { literal: Number(value.text) };
    case oid.bool:
      return { literal: value.text === "t" };
    case oid.text:
    case oid.varchar:
    case oid.date:
    case oid.tid:
      return { literal: value.text };
    default:
      return category(baseType(value.type)) === "E" ? { literal: value.text } : undefined;
  }
}
