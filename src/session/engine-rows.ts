/** Engine text run: its rows streamed, or kept inside the engine. Calls run first, catalog facts are brought up to date. */
import type { HeldFacts } from "../catalog/facts.ts";
import type { Asker } from "../catalog/relation.ts";
import type { EngineConnection, EngineParameter } from "../engine/engine.ts";
import type { EngineText } from "../query/plan.ts";
import type { Backend } from "./backend.ts";
import { assertOutsideBlock, materializeCalls } from "./calls.ts";
import { currentRow } from "./current-row.ts";
import { executionOf, expand, type Names, type RunnableText } from "./expand.ts";
import { hotRows } from "./hot-lookup.ts";
import { withLockWaits } from "./lock-wait.ts";
import { StreamedRows } from "./portal.ts";
import { isLookup, reachOf } from "./reach.ts";
import { routineContext } from "./routine-context.ts";

/** Opens the engine stream of a text on a connection of its own. */
export async function openRows(
  text: EngineText,
  backend: Backend,
  parameters: readonly EngineParameter[],
  names: Omit<Names, "calls"> = {},
): Promise<StreamedRows> {
  if (reachOf(text) === "small") return smallRow(text, backend, parameters);
  // Numbers of sequences are settled before anybody sees them.
  if (text.sequences !== undefined) return openResult(text, backend, parameters, names);
  const hot = await hotRows(text, backend, parameters);
  if (hot !== undefined) return hot;
  const isShort = reachOf(text) !== "rows" || (await isLookup(text, backend.transaction));
  const start: Start<StreamedRows> = async (connection, { sql, parameters: bound }, letGo) =>
    new StreamedRows(
      connection,
      await (isShort
        ? connection.row(sql, bound, backend.signal, text.isLasting)
        : connection.stream(sql, bound, backend.signal, text.isLasting)),
      letGo,
    );
  return started(text, backend, parameters, names, start);
}

/** The same, run to its end: what it gives can be read whatever happens to the tables it was made from. */
export async function openResult(
  text: EngineText,
  backend: Backend,
  parameters: readonly EngineParameter[],
  names: Omit<Names, "calls">,
): Promise<StreamedRows> {
  return started(text, backend, parameters, names, async (connection, runnable, letGo) => {
    const result = await connection.row(runnable.sql, runnable.parameters, backend.signal);
    await backend.sequences.settle();
    return new StreamedRows(connection, result, letGo);
  });
}

/** Runs engine SQL that keeps its rows inside the engine: INSERT INTO stage … SELECT. The number of rows. */
export async function runText(
  text: EngineText,
  wrap: (sql: string) => string,
  backend: Backend,
  parameters: readonly EngineParameter[],
  names: Omit<Names, "calls"> = {},
): Promise<number> {
  const start: Start<number> = async (connection, { sql, parameters: bound }, letGo) => {
    const count = await connection.run(wrap(sql), bound, backend.signal);
    await backend.sequences.settle();
    connection.release();
    await letGo();
    return count;
  };
  return started(text, backend, parameters, names, start, false);
}

/** The short road of a statement over nothing: no calls to run first, no facts, no versions. */
async function smallRow(
  text: EngineText,
  backend: Backend,
  parameters: readonly EngineParameter[],
): Promise<StreamedRows> {
  const { services, transaction } = backend;
  backend.parameters.queryStarted();
  const execution = executionOf(backend, parameters);
  const runnable = await expand(text, { calls: [] }, transaction, execution, services);
  const connection = await services.engine.connectSmall(backend.parameters.engineTimeZone);
  try {
    const row = await connection.row(runnable.sql, runnable.parameters, backend.stop);
    return new StreamedRows(connection, row, async () => {});
  } catch (error) {
    connection.release();
    throw error;
  }
}

/** Starts the statement. On success it owns the connection and the calls' rows, which `letGo` drops. */
type Start<T> = (
  connection: EngineConnection,
  runnable: RunnableText,
  letGo: () => Promise<void>,
) => Promise<T>;

function started<T>(
  text: EngineText,
  backend: Backend,
  parameters: readonly EngineParameter[],
  given: Omit<Names, "calls">,
  start: Start<T>,
  /** It leaves nothing behind when it fails. */
  isRepeatable = true,
): Promise<T> {
  return withLockWaits(backend, () =>
    backend.sequences.around(text, isRepeatable, () =>
      begun(text, backend, parameters, given, start),
    ),
  );
}

async function begun<T>(
  text: EngineText,
  backend: Backend,
  parameters: readonly EngineParameter[],
  given: Omit<Names, "calls">,
  start: Start<T>,
): Promise<T> {
  const { services } = backend;
  backend.parameters.queryStarted();
  for (const call of text.calls) {
    if (call.kind === "routine") assertOutsideBlock(call.call.routine, backend.transaction);
  }
  const execution = executionOf(backend, parameters);
  const context = text.calls.length > 0 ? await routineContext(backend) : undefined;
  // What functions write is not seen by the statement that calls them.
  const seen = given.seen ?? backend.transaction.mark;
  const calls = await materializeCalls(
    text.calls,
    execution,
    asker(backend),
    context,
    services,
    (call) =>
      call.kind === "function"
        ? services.runFunction(call.call, backend, parameters)
        : currentRow(call, backend),
  );
  let facts: HeldFacts | undefined;
  let connection: EngineConnection | undefined;
  try {
    // A stream reads its own snapshot of the facts from the moment it has started.
    if (text.readsCatalog)
      facts = await services.publish(await backend.context(), {
        orNewer: !backend.isInBlock,
        figures: text.readsFigures !== false,
      });
    connection = await services.engine.connect(backend.parameters.engineTimeZone);
    const names: Names = { ...given, seen, calls: calls.names };
    const runnable = await expand(text, names, backend.transaction, execution, services);
    return await start(connection, stamped(runnable, facts), () => calls.drop());
  } catch (error) {
    connection?.release();
    await calls.drop();
    throw error;
  } finally {
    facts?.release();
  }
}

function stamped(runnable: RunnableText, facts: HeldFacts | undefined): RunnableText {
  if (facts === undefined) return runnable;
  return { ...runnable, sql: `${runnable.sql} /* facts ${facts.number} */` };
}

function asker({ role, pid }: Backend): Asker {
  return { roleOid: role.oid, roleName: role.name, isSuperuser: role.isSuperuser, pid };
}

export function rowsTag(tag: string): (rows: number) => string {
  return (rows) => (tag === "SELECT" || tag === "FETCH" ? `${tag} ${rows}` : tag);
}
