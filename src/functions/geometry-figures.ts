/** Segments, lines and boxes. https://www.postgresql.org/docs/15/functions-geometry.html */
import { PgError } from "../base/error.ts";
import {
  betweenSegments,
  boxOf,
  cornersOf,
  crossing,
  distance,
  equal,
  isInBox,
  isOnSegment,
  length,
  lineOf,
  lineThrough,
  middle,
  samePoint,
  segmentCrossing,
  sidesOf,
  slope,
  zero,
} from "./geometry-measures.ts";
import {
  boxArea,
  boxContains,
  boxesMeet,
  inverse,
  lsegSlope,
  orNull,
} from "./geometry-relations.ts";
import { circleBox, read, show } from "./geometry-shapes.ts";
import type { KernelTable } from "./kernel.ts";

export const figureKernels: KernelTable = {
  "lseg(point,point) lseg": (a: string, b: string) => show.lseg([read.point(a), read.point(b)]),
  "lseg(box) lseg": (text: string) => show.lseg(read.box(text)),
  "diagonal(box) lseg": (text: string) => show.lseg(read.box(text)),
  "lseg_distance(lseg,lseg) float8": (a: string, b: string) =>
    betweenSegments(read.lseg(a), read.lseg(b)),
  "lseg_interpt(lseg,lseg) point": (a: string, b: string) =>
    orNull(segmentCrossing(read.lseg(a), read.lseg(b)), show.point),
  "lseg_intersect(lseg,lseg) bool": (a: string, b: string) =>
    segmentCrossing(read.lseg(a), read.lseg(b)) !== undefined,
  "lseg_parallel(lseg,lseg) bool": (a: string, b: string) =>
    equal(lsegSlope(read.lseg(a)), lsegSlope(read.lseg(b))),
  "lseg_perp(lseg,lseg) bool": (a: string, b: string) =>
    equal(lsegSlope(read.lseg(a)), inverse(lsegSlope(read.lseg(b)))),
  "lseg_vertical(lseg) bool": (text: string) => {
    const [a, b] = read.lseg(text);
    return equal(a.x, b.x);
  },
  "lseg_horizontal(lseg) bool": (text: string) => {
    const [a, b] = read.lseg(text);
    return equal(a.y, b.y);
  },
  "lseg_length(lseg) float8": (text: string) => length(read.lseg(text)),
  "length(lseg) float8": (text: string) => length(read.lseg(text)),
  "lseg_center(lseg) point": (text: string) => show.point(middle(...read.lseg(text))),
  "point(lseg) point": (text: string) => show.point(middle(...read.lseg(text))),
  "inter_sb(lseg,box) bool": (a: string, b: string) => {
    const [segment, box] = [read.lseg(a), read.box(b)];
    const crosses = sidesOf(cornersOf(box)).some(
      (side) => segmentCrossing(segment, side) !== undefined,
    );
    return crosses || segment.some((end) => isInBox(end, box));
  },
  "on_sb(lseg,box) bool": (a: string, b: string) =>
    read.lseg(a).every((end) => isInBox(end, read.box(b))),
  "line(point,point) line": (a: string, b: string) => {
    const [one, two] = [read.point(a), read.point(b)];
    if (samePoint(one, two))
      throw new PgError("22P02", "invalid line specification: must be two distinct points");
    return show.line(lineThrough(one, slope(one, two)));
  },
  "line_interpt(line,line) point": (a: string, b: string) =>
    orNull(crossing(read.line(a), read.line(b)), show.point),
  "line_intersect(line,line) bool": (a: string, b: string) =>
    crossing(read.line(a), read.line(b)) !== undefined,
  "line_parallel(line,line) bool": (a: string, b: string) =>
    crossing(read.line(a), read.line(b)) === undefined,
  "line_perp(line,line) bool": (a: string, b: string) => {
    const [one, two] = [read.line(a), read.line(b)];
    return zero(one.a * two.a + one.b * two.b);
  },
  "line_vertical(line) bool": (text: string) => zero(read.line(text).b),
  "line_horizontal(line) bool": (text: string) => zero(read.line(text).a),
  "inter_sl(lseg,line) bool": (a: string, b: string) => {
    const at = crossing(lineOf(read.lseg(a)), read.line(b));
    return at !== undefined && isOnSegment(at, read.lseg(a));
  },
  "box(point,point) box": (a: string, b: string) => show.box(boxOf([read.point(a), read.point(b)])),
  "box(point) box": (text: string) => show.box([read.point(text), read.point(text)]),
  "box(polygon) box": (text: string) => show.box(boxOf(read.polygon(text))),
  "box(circle) box": (text: string) => {
    const { center, radius } = read.circle(text);
    return show.box(circleBox({ center, radius: radius / Math.SQRT2 }));
  },
  "box_center(box) point": (text: string) => show.point(middle(...read.box(text))),
  "center(box) point": (text: string) => show.point(middle(...read.box(text))),
  "point(box) point": (text: string) => show.point(middle(...read.box(text))),
  "box_same(box,box) bool": (a: string, b: string) => {
    const [[high, low], [otherHigh, otherLow]] = [read.box(a), read.box(b)];
    return samePoint(high, otherHigh) && samePoint(low, otherLow);
  },
  "box_overlap(box,box) bool": (a: string, b: string) => boxesMeet(read.box(a), read.box(b)),
  "box_contain(box,box) bool": (a: string, b: string) => boxContains(read.box(a), read.box(b)),
  "box_contained(box,box) bool": (a: string, b: string) => boxContains(read.box(b), read.box(a)),
  "box_distance(box,box) float8": (a: string, b: string) =>
    distance(middle(...read.box(a)), middle(...read.box(b))),
  "box_intersect(box,box) box": (a: string, b: string) => {
    const [one, two] = [read.box(a), read.box(b)];
    if (!boxesMeet(one, two)) return null;
    return show.box([
      { x: Math.min(one[0].x, two[0].x), y: Math.min(one[0].y, two[0].y) },
      { x: Math.max(one[1].x, two[1].x), y: Math.max(one[1].y, two[1].y) },
    ]);
  },
  "bound_box(box,box) box": (a: string, b: string) =>
    show.box(boxOf([...read.box(a), ...read.box(b)])),
  "area(box) float8": (text: string) => boxArea(read.box(text)),
  "width(box) float8": (text: string) => read.box(text)[0].x - read.box(text)[1].x,
  "height(box) float8": (text: string) => read.box(text)[0].y - read.box(text)[1].y,
};
