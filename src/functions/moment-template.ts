/** Templates of to_char, to_date and to_timestamp, cut into fields and text. https://www.postgresql.org/docs/15/functions-formatting.html#FUNCTIONS-FORMATTING-DATETIME-TABLE */

export type TemplatePart =
  | {
      readonly kind: "field";
      /** Upper-case, but for those whose own case tells how names are written. */
      readonly name: string;
      /** FM: no padding; a field that is read takes as many digits as there are. */
      readonly isFilled: boolean;
      readonly ordinal: "" | "th" | "TH";
    }
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "separator" | "space"; readonly text: string };

/** In the order in which PostgreSQL tries them: no name stands behind its own beginning. */
const caseless =
  `HH24 HH12 HH MI SSSSS SSSS SS MS US FF1 FF2 FF3 FF4 FF5 FF6 Y,YYY YYYY YYY YY Y IYYY IYY IY I CC IDDD DDD DD
  ID D IW WW W MM J Q TZH TZM OF FX`.split(/\s+/);
const named =
  `A.M. P.M. a.m. p.m. AM PM am pm A.D. B.C. a.d. b.c. AD BC ad bc MONTH Month month MON Mon mon DAY Day day DY Dy dy
  RM rm TZ tz`.split(/\s+/);

const keywords: readonly (readonly [spelled: string, name: string])[] = [
  ...caseless.flatMap((name) => [[name, name] as const, [name.toLowerCase(), name] as const]),
  ...named.map((name) => [name, name] as const),
].sort(([a], [b]) => b.length - a.length);

/** Templates kept. */
const keptMax = 500;
const kept = new Map<string, readonly TemplatePart[]>();

export function readTemplate(template: string): readonly TemplatePart[] {
  const known = kept.get(template);
  if (known !== undefined) return known;
  const parts = cut(template);
  if (kept.size >= keptMax) kept.clear();
  kept.set(template, parts);
  return parts;
}

function cut(template: string): readonly TemplatePart[] {
  const parts: TemplatePart[] = [];
  for (let at = 0; at < template.length; ) {
    const [part, length] = next(template, at);
    parts.push(...part);
    at += length;
  }
  return parts;
}

function next(template: string, start: number): readonly [readonly TemplatePart[], number] {
  let at = start;
  let isFilled = false;
  for (;;) {
    const prefix = /^(?:FM|fm|TM|tm)/.exec(template.slice(at, at + 2))?.[0];
    if (prefix === undefined) break;
    isFilled = true;
    at += 2;
  }
  const keyword = keywords.find(([spelled]) => template.startsWith(spelled, at));
  if (keyword !== undefined) {
    at += keyword[0].length;
    const ordinal = /^(?:th|TH)/.exec(template.slice(at, at + 2))?.[0] ?? "";
    const field: TemplatePart = {
      kind: "field",
      name: keyword[1],
      isFilled,
      ordinal: ordinal === "" ? "" : ordinal === "th" ? "th" : "TH",
    };
    return [[field], at + ordinal.length - start];
  }
  if (at >= template.length) return [[], at - start];
  const quoted = /^"((?:[^"\\]|\\.?)*)(?:"|$)/su.exec(template.slice(at));
  if (quoted !== null) {
    const texts = [...(quoted[1] ?? "").replace(/\\(.)/gsu, "$1")];
    return [texts.map((text) => ({ kind: "text", text })), at + quoted[0].length - start];
  }
  if (template.startsWith('\\"', at)) return [[{ kind: "text", text: '"' }], at + 2 - start];
  const text = String.fromCodePoint(template.codePointAt(at) ?? 0);
  return [[{ kind: kindOf(text), text }], at + text.length - start];
}

function kindOf(text: string): "text" | "separator" | "space" {
  if (/^\s$/.test(text)) return "space";
  return /^[!-/:-@[-`{-~]$/.test(text) ? "separator" : "text";
}
