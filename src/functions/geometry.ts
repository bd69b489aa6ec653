/** Functions and operators of geometric types. https://www.postgresql.org/docs/15/functions-geometry.html */
import { PgError } from "../base/error.ts";
import { figureKernels } from "./geometry-figures.ts";
import {
  type Box,
  boxOf,
  closestOnSegment,
  cornersOf,
  distance,
  equal,
  isInBox,
  isInPolygon,
  isOnSegment,
  length,
  less,
  lessOrEqual,
  type Point,
  samePoint,
  sidesOf,
  slope,
  toLine,
  toSegment,
  zero,
} from "./geometry-measures.ts";
import { boxArea, closest, toBox, toFigure, toPolygon } from "./geometry-relations.ts";
import { roundKernels } from "./geometry-round.ts";
import { circleBox, read, show } from "./geometry-shapes.ts";
import type { KernelTable } from "./kernel.ts";

type Move = (point: Point, by: Point) => Point;

const moves: Readonly<Record<string, Move>> = {
  add: (a, b) => ({ x: a.x + b.x, y: a.y + b.y }),
  sub: (a, b) => ({ x: a.x - b.x, y: a.y - b.y }),
  mul: (a, b) => ({ x: a.x * b.x - a.y * b.y, y: a.x * b.y + a.y * b.x }),
  div: (a, b) => {
    const by = b.x * b.x + b.y * b.y;
    if (by === 0) throw new PgError("22012", "division by zero");
    return { x: (a.x * b.x + a.y * b.y) / by, y: (a.y * b.x - a.x * b.y) / by };
  },
};

/** + - * / of a figure and a point: moved, turned and stretched. */
function moveKernels(): KernelTable {
  const table: Record<string, (a: string, b: string) => string> = {};
  for (const [name, move] of Object.entries(moves)) {
    const stretch = (by: Point) =>
      name === "mul" ? Math.hypot(by.x, by.y) : name === "div" ? 1 / Math.hypot(by.x, by.y) : 1;
    table[`point_${name}(point,point) point`] = (a, b) =>
      show.point(move(read.point(a), read.point(b)));
    table[`box_${name}(box,point) box`] = (a, b) =>
      show.box(boxOf(read.box(a).map((corner) => move(corner, read.point(b)))));
    table[`path_${name}_pt(path,point) path`] = (a, b) => {
      const { points, isClosed } = read.path(a);
      return show.path({ points: points.map((one) => move(one, read.point(b))), isClosed });
    };
    table[`circle_${name}_pt(circle,point) circle`] = (a, b) => {
      const { center, radius } = read.circle(a);
      const by = read.point(b);
      return show.circle({ center: move(center, by), radius: radius * stretch(by) });
    };
  }
  return table;
}

/** left, right, above, below and their loose forms, by the boxes around two figures. */
const sides: Readonly<Record<string, (a: Box, b: Box) => boolean>> = {
  left: ([high], [, low]) => less(high.x, low.x),
  overleft: ([high], [other]) => lessOrEqual(high.x, other.x),
  right: ([, low], [high]) => less(high.x, low.x),
  overright: ([, low], [, other]) => lessOrEqual(other.x, low.x),
  below: ([high], [, low]) => less(high.y, low.y),
  overbelow: ([high], [other]) => lessOrEqual(high.y, other.y),
  above: ([, low], [high]) => less(high.y, low.y),
  overabove: ([, low], [, other]) => lessOrEqual(other.y, low.y),
};

function sideKernels(): KernelTable {
  const around: Readonly<Record<string, (text: string) => Box>> = {
    box: read.box,
    poly: (text) => boxOf(read.polygon(text)),
    circle: (text) => circleBox(read.circle(text)),
  };
  const table: Record<string, (a: string, b: string) => boolean> = {};
  for (const [prefix, box] of Object.entries(around))
    for (const [name, test] of Object.entries(sides)) {
      const type = prefix === "poly" ? "polygon" : prefix;
      table[`${prefix}_${name}(${type},${type}) bool`] = (a, b) => test(box(a), box(b));
    }
  return table;
}

const orders: Readonly<Record<string, (a: number, b: number) => boolean>> = {
  eq: equal,
  ne: (a, b) => !equal(a, b),
  lt: less,
  gt: (a, b) => less(b, a),
  le: lessOrEqual,
  ge: (a, b) => lessOrEqual(b, a),
};

/** Boxes and circles by area, segments by length, paths by the number of their points. */
function sizeKernels(): KernelTable {
  const sizes: readonly (readonly [
    prefix: string,
    type: string,
    size: (text: string) => number,
  ])[] = [
    ["box", "box", (text) => boxArea(read.box(text))],
    ["circle", "circle", (text) => Math.PI * read.circle(text).radius ** 2],
    ["lseg", "lseg", (text) => length(read.lseg(text))],
    ["path_n", "path", (text) => read.path(text).points.length],
  ];
  const table: Record<string, (a: string, b: string) => boolean> = {};
  for (const [prefix, type, size] of sizes)
    for (const [name, test] of Object.entries(orders))
      table[`${prefix}_${name}(${type},${type}) bool`] = (a, b) => test(size(a), size(b));
  const sameSegment = (a: string, b: string) => {
    const [[a1, a2], [b1, b2]] = [read.lseg(a), read.lseg(b)];
    return samePoint(a1, b1) && samePoint(a2, b2);
  };
  table["lseg_eq(lseg,lseg) bool"] = sameSegment;
  table["lseg_ne(lseg,lseg) bool"] = (a, b) => !sameSegment(a, b);
  return table;
}

const pointKernels: KernelTable = {
  "point(float8,float8) point": (x: number, y: number) => show.point({ x, y }),
  "point_eq(point,point) bool": (a: string, b: string) => samePoint(read.point(a), read.point(b)),
  "point_ne(point,point) bool": (a: string, b: string) => !samePoint(read.point(a), read.point(b)),
  "point_left(point,point) bool": (a: string, b: string) => less(read.point(a).x, read.point(b).x),
  "point_right(point,point) bool": (a: string, b: string) => less(read.point(b).x, read.point(a).x),
  "point_above(point,point) bool": (a: string, b: string) => less(read.point(b).y, read.point(a).y),
  "point_below(point,point) bool": (a: string, b: string) => less(read.point(a).y, read.point(b).y),
  "point_vert(point,point) bool": (a: string, b: string) => equal(read.point(a).x, read.point(b).x),
  "point_horiz(point,point) bool": (a: string, b: string) =>
    equal(read.point(a).y, read.point(b).y),
  "point_distance(point,point) float8": (a: string, b: string) =>
    distance(read.point(a), read.point(b)),
  "slope(point,point) float8": (a: string, b: string) => slope(read.point(a), read.point(b)),
  "dist_ps(point,lseg) float8": (a: string, b: string) => toSegment(read.point(a), read.lseg(b)),
  "dist_sp(lseg,point) float8": (a: string, b: string) => toSegment(read.point(b), read.lseg(a)),
  "dist_pb(point,box) float8": (a: string, b: string) => toBox(read.point(a), read.box(b)),
  "dist_bp(box,point) float8": (a: string, b: string) => toBox(read.point(b), read.box(a)),
  "dist_pl(point,line) float8": (a: string, b: string) => toLine(read.point(a), read.line(b)),
  "dist_lp(line,point) float8": (a: string, b: string) => toLine(read.point(b), read.line(a)),
  "dist_ppath(point,path) float8": (a: string, b: string) =>
    toFigure(read.point(a), read.path(b).points, read.path(b).isClosed),
  "dist_pathp(path,point) float8": (a: string, b: string) =>
    toFigure(read.point(b), read.path(a).points, read.path(a).isClosed),
  "dist_ppoly(point,polygon) float8": (a: string, b: string) =>
    toPolygon(read.point(a), read.polygon(b)),
  "dist_polyp(polygon,point) float8": (a: string, b: string) =>
    toPolygon(read.point(b), read.polygon(a)),
  "dist_pc(point,circle) float8": (a: string, b: string) => {
    const { center, radius } = read.circle(b);
    return Math.max(distance(read.point(a), center) - radius, 0);
  },
  "dist_cpoint(circle,point) float8": (a: string, b: string) => {
    const { center, radius } = read.circle(a);
    return Math.max(distance(read.point(b), center) - radius, 0);
  },
  "on_pb(point,box) bool": (a: string, b: string) => isInBox(read.point(a), read.box(b)),
  "on_ps(point,lseg) bool": (a: string, b: string) => isOnSegment(read.point(a), read.lseg(b)),
  "on_pl(point,line) bool": (a: string, b: string) => zero(toLine(read.point(a), read.line(b))),
  "on_ppath(point,path) bool": (a: string, b: string) => {
    const { points, isClosed } = read.path(b);
    const point = read.point(a);
    return isClosed
      ? isInPolygon(point, points)
      : sidesOf(points, false).some((side) => isOnSegment(point, side));
  },
  "box_contain_pt(box,point) bool": (a: string, b: string) => isInBox(read.point(b), read.box(a)),
  "poly_contain_pt(polygon,point) bool": (a: string, b: string) =>
    isInPolygon(read.point(b), read.polygon(a)),
  "pt_contained_poly(point,polygon) bool": (a: string, b: string) =>
    isInPolygon(read.point(a), read.polygon(b)),
  "circle_contain_pt(circle,point) bool": (a: string, b: string) => {
    const { center, radius } = read.circle(a);
    return distance(read.point(b), center) <= radius;
  },
  "pt_contained_circle(point,circle) bool": (a: string, b: string) => {
    const { center, radius } = read.circle(b);
    return distance(read.point(a), center) <= radius;
  },
  "close_ps(point,lseg) point": (a: string, b: string) =>
    show.point(closestOnSegment(read.point(a), read.lseg(b))),
  "close_pb(point,box) point": (a: string, b: string) => {
    const [point, box] = [read.point(a), read.box(b)];
    return show.point(isInBox(point, box) ? point : closest(point, sidesOf(cornersOf(box))));
  },
};

export const geometryKernels: KernelTable = {
  ...moveKernels(),
  ...sizeKernels(),
  ...sideKernels(),
  ...pointKernels,
  ...figureKernels,
  ...roundKernels,
};
