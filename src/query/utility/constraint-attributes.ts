/** DEFERRABLE, INITIALLY DEFERRED and NOT ENFORCED as said of a constraint. PostgreSQL's transformConstraintAttrs. */
import type { Constraint } from "libpg-query";
import { PgError } from "../../base/error.ts";
import type { TableConstraint } from "../../catalog/relation.ts";
import { positionOf, type Scope } from "../draft.ts";
import type { Declared } from "./constraints.ts";

export type Timing = Pick<TableConstraint, "deferrable">;

/** What the parser has noted of a constraint's timing. */
export function timingOf({
  deferrable,
  initdeferred,
}: Pick<Constraint, "deferrable" | "initdeferred">): Timing {
  if (deferrable !== true) return {};
  return { deferrable: initdeferred === true ? "initially deferred" : "initially immediate" };
}

/** What follows a column's constraint is said of it, each thing once. */
export class ConstraintAttributes {
  declared: Declared;
  readonly #scope: Scope;
  #hasDeferrability = false;
  #hasInitially = false;

  constructor(declared: Declared, scope: Scope) {
    this.declared = declared;
    this.#scope = scope;
  }

  /** 42601 when it is misplaced, said twice, or against what was said before. */
  add(attribute: Constraint): void {
    const { contype } = attribute;
    if (contype === "CONSTR_ATTR_ENFORCED" || contype === "CONSTR_ATTR_NOT_ENFORCED") {
      this.declared = { ...this.declared, isEnforced: contype === "CONSTR_ATTR_ENFORCED" };
      return;
    }
    const { node } = this.declared;
    if (node.contype === "CONSTR_CHECK") throw misplaced(attribute, this.#scope);
    const fault = (message: string) =>
      new PgError("42601", message, positionOf(this.#scope, attribute.location));
    if (contype === "CONSTR_ATTR_DEFERRABLE" || contype === "CONSTR_ATTR_NOT_DEFERRABLE") {
      if (this.#hasDeferrability)
        throw fault("multiple DEFERRABLE/NOT DEFERRABLE clauses not allowed");
      this.#hasDeferrability = true;
      this.#say({ deferrable: contype === "CONSTR_ATTR_DEFERRABLE" });
    } else {
      if (this.#hasInitially)
        throw fault("multiple INITIALLY IMMEDIATE/DEFERRED clauses not allowed");
      this.#hasInitially = true;
      const isDeferred = contype === "CONSTR_ATTR_DEFERRED";
      this.#say({ initdeferred: isDeferred });
      if (isDeferred && !this.#hasDeferrability) this.#say({ deferrable: true });
    }
    const { initdeferred, deferrable } = this.declared.node;
    if (initdeferred && !deferrable)
      throw fault("constraint declared INITIALLY DEFERRED must be DEFERRABLE");
  }

  #say(more: Pick<Constraint, "deferrable" | "initdeferred">): void {
    this.declared = { ...this.declared, node: { ...this.declared.node, ...more } };
  }
}

const words: Readonly<Record<string, string>> = {
  CONSTR_ATTR_DEFERRABLE: "DEFERRABLE",
  CONSTR_ATTR_NOT_DEFERRABLE: "NOT DEFERRABLE",
  CONSTR_ATTR_DEFERRED: "INITIALLY DEFERRED",
  CONSTR_ATTR_IMMEDIATE: "INITIALLY IMMEDIATE",
  CONSTR_ATTR_ENFORCED: "ENFORCED",
  CONSTR_ATTR_NOT_ENFORCED: "NOT ENFORCED",
};

/** There is no constraint before it that it could be said of. */
export function misplaced(attribute: Constraint, scope: Scope): PgError {
  const word = words[attribute.contype ?? ""] ?? "attribute";
  return new PgError("42601", `misplaced ${word} clause`, positionOf(scope, attribute.location));
}
