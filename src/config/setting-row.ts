/** Run-time parameters as SHOW ALL and pg_settings tell them. */
import type { Parameter } from "./declare.ts";
import type { KeptValues } from "./layers.ts";

export interface ShownParameter {
  readonly name: string;
  readonly setting: string;
  readonly description: string;
}

/** A row of pg_settings; `setting`, `boot` and `reset` are in base units. */
export interface SettingRow {
  readonly parameter: Parameter;
  readonly setting: string;
  readonly boot: string;
  readonly reset: string;
  readonly source: "default" | "configuration file" | KeptValues["source"] | "client" | "session";
}
