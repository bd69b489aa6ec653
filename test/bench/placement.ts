/**
 * Where processes run. A round trip of microseconds is mostly the waking of whoever waits, which costs three times as much on
 * another core than on one's own; the scheduler decides that anew for every pair. So latencies are taken on one core for all.
 */
import { execFileSync } from "node:child_process";
import { availableParallelism } from "node:os";

/** Gives back what undoes it. Without `taskset` it says so, and the scheduler places. */
export function onOneCore(pids: readonly number[]): () => void {
  const place = (cores: string) => {
    for (const pid of pids)
      execFileSync("taskset", ["--all-tasks", "--cpu-list", "--pid", cores, String(pid)], {
        stdio: "ignore",
      });
  };
  try {
    place("0");
  } catch {
    console.log("taskset is not here: latencies depend on where the scheduler puts each server");
    return () => {};
  }
  return () => place(`0-${availableParallelism() - 1}`);
}
