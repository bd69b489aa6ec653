/** Upkeep that PostgreSQL needs and snapshots do not, and what a session is told by name. */
import type {
  ListenStmt,
  LockStmt,
  Node,
  NotifyStmt,
  RangeVar,
  UnlistenStmt,
  VacuumStmt,
} from "libpg-query";
import { PgError } from "../../base/error.ts";
import type { Relation } from "../../catalog/relation.ts";
import { ownedRelation } from "../authorize.ts";
import { type Draft, positionOf, type Scope } from "../draft.ts";
import type { AnalyzeTarget } from "../plan.ts";
import { existingRelation, nameOf, strings } from "./names.ts";
import { options, requiredBoolean } from "./options.ts";

/** The privilege is what the mode is for: reading, or changing. */
export function lockTable(node: LockStmt, scope: Scope): Draft {
  const mode = node.mode ?? accessExclusive;
  const targets = (node.relations ?? []).map((item) =>
    relationOf("RangeVar" in item ? item.RangeVar : {}, scope),
  );
  return {
    plan: { kind: "lock table", targets, mode, noWait: node.nowait ?? false },
    parameterTypes: [],
    uses: targets.map((relation) => ({
      relation,
      privilege: mode <= rowExclusive ? "SELECT" : "UPDATE",
      columns: [],
    })),
    isReadOnly: true,
  };
}

const rowExclusive = 3;
const accessExclusive = 8;

/** What PostgreSQL tunes with these is not here: no pages, no transaction ids, no indexes to clean up. */
const idleVacuumOptions = new Set([
  "disable_page_skipping",
  "freeze",
  "index_cleanup",
  "parallel",
  "process_toast",
  "skip_locked",
  "truncate",
]);

/** VACUUM merges small files and deletes old ones; ANALYZE looks at the values of columns. */
export function vacuum(node: VacuumStmt, scope: Scope): Draft {
  const targets = (node.rels ?? []).map((item) => {
    const { relation, va_cols } = "VacuumRelation" in item ? item.VacuumRelation : {};
    return { relation: relationOf(relation ?? {}, scope), columns: columnsNamed(va_cols) };
  });
  const command = node.is_vacuumcmd === true ? "VACUUM" : "ANALYZE";
  const { full, verbose, analyze } = vacuumOptions(node, command, scope);
  for (const target of targets) checkColumns(target);
  if (command === "ANALYZE") return analyzed(targets, verbose);
  if (!analyze && targets.some(({ columns }) => columns !== undefined)) {
    throw new PgError("0A000", "ANALYZE option must be specified when a column list is provided");
  }
  return {
    plan: {
      kind: "vacuum",
      targets: targets.length === 0 ? undefined : targets.map(({ relation }) => relation),
      full,
      verbose,
      analyze: analyze ? (targets.length === 0 ? "all" : targets) : undefined,
    },
    parameterTypes: [],
    isReadOnly: false,
  };
}

export function checkpoint(): Draft {
  return {
    plan: { kind: "checkpoint" },
    parameterTypes: [],
    requirements: [
      {
        kind: "superuser",
        message: "must be superuser or have privileges of pg_checkpoint to do CHECKPOINT",
      },
    ],
    isReadOnly: true,
  };
}

function vacuumOptions(node: VacuumStmt, command: "VACUUM" | "ANALYZE", scope: Scope) {
  const said = { full: false, verbose: false, analyze: false };
  for (const option of options(node.options)) {
    const { name, location } = option;
    if (name === "verbose") said.verbose = requiredBoolean(option);
    else if (command === "VACUUM" && name === "full") said.full = requiredBoolean(option);
    else if (command === "VACUUM" && name === "analyze") said.analyze = requiredBoolean(option);
    else if (name !== "skip_locked" && !(command === "VACUUM" && idleVacuumOptions.has(name))) {
      const position = positionOf(scope, location);
      throw new PgError("42601", `unrecognized ${command} option "${name}"`, position);
    }
  }
  return said;
}

function analyzed(targets: readonly AnalyzeTarget[], verbose: boolean): Draft {
  return {
    plan: { kind: "analyze", targets: targets.length === 0 ? undefined : targets, verbose },
    parameterTypes: [],
    requirements: targets.map(({ relation }) => ({
      kind: "owner",
      object: ownedRelation(relation),
    })),
    isReadOnly: true,
  };
}

function columnsNamed(nodes: readonly Node[] | undefined): readonly string[] | undefined {
  return nodes === undefined || nodes.length === 0 ? undefined : strings(nodes);
}

function checkColumns({ relation, columns = [] }: AnalyzeTarget): void {
  for (const [at, name] of columns.entries()) {
    const where = `column "${name}" of relation "${relation.name}"`;
    if (!relation.columns.some((column) => column.name === name))
      throw new PgError("42703", `${where} does not exist`);
    if (columns.indexOf(name) !== at) throw new PgError("42701", `${where} appears more than once`);
  }
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
