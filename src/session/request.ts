/** One execution of one statement. */
import type { EngineParameter } from "../engine/engine.ts";
import type { PlannedStatement } from "../query/plan.ts";
import type { Channel } from "./channel.ts";

/** What a statement is executed for: its bound values and, when there is one, the client it may talk COPY with. */
export interface Request {
  readonly statement: PlannedStatement;
  readonly parameters: readonly EngineParameter[];
  readonly channel: Channel | undefined;
  readonly isBinary: boolean;
}
