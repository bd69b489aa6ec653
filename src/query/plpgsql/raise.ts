/** RAISE. https://www.postgresql.org/docs/15/plpgsql-errors-and-messages.html */
import { PgError } from "../../base/error.ts";
import type { RaiseOption, RaiseStep } from "../block-plan.ts";
import { sqlstateNamed } from "./conditions.ts";
import type { Words } from "./words.ts";

const levels: Readonly<Record<string, RaiseStep["level"]>> = {
  debug: "DEBUG",
  log: "LOG",
  info: "INFO",
  notice: "NOTICE",
  warning: "WARNING",
  exception: "EXCEPTION",
};

const options: ReadonlySet<string> = new Set<RaiseOption>([
  ...(["message", "detail", "hint", "errcode", "column", "constraint"] as const),
  ...(["datatype", "table", "schema"] as const),
]);

export function raise(words: Words, line: number): RaiseStep {
  words.next();
  const level = levels[words.token?.kind === "word" ? words.token.text : ""];
  if (level !== undefined) words.next();
  const { format, condition } = subject(words);
  const values: string[] = [];
  while (format !== undefined && words.skip(",")) values.push(words.until([",", ";", "using"]));
  if (format !== undefined) checkCount(format, values, words);
  if (condition !== undefined && sqlstateNamed(condition) === undefined)
    throw new PgError("42704", `unrecognized exception condition "${condition}"`, {
      where: `compilation of PL/pgSQL function "inline_code_block" near line ${line}`,
    });
  return {
    kind: "raise",
    level: level ?? "EXCEPTION",
    format,
    condition,
    values: values.length === 0 ? undefined : `SELECT ${values.join(", ")}`,
    options: words.skip("using") ? givenOptions(words, line) : [],
    line,
  };
}

/** A format, a condition by its name or its code, or neither. */
function subject(words: Words): Pick<RaiseStep, "format" | "condition"> {
  const nothing = { format: undefined, condition: undefined };
  const { token } = words;
  if (token === undefined || words.is(";") || words.is("using")) return nothing;
  words.next();
  if (token.kind === "string") return { ...nothing, format: stringValue(token.text) };
  if (token.kind !== "word") throw words.unexpected();
  if (token.text !== "sqlstate") return { ...nothing, condition: token.text };
  const code = words.next();
  if (code?.kind !== "string") throw words.unexpected();
  return { ...nothing, condition: stringValue(code.text) };
}

function givenOptions(words: Words, line: number): RaiseStep["options"] {
  const given: { name: RaiseOption; value: string }[] = [];
  do {
    const name = words.next()?.text ?? "";
    if (!isOption(name)) throw words.unexpected();
    if (!words.skip("=")) words.expect(":=");
    if (given.some((other) => other.name === name))
      throw new PgError("42601", `RAISE option already specified: ${name.toUpperCase()}`, {
        where: `PL/pgSQL function inline_code_block line ${line} at RAISE`,
      });
    given.push({ name, value: `SELECT ${words.until([",", ";"])}` });
  } while (words.skip(","));
  return given;
}

function isOption(name: string): name is RaiseOption {
  return options.has(name);
}

/** Each % stands for a value, but for %%. */
function checkCount(format: string, values: readonly string[], words: Words): void {
  const wanted = format.replaceAll("%%", "").split("%").length - 1;
  if (wanted === values.length) return;
  const few = wanted > values.length ? "few" : "many";
  throw new PgError("42601", `too ${few} parameters specified for RAISE`, {
    where: `compilation of PL/pgSQL function "inline_code_block" near line ${words.line}`,
  });
}

/** Of a literal in plain quotes, in dollars, or with E. */
function stringValue(literal: string): string {
  const dollars = /^(\$[^$]*\$)([\s\S]*)\1$/.exec(literal);
  if (dollars) return dollars[2] ?? "";
  const quoted = /^([eE]?)'([\s\S]*)'$/.exec(literal);
  if (!quoted) throw new PgError("0A000", "this form of a literal in RAISE is not supported");
  const text = (quoted[2] ?? "").replaceAll("''", "'");
  if (quoted[1] === "") return text;
  return text.replace(/\\(.)/gs, (_, one: string) => escapes[one] ?? one);
}

const escapes: Readonly<Record<string, string>> = { n: "\n", r: "\r", t: "\t", b: "\b", f: "\f" };
