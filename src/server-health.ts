/** lakehouse.server_health: one row about the process itself, for people and for the benchmark. */
import { type IntervalHistogram, monitorEventLoopDelay } from "node:perf_hooks";
import type { LiveRelation } from "./catalog/relation.ts";
import type { Engine } from "./engine/engine.ts";
import type { Activity } from "./session/activity.ts";

const nanosPerMilli = 1e6;

export function serverHealth(engine: Engine, activity: Activity): LiveRelation {
  const startedAt = new Date();
  const delay: IntervalHistogram = monitorEventLoopDelay({ resolution: 5 });
  delay.enable();
  return {
    oid: 89_900,
    schema: "lakehouse",
    name: "server_health",
    comment:
      "The server process: event-loop delay since the last look, memory (what the engine counts of its own, too), sessions, statements in the engine, and what they hold there: connections, tables of stages, calls and cursors.",
    columns: [
      { name: "started_at", typeOid: 1184 },
      { name: "event_loop_p50_ms", typeOid: 701 },
      { name: "event_loop_p99_ms", typeOid: 701 },
      { name: "event_loop_max_ms", typeOid: 701 },
      { name: "resident_bytes", typeOid: 20 },
      { name: "sessions", typeOid: 23 },
      { name: "statements_running", typeOid: 23 },
      { name: "statements_queued", typeOid: 23 },
      { name: "engine_connections", typeOid: 23 },
      { name: "engine_tables", typeOid: 23 },
      { name: "heap_bytes", typeOid: 20 },
      { name: "external_bytes", typeOid: 20 },
      { name: "engine_bytes", typeOid: 20 },
      { name: "engine_spilled_bytes", typeOid: 20 },
    ],
    async rows() {
      const milliseconds = (nanos: number) => nanos / nanosPerMilli;
      const { rss, heapUsed, external } = process.memoryUsage();
      const taken = await engineMemory(engine);
      const row = [
        BigInt(startedAt.getTime()) * 1000n,
        milliseconds(delay.percentile(50)),
        milliseconds(delay.percentile(99)),
        milliseconds(delay.max),
        BigInt(rss),
        activity.count,
        engine.running,
        engine.queued,
        engine.connectionsInUse,
        await workTables(engine),
        BigInt(heapUsed),
        BigInt(external),
        taken.memory,
        taken.spilled,
      ];
      delay.reset();
      return [row];
    },
  };
}

/** What statements and transactions keep in the engine; none when nothing is under way. */
async function workTables(engine: Engine): Promise<number> {
  const [row] = await engine.system(
    "SELECT count(*)::INTEGER AS tables FROM duckdb_tables() WHERE schema_name IN ('stage', 'call', 'cursor')",
  );
  return Number(row?.["tables"] ?? 0);
}

/** What the engine itself knows of: buffers, hash tables, in-memory tables, and what it has spilled. */
async function engineMemory(
  engine: Engine,
): Promise<{ readonly memory: bigint; readonly spilled: bigint }> {
  const [row] = await engine.system(
    "SELECT sum(memory_usage_bytes)::BIGINT AS memory, sum(temporary_storage_bytes)::BIGINT AS spilled FROM duckdb_memory()",
  );
  const bytes = (value: unknown) => (typeof value === "bigint" ? value : 0n);
  return { memory: bytes(row?.["memory"]), spilled: bytes(row?.["spilled"]) };
}
