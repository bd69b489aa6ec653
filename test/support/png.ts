/** Pictures that a browser made: 8 bits a channel, not interlaced. */
import { inflateSync } from "node:zlib";

/** How many pixels have each colour (its channels' bytes as hexadecimal text), most frequent first. */
export function coloursOf(png: Buffer): readonly (readonly [string, number])[] {
  const { width, height, channels, data } = unpacked(png);
  const stride = width * channels;
  const counts = new Map<string, number>();
  let before = Buffer.alloc(stride);
  for (let y = 0; y < height; y++) {
    const start = y * (stride + 1);
    const row = Buffer.from(data.subarray(start + 1, start + 1 + stride));
    unfilter(data[start] ?? 0, row, before, channels);
    for (let x = 0; x < stride; x += channels) {
      const colour = row.toString("hex", x, x + channels);
      counts.set(colour, (counts.get(colour) ?? 0) + 1);
    }
    before = row;
  }
  return [...counts].sort(([, a], [, b]) => b - a);
}

function unpacked(png: Buffer) {
  const parts: Buffer[] = [];
  for (let at = 8; at < png.length; ) {
    const length = png.readUInt32BE(at);
    if (png.toString("latin1", at + 4, at + 8) === "IDAT")
      parts.push(png.subarray(at + 8, at + 8 + length));
    at += length + 12;
  }
  return {
    width: png.readUInt32BE(16),
    height: png.readUInt32BE(20),
    channels: png[25] === 6 ? 4 : 3,
    data: inflateSync(Buffer.concat(parts)),
  };
}

/** PNG specification, 9.2: what each byte is a difference from. */
function unfilter(filter: number, row: Buffer, before: Buffer, channels: number): void {
  for (let i = 0; i < row.length; i++) {
    const left = row[i - channels] ?? 0;
    const above = before[i] ?? 0;
    const corner = before[i - channels] ?? 0;
    const base = [0, left, above, (left + above) >> 1, nearest(left, above, corner)][filter] ?? 0;
    row[i] = ((row[i] ?? 0) + base) & 0xff;
  }
}

function nearest(left: number, above: number, corner: number): number {
  const [a, b, c] = [
    Math.abs(above - corner),
    Math.abs(left - corner),
    Math.abs(left + above - 2 * corner),
  ];
  return a <= b && a <= c ? left : b <= c ? above : corner;
}
