/** What CREATE, ALTER and DROP TYPE come to. */
import type { Relation } from "../catalog/relation.ts";
import type { UserFunction } from "../catalog/user-function.ts";
import type { UserType } from "../catalog/user-type.ts";
import type { AlterTablePlan } from "./definition-plan.ts";

export type TypePlan =
  | {
      readonly kind: "create type";
      readonly tag: string;
      /** With OIDs of 0: they come with execution. */
      readonly type: UserType;
    }
  | {
      readonly kind: "alter type";
      readonly tag: string;
      readonly base: UserType;
      /** What is new in it has OID 0. */
      readonly type: UserType;
      /** A label that rows hold under its old name. */
      readonly relabeled?: { readonly from: string; readonly to: string };
      /** What every value there is must meet: of a domain. */
      readonly verified?: { readonly notNull: true } | { readonly check: string };
    }
  | (Omit<TypesGone, "dependents"> & {
      readonly kind: "drop type";
      readonly tag: string;
      readonly notices: readonly { readonly message: string; readonly detail?: string }[];
    });

/** Types that go, and what becomes of what stands on them. */
export interface TypesGone {
  readonly targets: readonly UserType[];
  readonly alterations: readonly AlterTablePlan[];
  readonly altered: readonly { readonly base: UserType; readonly type: UserType }[];
  readonly views: readonly Relation[];
  readonly functions: readonly UserFunction[];
  /** What goes with each, in PostgreSQL's words: `column m of table t`; by the type's OID. */
  readonly dependents: ReadonlyMap<number, readonly string[]>;
}
