/** Cursors, SQL-level prepared statements and the rest of what a session keeps by name. */
import type {
  ClosePortalStmt,
  DeallocateStmt,
  DeclareCursorStmt,
  DiscardStmt,
  ExecuteStmt,
  FetchStmt,
  Node,
  PrepareStmt,
} from "libpg-query";
import { assert } from "../../base/assert.ts";
import { PgError, unsupported } from "../../base/error.ts";
import type { Relation } from "../../catalog/relation.ts";
import type { Draft, Scope } from "../draft.ts";
import type { FetchDirection, PlannedStatement } from "../plan.ts";
import { toCharacters } from "../positions.ts";
import { scan } from "../scanner.ts";
import { settledArguments } from "./arguments.ts";
import { typeNamed } from "./types.ts";

/** https://github.com/postgres/postgres/blob/REL_15_STABLE/src/include/nodes/parsenodes.h: CURSOR_OPT_… */
const cursorOptions = { binary: 1, scroll: 2, noScroll: 4, hold: 32 } as const;

export async function declareCursor(node: DeclareCursorStmt, scope: Scope): Promise<Draft> {
  const options = node.options ?? 0;
  const has = (option: keyof typeof cursorOptions) => (options & cursorOptions[option]) !== 0;
  const lock = lockOf(node.query);
  if (lock !== undefined && (has("hold") || has("scroll"))) throw readOnly(lock, has("hold"));
  const placed = lock === undefined ? undefined : await scope.placed(node.query);
  const query = placed?.query ?? (await scope.plan(node.query));
  return declared(node.portalname ?? "", query, placed?.relation, {
    scroll: has("scroll") ? true : has("noScroll") ? false : undefined,
    hold: has("hold"),
    binary: has("binary"),
  });
}

/** FOR UPDATE and its kin, as it is written. */
function lockOf(node: Node | undefined): string | undefined {
  const [first] =
    node !== undefined && "SelectStmt" in node ? (node.SelectStmt.lockingClause ?? []) : [];
  const strength =
    first !== undefined && "LockingClause" in first ? first.LockingClause.strength : undefined;
  return first === undefined ? undefined : (locks[strength ?? ""] ?? "FOR UPDATE");
}

const locks: Readonly<Record<string, string>> = {
  LCS_FORKEYSHARE: "FOR KEY SHARE",
  LCS_FORSHARE: "FOR SHARE",
  LCS_FORNOKEYUPDATE: "FOR NO KEY UPDATE",
};

function readOnly(lock: string, isHold: boolean): PgError {
  const what = isHold ? "CURSOR WITH HOLD" : "SCROLL CURSOR";
  return new PgError("0A000", `DECLARE ${what} ... ${lock} is not supported`, {
    detail: `${isHold ? "Holdable" : "Scrollable"} cursors must be READ ONLY.`,
  });
}

function declared(
  name: string,
  query: PlannedStatement,
  placesIn: Relation | undefined,
  options: { scroll: boolean | undefined; hold: boolean; binary: boolean },
): Draft {
  if (query.plan.kind !== "select" && query.plan.kind !== "constant")
    throw unsupported("a cursor for a statement that is no query");
  return {
    plan: {
      kind: "declare",
      name,
      query,
      ...options,
      ...(placesIn === undefined ? {} : { placesIn, scroll: false }),
    },
    parameterTypes: query.parameterTypes,
    within: query.relations,
    isReadOnly: query.isReadOnly,
  };
}

export function fetchCursor(node: FetchStmt, scope: Scope): Draft {
  const { portalname: name = "", ismove: isMove = false } = node;
  const cursor = scope.context.cursor(name);
  if (cursor === undefined) throw new PgError("34000", `cursor "${name}" does not exist`);
  return {
    plan: { kind: "fetch", name, direction: direction(node), isMove },
    columns: isMove ? undefined : cursor.columns,
    isReadOnly: true,
    isCacheable: false,
  };
}

function direction(node: FetchStmt): FetchDirection {
  // The grammar says ALL as the largest count there is.
  const written = Number(node.howMany ?? 0);
  const count = written >= 2_147_483_647 ? Number.POSITIVE_INFINITY : written;
  switch (node.direction) {
    case "FETCH_BACKWARD":
      return { kind: "backward", count };
    case "FETCH_ABSOLUTE":
      return { kind: "absolute", count };
    case "FETCH_RELATIVE":
      return { kind: "relative", count };
    default:
      return { kind: "forward", count };
  }
}

export function closeCursor(node: ClosePortalStmt): Draft {
  return { plan: { kind: "close", name: node.portalname }, isReadOnly: true };
}

/** The statement within is kept as text: it is planned, and refused, when the session prepares it. */
export function prepareStatement(node: PrepareStmt, scope: Scope): Draft {
  const { sql } = scope.statement;
  const start = bodyOfPrepare(sql);
  const body = sql.slice(start);
  const lead = body.length - body.trimStart().length;
  const types = (node.argtypes ?? []).map((type) =>
    typeNamed("TypeName" in type ? type.TypeName : undefined, scope),
  );
  return {
    plan: {
      kind: "prepare",
      name: node.name ?? "",
      sql: body.trim(),
      offset: scope.statement.offset + toCharacters(sql, start + lead),
      parameterTypes: types.map(({ oid }) => oid),
    },
    parameterTypes: [],
    isReadOnly: true,
  };
}

/** After the first AS that no parenthesis holds. */
function bodyOfPrepare(sql: string): number {
  let depth = 0;
  for (const { kind, text, end } of scan(sql)) {
    if (text === "(") depth++;
    else if (text === ")") depth--;
    else if (depth === 0 && kind === "word" && text === "as") return end;
  }
  assert(false, "PREPARE has AS");
}

export function executeStatement(node: ExecuteStmt, scope: Scope): Draft {
  const name = node.name ?? "";
  const prepared = preparedStatement(name, scope);
  const given = node.params ?? [];
  const expected = prepared.parameterTypes;
  if (given.length !== expected.length)
    throw new PgError("42601", `wrong number of parameters for prepared statement "${name}"`, {
      detail: `Expected ${expected.length} parameters but got ${given.length}.`,
    });
  const settled = settledArguments(given, expected, scope);
  return {
    plan: { kind: "execute", name, arguments: settled.arguments },
    columns: prepared.columns,
    parameterTypes: settled.parameterTypes,
    isReadOnly: prepared.isReadOnly,
    isCacheable: false,
  };
}

export function preparedStatement(name: string, scope: Scope): PlannedStatement {
  const prepared = scope.context.prepared(name);
  if (prepared === undefined)
    throw new PgError("26000", `prepared statement "${name}" does not exist`);
  return prepared;
}

export function deallocate(node: DeallocateStmt): Draft {
  return {
    plan: { kind: "deallocate", name: node.isall === true ? undefined : node.name },
    isReadOnly: true,
  };
}

const discardTargets = {
  DISCARD_ALL: "all",
  DISCARD_PLANS: "plans",
  DISCARD_SEQUENCES: "sequences",
  DISCARD_TEMP: "temporary",
} as const;

export function discard(node: DiscardStmt): Draft {
  const target = discardTargets[node.target ?? "DISCARD_ALL"];
  return { plan: { kind: "discard", target }, isReadOnly: true };
}
