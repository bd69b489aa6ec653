/** How plane figures lie to one another, and what one is made of another. */
import { PgError } from "../base/error.ts";
import type { EngineValue } from "../pgtypes/vector.ts";
import {
  type Box,
  betweenSegments,
  closestOnSegment,
  cornersOf,
  distance,
  isInBox,
  isInPolygon,
  length,
  lessOrEqual,
  type Point,
  type Segment,
  samePoint,
  segmentCrossing,
  sidesOf,
  slope,
  toSegment,
} from "./geometry-measures.ts";
import { type Circle, origin, type Path } from "./geometry-shapes.ts";

export const boxArea = ([high, low]: Box) => (high.x - low.x) * (high.y - low.y);

export function boxesMeet([high, low]: Box, [otherHigh, otherLow]: Box): boolean {
  return (
    lessOrEqual(low.x, otherHigh.x) &&
    lessOrEqual(otherLow.x, high.x) &&
    lessOrEqual(low.y, otherHigh.y) &&
    lessOrEqual(otherLow.y, high.y)
  );
}

export const boxContains = (outer: Box, inner: Box) =>
  inner.every((corner) => isInBoxLoosely(corner, outer));

export function isInBoxLoosely(point: Point, [high, low]: Box): boolean {
  return (
    lessOrEqual(point.x, high.x) &&
    lessOrEqual(low.x, point.x) &&
    lessOrEqual(point.y, high.y) &&
    lessOrEqual(low.y, point.y)
  );
}

export function toFigure(point: Point, points: readonly Point[], isClosed = true): number {
  const edges = sidesOf(points, isClosed);
  if (edges.length === 0) return distance(point, points[0] ?? origin);
  return Math.min(...edges.map((edge) => toSegment(point, edge)));
}

export function toBox(point: Point, box: Box): number {
  return isInBox(point, box) ? 0 : toFigure(point, cornersOf(box));
}

export const toPolygon = (point: Point, points: readonly Point[]) =>
  isInPolygon(point, points) ? 0 : toFigure(point, points);

export function closest(point: Point, edges: readonly Segment[]): Point {
  const places = edges.map((edge) => closestOnSegment(point, edge));
  return places.reduce((best, one) => (distance(point, one) < distance(point, best) ? one : best));
}

export function polygonsMeet(a: readonly Point[], b: readonly Point[]): boolean {
  const crosses = sidesOf(a).some((one) =>
    sidesOf(b).some((other) => segmentCrossing(one, other) !== undefined),
  );
  return (
    crosses || a.some((point) => isInPolygon(point, b)) || b.some((point) => isInPolygon(point, a))
  );
}

/** The same corners one after the other, wherever they begin and whichever way they go. */
export function samePolygon(a: readonly Point[], b: readonly Point[]): boolean {
  if (a.length !== b.length) return false;
  return b.some((_, start) =>
    [1, -1].some((way) =>
      a.every((point, i) => {
        const other = b[(((start + way * i) % b.length) + b.length) % b.length];
        return other !== undefined && samePoint(point, other);
      }),
    ),
  );
}

export const lsegSlope = ([a, b]: Segment) => slope(a, b);
export const inverse = (m: number) =>
  m === Number.MAX_VALUE ? 0 : m === 0 ? Number.MAX_VALUE : -1 / m;

export function poly(count: number, { center, radius }: Circle): readonly Point[] {
  if (radius === 0) throw new PgError("0A000", "cannot convert circle with radius zero to polygon");
  if (count < 2) throw new PgError("22023", "must request at least 2 points");
  return Array.from({ length: count }, (_, i) => {
    const angle = i * ((2 * Math.PI) / count);
    return { x: center.x - radius * Math.cos(angle), y: center.y + radius * Math.sin(angle) };
  });
}

export const polygonCenter = (points: readonly Point[]): Point => ({
  x: points.reduce((sum, { x }) => sum + x, 0) / points.length,
  y: points.reduce((sum, { y }) => sum + y, 0) / points.length,
});

export function circleOfPolygon(points: readonly Point[]): Circle {
  const center = polygonCenter(points);
  return {
    center,
    radius: points.reduce((sum, point) => sum + distance(point, center), 0) / points.length,
  };
}

export const pathLength = ({ points, isClosed }: Path) =>
  sidesOf(points, isClosed).reduce((sum, side) => sum + length(side), 0);

export const pathDistance = (a: Path, b: Path) =>
  Math.min(
    ...sidesOf(a.points, a.isClosed).flatMap((one) =>
      sidesOf(b.points, b.isClosed).map((other) => betweenSegments(one, other)),
    ),
  );

export const orNull = <T>(value: T | undefined, text: (value: T) => string): EngineValue =>
  value === undefined ? null : text(value);
