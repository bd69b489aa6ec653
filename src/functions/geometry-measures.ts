/** Distances, crossings and closest points of plane figures. PostgreSQL's comparisons leave a millionth of play. */

export interface Point {
  readonly x: number;
  readonly y: number;
}
export type Segment = readonly [Point, Point];
export interface Line {
  readonly a: number;
  readonly b: number;
  readonly c: number;
}
/** The higher corner first. */
export type Box = readonly [high: Point, low: Point];

const play = 1e-6;

export const zero = (value: number) => Math.abs(value) <= play;
export const equal = (a: number, b: number) => a === b || Math.abs(a - b) <= play;
export const less = (a: number, b: number) => b - a > play;
export const lessOrEqual = (a: number, b: number) => a - b <= play;

export const samePoint = (a: Point, b: Point) => equal(a.x, b.x) && equal(a.y, b.y);
export const distance = (a: Point, b: Point) => Math.hypot(a.x - b.x, a.y - b.y);
export const length = ([a, b]: Segment) => distance(a, b);
export const middle = (a: Point, b: Point): Point => ({ x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 });

export function slope(a: Point, b: Point): number {
  if (equal(a.x, b.x)) return Number.MAX_VALUE;
  return equal(a.y, b.y) ? 0 : (a.y - b.y) / (a.x - b.x);
}

/** line_construct: by a point and a slope. */
export function lineThrough(point: Point, m: number): Line {
  if (m === Number.MAX_VALUE) return { a: -1, b: 0, c: point.x };
  if (m === 0) return { a: 0, b: -1, c: point.y };
  const c = point.y - m * point.x;
  return { a: m, b: -1, c: c === 0 ? 0 : c };
}

export const lineOf = ([a, b]: Segment) => lineThrough(a, slope(a, b));

/** Where two lines cross; undefined: they are parallel. */
export function crossing(one: Line, two: Line): Point | undefined {
  if (!zero(one.b)) {
    if (equal(two.a, two.b * (one.a / one.b))) return undefined;
    const x = (one.b * two.c - two.b * one.c) / (one.a * two.b - two.a * one.b);
    return tidy({ x, y: -(one.a * x + one.c) / one.b });
  }
  if (zero(two.b)) return undefined;
  const x = -one.c / one.a;
  return tidy({ x, y: -(two.a * x + two.c) / two.b });
}

const tidy = ({ x, y }: Point): Point => ({ x: x === 0 ? 0 : x, y: y === 0 ? 0 : y });

export function isOnSegment(point: Point, [a, b]: Segment): boolean {
  return equal(distance(point, a) + distance(point, b), distance(a, b));
}

export function segmentCrossing(one: Segment, two: Segment): Point | undefined {
  const at = crossing(lineOf(one), lineOf(two));
  if (at === undefined || !isOnSegment(at, one) || !isOnSegment(at, two)) return undefined;
  return [...one, ...two].find((end) => samePoint(end, at)) ?? at;
}

export function closestOnSegment(point: Point, [a, b]: Segment): Point {
  const [dx, dy] = [b.x - a.x, b.y - a.y];
  const squared = dx * dx + dy * dy;
  if (squared === 0) return a;
  const share = ((point.x - a.x) * dx + (point.y - a.y) * dy) / squared;
  if (share <= 0) return a;
  return share >= 1 ? b : { x: a.x + share * dx, y: a.y + share * dy };
}

export const toSegment = (point: Point, segment: Segment) =>
  distance(point, closestOnSegment(point, segment));

export function betweenSegments(one: Segment, two: Segment): number {
  if (segmentCrossing(one, two) !== undefined) return 0;
  return Math.min(
    toSegment(one[0], two),
    toSegment(one[1], two),
    toSegment(two[0], one),
    toSegment(two[1], one),
  );
}

export function toLine(point: Point, { a, b, c }: Line): number {
  return Math.abs(a * point.x + b * point.y + c) / Math.hypot(a, b);
}

export function boxOf(points: readonly Point[]): Box {
  const [xs, ys] = [points.map(({ x }) => x), points.map(({ y }) => y)];
  return [
    { x: Math.max(...xs), y: Math.max(...ys) },
    { x: Math.min(...xs), y: Math.min(...ys) },
  ];
}

export const cornersOf = ([high, low]: Box): readonly Point[] => [
  low,
  { x: low.x, y: high.y },
  high,
  { x: high.x, y: low.y },
];

export function sidesOf(points: readonly Point[], isClosed = true): readonly Segment[] {
  return points.flatMap((point, i): Segment[] => {
    const next = points[i + 1] ?? (isClosed ? points[0] : undefined);
    return next === undefined || points.length < 2 ? [] : [[point, next]];
  });
}

export function isInBox(point: Point, [high, low]: Box): boolean {
  return point.x <= high.x && point.x >= low.x && point.y <= high.y && point.y >= low.y;
}

/** On its edge counts. */
export function isInPolygon(point: Point, points: readonly Point[]): boolean {
  const sides = sidesOf(points);
  if (sides.some((side) => isOnSegment(point, side))) return true;
  let isInside = false;
  for (const [a, b] of sides)
    if (
      a.y > point.y !== b.y > point.y &&
      point.x < ((b.x - a.x) * (point.y - a.y)) / (b.y - a.y) + a.x
    )
      isInside = !isInside;
  return isInside;
}

export const areaOf = (points: readonly Point[]) =>
  Math.abs(sidesOf(points).reduce((sum, [a, b]) => sum + a.x * b.y - a.y * b.x, 0)) / 2;
