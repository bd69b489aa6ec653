import type { RoutineContext } from "./define.ts";

const intervalMs = 5_000;

/** Tells how far long work is: one NOTICE every few seconds, the first not at once. */
export function paced(context: RoutineContext): (message: string) => void {
  let last = Date.now();
  return (message) => {
    if (Date.now() - last < intervalMs) return;
    last = Date.now();
    context.notice({ severity: "NOTICE", sqlstate: "00000", message });
  };
}
