/** The steps that give a dataset another's columns, as SQL, each with the rule it follows and how sure it is. */
import { formatType } from "../catalog/format-type.ts";
import { quoteIdent } from "../catalog/identifiers.ts";
import type { Casting } from "./casting.ts";
import type { SchemaChange, SchemaColumn } from "./schema-diff.ts";

export interface MigrationStep {
  readonly action: "rename column" | "change type" | "add column" | "drop column" | "ask";
  readonly column: string;
  readonly rule: string;
  readonly confidence: number;
  readonly isLossy: boolean;
  /** Undefined: no rule leads there. */
  readonly sql: string | undefined;
}

/** In the order in which they can be run. `table` is quoted. */
export function migrationSteps(
  table: string,
  changes: readonly SchemaChange[],
): readonly MigrationStep[] {
  const given = new Set(
    changes.flatMap((change) =>
      change.kind === "added" ? [change.column.name] : "to" in change ? [change.to.name] : [],
    ),
  );
  const steps = changes.flatMap((change) => stepsOf(table, change));
  const isInTheWay = (step: MigrationStep) =>
    step.action === "drop column" && given.has(step.column);
  return [
    ...steps.filter(isInTheWay),
    ...order.flatMap((action) =>
      steps.filter((step) => step.action === action && !isInTheWay(step)),
    ),
  ];
}

/** What is dropped is dropped last, but for a column whose name another gets. */
const order: readonly MigrationStep["action"][] = [
  "rename column",
  "change type",
  "add column",
  "drop column",
  "ask",
];

function stepsOf(table: string, change: SchemaChange): readonly MigrationStep[] {
  switch (change.kind) {
    case "added":
      return [addition(table, change.column)];
    case "removed":
      return [removal(table, change.column, change.confidence)];
    case "type changed":
      return [conversion(table, change.to, change.casting)];
    case "renamed": {
      const { from, to, confidence, reason } = change;
      const rename = {
        action: "rename column",
        column: from.name,
        rule: reason,
        confidence,
        isLossy: false,
        sql: `ALTER TABLE ${table} RENAME COLUMN ${quoteIdent(from.name)} TO ${quoteIdent(to.name)}`,
      } as const;
      const isSame = from.typeOid === to.typeOid && from.typmod === to.typmod;
      return isSame ? [rename] : [rename, conversion(table, to, change.casting)];
    }
    default:
      return change satisfies never;
  }
}

function addition(table: string, { name, typeOid, typmod }: SchemaColumn): MigrationStep {
  const type = formatType(typeOid, typmod);
  return {
    action: "add column",
    column: name,
    rule: "new column",
    confidence: 1,
    isLossy: false,
    sql: `ALTER TABLE ${table} ADD COLUMN ${quoteIdent(name)} ${type}`,
  };
}

function removal(table: string, { name }: SchemaColumn, confidence: number): MigrationStep {
  return {
    action: "drop column",
    column: name,
    rule: "no longer there",
    confidence,
    isLossy: true,
    sql: `ALTER TABLE ${table} DROP COLUMN ${quoteIdent(name)}`,
  };
}

function conversion(table: string, to: SchemaColumn, casting: Casting | undefined): MigrationStep {
  const type = formatType(to.typeOid, to.typmod);
  if (casting === undefined) {
    return {
      action: "ask",
      column: to.name,
      rule: `no cast to ${type}`,
      confidence: 0,
      isLossy: true,
      sql: undefined,
    };
  }
  const name = quoteIdent(to.name);
  const value = casting.using?.(name) ?? name;
  const using = casting.rule === "widen" ? "" : ` USING (${value})::${type}`;
  return {
    action: "change type",
    column: to.name,
    rule: casting.rule,
    confidence: casting.confidence,
    isLossy: casting.safety === "lossy",
    sql: `ALTER TABLE ${table} ALTER COLUMN ${name} TYPE ${type}${using}`,
  };
}

/** What to ask a language model where rules are not enough. Rows are given only as the caller passes them. */
export function migrationPrompt(
  table: string,
  a: readonly SchemaColumn[],
  b: readonly SchemaColumn[],
  steps: readonly MigrationStep[],
  samples: readonly string[],
): string {
  const columns = (all: readonly SchemaColumn[]) =>
    all.map(({ name, typeOid, typmod }) => `- ${quoteIdent(name)} ${formatType(typeOid, typmod)}`);
  const unsure = steps.filter(({ confidence, isLossy }) => confidence < 0.8 || isLossy);
  return [
    `The table ${table} in PostgreSQL's dialect of SQL has these columns:`,
    ...columns(a),
    "",
    "It shall get these:",
    ...columns(b),
    "",
    "Rules have found these steps:",
    ...steps.map(
      ({ sql, rule, confidence, column, isLossy }) =>
        `- ${sql ?? `nothing for ${quoteIdent(column)}`} -- ${rule}, confidence ${confidence}${isLossy ? ", loses data" : ""}`,
    ),
    "",
    unsure.length === 0
      ? "All of them are sure. Say whether anything is missing."
      : `Not sure: ${unsure.map(({ column }) => quoteIdent(column)).join(", ")}. For each of these say which old column, or which expression of old columns, gives the new one, or that there is none.`,
    ...(samples.length === 0 ? [] : ["", "Some rows, as JSON:", ...samples]),
    "",
    "Answer with the ALTER TABLE statements alone, one a line, in the order in which they must run. Drop no column whose values are not kept elsewhere.",
  ].join("\n");
}
