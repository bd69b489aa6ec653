/** SET, RESET, SHOW and kin. */
import { PgError } from "../base/error.ts";
import type { EngineValue } from "../pgtypes/vector.ts";
import type { CallArgument, ParameterPlan } from "../query/plan.ts";
import type { Backend } from "./backend.ts";
import { argumentValue } from "./calls.ts";
import { executionOf } from "./expand.ts";
import { type Outcome, TextRows } from "./portal.ts";
import type { Request } from "./request.ts";

const command = (tag: string): Outcome => ({ kind: "command", tag });
const rows = (values: readonly (readonly (string | null)[])[], tag: string): Outcome => ({
  kind: "rows",
  rows: new TextRows(values),
  tag: () => tag,
});

export async function runParameterPlan(
  plan: ParameterPlan,
  backend: Backend,
  request: Request,
): Promise<Outcome> {
  const { parameters } = backend;
  switch (plan.kind) {
    case "set":
      return set(plan, backend);
    case "reset all":
      parameters.resetAll();
      return command("RESET");
    case "show":
      return runShow(plan.name, backend);
    case "show all":
      return rows(
        parameters.showAll().map((row) => [row.name, row.setting, row.description]),
        "SHOW",
      );
    case "set role":
      parameters.set("role", plan.name, { isLocal: plan.isLocal });
      return command(plan.tag ?? "SET");
    case "set session authorization":
      parameters.set("session_authorization", plan.name, { isLocal: false });
      return command(plan.tag ?? "SET");
    case "set config":
      return setConfig(plan, backend, request);
    default:
      return plan satisfies never;
  }
}

/** The value of one parameter. */
export function runShow(name: string, backend: Backend): Outcome {
  return rows([[shown(name, backend)]], "SHOW");
}

export function set(plan: Extract<ParameterPlan, { kind: "set" }>, backend: Backend): Outcome {
  const { parameters, transaction } = backend;
  if (plan.isLocal && transaction.status === "implicit") {
    backend.notice({
      severity: "WARNING",
      sqlstate: "25P01",
      message: "SET LOCAL can only be used in transaction blocks",
    });
  }
  if (plan.tag === "RESET") parameters.reset(plan.name);
  else parameters.set(plan.name, plan.value, { isLocal: plan.isLocal });
  return command(plan.tag);
}

function shown(name: string, backend: Backend): string {
  const value = backend.parameters.show(name);
  if (value === undefined) {
    throw new PgError("42704", `unrecognized configuration parameter "${name}"`);
  }
  return value;
}

function setConfig(
  plan: Extract<ParameterPlan, { kind: "set config" }>,
  backend: Backend,
  request: Request,
): Outcome {
  const execution = executionOf(backend, request.parameters);
  const given = (argument: CallArgument): EngineValue => argumentValue(argument, execution);
  const name = given(plan.name);
  if (typeof name !== "string") throw new PgError("22004", "SET requires parameter name");
  const value = given(plan.value);
  if (value === null) backend.parameters.reset(name);
  else backend.parameters.set(name, String(value), { isLocal: given(plan.isLocal) === true });
  return {
    kind: "rows",
    rows: new TextRows([[backend.parameters.show(name) ?? ""]]),
    tag: (count) => `SELECT ${count}`,
  };
}
