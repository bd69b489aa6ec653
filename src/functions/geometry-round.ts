/** Paths, polygons and circles. https://www.postgresql.org/docs/15/functions-geometry.html */
import { PgError } from "../base/error.ts";
import {
  areaOf,
  cornersOf,
  distance,
  equal,
  isInPolygon,
  lessOrEqual,
  middle,
  samePoint,
} from "./geometry-measures.ts";
import {
  circleOfPolygon,
  pathDistance,
  pathLength,
  poly,
  polygonCenter,
  polygonsMeet,
  samePolygon,
} from "./geometry-relations.ts";
import { read, show } from "./geometry-shapes.ts";
import type { KernelTable } from "./kernel.ts";

export const roundKernels: KernelTable = {
  "area(path) float8": (text: string) => {
    const { points, isClosed } = read.path(text);
    return isClosed ? areaOf(points) : null;
  },
  "path_length(path) float8": (text: string) => pathLength(read.path(text)),
  "length(path) float8": (text: string) => pathLength(read.path(text)),
  "path_distance(path,path) float8": (a: string, b: string) =>
    pathDistance(read.path(a), read.path(b)),
  "path_inter(path,path) bool": (a: string, b: string) =>
    pathDistance(read.path(a), read.path(b)) === 0,
  "path_npoints(path) int4": (text: string) => read.path(text).points.length,
  "npoints(path) int4": (text: string) => read.path(text).points.length,
  "path_add(path,path) path": (a: string, b: string) => {
    const [one, two] = [read.path(a), read.path(b)];
    if (one.isClosed || two.isClosed) return null;
    return show.path({ points: [...one.points, ...two.points], isClosed: false });
  },
  "isclosed(path) bool": (text: string) => read.path(text).isClosed,
  "isopen(path) bool": (text: string) => !read.path(text).isClosed,
  "pclose(path) path": (text: string) => show.path({ ...read.path(text), isClosed: true }),
  "popen(path) path": (text: string) => show.path({ ...read.path(text), isClosed: false }),
  "path(polygon) path": (text: string) => show.path({ points: read.polygon(text), isClosed: true }),
  "path_contain_pt(path,point) bool": (a: string, b: string) =>
    isInPolygon(read.point(b), read.path(a).points),
  "polygon(box) polygon": (text: string) => show.polygon(cornersOf(read.box(text))),
  "polygon(path) polygon": (text: string) => {
    const { points, isClosed } = read.path(text);
    if (!isClosed) throw new PgError("22023", "open path cannot be converted to polygon");
    return show.polygon(points);
  },
  "polygon(int4,circle) polygon": (count: number, text: string) =>
    show.polygon(poly(count, read.circle(text))),
  "polygon(circle) polygon": (text: string) => show.polygon(poly(12, read.circle(text))),
  "poly_npoints(polygon) int4": (text: string) => read.polygon(text).length,
  "npoints(polygon) int4": (text: string) => read.polygon(text).length,
  "poly_center(polygon) point": (text: string) => show.point(polygonCenter(read.polygon(text))),
  "point(polygon) point": (text: string) => show.point(polygonCenter(read.polygon(text))),
  "poly_same(polygon,polygon) bool": (a: string, b: string) =>
    samePolygon(read.polygon(a), read.polygon(b)),
  "poly_overlap(polygon,polygon) bool": (a: string, b: string) =>
    polygonsMeet(read.polygon(a), read.polygon(b)),
  "poly_contain(polygon,polygon) bool": (a: string, b: string) =>
    read.polygon(b).every((point) => isInPolygon(point, read.polygon(a))),
  "poly_contained(polygon,polygon) bool": (a: string, b: string) =>
    read.polygon(a).every((point) => isInPolygon(point, read.polygon(b))),
  "circle(point,float8) circle": (text: string, radius: number) =>
    show.circle({ center: read.point(text), radius }),
  "circle(box) circle": (text: string) => {
    const [high, low] = read.box(text);
    const center = middle(high, low);
    return show.circle({ center, radius: distance(center, high) });
  },
  "circle(polygon) circle": (text: string) => show.circle(circleOfPolygon(read.polygon(text))),
  "area(circle) float8": (text: string) => read.circle(text).radius ** 2 * Math.PI,
  "diameter(circle) float8": (text: string) => read.circle(text).radius * 2,
  "radius(circle) float8": (text: string) => read.circle(text).radius,
  "circle_center(circle) point": (text: string) => show.point(read.circle(text).center),
  "center(circle) point": (text: string) => show.point(read.circle(text).center),
  "point(circle) point": (text: string) => show.point(read.circle(text).center),
  "circle_distance(circle,circle) float8": (a: string, b: string) => {
    const [one, two] = [read.circle(a), read.circle(b)];
    return Math.max(distance(one.center, two.center) - one.radius - two.radius, 0);
  },
  "circle_same(circle,circle) bool": (a: string, b: string) => {
    const [one, two] = [read.circle(a), read.circle(b)];
    return samePoint(one.center, two.center) && equal(one.radius, two.radius);
  },
  "circle_overlap(circle,circle) bool": (a: string, b: string) => {
    const [one, two] = [read.circle(a), read.circle(b)];
    return lessOrEqual(distance(one.center, two.center), one.radius + two.radius);
  },
  "circle_contain(circle,circle) bool": (a: string, b: string) => {
    const [one, two] = [read.circle(a), read.circle(b)];
    return lessOrEqual(distance(one.center, two.center), one.radius - two.radius);
  },
  "circle_contained(circle,circle) bool": (a: string, b: string) => {
    const [one, two] = [read.circle(a), read.circle(b)];
    return lessOrEqual(distance(one.center, two.center), two.radius - one.radius);
  },
};
