/** The members of a JSON object, or the items of an array, as they were written: a number keeps its digits. */

/** Names are unescaped, values are not; an array's items have no names. `text` is valid JSON of either. */
export function jsonMembers(text: string): readonly (readonly [name: string, raw: string])[] {
  const members: (readonly [string, string])[] = [];
  let at = skipBlanks(text, 0);
  const isObject = text[at] === "{";
  if (!isObject && text[at] !== "[") throw new Error("A line must be a JSON object.");
  const close = isObject ? "}" : "]";
  at = skipBlanks(text, at + 1);
  while (text[at] !== close) {
    let name = "";
    if (isObject) {
      const end = valueEnd(text, at);
      name = JSON.parse(text.slice(at, end)) as string;
      // Behind the colon.
      at = skipBlanks(text, skipBlanks(text, end) + 1);
    }
    const end = valueEnd(text, at);
    members.push([name, text.slice(at, end)]);
    at = skipBlanks(text, end);
    if (text[at] === ",") at = skipBlanks(text, at + 1);
  }
  return members;
}

function skipBlanks(text: string, from: number): number {
  let at = from;
  while (at < text.length && /[ \t\r\n]/.test(text[at] ?? "")) at++;
  return at;
}

function valueEnd(text: string, from: number): number {
  const first = text[from];
  if (first === '"') return stringEnd(text, from);
  if (first !== "{" && first !== "[") {
    let at = from;
    while (at < text.length && !/[,\]} \t\r\n]/.test(text[at] ?? "")) at++;
    return at;
  }
  let depth = 0;
  for (let at = from; at < text.length; at++) {
    const character = text[at];
    if (character === '"') at = stringEnd(text, at) - 1;
    else if (character === "{" || character === "[") depth++;
    else if ((character === "}" || character === "]") && --depth === 0) return at + 1;
  }
  return text.length;
}

function stringEnd(text: string, from: number): number {
  let at = from + 1;
  while (at < text.length && text[at] !== '"') at += text[at] === "\\" ? 2 : 1;
  return at + 1;
}
