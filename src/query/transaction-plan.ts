/** BEGIN to COMMIT, as plain data. */

export interface TransactionModes {
  readonly isolation?: "read uncommitted" | "read committed" | "repeatable read" | "serializable";
  readonly readOnly?: boolean;
  readonly deferrable?: boolean;
}

export type TransactionPlan =
  | {
      readonly kind: "begin";
      readonly modes: TransactionModes;
      readonly tag: "BEGIN" | "START TRANSACTION";
    }
  | { readonly kind: "commit"; readonly chain: boolean }
  | { readonly kind: "rollback"; readonly chain: boolean }
  | { readonly kind: "savepoint"; readonly name: string }
  | { readonly kind: "release"; readonly name: string }
  | { readonly kind: "rollback to"; readonly name: string }
  /** There are none, as in a PostgreSQL with max_prepared_transactions = 0. */
  | { readonly kind: "prepare transaction" }
  | {
      readonly kind: "end prepared";
      readonly verb: "COMMIT PREPARED" | "ROLLBACK PREPARED";
      readonly name: string;
    }
  | {
      readonly kind: "set transaction";
      readonly modes: TransactionModes;
      readonly scope: "transaction" | "session";
    };
