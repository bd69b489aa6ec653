/** to_char of numbers, as PostgreSQL's NUM_processor goes along a template. */
import { decimalText, type Numeric, parseNumeric, rescale } from "../pgtypes/numeric.ts";
import { ordinalEnding } from "./moment-format.ts";
import { type NumberTemplate, readNumberTemplate } from "./number-template.ts";

export function formatNumber(text: string, template: string): string {
  const value = parseNumeric(text);
  const read = readNumberTemplate(template);
  if (value === undefined || template === "") return "";
  if (read.isRoman) {
    const letters = roman(value, read.isFilled);
    return read.parts.some((part) => part.kind === "field" && part.name === "rn")
      ? letters.toLowerCase()
      : letters;
  }
  if (read.isScientific) return scientific(value, read);
  return new Writer(value, read).write();
}

/** Digits of a double, and of a single-precision one. */
export function formatFloat(value: number, digits: number, template: string): string {
  const read = readNumberTemplate(template);
  if (!Number.isFinite(value) || read.isRoman || read.isScientific)
    return formatNumber(
      Number.isFinite(value) ? value.toPrecision(digits) : String(value),
      template,
    );
  const given = value * 10 ** read.multiply;
  const whole = Math.abs(given).toFixed(0).length;
  const post = Math.max(Math.min(read.post, digits - whole), 0);
  const rounded = parseNumeric(evenly(given, post));
  return rounded === undefined || template === ""
    ? ""
    : new Writer(rounded, { ...read, post, multiply: 0, pre: read.pre + read.multiply }).write();
}

/** As C's printf: a tie goes to the even digit. */
function evenly(value: number, places: number): string {
  const text = value.toFixed(places);
  const scaled = Math.abs(value) * 10 ** places;
  const isTie = scaled % 1 === 0.5 && places <= 3;
  if (!isTie || Math.floor(scaled) % 2 === 1) return text;
  return (Math.sign(value) * (Math.floor(scaled) / 10 ** places)).toFixed(places);
}

const romanDigits: readonly (readonly [number, string])[] = [
  [1000, "M"],
  [900, "CM"],
  [500, "D"],
  [400, "CD"],
  [100, "C"],
  [90, "XC"],
  [50, "L"],
  [40, "XL"],
  [10, "X"],
  [9, "IX"],
  [5, "V"],
  [4, "IV"],
  [1, "I"],
];

function roman(value: Numeric, isFilled: boolean): string {
  const whole = rescale(value, 0);
  let rest = whole.kind === "finite" ? Number(whole.unscaled) : 0;
  let letters = "";
  if (rest < 1 || rest > 3999) letters = "#".repeat(15);
  else
    for (const [worth, digits] of romanDigits)
      for (; rest >= worth; rest -= worth) letters += digits;
  return isFilled ? letters : letters.padStart(15);
}

function scientific(value: Numeric, { post, isFilled: _ }: NumberTemplate): string {
  if (value.kind !== "finite") return ` #${post > 0 ? "." : ""}${"#".repeat(post + 4)}`;
  const isNegative = value.unscaled < 0n;
  const digits = String(isNegative ? -value.unscaled : value.unscaled);
  let exponent = value.unscaled === 0n ? 0 : digits.length - 1 - value.scale;
  const mantissa = rescale(
    { kind: "finite", unscaled: BigInt(digits), scale: digits.length - 1 },
    post,
  );
  let text = mantissa.kind === "finite" ? decimalText(mantissa.unscaled, post) : "";
  // 9.99 rounded is 10.
  if (text.startsWith("10")) {
    text = text.replace(/^10/, "1").replace(/^1(?=\.)/, "1");
    exponent++;
  }
  const power = `${exponent < 0 ? "-" : "+"}${String(Math.abs(exponent)).padStart(2, "0")}`;
  return `${isNegative ? "-" : " "}${text}e${power}`;
}

class Writer {
  readonly #template: NumberTemplate;
  readonly #number: string;
  readonly #sign: "+" | "-";
  readonly #spaces: number;
  readonly #zeroStart: number;
  readonly #hasBracket: boolean;
  readonly #signPlace: NumberTemplate["sign"];
  /** Index of the last digit that FM keeps; -1: all are kept. */
  readonly #lastRelevant: number;
  readonly #count: number;
  #isSignWritten: boolean;
  #at = 0;
  #current = 0;
  #isInside = false;
  #text = "";

  constructor(value: Numeric, template: NumberTemplate) {
    this.#template = template;
    const { pre, post, multiply, isFilled } = template;
    const { digits, isNegative } = digitsOf(value, template);
    this.#sign = isNegative ? "-" : "+";
    const places = pre + multiply;
    const whole = digits.indexOf(".") < 0 ? digits.length : digits.indexOf(".");
    this.#spaces = Math.max(places - whole, 0);
    this.#number =
      whole > places
        ? `${"#".repeat(places)}.${"#".repeat(post)}`.replace(
            /\.$/,
            post > 0 || template.hasDecimal ? "." : "",
          )
        : digits;
    const isMarked = template.hasPlus || template.hasMinus;
    this.#hasBracket = template.hasBracket && !(isNegative === false && isFilled && !isMarked);
    this.#isSignWritten = isMarked
      ? !(template.hasPlus && !template.hasMinus)
      : !isNegative && isFilled && template.sign === undefined;
    this.#signPlace =
      !isMarked && template.sign === "before" && places === template.signDigits
        ? "behind"
        : template.sign;
    this.#zeroStart = template.zeroStart > 0 ? template.zeroStart - 1 : -1;
    this.#lastRelevant = this.#relevant();
    this.#count = post + places - 1 + (!this.#isSignWritten && this.#spaces === 0 ? 1 : 0);
  }

  #relevant(): number {
    const { isFilled, hasDecimal, zeroEnd } = this.#template;
    const point = this.#number.indexOf(".");
    if (!isFilled || !hasDecimal || point < 0) return -1;
    const kept = this.#number.replace(/0+$/, "").length - 1;
    if (zeroEnd <= this.#spaces) return kept;
    return Math.max(kept, Math.min(this.#number.length - 1, zeroEnd - this.#spaces));
  }

  write(): string {
    for (const part of this.#template.parts) {
      if (part.kind === "text") this.#text += part.text;
      else this.#field(part.name);
    }
    return this.#text;
  }

  #field(name: string): void {
    const { isFilled, hasDecimal } = this.#template;
    switch (name.toUpperCase()) {
      case "9":
      case "0":
      case ".":
      case "D":
        this.#digit(name);
        return;
      case ",":
      case "G":
        if (this.#isInside) this.#text += ",";
        else if (!isFilled) this.#text += " ";
        return;
      case "L":
        this.#text += " ";
        return;
      case "TH":
        if (!this.#number.startsWith("#") && this.#sign === "+" && !hasDecimal)
          this.#text += ordinalEnding(this.#number, name === "TH");
        return;
      case "MI":
        if (this.#sign === "-") this.#text += "-";
        else if (!isFilled) this.#text += " ";
        return;
      case "PL":
        if (this.#sign === "+") this.#text += "+";
        else if (!isFilled) this.#text += " ";
        return;
      case "SG":
        this.#text += this.#sign;
        return;
      default:
    }
  }

  get #isPlainZero(): boolean {
    return (
      this.#zeroStart < 0 &&
      this.#at === 0 &&
      this.#number.startsWith("0") &&
      this.#template.post > 0
    );
  }

  get #endsAtPoint(): boolean {
    return this.#lastRelevant >= 0 && this.#number[this.#lastRelevant] === ".";
  }

  #digit(name: string): void {
    this.#isInside = false;
    this.#writeSign();
    const isBlank = this.#current < this.#spaces;
    if (isBlank && (this.#zeroStart < 0 || this.#zeroStart > this.#current)) {
      if (!this.#template.isFilled) this.#text += " ";
    } else if (isBlank) {
      this.#text += "0";
      this.#isInside = true;
    } else this.#place(name);
    this.#writeEnd();
    this.#current++;
  }

  #place(name: string): void {
    const { isFilled } = this.#template;
    const character = this.#number[this.#at];
    if (character === ".") {
      if (!this.#endsAtPoint || isFilled) this.#text += ".";
    } else if (this.#lastRelevant >= 0 && this.#at > this.#lastRelevant && name !== "0") {
      // A zero that FM leaves out.
    } else if (this.#isPlainZero) {
      if (!isFilled) this.#text += " ";
      else if (this.#endsAtPoint) this.#text += "0";
    } else if (character !== undefined) {
      this.#text += character;
      this.#isInside = true;
    }
    if (character !== undefined) this.#at++;
  }

  #writeSign(): void {
    const isDue =
      this.#current >= this.#spaces || (this.#zeroStart >= 0 && this.#zeroStart === this.#current);
    if (this.#isSignWritten || !isDue || (this.#isPlainZero && !this.#endsAtPoint)) return;
    if (this.#signPlace !== undefined) {
      if (this.#signPlace === "behind") return;
      this.#text += this.#sign;
    } else if (this.#hasBracket) this.#text += this.#sign === "+" ? " " : "<";
    else if (this.#sign === "-") this.#text += "-";
    else if (!this.#template.isFilled) this.#text += " ";
    this.#isSignWritten = true;
  }

  #writeEnd(): void {
    const { hasDecimal } = this.#template;
    let end = this.#count + (this.#spaces > 0 ? 1 : 0) + (hasDecimal ? 1 : 0);
    if (this.#lastRelevant >= 0 && this.#lastRelevant === this.#at) end = this.#current;
    if (this.#current + 1 !== end) return;
    if (this.#isSignWritten && this.#hasBracket) this.#text += this.#sign === "+" ? " " : ">";
    else if (this.#signPlace === "behind") this.#text += this.#sign;
  }
}

function digitsOf(
  value: Numeric,
  { post, multiply }: NumberTemplate,
): { readonly digits: string; readonly isNegative: boolean } {
  if (value.kind !== "finite")
    return {
      digits: value.kind === "NaN" ? "NaN" : "Infinity",
      isNegative: value.kind === "-Infinity",
    };
  const times = 10n ** BigInt(multiply);
  const rounded = rescale(
    { kind: "finite", unscaled: value.unscaled * times, scale: value.scale },
    post,
  );
  const unscaled = rounded.kind === "finite" ? rounded.unscaled : 0n;
  const isNegative = unscaled < 0n;
  return { digits: decimalText(isNegative ? -unscaled : unscaled, post), isNegative };
}
