/** jsonb as PostgreSQL prints it: keys by length then bytes, the last of equal keys, `": "` and `", "`, numbers as numeric. */
import { PgError } from "../base/error.ts";
import { numericText, parseNumeric } from "./numeric.ts";

/** Deeper than this and the reader itself would run out of stack. */
const depthMax = 6000;

/** 22P02 when it is not JSON. Never through JSON.parse's numbers: 9007199254740993 stays itself. */
export function jsonbText(text: string): string {
  const reader = new JsonReader(text, "normal");
  return reader.read();
}

/** json keeps the text as it came; it must be JSON all the same. */
export function checkJson(text: string): string {
  try {
    JSON.parse(text);
  } catch {
    new JsonReader(text, "check").read();
    throw new PgError("22P02", "invalid input syntax for type json");
  }
  return text;
}

class JsonReader {
  readonly #text: string;
  readonly #isNormal: boolean;
  #at = 0;
  #depth = 0;

  constructor(text: string, mode: "normal" | "check") {
    this.#text = text;
    this.#isNormal = mode === "normal";
  }

  read(): string {
    const value = this.#value();
    this.#blanks();
    if (this.#at < this.#text.length) throw this.#fault("end of input");
    return value;
  }

  #value(): string {
    this.#blanks();
    const first = this.#text[this.#at];
    if (first === "{") return this.#nested(() => this.#object());
    if (first === "[") return this.#nested(() => this.#array());
    if (first === '"') return JSON.stringify(this.#string());
    const [word] = /^[-\w.+]+/.exec(this.#text.slice(this.#at, this.#at + 4096)) ?? [];
    if (word === undefined) throw this.#fault("JSON value");
    if (word !== "true" && word !== "false" && word !== "null") {
      const number = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/.exec(
        this.#text.slice(this.#at),
      )?.[0];
      const isWhole = number !== undefined && number.length >= word.length;
      if (!isWhole) throw this.#invalidToken(word);
      this.#at += number.length;
      const value = this.#isNormal ? parseNumeric(number) : undefined;
      return value ? numericText(value) : number;
    }
    this.#at += word.length;
    return word;
  }

  #nested(read: () => string): string {
    if (++this.#depth > depthMax) {
      throw new PgError("54001", "stack depth limit exceeded");
    }
    const value = read();
    this.#depth--;
    return value;
  }

  #object(): string {
    const members = new Map<string, string>();
    this.#at++;
    this.#blanks();
    if (this.#take("}")) return "{}";
    for (;;) {
      this.#blanks();
      if (this.#text[this.#at] !== '"') throw this.#fault("string");
      const key = this.#string();
      this.#blanks();
      if (!this.#take(":")) throw this.#fault('":"');
      members.set(key, this.#value());
      this.#blanks();
      if (this.#take("}")) break;
      if (!this.#take(",")) throw this.#fault('"," or "}"');
    }
    const sorted = [...members].map(([key, value]) => ({ key, bytes: Buffer.from(key), value }));
    sorted.sort((a, b) => a.bytes.length - b.bytes.length || a.bytes.compare(b.bytes));
    return `{${sorted.map(({ key, value }) => `${JSON.stringify(key)}: ${value}`).join(", ")}}`;
  }

  #array(): string {
    const items: string[] = [];
    this.#at++;
    this.#blanks();
    if (this.#take("]")) return "[]";
    for (;;) {
      items.push(this.#value());
      this.#blanks();
      if (this.#take("]")) return `[${items.join(", ")}]`;
      if (!this.#take(",")) throw this.#fault('"," or "]"');
    }
  }

  #string(): string {
    const start = this.#at;
    const { length } = this.#text;
    for (this.#at++; this.#at < length; this.#at++) {
      const code = this.#text.charCodeAt(this.#at);
      if (code === 0x5c) this.#at++;
      else if (code === 0x22) {
        this.#at++;
        return this.#unquote(this.#text.slice(start, this.#at));
      } else if (code < 0x20) {
        throw this.#error(
          `Character with value 0x${code.toString(16).padStart(2, "0")} must be escaped.`,
        );
      }
    }
    throw this.#invalidToken(this.#text.slice(start));
  }

  #unquote(quoted: string): string {
    let value: string;
    try {
      value = JSON.parse(quoted) as string;
    } catch {
      throw this.#error(`Escape sequence in ${quoted} is invalid.`);
    }
    if (this.#isNormal && value.includes("\0")) {
      throw new PgError("22P05", "unsupported Unicode escape sequence", {
        detail: "\\u0000 cannot be converted to text.",
      });
    }
    return value;
  }

  #blanks(): void {
    while (/[ \t\n\r]/.test(this.#text[this.#at] ?? "")) this.#at++;
  }

  #take(character: string): boolean {
    if (this.#text[this.#at] !== character) return false;
    this.#at++;
    return true;
  }

  #fault(expected: string): PgError {
    const found = /^(?:[-\w.+]+|")|^./s.exec(this.#text.slice(this.#at))?.[0];
    if (found === undefined) return this.#error("The input string ended unexpectedly.");
    const isJunk = expected === "JSON value" && /[^{}[\],:"\w]/.test(found);
    if (isJunk) return this.#invalidToken(found);
    return this.#error(`Expected ${expected}, but found "${found}".`, found.length);
  }

  #invalidToken(token: string): PgError {
    return this.#error(`Token "${token}" is invalid.`, token.length);
  }

  /** The line with the fault, cut after it, and before it when it is long: report_json_context. */
  #error(detail: string, tokenLength = 0): PgError {
    const before = this.#text.slice(0, this.#at);
    const line = before.split("\n").length;
    const end = this.#at + tokenLength;
    const lineStart = before.lastIndexOf("\n") + 1;
    const start = Math.max(lineStart, end - 50);
    const prefix = start > lineStart ? "..." : "";
    const isLast = end >= this.#text.length || /[\r\n]/.test(this.#text[end] ?? "");
    const shown = `${prefix}${this.#text.slice(start, end)}${isLast ? "" : "..."}`;
    const where = `JSON data, line ${line}: ${shown}`;
    return new PgError("22P02", "invalid input syntax for type json", { detail, where });
  }
}
