/**
 * Types people made, as plain data. A type has the OID after that of its relation (a composite's own, a table's), and its
 * arrays the one after: of an enum and a domain the first is nobody's. https://www.postgresql.org/docs/15/catalog-pg-type.html
 */
import type { RelationColumn } from "./relation.ts";

export type UserType = {
  readonly oid: number;
  readonly schema: string;
  readonly name: string;
  readonly owner: number;
  readonly comment: string | null;
} & UserTypeKind;

export type UserTypeKind =
  | {
      readonly kind: "enum" /** In the order in which they compare. */;
      readonly labels: readonly EnumLabel[];
    }
  | {
      readonly kind: "domain";
      /** May be a domain itself. */
      readonly base: number;
      readonly typmod: number;
      readonly notNull: boolean;
      /** SQL text in PostgreSQL's dialect. */
      readonly defaultText: string | null;
      readonly checks: readonly DomainCheck[];
    }
  | {
      readonly kind: "composite";
      readonly columns: readonly RelationColumn[];
      /** The highest attribute number ever given. */
      readonly columnsMade: number;
      /** It is the row type of a table, which says everything about it. */
      readonly isRowType?: boolean;
    };

export interface EnumLabel {
  readonly oid: number;
  readonly label: string;
  /** pg_enum.enumsortorder: a label put between two others lies between theirs. */
  readonly sortOrder: number;
  /** Added by a transaction that has not committed: nobody may use it yet. Never in the log. */
  readonly isUncommitted?: boolean;
}

export interface DomainCheck {
  readonly oid: number;
  readonly name: string;
  /** SQL text in PostgreSQL's dialect, over VALUE. */
  readonly expression: string;
  readonly isValidated: boolean;
  readonly comment?: string | null;
}

export const arrayOid = (type: { readonly oid: number }) => type.oid + 1;
/** pg_class has a row for a composite type. */
export const classOid = (type: { readonly oid: number }) => type.oid - 1;

/** What pg_type calls its array type; the catalog's names have 63 bytes. */
export function arrayName(name: string): string {
  return `_${name}`.slice(0, 63);
}
