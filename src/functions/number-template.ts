/** Templates of numbers. https://www.postgresql.org/docs/15/functions-formatting.html#FUNCTIONS-FORMATTING-NUMERIC-TABLE */
import { PgError } from "../base/error.ts";

export type NumberPart =
  | { readonly kind: "field"; readonly name: string }
  | { readonly kind: "text"; readonly text: string };

export interface NumberTemplate {
  readonly parts: readonly NumberPart[];
  /** Digits before and behind the point. */
  readonly pre: number;
  readonly post: number;
  readonly multiply: number;
  /** Where the first 0 stands, from 1; 0: there is none. */
  readonly zeroStart: number;
  readonly zeroEnd: number;
  readonly hasDecimal: boolean;
  readonly isFilled: boolean;
  readonly sign: "before" | "behind" | undefined;
  readonly signDigits: number;
  readonly hasBracket: boolean;
  readonly hasMinus: boolean;
  readonly hasPlus: boolean;
  readonly isRoman: boolean;
  readonly isScientific: boolean;
}

type Draft = { -readonly [Key in keyof NumberTemplate]: NumberTemplate[Key] } & {
  hasMultiply: boolean;
};

const keywords = "EEEE FM MI PL PR RN SG TH B C D G L S V 0 9 , .".split(" ");

const kept = new Map<string, NumberTemplate>();
const keptMax = 500;

/** 42601 for fields that do not go together. */
export function readNumberTemplate(template: string): NumberTemplate {
  const known = kept.get(template);
  if (known !== undefined) return known;
  const draft: Draft = {
    parts: cut(template),
    pre: 0,
    post: 0,
    multiply: 0,
    zeroStart: 0,
    zeroEnd: 0,
    hasDecimal: false,
    isFilled: false,
    sign: undefined,
    signDigits: 0,
    hasBracket: false,
    hasMinus: false,
    hasPlus: false,
    isRoman: false,
    isScientific: false,
    hasMultiply: false,
  };
  for (const part of draft.parts)
    if (part.kind === "field") prepare(part.name.toUpperCase(), draft);
  if (draft.hasMultiply && draft.hasDecimal)
    throw new PgError("42601", 'cannot use "V" and decimal point together');
  if (kept.size >= keptMax) kept.clear();
  kept.set(template, draft);
  return draft;
}

function cut(template: string): NumberPart[] {
  const parts: NumberPart[] = [];
  for (let at = 0; at < template.length; ) {
    const rest = template.slice(at);
    const quoted = /^"((?:[^"\\]|\\.?)*)(?:"|$)/su.exec(rest);
    if (quoted !== null) {
      parts.push({ kind: "text", text: (quoted[1] ?? "").replace(/\\(.)/gsu, "$1") });
      at += quoted[0].length;
      continue;
    }
    if (rest.startsWith('\\"')) {
      parts.push({ kind: "text", text: '"' });
      at += 2;
      continue;
    }
    const name = keywords.find(
      (keyword) => rest.startsWith(keyword) || rest.startsWith(keyword.toLowerCase()),
    );
    if (name === undefined) {
      const text = String.fromCodePoint(rest.codePointAt(0) ?? 0);
      parts.push({ kind: "text", text });
      at += text.length;
    } else {
      parts.push({ kind: "field", name: rest.slice(0, name.length) });
      at += name.length;
    }
  }
  return parts;
}

function prepare(name: string, draft: Draft): void {
  const syntax = (message: string) => new PgError("42601", message);
  if (draft.isScientific && name !== "EEEE") throw syntax('"EEEE" must be the last pattern used');
  switch (name) {
    case "9":
      if (draft.hasBracket) throw syntax('"9" must be ahead of "PR"');
      if (draft.hasMultiply) draft.multiply++;
      else if (draft.hasDecimal) draft.post++;
      else draft.pre++;
      return;
    case "0":
      if (draft.hasBracket) throw syntax('"0" must be ahead of "PR"');
      if (draft.zeroStart === 0 && !draft.hasDecimal) draft.zeroStart = draft.pre + 1;
      if (draft.hasDecimal) draft.post++;
      else draft.pre++;
      draft.zeroEnd = draft.pre + draft.post;
      return;
    case ".":
    case "D":
      if (draft.hasDecimal) throw syntax("multiple decimal points");
      if (draft.hasMultiply) throw syntax('cannot use "V" and decimal point together');
      draft.hasDecimal = true;
      return;
    case "FM":
      draft.isFilled = true;
      return;
    case "S":
      prepareSign(draft);
      return;
    case "MI":
    case "PL":
    case "SG":
      if (draft.sign !== undefined) throw syntax(`cannot use "S" and "${name}" together`);
      draft.hasMinus ||= name !== "PL";
      draft.hasPlus ||= name !== "MI";
      return;
    case "PR":
      if (draft.sign !== undefined || draft.hasPlus || draft.hasMinus)
        throw syntax('cannot use "PR" and "S"/"PL"/"MI"/"SG" together');
      draft.hasBracket = true;
      return;
    case "RN":
      draft.isRoman = true;
      return;
    case "V":
      if (draft.hasDecimal) throw syntax('cannot use "V" and decimal point together');
      draft.hasMultiply = true;
      return;
    case "EEEE":
      draft.isScientific = true;
      return;
    default:
  }
}

function prepareSign(draft: Draft): void {
  if (draft.sign !== undefined) throw new PgError("42601", 'cannot use "S" twice');
  if (draft.hasPlus || draft.hasMinus || draft.hasBracket)
    throw new PgError("42601", 'cannot use "S" and "PL"/"MI"/"SG"/"PR" together');
  draft.sign = draft.hasDecimal ? "behind" : "before";
  draft.signDigits = draft.pre;
}
