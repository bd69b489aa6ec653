/**
 * The body of a DO block → what to do, in order. Of PL/pgSQL this is what needs neither variables nor loops: statements, PERFORM,
 * EXECUTE, RAISE, IF, RETURN, nested blocks and EXCEPTION; anything else is 0A000 by its name. https://www.postgresql.org/docs/15/plpgsql.html
 */
import { PgError, unsupported } from "../../base/error.ts";
import type { BlockStep } from "../block-plan.ts";
import { scan, type Token } from "../scanner.ts";
import { sqlstateNamed } from "./conditions.ts";
import { raise } from "./raise.ts";
import { Words } from "./words.ts";

export function readBlock(body: string): BlockStep {
  const words = new Words(body, scan(body));
  const whole = block(words);
  words.skip(";");
  if (words.token !== undefined) throw words.unexpected();
  return whole;
}

type Block = Extract<BlockStep, { kind: "block" }>;

function block(words: Words): Block {
  const { line } = words;
  if (words.is("<<")) throw refused("a label", words);
  if (words.skip("declare") && !words.is("begin")) throw refused("a variable", words);
  words.expect("begin");
  const steps = stepsUntil(words, new Set(["end", "exception"]));
  const handlers: Block["handlers"][number][] = [];
  if (words.skip("exception"))
    do handlers.push(handler(words));
    while (words.is("when"));
  words.expect("end");
  return { kind: "block", steps, handlers, line };
}

function handler(words: Words): Block["handlers"][number] {
  words.expect("when");
  const conditions: string[] = [];
  do conditions.push(condition(words));
  while (words.skip("or"));
  words.expect("then");
  return { conditions, steps: stepsUntil(words, new Set(["when", "end"])) };
}

/** others, a condition's name, or SQLSTATE and its code: 42704 for what is none. */
function condition(words: Words): string {
  const name = words.skip("sqlstate") ? words.next()?.text.slice(1, -1) : words.next()?.text;
  if (name === "others") return name;
  const sqlstate = sqlstateNamed(name ?? "");
  if (sqlstate !== undefined) return sqlstate;
  throw new PgError("42704", `unrecognized exception condition "${name}"`, {
    where: `compilation of PL/pgSQL function "inline_code_block" near line ${words.line}`,
  });
}

function stepsUntil(words: Words, ends: ReadonlySet<string>): readonly BlockStep[] {
  const steps: BlockStep[] = [];
  while (words.token === undefined || !ends.has(words.token.text)) {
    if (words.token === undefined) throw words.unexpected();
    const step = statement(words, words.token);
    words.expect(";");
    if (step !== undefined) steps.push(step);
  }
  return steps;
}

/** Undefined: NULL, which does nothing. */
function statement(words: Words, first: Token): BlockStep | undefined {
  const { line } = words;
  switch (first.text) {
    case "null":
      words.next();
      return undefined;
    case "begin":
    case "declare":
      return block(words);
    case "if":
      return conditional(words, line);
    case "raise":
      return raise(words, line);
    case "perform":
      words.next();
      return { kind: "perform", sql: `SELECT ${words.until([";"])}`, line };
    case "execute":
      words.next();
      return { kind: "execute", value: `SELECT ${dynamicText(words)}`, line };
    case "return":
      words.next();
      if (!words.is(";")) throw refused("RETURN with a value", words);
      return { kind: "return", line };
    default:
      return sqlStatement(words, first, line);
  }
}

function conditional(words: Words, line: number): BlockStep {
  const branches: { condition: string | undefined; steps: readonly BlockStep[] }[] = [];
  const ends = new Set(["elsif", "elseif", "else", "end"]);
  do {
    words.next();
    const condition = `SELECT CAST((${words.until(["then"])}) AS boolean)`;
    words.expect("then");
    branches.push({ condition, steps: stepsUntil(words, ends) });
  } while (words.is("elsif") || words.is("elseif"));
  if (words.skip("else"))
    branches.push({ condition: undefined, steps: stepsUntil(words, new Set(["end"])) });
  words.expect("end");
  words.expect("if");
  return { kind: "if", branches, line };
}

function dynamicText(words: Words): string {
  const text = words.until([";", "into", "using"]);
  if (!words.is(";")) throw refused(`EXECUTE … ${words.token?.text.toUpperCase()}`, words);
  return text;
}

/** By their first word. What changes the transaction ends or splits it, which a block here cannot. */
const others: ReadonlySet<string> = new Set([
  ...["for", "foreach", "while", "loop", "case", "exit", "continue", "get", "assert"],
  ...["open", "fetch", "move", "close", "call", "commit", "rollback"],
]);

function sqlStatement(words: Words, first: Token, line: number): BlockStep {
  if (first.kind !== "word" && first.text !== "(") throw words.unexpected();
  if (others.has(first.text)) throw refused(first.text.toUpperCase(), words);
  const second = words.after;
  if (second?.text === ":=" || second?.text === "=") throw refused("assignment", words);
  return { kind: "sql", sql: words.until([";"]), line };
}

function refused(what: string, words: Words): PgError {
  return unsupported(`${what} in a DO block`, {
    hint: "A block may have statements, PERFORM, EXECUTE, RAISE, IF, RETURN and EXCEPTION.",
    where: `compilation of PL/pgSQL function "inline_code_block" near line ${words.line}`,
  });
}
