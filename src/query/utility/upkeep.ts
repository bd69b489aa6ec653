/** Upkeep that PostgreSQL needs and snapshots do not, and what a session is told by name. */
import type {
  ListenStmt,
  LockStmt,
  NotifyStmt,
  RangeVar,
  UnlistenStmt,
  VacuumStmt,
} from "libpg-query";
import { PgError, unsupported } from "../../base/error.ts";
import type { Relation } from "../../catalog/relation.ts";
import { ownedRelation } from "../authorize.ts";
import type { Draft, Scope } from "../draft.ts";
import { existingRelation, nameOf } from "./names.ts";
import { textOf } from "./options.ts";

/** Every transaction reads a snapshot of its own: a lock would keep nobody from anything. */
export function lockTable(node: LockStmt, scope: Scope): Draft {
  const targets = (node.relations ?? []).map((item) =>
    relationOf("RangeVar" in item ? item.RangeVar : {}, scope),
  );
  return {
    plan: { kind: "nothing", tag: "LOCK TABLE" },
    parameterTypes: [],
    uses: targets.map((relation) => ({ relation, privilege: "SELECT", columns: [] })),
    isReadOnly: true,
  };
}

/** ANALYZE: statistics are written with the data. VACUUM rewrites nothing yet, and says so. */
export function vacuum(node: VacuumStmt, scope: Scope): Draft {
  const targets = (node.rels ?? []).map((item) => {
    const { relation } = "VacuumRelation" in item ? item.VacuumRelation : {};
    return relationOf(relation ?? {}, scope);
  });
  if (node.is_vacuumcmd === true)
    throw unsupported("VACUUM", { hint: "It comes with compaction." });
  const verbose = (node.options ?? []).some(
    (option) =>
      "DefElem" in option &&
      option.DefElem.defname === "verbose" &&
      textOf(option.DefElem.arg) !== "false",
  );
  return {
    plan: {
      kind: "nothing",
      tag: "ANALYZE",
      ...(verbose
        ? { notice: "statistics are written with the data; there is nothing to gather" }
        : {}),
    },
    parameterTypes: [],
    requirements: targets.map((target) => ({ kind: "owner", object: ownedRelation(target) })),
    isReadOnly: true,
  };
}

function relationOf(range: RangeVar, scope: Scope): Relation {
  return existingRelation(nameOf(range, scope.context), scope.context);
}

export function listen(node: ListenStmt): Draft {
  return { plan: { kind: "listen", channel: channel(node.conditionname) }, isReadOnly: true };
}

export function unlisten(node: UnlistenStmt): Draft {
  return { plan: { kind: "unlisten", channel: node.conditionname }, isReadOnly: true };
}

/** As Async_Notify checks them. */
export function notify(node: NotifyStmt): Draft {
  const payload = node.payload ?? "";
  if (Buffer.byteLength(payload) >= 8000) throw new PgError("22023", "payload string too long");
  return {
    plan: { kind: "notify", channel: channel(node.conditionname), payload },
    isReadOnly: true,
  };
}

/** Identifiers end at 63 bytes. */
function channel(name = ""): string {
  if (Buffer.byteLength(name) > 63) throw new PgError("22023", "channel name too long");
  return name;
}
