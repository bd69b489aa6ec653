/** Geometric types: their texts and their binary forms. https://www.postgresql.org/docs/15/datatype-geometric.html */
import { PgError } from "../base/error.ts";
import { bytesOf, invalidText } from "./codec.ts";
import { float8Text } from "./float-text.ts";

export type GeometryName = "point" | "lseg" | "path" | "box" | "polygon" | "line" | "circle";

export interface Geometry {
  readonly name: GeometryName;
  /** Coordinates one after the other; of a circle the radius last, of a line A, B and C. */
  readonly numbers: readonly number[];
  /** Of a path. */
  readonly isClosed: boolean;
}

export const geometryOids: Readonly<Record<GeometryName, number>> = {
  point: 600,
  lseg: 601,
  path: 602,
  box: 603,
  polygon: 604,
  line: 628,
  circle: 718,
};

/** point_in, lseg_in, …: 22P02 */
export function parseGeometry(name: GeometryName, text: string): Geometry {
  const wrong = () => invalidText(geometryOids[name], text);
  const shape = text.replace(/[ \t-\r]+/g, "");
  const found = /^[\d.eE+,[\]()<>{}-]*(?:nan|inf(?:inity)?|[\d.eE+,[\]()<>{}-])*$/i.test(shape)
    ? read(name, shape, wrong)
    : undefined;
  if (found === undefined || found.some(Number.isNaN) !== /nan/i.test(shape)) throw wrong();
  return arranged({ name, numbers: found, isClosed: !shape.startsWith("[") }, wrong);
}

const number = String.raw`[-+]?(?:\d+\.?\d*(?:e[-+]?\d+)?|\.\d+(?:e[-+]?\d+)?|inf(?:inity)?|nan)`;
const pair = String.raw`(?:\(${number},${number}\)|${number},${number})`;
const pairs = `${pair}(?:,${pair})*`;
const two = `${pair},${pair}`;

const shapes: Readonly<Record<GeometryName, RegExp>> = {
  point: new RegExp(`^${pair}$`, "i"),
  lseg: new RegExp(String.raw`^(?:\[${two}\]|\(${two}\)|${two})$`, "i"),
  box: new RegExp(String.raw`^(?:\(${two}\)|${two})$`, "i"),
  path: new RegExp(String.raw`^(?:\[${pairs}\]|\(${pairs}\)|${pairs})$`, "i"),
  polygon: new RegExp(String.raw`^(?:\(${pairs}\)|${pairs})$`, "i"),
  line: new RegExp(
    String.raw`^(?:\{${number},${number},${number}\}|\[${two}\]|\(${two}\)|${two})$`,
    "i",
  ),
  circle: new RegExp(
    String.raw`^(?:<${pair},${number}>|\(${pair},${number}\)|${pair},${number})$`,
    "i",
  ),
};

const numbers = new RegExp(number, "gi");

function read(name: GeometryName, shape: string, wrong: () => PgError): number[] {
  if (!shapes[name].test(shape)) throw wrong();
  return [...shape.matchAll(numbers)].map(([digits]) => {
    if (/nan/i.test(digits)) return Number.NaN;
    if (/inf/i.test(digits)) return digits.startsWith("-") ? -Infinity : Infinity;
    const value = Number(digits);
    if (Number.isFinite(value)) return value;
    throw new PgError("22003", `"${digits}" is out of range for type double precision`);
  });
}

/** A box is told by its upper right and lower left corner, a line by its equation. */
function arranged(found: Geometry, wrong: () => PgError): Geometry {
  const { name, numbers } = found;
  const [x1 = 0, y1 = 0, x2 = 0, y2 = 0] = numbers;
  switch (name) {
    case "box":
      return {
        ...found,
        numbers: [Math.max(x1, x2), Math.max(y1, y2), Math.min(x1, x2), Math.min(y1, y2)],
      };
    case "line":
      return numbers.length === 4 ? { ...found, numbers: line(x1, y1, x2, y2) } : equation(found);
    case "circle":
      if ((numbers[2] ?? 0) < 0) throw wrong();
      return found;
    default:
      return found;
  }
}

function equation(found: Geometry): Geometry {
  const [a, b] = found.numbers;
  if (a === 0 && b === 0) {
    throw new PgError("22P02", "invalid line specification: A and B cannot both be zero");
  }
  return found;
}

/** line_construct: through two points. */
function line(x1: number, y1: number, x2: number, y2: number): readonly number[] {
  if (x1 === x2 && y1 === y2) {
    throw new PgError("22P02", "invalid line specification: must be two distinct points");
  }
  if (x1 === x2) return [-1, 0, x1];
  if (y1 === y2) return [0, -1, y1];
  const slope = (y1 - y2) / (x1 - x2);
  const constant = y1 - slope * x1;
  return [slope, -1, constant === 0 ? 0 : constant];
}

export function geometryText({ name, numbers, isClosed }: Geometry, floatDigits: number): string {
  const texts = numbers.map((value) => float8Text(value, floatDigits));
  const points: string[] = [];
  for (let i = 0; i + 1 < texts.length; i += 2) points.push(`(${texts[i]},${texts[i + 1]})`);
  const list = points.join(",");
  switch (name) {
    case "lseg":
      return `[${list}]`;
    case "path":
      return isClosed ? `(${list})` : `[${list}]`;
    case "polygon":
      return `(${list})`;
    case "line":
      return `{${texts.join(",")}}`;
    case "circle":
      return `<${points[0]},${texts[2]}>`;
    default:
      return list;
  }
}

export function geometryBytes({ name, numbers, isClosed }: Geometry): Uint8Array {
  const closing = name === "path" ? 1 : 0;
  const head = closing + (name === "path" || name === "polygon" ? 4 : 0);
  return bytesOf(head + numbers.length * 8, (view) => {
    if (closing) view.setUint8(0, isClosed ? 1 : 0);
    if (head > 0) view.setInt32(closing, numbers.length / 2);
    for (const [i, value] of numbers.entries()) view.setFloat64(head + i * 8, value);
  });
}

const counts: Readonly<Record<GeometryName, number | undefined>> = {
  point: 2,
  lseg: 4,
  path: undefined,
  box: 4,
  polygon: undefined,
  line: 3,
  circle: 3,
};

export function readGeometry(name: GeometryName, bytes: Uint8Array): Geometry {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const closing = name === "path" ? 1 : 0;
  const head = closing + (counts[name] === undefined ? 4 : 0);
  if (bytes.length < head) throw new PgError("08P01", "insufficient data left in message");
  const count = counts[name] ?? view.getInt32(closing) * 2;
  if (count <= 0)
    throw new PgError("22P03", `invalid number of points in external "${name}" value`);
  if (bytes.length < head + count * 8)
    throw new PgError("08P01", "insufficient data left in message");
  if (bytes.length > head + count * 8) throw new PgError("22P03", "incorrect binary data format");
  const numbers = Array.from({ length: count }, (_, i) => view.getFloat64(head + i * 8));
  const wrong = () => new PgError("22P03", `invalid radius in external "${name}" value`);
  return arranged({ name, numbers, isClosed: closing === 0 || view.getUint8(0) === 1 }, wrong);
}
