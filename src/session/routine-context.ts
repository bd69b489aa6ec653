/** What a routine's body may use: the caller's role, its notices, SQL run as the caller. */
import type { RoutineContext } from "../routines/define.ts";
import type { Backend } from "./backend.ts";
import { completion } from "./completed-rows.ts";
import { sqlRunner } from "./sql-runner.ts";

export async function routineContext(backend: Backend): Promise<RoutineContext> {
  return {
    role: backend.role,
    access: await backend.services.access.current(),
    signal: backend.signal,
    pid: backend.pid,
    setting: (name) => backend.parameters.show(name),
    notice: backend.notice,
    sql: sqlRunner(backend),
    guard: (added) => backend.services.guardAdded(added, backend),
    complete: completion(backend),
    rooms: backend.services.rooms,
  };
}
