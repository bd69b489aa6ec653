/** Where things stand: UTF-16 units are JavaScript's, characters (code points) are PostgreSQL's and the client's. */

export function isAscii(text: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: it is what the name says.
  return /^[\x00-\x7f]*$/.test(text);
}

/** How many characters come before this UTF-16 unit. */
export function toCharacters(text: string, unit: number): number {
  let pairs = 0;
  for (let i = 0; i < unit; i++) {
    const code = text.charCodeAt(i);
    if (code >= 0xd800 && code < 0xdc00) pairs++;
  }
  return unit - pairs;
}

/** The same for many places of one text. */
export function characterCounter(text: string): (unit: number) => number {
  if (!/[\ud800-\udbff]/.test(text)) return (unit) => unit;
  const counts = new Uint32Array(text.length + 1);
  for (let unit = 0; unit < text.length; unit++) {
    const code = text.charCodeAt(unit);
    counts[unit + 1] = (counts[unit] ?? 0) + (code >= 0xd800 && code < 0xdc00 ? 0 : 1);
  }
  return (unit) => counts[unit] ?? text.length;
}

/** The inverse. */
export function toUnits(text: string, character: number): number {
  let unit = 0;
  for (let i = 0; i < character && unit < text.length; i++)
    unit += (text.codePointAt(unit) ?? 0) >= 0x10000 ? 2 : 1;
  return unit;
}

/** Fields of the parser's tree that are places. */
export const places: ReadonlySet<string> = new Set([
  "location",
  "list_start",
  "list_end",
  "rexpr_list_start",
  "rexpr_list_end",
]);

/** The tree with every place in it moved, in place: it is the parser's own and nobody has seen it yet. */
export function relocate(tree: unknown, move: (byte: number) => number): unknown {
  if (Array.isArray(tree)) {
    for (const item of tree) relocate(item, move);
  } else if (typeof tree === "object" && tree !== null) {
    const node = tree as Record<string, unknown>;
    for (const key in node) {
      const value = node[key];
      if (typeof value === "number") {
        if (places.has(key) && value >= 0) node[key] = move(value);
      } else if (typeof value === "object") {
        relocate(value, move);
      }
    }
  }
  return tree;
}
