/** Plane figures out of their texts and back. */
import { type GeometryName, geometryText, parseGeometry } from "../pgtypes/geometry.ts";
import { type Box, boxOf, type Line, type Point, type Segment } from "./geometry-measures.ts";

export interface Circle {
  readonly center: Point;
  readonly radius: number;
}
export interface Path {
  readonly points: readonly Point[];
  readonly isClosed: boolean;
}

const numbersOf = (name: GeometryName, text: string) => parseGeometry(name, text).numbers;

function pointsOf(numbers: readonly number[]): readonly Point[] {
  return Array.from({ length: Math.floor(numbers.length / 2) }, (_, i) => ({
    x: numbers[i * 2] ?? 0,
    y: numbers[i * 2 + 1] ?? 0,
  }));
}

export const origin: Point = { x: 0, y: 0 };

export const read = {
  point: (text: string): Point => pointsOf(numbersOf("point", text))[0] ?? origin,
  lseg: (text: string): Segment => {
    const [a = origin, b = origin] = pointsOf(numbersOf("lseg", text));
    return [a, b];
  },
  box: (text: string): Box => boxOf(pointsOf(numbersOf("box", text))),
  polygon: (text: string) => pointsOf(numbersOf("polygon", text)),
  path: (text: string): Path => {
    const { numbers, isClosed } = parseGeometry("path", text);
    return { points: pointsOf(numbers), isClosed };
  },
  line: (text: string): Line => {
    const [a = 0, b = 0, c = 0] = numbersOf("line", text);
    return { a, b, c };
  },
  circle: (text: string): Circle => {
    const [x = 0, y = 0, radius = 0] = numbersOf("circle", text);
    return { center: { x, y }, radius };
  },
};

const flat = (points: readonly Point[]) => points.flatMap(({ x, y }) => [x, y]);
const write = (name: GeometryName, numbers: readonly number[], isClosed = true) =>
  geometryText({ name, numbers: numbers.map((one) => (one === 0 ? 0 : one)), isClosed }, 1);
export const show = {
  point: (point: Point) => write("point", flat([point])),
  lseg: (segment: Segment) => write("lseg", flat(segment)),
  box: (box: Box) => write("box", flat(box)),
  polygon: (points: readonly Point[]) => write("polygon", flat(points)),
  path: ({ points, isClosed }: Path) => write("path", flat(points), isClosed),
  line: ({ a, b, c }: Line) => write("line", [a, b, c]),
  circle: ({ center, radius }: Circle) => write("circle", [center.x, center.y, radius]),
};

export function circleBox({ center: { x, y }, radius }: Circle): Box {
  return [
    { x: x + radius, y: y + radius },
    { x: x - radius, y: y - radius },
  ];
}
