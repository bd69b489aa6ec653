/**
 * Scripts of statements and what PostgreSQL 15 answers, read and written. Records are parted by blank lines:
 *
 *     # A comment.
 *     # Differs: why the server's own answer is another one.
 *     query
 *     SELECT abs(-17), NULL AS x
 *     ----
 *     abs:int4|x:text
 *     17|∅
 *
 * Fields are parted by `|`; `∅` is NULL and `\e` an empty text; `\\`, `\|`, `\n` and `\r` are escapes. An error is one line,
 * `!22012 division by zero`. A record that begins with `statement` has to succeed, and its answer is nobody's matter.
 */
import { builtins } from "../../src/catalog/builtins.ts";
import type { Answer } from "../query/oracle.ts";

export interface SltRecord {
  readonly kind: "query" | "statement";
  readonly comments: readonly string[];
  /** Why the server's own answer is another one. */
  readonly differs: string | undefined;
  readonly sql: string;
  /** Lines of PostgreSQL's answer. */
  readonly answer: readonly string[];
}

const differsMark = "# Differs: ";

export function readScript(text: string): readonly SltRecord[] {
  return text
    .split(/\n{2,}/)
    .map((block) => block.replace(/^\n+|\n+$/g, ""))
    .filter((block) => block !== "")
    .map(readRecord);
}

function readRecord(block: string): SltRecord {
  const lines = block.split("\n");
  const begin = lines.findIndex((line) => !line.startsWith("#"));
  const kind = lines[begin];
  if (kind !== "query" && kind !== "statement")
    throw new Error(`neither query nor statement:\n${block}`);
  const heads = lines.slice(0, begin);
  const cut = lines.indexOf("----");
  return {
    kind,
    comments: heads.filter((line) => !line.startsWith(differsMark)),
    differs: heads.find((line) => line.startsWith(differsMark))?.slice(differsMark.length),
    sql: lines.slice(begin + 1, cut < 0 ? undefined : cut).join("\n"),
    answer: cut < 0 ? [] : lines.slice(cut + 1),
  };
}

export function writeScript(records: readonly SltRecord[]): string {
  return records
    .map(({ kind, comments, differs, sql, answer }) =>
      [
        ...comments,
        ...(differs === undefined ? [] : [differsMark + differs]),
        kind,
        sql,
        ...(kind === "query" ? ["----", ...answer] : []),
      ].join("\n"),
    )
    .join("\n\n")
    .concat("\n");
}

export function answerLines(answer: Answer): readonly string[] {
  if (answer.kind === "error") return [`!${answer.sqlstate} ${escaped(answer.message)}`];
  const { names, types, rows } = answer;
  if (names.length === 0) return ["OK"];
  const columns = names.map((name, i) => `${escaped(name)}:${typeName(types[i] ?? 0)}`);
  return [columns.join("|"), ...rows.map((row) => row.map(field).join("|"))];
}

/** The same rows, names and types, or the same SQLSTATE. */
export function agrees(want: readonly string[], got: readonly string[]): boolean {
  const comparable = (lines: readonly string[]) =>
    lines[0]?.startsWith("!") ? lines[0].slice(0, 6) : lines.join("\n");
  return comparable(want) === comparable(got);
}

function typeName(oid: number): string {
  return builtins().typesByOid.get(oid)?.typname ?? String(oid);
}

function field(value: string | null): string {
  return value === null ? "∅" : value === "" ? "\\e" : escaped(value);
}

function escaped(text: string): string {
  return text
    .replaceAll("\\", "\\\\")
    .replaceAll("|", "\\|")
    .replaceAll("\n", "\\n")
    .replaceAll("\r", "\\r");
}
