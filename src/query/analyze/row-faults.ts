/** What a table refuses to be proposed: rows of a statement, each judged as it comes, for NOT NULL and then for CHECK. */
import type { Relation, TableConstraint } from "../../catalog/relation.ts";
import { isSubject } from "../../catalog/row-security.ts";
import { raisedField } from "../../engine/errors.ts";
import type { Analysis } from "./analysis.ts";
import { coerce, coerceToBoolean } from "./coerce.ts";
import { overRow, used } from "./conflict-keys.ts";
import { make } from "./constant.ts";
import { anyOf, choose, engineCall, isNull, truth } from "./made.ts";
import { oid } from "./oids.ts";
import { makeOperator } from "./operator.ts";
import type { Scope } from "./scope.ts";
import type { Expression, RangeEntry } from "./tree.ts";

/** True, or an error: 23502 or 23514, of the first row that is at fault, with the row in its DETAIL. Undefined: any row will do. */
export function asked(entry: RangeEntry, target: Relation, scope: Scope): Expression | undefined {
  const { analysis } = scope;
  const faults = [...missing(entry, target), ...failing(entry, target, scope)];
  const [first] = faults;
  if (first === undefined) return undefined;
  const said = choose(
    faults.map(({ when, said }) => ({ when, result: text(said) })),
    text(""),
  );
  const values = target.columns.map((column) => used(entry, column));
  // Which of several rows is told is which comes first, so each is asked everything before the next.
  const fault = engineCall("error", [told(said, values, target, analysis)], oid.bool);
  return choose([{ when: anyOf(faults.map(({ when }) => when)), result: fault }], truth(true));
}

interface Fault {
  readonly when: Expression;
  /** An error's text but for its DETAIL. */
  readonly said: string;
}

function missing(entry: RangeEntry, { schema, name, columns }: Relation): readonly Fault[] {
  return columns.flatMap((column) => {
    if (!column.notNull) return [];
    const message = `null value in column "${column.name}" of relation "${name}" violates not-null constraint`;
    const fields = [`PGERR:23502:${message}`, `s${schema}`, `t${name}`, `c${column.name}`];
    return [{ when: isNull(used(entry, column)), said: fields.join(raisedField) }];
  });
}

type Check = Extract<TableConstraint, { kind: "check" }>;

/** By name, as PostgreSQL takes them. What is NULL holds. */
function failing(entry: RangeEntry, target: Relation, scope: Scope): readonly Fault[] {
  const { schema, name, constraints = [] } = target;
  const checks = constraints.filter(
    (constraint): constraint is Check => constraint.kind === "check" && constraint.isEnforced,
  );
  return checks
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
    .map((check) => {
      const value = overRow(check.expression, target, entry, scope);
      const holds = coerceToBoolean(value, "CHECK", scope.analysis);
      const message = `new row for relation "${name}" violates check constraint "${check.name}"`;
      const fields = [`PGERR:23514:${message}`, `s${schema}`, `t${name}`, `n${check.name}`];
      return { when: not(holds), said: fields.join(raisedField) };
    });
}

function not(condition: Expression): Expression {
  const made = { type: oid.bool, typmod: -1, location: undefined } as const;
  return { kind: "boolean", operation: "NOT", arguments: [condition], ...made };
}

/** As `checked-rows` tells it where rows are stored. Nobody is told values of a table that they may not read. */
function told(
  said: Expression,
  values: readonly Expression[],
  target: Relation,
  analysis: Analysis,
): Expression {
  if (!mayRead(target, analysis)) return said;
  const shown = values.map((value) => {
    const whole = coerce(value, oid.text, analysis, "explicit");
    const start = engineCall("left", [whole, make(oid.int4, "64", undefined)], oid.text);
    const isLong = makeOperator(
      ">",
      engineCall("length", [whole], oid.int8),
      make(oid.int8, "64", undefined),
      analysis,
      undefined,
    );
    const cut = engineCall("concat", [start, text("...")], oid.text);
    return choose(
      [
        { when: isNull(value), result: text("null") },
        { when: isLong, result: cut },
      ],
      whole,
    );
  });
  const row = engineCall("concat_ws", [text(", "), ...shown], oid.text);
  const lead = text(`${raisedField}DFailing row contains (`);
  return engineCall("concat", [said, lead, row, text(").")], oid.text);
}

function mayRead(target: Relation, { asker: { access, role } }: Analysis): boolean {
  if (isSubject(target, role, access)) return false;
  return access.may(role, "SELECT", { kind: "table", oid: target.oid, owner: target.owner });
}

function text(value: string): Expression {
  return make(oid.text, value, undefined);
}
