/** Literals whose type has just become known: read as that type's input function would, names looked up. */
import { PgError } from "../../base/error.ts";
import { codecFor } from "../../pgtypes/codecs.ts";
import { parseText } from "../../pgtypes/text-input.ts";
import { defaultSettings, type TextSettings } from "../../pgtypes/text-settings.ts";
import type { QueryContext } from "../query.ts";
import type { Analysis } from "./analysis.ts";
import { oid, registered } from "./oids.ts";
import { resolveRegistered } from "./registered.ts";
import { elementType } from "./types.ts";

/** The literal in the type's own text form, as under default settings; 22P02, 22007, 22003 … at its place. */
export function readLiteral(
  text: string | null,
  type: number,
  typmod: number,
  location: number | undefined,
  analysis: Analysis,
): string | null {
  if (text === null || asIs.has(type)) return text;
  try {
    if (registered.has(type)) return String(resolveRegistered(text, type, analysis.context));
    const element = elementType(type);
    if (element !== undefined && registered.has(element))
      return registeredArray(text, element, analysis);
    if (dependsOnSettings(text, type)) analysis.readsSettings = true;
    const spelled = type === oid.interval ? withUnit(text, typmod) : text;
    const { type: stored, value } = parseText(type, typmod, spelled, settingsOf(analysis.context));
    // Its declaration is there, though nobody is shown it.
    if (type === oid.xml) return text;
    return value === null ? null : codecFor(type).text(stored, value, typmod, defaultSettings);
  } catch (error) {
    throw error instanceof PgError ? analysis.at(error, location) : error;
  }
}

/** Types that take any text, or keep the one they were given. */
const asIs: ReadonlySet<number> = new Set([
  oid.text,
  oid.varchar,
  oid.bpchar,
  oid.unknown,
  oid.cstring,
  oid.engineTyped,
]);

const timed: ReadonlySet<number> = new Set([
  oid.date,
  oid.time,
  oid.timetz,
  oid.timestamp,
  oid.timestamptz,
]);

/** What the session's zone, its order of day and month, or the clock decides. */
function dependsOnSettings(text: string, type: number): boolean {
  if (!timed.has(elementType(type) ?? type)) return false;
  const isIso = /^\s*\d{4,}-\d\d?-\d\d?(?:[ T][\d:.]+)?\s*(?:Z|[+-][\d:]+)?\s*$/i.test(text);
  const hasZone = /(?:Z|:[\d.]+[+-][\d:]+)\s*$/i.test(text);
  if (type === oid.timestamptz) return !(isIso && hasZone);
  return !isIso && !/^\s*[\d:.]+\s*$/.test(text);
}

/** INTERVAL '3' MONTH: the last of the fields is what a bare number counts. */
function withUnit(text: string, typmod: number): string {
  const fields = typmod < 0 ? 0x7fff : (typmod >> 16) & 0x7fff;
  if (fields === 0x7fff || !/^\s*[+-]?[\d.]+\s*$/.test(text)) return text;
  const unit = intervalUnits.find(([bit]) => (fields & bit) !== 0)?.[1];
  return unit === undefined ? text : `${text} ${unit}`;
}

/** Smallest first. https://github.com/postgres/postgres/blob/REL_15_STABLE/src/include/utils/datetime.h: SECOND, MINUTE, … */
const intervalUnits: readonly (readonly [bit: number, unit: string])[] = [
  [1 << 12, "seconds"],
  [1 << 11, "minutes"],
  [1 << 10, "hours"],
  [1 << 3, "days"],
  [1 << 1, "months"],
  [1 << 2, "years"],
];

function settingsOf({ setting }: QueryContext): TextSettings {
  return {
    ...defaultSettings,
    dateStyle: setting("DateStyle") ?? defaultSettings.dateStyle,
    intervalStyle: setting("IntervalStyle") ?? defaultSettings.intervalStyle,
    timeZone: setting("TimeZone") ?? defaultSettings.timeZone,
  };
}

function registeredArray(text: string, element: number, analysis: Analysis): string {
  const { value } = parseText(oid.textArray, -1, text);
  const names = Array.isArray(value) ? value : [];
  const oids = names.map((item) =>
    item === null ? "NULL" : String(resolveRegistered(String(item), element, analysis.context)),
  );
  return `{${oids.join(",")}}`;
}
