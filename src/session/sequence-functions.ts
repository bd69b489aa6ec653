/** nextval and its kin as the engine calls them: with the sequence's OID and the pid of the session that asks. */
import { must } from "../base/assert.ts";
import type { Engine } from "../engine/engine.ts";
import type { LogicalType } from "../pgtypes/logical-type.ts";
import { readValue } from "../pgtypes/read-value.ts";
import type { EngineValue, Vector } from "../pgtypes/vector.ts";
import type { Activity } from "./activity.ts";
import type { SessionSequences } from "./session-sequences.ts";

const int8: LogicalType = { id: "BIGINT" };
const int4: LogicalType = { id: "INTEGER" };
const bool: LogicalType = { id: "BOOLEAN" };

export function registerSequenceFunctions(engine: Engine, activity: Activity): void {
  const asker = (pid: EngineValue) =>
    must(activity.get(Number(pid)), "the session that asks is there").backend().sequences;
  const register = (
    name: string,
    parameters: readonly LogicalType[],
    call: (sequences: SessionSequences, ...values: EngineValue[]) => bigint | undefined,
  ) =>
    engine.registerScalar({
      name,
      parameters: [...parameters, int4],
      result: int8,
      isVolatile: true,
      call: (...values) => {
        const pid = values.pop() ?? null;
        return values.includes(null) ? null : (call(asker(pid), ...values) ?? null);
      },
    });

  // The last argument makes the engine ask in the order of rows.
  const registerDraw = (name: string, isIdentity: boolean) =>
    engine.registerNumbers({
      name,
      parameters: [int8, int4, int8],
      numbers: ({ rowCount, vectors: [oids, pids] }) => {
        const sequences = asker(readValue(must(pids, "a pid"), 0));
        const draw = (oid: number, count: number) => sequences.nextval(oid, count, isIdentity);
        return drawn(must(oids, "an OID"), rowCount, draw);
      },
    });
  registerDraw("shim_nextval", false);
  registerDraw("shim_next_identity", true);
  register("shim_currval", [int8], (sequences, oid) => sequences.currval(Number(oid)));
  register("shim_lastval", [], (sequences) => sequences.lastval());
  register("shim_setval", [int8, int8, bool], (sequences, oid, value, isCalled) =>
    sequences.setval(Number(oid), BigInt(String(value)), isCalled === true),
  );
  register("shim_sequence_last_value", [int8], (sequences, oid) =>
    sequences.lastValue(Number(oid)),
  );
}

/** Runs of rows that name the same sequence are drawn at once. */
function drawn(
  oids: Vector,
  rowCount: number,
  draw: (oid: number, count: number) => BigInt64Array,
): BigInt64Array {
  const names = new BigInt64Array(oids.data.buffer, oids.data.byteOffset, rowCount);
  const [first] = names;
  if (names.every((name) => name === first)) return draw(Number(first), rowCount);
  const numbers = new BigInt64Array(rowCount);
  for (const [row, name] of names.entries()) numbers[row] = draw(Number(name), 1)[0] ?? 0n;
  return numbers;
}
