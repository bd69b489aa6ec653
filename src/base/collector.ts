/** JavaScript's collector, asked for: it does not see what the engine holds behind a few small objects. */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

setFlagsFromString("--expose-gc");
const collect: (options: { readonly type: "major" | "minor" }) => void = runInNewContext("gc");

/** Stops everything for some tens of milliseconds. */
export function collectAll(): void {
  collect({ type: "major" });
}

/** What was made lately; a millisecond or two. */
export function collectYoung(): void {
  collect({ type: "minor" });
}
