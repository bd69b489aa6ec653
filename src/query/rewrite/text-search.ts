/** Functions of text search that leave their configuration to the session's default_text_search_config. */
import type { BuiltinProc } from "../../catalog/builtins.ts";
import { englishConfig, simpleConfig } from "../../functions/ts-config.ts";
import type { Expression } from "../analyze/tree.ts";
import { typeRow } from "../analyze/types.ts";
import type { Printer } from "../print/printer.ts";
import { printNamedKernel } from "./named-kernel.ts";

const operators: Readonly<Record<string, string>> = {
  ts_match_tt: "ts_match_of",
  ts_match_tq: "ts_match_query",
};

/** undefined for any other function. */
export function printTextSearch(
  proc: BuiltinProc,
  values: readonly Expression[],
  printer: Printer,
): string | undefined {
  if (proc.proname === "get_current_ts_config") return `CAST(${config(printer)} AS UINTEGER)`;
  const name = operators[proc.proname] ?? proc.proname;
  if (!/^(?:ts_match|ts_headline|jsonb?_to_ts|\w*to_ts)/.test(name)) return undefined;
  const types = proc.proargtypes.map((type) => typeRow(type)?.typname ?? "");
  const printed = values.map((one) => printer.expression(one));
  return printNamedKernel(
    `${name}(${["regconfig", ...types].join(",")})`,
    String(config(printer)),
    ...printed,
  );
}

function config({ analysis }: Printer): number {
  analysis.readsSettings = true;
  const name = analysis.context.setting("default_text_search_config") ?? "pg_catalog.english";
  switch (name.replace(/^pg_catalog\./, "")) {
    case "english":
      return englishConfig;
    case "simple":
      return simpleConfig;
    default:
      throw analysis.error(
        "0A000",
        `text search configuration ${name} is not supported yet`,
        undefined,
        { hint: "Use english or simple." },
      );
  }
}
