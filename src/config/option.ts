/** Kinds of options: how each is read from a flag, the environment or a TOML value, and how it is written down. */
import { resolve } from "node:path";

/** A place where a value can come from; relative paths start at `folder`. */
export interface Origin {
  /** For messages: `--port`, `LAKEWIRE_PORT`, `lakehouse.toml:12: server.port`. */
  readonly name: string;
  readonly folder: string;
}

export interface Option<Value> {
  readonly summary: string;
  readonly fallback: Value;
  /** Shown as the default in help and reference: as TOML, or in words where the machine decides. */
  readonly fallbackText: string;
  /** What is expected, for help and messages: `a number from 0 to 65535`. */
  readonly expected: string;
  /** Undefined: not a value of this kind. */
  readonly read: (value: unknown, origin: Origin) => Value | undefined;
  /** May only come from the environment: a flag shows in process lists, a file is copied about. */
  readonly isSecret: boolean;
  /** TOML value to show in the commented file; the default's when not given. */
  readonly example: string | undefined;
}

const plain = { isSecret: false, example: undefined } as const;

export function text(fallback: string, summary: string): Option<string> {
  return {
    ...plain,
    summary,
    fallback,
    fallbackText: JSON.stringify(fallback),
    expected: "a text",
    read: (value) => (typeof value === "string" && value !== "" ? value : undefined),
  };
}

export function secret(fallbackText: string, summary: string): Option<string | undefined> {
  const { read } = text("", summary);
  return {
    ...plain,
    summary,
    fallback: undefined,
    fallbackText,
    expected: "a text",
    isSecret: true,
    read,
  };
}

export function path(fallback: string, summary: string): Option<string> {
  return {
    ...text(fallback, summary),
    fallback: resolve(fallback),
    expected: "a path",
    read: readPath,
  };
}

export function optionalPath(
  fallbackText: string,
  example: string,
  summary: string,
): Option<string | undefined> {
  return {
    ...path("", summary),
    fallback: undefined,
    fallbackText,
    example: JSON.stringify(example),
  };
}

export function paths(
  fallback: readonly string[],
  example: string,
  summary: string,
): Option<readonly string[]> {
  return {
    ...plain,
    summary,
    fallback,
    fallbackText: JSON.stringify(fallback),
    expected: "a list of paths (in a flag or the environment with commas between)",
    example,
    read: (value, origin) => {
      const list = typeof value === "string" ? value.split(",") : value;
      if (!Array.isArray(list)) return undefined;
      const read = list.map((each) => readPath(each, origin));
      return read.every((each) => each !== undefined) ? read : undefined;
    },
  };
}

export function integer(
  fallback: number,
  [min, max]: readonly [number, number],
  summary: string,
): Option<number> {
  return {
    ...plain,
    summary,
    fallback,
    fallbackText: String(fallback),
    expected: `a whole number from ${min} to ${max}`,
    read: (value) => {
      const number = typeof value === "string" && /^\d+$/.test(value) ? Number(value) : value;
      const isWhole = typeof number === "number" && Number.isInteger(number);
      return isWhole && number >= min && number <= max ? number : undefined;
    },
  };
}

/** One whose default the machine decides. */
export function machineInteger(
  fallbackText: string,
  fallback: number,
  range: readonly [number, number],
  summary: string,
): Option<number> {
  return { ...integer(fallback, range, summary), fallbackText, example: "8" };
}

export function choice<const Value extends string>(
  fallback: Value,
  values: readonly Value[],
  summary: string,
): Option<Value> {
  return {
    ...plain,
    summary,
    fallback,
    fallbackText: JSON.stringify(fallback),
    expected: `one of ${values.join(", ")}`,
    read: (value) => values.find((each) => each === value),
  };
}

/** In milliseconds; written as in PostgreSQL: "60s", "5min"; a bare number is milliseconds. 0 = no limit. */
export function duration(fallback: string, summary: string): Option<number> {
  return {
    ...plain,
    summary,
    fallback: amount(fallback, durations) ?? 0,
    fallbackText: JSON.stringify(fallback),
    expected: 'a time such as "500ms", "60s", "5min", "1h" or "1d"',
    read: (value) => amount(value, durations),
  };
}

/** In bytes; written as in PostgreSQL: "64MB", in powers of 1024; a bare number is bytes. */
export function size(fallback: string, summary: string): Option<number> {
  return {
    ...plain,
    summary,
    fallback: amount(fallback, sizes) ?? 0,
    fallbackText: JSON.stringify(fallback),
    expected: 'a size such as "512kB", "64MB" or "4GB"',
    read: (value) => amount(value, sizes),
  };
}

export function machineSize(
  fallbackText: string,
  example: string,
  summary: string,
): Option<number | undefined> {
  return {
    ...size("0", summary),
    fallback: undefined,
    fallbackText,
    example: JSON.stringify(example),
  };
}

const durations = { ms: 1, s: 1000, min: 60_000, h: 3_600_000, d: 86_400_000 };
const sizes = { B: 1, kB: 2 ** 10, MB: 2 ** 20, GB: 2 ** 30, TB: 2 ** 40 };

function amount(value: unknown, units: Readonly<Record<string, number>>): number | undefined {
  if (typeof value === "number") return Number.isInteger(value) && value >= 0 ? value : undefined;
  if (typeof value !== "string") return undefined;
  const [, digits, unit] = /^(\d+)\s*([A-Za-z]*)$/.exec(value) ?? [];
  const unitSize = unit === "" ? 1 : units[unit ?? ""];
  return digits === undefined || unitSize === undefined ? undefined : Number(digits) * unitSize;
}

function readPath(value: unknown, origin: Origin): string | undefined {
  return typeof value === "string" && value !== "" ? resolve(origin.folder, value) : undefined;
}
