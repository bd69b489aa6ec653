/** OVER (…) and WINDOW: partitions, orders and frames. */
import type { Node, WindowDef } from "@pgsql/types";
import { coerceToSpecific, typeOf } from "./coerce.ts";
import { oid } from "./oids.ts";
import { inClause, type Scope } from "./scope.ts";
import { sortKey } from "./sort.ts";
import type { Expression, FrameBound, SortKey, WindowDefinition, WindowFrame } from "./tree.ts";

/** WINDOW name AS (…): each may build on those before it. */
export function declareWindows(nodes: readonly Node[], scope: Scope): void {
  for (const node of nodes) {
    if (!("WindowDef" in node)) continue;
    const { name = "", location } = node.WindowDef;
    if (scope.windows.has(name))
      throw scope.analysis.error("42P20", `window "${name}" is already defined`, location);
    const definition = windowDefinition({ ...node.WindowDef, name: "" }, scope);
    scope.windows.set(name, { ...definition, name });
  }
}

export function windowDefinition(node: WindowDef, scope: Scope): WindowDefinition {
  const { location } = node;
  // OVER name takes the window as it is; OVER (name …) copies it and may add to it.
  if (node.name !== undefined && node.name !== "") return named(node.name, scope, location);
  const base =
    node.refname === undefined || node.refname === ""
      ? undefined
      : named(node.refname, scope, location);
  const partition = inClause(scope, "PARTITION BY", () =>
    (node.partitionClause ?? []).map((one) => scope.analysis.rules.expression(one, scope)),
  );
  const order = inClause(scope, "window ORDER BY", () => sortKeys(node.orderClause ?? [], scope));
  if (base !== undefined) refuseOverride(node, base, partition, order, scope);
  const ordered = base !== undefined && base.order.length > 0 ? base.order : order;
  return {
    partition: base?.partition ?? partition,
    order: ordered,
    frame: frame(node, ordered, scope),
    ...(base === undefined
      ? {}
      : { base: { name: node.refname ?? "", isOrdered: base.order.length > 0 } }),
  };
}

function named(name: string, scope: Scope, location: number | undefined): WindowDefinition {
  const found = scope.windows.get(name);
  if (found !== undefined) return found;
  throw scope.analysis.error("42704", `window "${name}" does not exist`, location);
}

function refuseOverride(
  node: WindowDef,
  base: WindowDefinition,
  partition: readonly Expression[],
  order: readonly SortKey[],
  scope: Scope,
): void {
  const { refname = "", location } = node;
  const refuse = (message: string) => scope.analysis.error("42P20", message, location);
  if (partition.length > 0)
    throw refuse(`cannot override PARTITION BY clause of window "${refname}"`);
  if (base.order.length > 0 && order.length > 0)
    throw refuse(`cannot override ORDER BY clause of window "${refname}"`);
  if (base.frame !== undefined)
    throw refuse(`cannot copy window "${refname}" because it has a frame clause`);
}

function sortKeys(nodes: readonly Node[], scope: Scope): readonly SortKey[] {
  return nodes.flatMap((node) => {
    if (!("SortBy" in node) || node.SortBy.node === undefined) return [];
    const expression = scope.analysis.rules.expression(node.SortBy.node, scope);
    return [sortKey(node.SortBy, expression, undefined, scope)];
  });
}

/** https://github.com/postgres/postgres/blob/REL_15_STABLE/src/include/nodes/parsenodes.h: FRAMEOPTION_… */
const bits = {
  nonDefault: 0x1,
  rows: 0x4,
  groups: 0x8,
  startUnboundedPreceding: 0x20,
  endUnboundedPreceding: 0x40,
  startUnboundedFollowing: 0x80,
  endUnboundedFollowing: 0x100,
  startCurrentRow: 0x200,
  endCurrentRow: 0x400,
  startOffsetPreceding: 0x800,
  endOffsetPreceding: 0x1000,
  startOffsetFollowing: 0x2000,
  endOffsetFollowing: 0x4000,
  excludeCurrentRow: 0x8000,
  excludeGroup: 0x10000,
  excludeTies: 0x20000,
} as const;

function frame(node: WindowDef, order: readonly SortKey[], scope: Scope): WindowFrame | undefined {
  const options = node.frameOptions ?? 0;
  if ((options & bits.nonDefault) === 0) return undefined;
  const { location } = node;
  const mode = options & bits.rows ? "ROWS" : options & bits.groups ? "GROUPS" : "RANGE";
  const hasOffset = node.startOffset !== undefined || node.endOffset !== undefined;
  if (mode === "RANGE" && hasOffset && order.length !== 1)
    throw scope.analysis.error(
      "42P20",
      "RANGE with offset PRECEDING/FOLLOWING requires exactly one ORDER BY column",
      location,
    );
  if (mode === "GROUPS" && order.length === 0)
    throw scope.analysis.error("42P20", "GROUPS mode requires an ORDER BY clause", location);
  const offset = (bound: Node | undefined) => frameOffset(bound, mode, order, scope);
  refuseFrame(options, scope, location);
  return {
    mode,
    start: startBound(options, () => offset(node.startOffset)),
    end: endBound(options, () => offset(node.endOffset)),
    exclude:
      options & bits.excludeCurrentRow
        ? "CURRENT ROW"
        : options & bits.excludeGroup
          ? "GROUP"
          : options & bits.excludeTies
            ? "TIES"
            : undefined,
  };
}

/** A frame cannot begin behind its end. */
function refuseFrame(options: number, scope: Scope, location: number | undefined): void {
  const refuse = (message: string) => scope.analysis.error("42P20", message, location);
  const endsBefore = (options & bits.endOffsetPreceding) !== 0;
  if ((options & bits.startOffsetFollowing) !== 0) {
    if (endsBefore) throw refuse("frame starting from following row cannot have preceding rows");
    if (options & bits.endCurrentRow)
      throw refuse("frame starting from following row cannot end with current row");
  }
  if ((options & bits.startCurrentRow) !== 0 && endsBefore)
    throw refuse("frame starting from current row cannot have preceding rows");
}

function startBound(options: number, offset: () => Expression): FrameBound {
  if (options & bits.startUnboundedPreceding) return { kind: "UNBOUNDED PRECEDING" };
  if (options & bits.startUnboundedFollowing) return { kind: "UNBOUNDED FOLLOWING" };
  if (options & bits.startOffsetPreceding) return { kind: "PRECEDING", offset: offset() };
  if (options & bits.startOffsetFollowing) return { kind: "FOLLOWING", offset: offset() };
  return { kind: "CURRENT ROW" };
}

function endBound(options: number, offset: () => Expression): FrameBound {
  if (options & bits.endUnboundedPreceding) return { kind: "UNBOUNDED PRECEDING" };
  if (options & bits.endUnboundedFollowing) return { kind: "UNBOUNDED FOLLOWING" };
  if (options & bits.endOffsetPreceding) return { kind: "PRECEDING", offset: offset() };
  if (options & bits.endOffsetFollowing) return { kind: "FOLLOWING", offset: offset() };
  return { kind: "CURRENT ROW" };
}

const timed: ReadonlySet<number> = new Set([
  oid.date,
  oid.time,
  oid.timetz,
  oid.timestamp,
  oid.timestamptz,
  oid.interval,
]);

/** Rows and groups are counted; a range is measured in what separates two values of the ordering column. */
function frameOffset(
  node: Node | undefined,
  mode: WindowFrame["mode"],
  order: readonly SortKey[],
  scope: Scope,
): Expression {
  const { analysis } = scope;
  const value = inClause(scope, "window frame", () =>
    node === undefined
      ? ({ kind: "constant", type: oid.int8, typmod: -1, text: "0", location: undefined } as const)
      : analysis.rules.expression(node, scope),
  );
  if (value.kind === "constant" && (value.text ?? "").startsWith("-"))
    throw analysis.error("22013", "frame starting offset must not be negative", undefined);
  if (mode !== "RANGE") return coerceToSpecific(value, oid.int8, mode, analysis);
  const [key] = order;
  const ordered = key === undefined ? oid.int8 : typeOf(key.expression, analysis);
  return coerceToSpecific(value, timed.has(ordered) ? oid.interval : ordered, "RANGE", analysis);
}
