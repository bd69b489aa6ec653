/** to_number: a text read by a template. What the template has and the text lacks is passed over. */
import { PgError } from "../base/error.ts";
import { numericText, parseNumeric } from "../pgtypes/numeric.ts";
import { readNumberTemplate } from "./number-template.ts";

export function parseNumber(text: string, template: string): string {
  const read = readNumberTemplate(template);
  if (read.isScientific) throw new PgError("0A000", '"EEEE" not supported for input');
  if (read.isRoman) throw new PgError("0A000", '"RN" not supported for input');
  const reader = new Reader(text);
  let [pre, post] = [0, 0];
  for (const part of read.parts) {
    if (reader.isAtEnd) break;
    if (part.kind === "text") {
      reader.skip(1);
      continue;
    }
    switch (part.name.toUpperCase()) {
      case "9":
      case "0":
      case ".":
      case "D":
        if (!reader.digit(pre < read.pre + read.multiply, post < read.post)) break;
        if (reader.isBehindPoint) post++;
        else pre++;
        break;
      case ",":
      case "G":
        reader.pass(",");
        break;
      case "L":
        reader.currency();
        break;
      case "TH":
        reader.skip(2);
        break;
      case "MI":
        reader.mark("-");
        break;
      case "PL":
        reader.mark("+");
        break;
      case "SG":
        reader.mark("+-");
        break;
      default:
    }
  }
  reader.closingSign();
  const value = parseNumeric(reader.number);
  if (value === undefined)
    throw new PgError("22P02", `invalid input syntax for type numeric: "${reader.shown}"`);
  const shift = read.multiply;
  return numericText(
    shift > 0 && value.kind === "finite"
      ? { kind: "finite", unscaled: value.unscaled, scale: value.scale + shift }
      : value,
  );
}

class Reader {
  readonly #text: string;
  #at = 0;
  #sign = "";
  #digits = "";
  #hasPoint = false;

  constructor(text: string) {
    this.#text = text;
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#text.length;
  }

  get isBehindPoint(): boolean {
    return this.#hasPoint;
  }

  get number(): string {
    return `${this.#sign === "-" ? "-" : ""}${this.#digits.replace(/^\./, "0.")}`;
  }

  get shown(): string {
    return this.#digits === "" ? " " : this.#digits;
  }

  skip(count: number): void {
    for (let i = 0; i < count; i++) if (!this.#isOwn()) this.#at++;
  }

  /** Digits and signs are never passed over for something else. */
  #isOwn(): boolean {
    return /[\d.+-]/.test(this.#text[this.#at] ?? "");
  }

  pass(character: string): void {
    if (this.#text[this.#at] === character) this.#at++;
  }

  currency(): void {
    if (!/[\d,.+-]/.test(this.#text[this.#at] ?? "")) this.#at++;
  }

  mark(signs: string): void {
    const next = this.#text[this.#at] ?? "";
    if (next !== "" && signs.includes(next)) {
      this.#sign = next;
      this.#at++;
    } else if (next === " ") this.#at++;
  }

  /** Whether a digit was taken; blanks, a sign and the point may come before it. */
  digit(isWholeFree: boolean, isFractionFree: boolean): boolean {
    while (/\s/.test(this.#text[this.#at] ?? "")) this.#at++;
    this.#openingSign();
    const next = this.#text[this.#at] ?? "";
    if (next === "." && !this.#hasPoint) {
      this.#hasPoint = true;
      this.#digits += ".";
      this.#at++;
      return false;
    }
    if (!/\d/.test(next)) return false;
    if (this.#hasPoint ? !isFractionFree : !isWholeFree) return false;
    this.#digits += next;
    this.#at++;
    return true;
  }

  #openingSign(): void {
    if (this.#sign !== "") return;
    const next = this.#text[this.#at] ?? "";
    if (next === "<") this.#sign = "-";
    else if (next === "+" || next === "-") this.#sign = next;
    else return;
    this.#at++;
  }

  closingSign(): void {
    const rest = /^[\s>]*([+-])/.exec(this.#text.slice(this.#at))?.[1];
    if (this.#sign === "" && rest !== undefined) this.#sign = rest;
  }
}
