/** From type to type: is there a way, and which type several have in common. PostgreSQL's parse_coerce.c. */
import { builtins } from "../../catalog/builtins.ts";
import { oid } from "./oids.ts";
import type { CastContext } from "./tree.ts";
import { baseType, category, elementType, isPreferred, typeRow } from "./types.ts";

export type Pathway = "relabel" | "convert" | undefined;

const strength = { implicit: 0, assignment: 1, explicit: 2 } as const;
const castStrength: Readonly<Record<string, number>> = { i: 0, a: 1, e: 2 };

/** How a value of `source` becomes one of `target`; undefined when it may not in this context. */
export function findPathway(target: number, source: number, context: CastContext): Pathway {
  const [to, from] = [baseType(target), baseType(source)];
  if (to === from) return "relabel";
  // What the engine alone can type is let through: the engine will judge it.
  if (to === oid.engineTyped || from === oid.engineTyped) return "convert";
  const cast = builtins().castsFrom(from, to);
  if (cast !== undefined) {
    if (strength[context] < (castStrength[cast.castcontext] ?? 2)) return undefined;
    return cast.castmethod === "b" ? "relabel" : "convert";
  }
  if (to !== oid.oidvector && to !== oid.int2vector) {
    const [toElement, fromElement] = [elementType(to), elementType(from)];
    if (toElement !== undefined && fromElement !== undefined)
      return findPathway(toElement, fromElement, context);
  }
  if (strength[context] >= strength.assignment && category(to) === "S") return "convert";
  if (context === "explicit" && category(from) === "S") return "convert";
  return undefined;
}

const polymorphic: ReadonlySet<number> = new Set([
  oid.anyelement,
  oid.anyarray,
  oid.anynonarray,
  oid.anyenum,
  oid.anyrange,
  oid.anymultirange,
  oid.anycompatible,
  oid.anycompatiblearray,
  oid.anycompatiblenonarray,
  oid.anycompatiblerange,
  oid.anycompatiblemultirange,
]);

export function isPolymorphic(type: number): boolean {
  return polymorphic.has(type);
}

export const isRow = (type: number) => type === oid.record || typeRow(type)?.typtype === "c";

/** The types alone, without an error: undefined when they do not go together. */
export function commonTypeOf(types: readonly number[]): number | undefined {
  let candidate: number = oid.unknown;
  for (const type of types.map(baseType)) {
    if (type === oid.unknown || type === candidate) continue;
    if (candidate === oid.unknown) candidate = type;
    else if (category(candidate) !== category(type)) return undefined;
    else if (!isPreferred(candidate) && becomes(candidate, type) && !becomes(type, candidate))
      candidate = type;
  }
  return candidate;
}

/** By itself: both are types of values, neither unknown nor polymorphic. */
function becomes(source: number, target: number): boolean {
  return findPathway(target, source, "implicit") !== undefined || (isRow(source) && isRow(target));
}
