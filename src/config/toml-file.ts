/** The TOML file as tables, and where in it a key stands: the parser keeps no lines. */
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { parse, TomlError } from "smol-toml";

export interface TomlFile {
  readonly text: string;
  readonly values: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  /** `[[bucket]]`. */
  readonly buckets: readonly Readonly<Record<string, unknown>>[];
  /** `[[hba]]`. */
  readonly hba: readonly Readonly<Record<string, unknown>>[];
}

export interface Place {
  readonly table: string;
  readonly key?: string | undefined;
  /** Of a table that stands there several times. */
  readonly index?: number;
}

/** Undefined, and a fault more, when it cannot be read. */
export function readToml(file: string, faults: string[]): TomlFile | undefined {
  try {
    const text = readFileSync(file, "utf8");
    const { bucket, hba, ...tables }: Readonly<Record<string, unknown>> = parse(text);
    const isTable = (value: unknown): value is Record<string, unknown> =>
      typeof value === "object" &&
      value !== null &&
      !Array.isArray(value) &&
      !(value instanceof Date);
    const loose = Object.keys(tables).filter((name) => !isTable(tables[name]));
    for (const name of loose) faults.push(`${basename(file)}: ${name} must stand in a table`);
    const list = (name: string, given: unknown = []): readonly Record<string, unknown>[] => {
      if (Array.isArray(given) && given.every(isTable)) return given;
      faults.push(`${basename(file)}: ${name} is written [[${name}]]`);
      return [];
    };
    const values = Object.fromEntries(
      Object.entries(tables).filter((entry): entry is [string, Record<string, unknown>] =>
        isTable(entry[1]),
      ),
    );
    return { text, values, buckets: list("bucket", bucket), hba: list("hba", hba) };
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const line = error instanceof TomlError ? `:${error.line}` : "";
    faults.push(`${basename(file)}${line}: ${error.message.split("\n")[0]}`);
    return undefined;
  }
}

/** 1-based line of a key (or of its table's head), as far as it is written in the usual way. */
export function lineOf(text: string, { table, key, index = 0 }: Place): number | undefined {
  let current = "";
  let seen = -1;
  for (const [at, line] of text.split("\n").entries()) {
    const head = /^\s*\[\[?\s*["']?([^\]"']+?)["']?\s*\]/.exec(line)?.[1];
    if (head !== undefined) {
      current = head;
      if (head === table) seen++;
      if (head === table && seen === index && key === undefined) return at + 1;
    }
    const name = /^\s*["']?([\w-]+)["']?\s*=/.exec(line)?.[1];
    if (current === table && seen === index && key !== undefined && name === key) return at + 1;
  }
  return undefined;
}
