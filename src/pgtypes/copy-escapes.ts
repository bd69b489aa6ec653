/** What the escapes of COPY's text format come to. https://www.postgresql.org/docs/15/sql-copy.html#id-1.9.3.55.9.2 */

const backslash = 92;
const letters = new Uint8Array(256);
for (const [letter, byte] of [
  ["b", 8],
  ["f", 12],
  ["n", 10],
  ["r", 13],
  ["t", 9],
  ["v", 11],
] as const) {
  letters[letter.charCodeAt(0)] = byte;
}

/** Writes the field at `target`, which is never longer than it was; where it ends. */
export function unescapeText(bytes: Buffer, from: number, to: number, target: number): number {
  let end = target;
  for (let at = from; at < to; at++) {
    const byte = bytes[at] as number;
    if (byte !== backslash) {
      bytes[end++] = byte;
      continue;
    }
    // One at the very end of the data, with nothing to escape, is dropped.
    if (at + 1 >= to) break;
    const next = bytes[++at] as number;
    const letter = letters[next] as number;
    if (letter !== 0) bytes[end++] = letter;
    else if (next >= 48 && next <= 55) {
      let value = next - 48;
      for (let more = 0; more < 2 && at + 1 < to && isOctal(bytes[at + 1] as number); more++) {
        value = value * 8 + (bytes[++at] as number) - 48;
      }
      bytes[end++] = value & 0xff;
    } else if (next === 120 && at + 1 < to && hexValue(bytes[at + 1] as number) >= 0) {
      let value = hexValue(bytes[++at] as number);
      const second = at + 1 < to ? hexValue(bytes[at + 1] as number) : -1;
      if (second >= 0) {
        value = value * 16 + second;
        at++;
      }
      bytes[end++] = value;
    } else bytes[end++] = next;
  }
  return end;
}

function isOctal(byte: number): boolean {
  return byte >= 48 && byte <= 55;
}

/** -1 when it is no digit. */
export function hexValue(byte: number): number {
  if (byte >= 48 && byte <= 57) return byte - 48;
  const lower = byte | 32;
  return lower >= 97 && lower <= 102 ? lower - 87 : -1;
}
