/** WITH x AS (DELETE … RETURNING …) INSERT …: each step once and whole, all upon what the statement saw at its start. */
import type { WithPlan } from "../query/plan.ts";
import type { Backend } from "./backend.ts";
import { openResult, rowsTag, runText } from "./engine-rows.ts";
import type { Outcome } from "./portal.ts";
import type { Request } from "./request.ts";
import { runWrite, type Surroundings } from "./writes.ts";

let serial = 0;

export async function runWrites(
  plan: WithPlan | Parameters<typeof runWrite>[0],
  backend: Backend,
  request: Request,
): Promise<Outcome> {
  return plan.kind === "with" ? runWith(plan, backend, request) : runWrite(plan, backend, request);
}

async function runWith(plan: WithPlan, backend: Backend, request: Request): Promise<Outcome> {
  const { engine } = backend.services;
  const seen = backend.transaction.mark;
  const returned: string[] = [];
  try {
    for (const step of plan.steps) {
      const kept = `call.s${++serial}`;
      const giveBack: Surroundings["giveBack"] = async (text, names, tag) => {
        const creation = (sql: string) => `CREATE TABLE ${kept} AS ${sql}`;
        await runText(text, creation, backend, request.parameters, names);
        return { kind: "command", tag };
      };
      await runWrite(step, backend, request, { seen, returned, giveBack });
      returned.push(kept);
    }
    return await runMain(plan.main, { seen, returned }, backend, request);
  } finally {
    for (const kept of returned) await engine.system(`DROP TABLE IF EXISTS ${kept}`);
  }
}

async function runMain(
  main: WithPlan["main"],
  surroundings: { readonly seen: number; readonly returned: readonly string[] },
  backend: Backend,
  request: Request,
): Promise<Outcome> {
  if (main.kind !== "select") return runWrite(main, backend, request, surroundings);
  const rows = await openResult(main.text, backend, request.parameters, surroundings);
  return { kind: "rows", rows, tag: rowsTag("SELECT") };
}
