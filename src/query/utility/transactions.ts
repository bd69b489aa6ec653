/** BEGIN and everything that ends what it began. */
import type { Node, TransactionStmt, VariableSetStmt } from "libpg-query";
import { must } from "../../base/assert.ts";
import { PgError, unsupported } from "../../base/error.ts";
import type { Draft } from "../draft.ts";
import type { Plan, TransactionModes } from "../plan.ts";
import { textOf } from "./options.ts";

export function transactionStatement(node: TransactionStmt): Draft {
  return { plan: transactionPlan(node), isReadOnly: true };
}

function transactionPlan(node: TransactionStmt): Plan {
  const { kind = "TRANS_STMT_BEGIN", chain = false, savepoint_name: name = "" } = node;
  switch (kind) {
    case "TRANS_STMT_BEGIN":
      return { kind: "begin", modes: transactionModes(node.options), tag: "BEGIN" };
    case "TRANS_STMT_START":
      return { kind: "begin", modes: transactionModes(node.options), tag: "START TRANSACTION" };
    case "TRANS_STMT_COMMIT":
      return { kind: "commit", chain };
    case "TRANS_STMT_ROLLBACK":
      return { kind: "rollback", chain };
    case "TRANS_STMT_SAVEPOINT":
      return { kind: "savepoint", name };
    case "TRANS_STMT_RELEASE":
      return { kind: "release", name };
    case "TRANS_STMT_ROLLBACK_TO":
      return { kind: "rollback to", name };
    case "TRANS_STMT_PREPARE":
      return { kind: "prepare transaction" };
    case "TRANS_STMT_COMMIT_PREPARED":
      return { kind: "end prepared", verb: "COMMIT PREPARED", name: node.gid ?? "" };
    case "TRANS_STMT_ROLLBACK_PREPARED":
      return { kind: "end prepared", verb: "ROLLBACK PREPARED", name: node.gid ?? "" };
    default:
      return kind satisfies never;
  }
}

/** SET TRANSACTION and SET SESSION CHARACTERISTICS AS TRANSACTION. */
export function setTransaction(node: VariableSetStmt): Draft {
  if (node.name === "TRANSACTION SNAPSHOT")
    throw unsupported("SET TRANSACTION SNAPSHOT", {
      hint: "Read a dataset's version with AT (VERSION => n).",
    });
  const scope = node.name === "TRANSACTION" ? "transaction" : "session";
  return {
    plan: { kind: "set transaction", modes: transactionModes(node.args), scope },
    isReadOnly: true,
  };
}

const isolations = [
  "read uncommitted",
  "read committed",
  "repeatable read",
  "serializable",
] as const;

/** The last of several wins, as in PostgreSQL. */
export function transactionModes(nodes: readonly Node[] | undefined): TransactionModes {
  let modes: TransactionModes = {};
  for (const node of nodes ?? []) {
    const { defname, arg } = "DefElem" in node ? node.DefElem : {};
    const text = textOf(arg);
    if (defname === "transaction_isolation") {
      const isolation = must(
        isolations.find((level) => level === text),
        "the grammar knows four isolation levels",
      );
      modes = { ...modes, isolation };
    } else if (defname === "transaction_read_only") {
      modes = { ...modes, readOnly: text === "1" };
    } else if (defname === "transaction_deferrable") {
      modes = { ...modes, deferrable: text === "1" };
    } else {
      throw new PgError("0A000", `transaction mode ${defname} is not supported`);
    }
  }
  return modes;
}
