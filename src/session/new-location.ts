import { randomBytes } from "node:crypto";

/** A dataset's folder never moves, so its name carries what no other dataset's does. */
export function newLocation(name: string): string {
  const safe =
    name
      .toLowerCase()
      .replace(/[^a-z0-9_]+/g, "_")
      .slice(0, 63) || "dataset";
  return `${safe}-${randomBytes(4).toString("hex")}`;
}
