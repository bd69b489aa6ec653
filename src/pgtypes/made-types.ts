/** Types somebody made with CREATE TYPE, CREATE DOMAIN or CREATE TABLE: what the catalog tells of them, by OID. */
import { PgError } from "../base/error.ts";

export type MadeType = {
  readonly oid: number;
  readonly array: number;
  readonly name: string;
  /** As format_type prints it. */
  readonly title: string;
} & MadeKind;

export type MadeKind =
  | {
      readonly kind: "enum";
      /** In the order in which they compare. */
      readonly labels: readonly string[];
      /** Those that may not be used before the transaction that added them has committed. */
      readonly unsafe: readonly string[];
    }
  | { readonly kind: "domain"; readonly base: number; readonly typmod: number }
  | { readonly kind: "composite"; readonly fields: readonly MadeField[] };

export interface MadeField {
  readonly name: string;
  readonly typeOid: number;
  readonly typmod: number;
}

/** PostgreSQL's own, and everything that is not a bucket's, is below. */
export const firstMadeOid = 262_144;

let source: (oid: number) => MadeType | undefined = () => undefined;

/** The catalog says once where it is asked. */
export function takeMadeTypesFrom(given: typeof source): void {
  source = given;
}

/** Of a type, not of its arrays. */
export function madeType(oid: number): MadeType | undefined {
  return oid < firstMadeOid ? undefined : source(oid);
}

/** The type whose arrays have this OID: it is the one before. */
export function madeElement(oid: number): MadeType | undefined {
  const made = madeType(oid - 1);
  return made?.array === oid ? made : undefined;
}

/** 22P02 for what is no label, 55P04 for one that is not yet to be used. */
export function checkLabel(made: Extract<MadeType, { kind: "enum" }>, text: string): void {
  if (!made.labels.includes(text))
    throw new PgError("22P02", `invalid input value for enum ${made.title}: "${text}"`);
  if (made.unsafe.includes(text))
    throw new PgError("55P04", `unsafe use of new value "${text}" of enum type ${made.title}`, {
      hint: "New enum values must be committed before they can be used.",
    });
}
