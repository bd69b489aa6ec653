/** How a run-time parameter is declared; the tables of them are run-time.ts and inert.ts. */

/** Who may change it, and when: pg_settings.context. */
export type ParameterContext = "internal" | "postmaster" | "sighup" | "superuser" | "user";

interface Common {
  /** In PostgreSQL's own spelling: `TimeZone`, though any case is understood. */
  readonly name: string;
  readonly context: ParameterContext;
  /** The value before configuration and client have their say, in base units. */
  readonly boot: string;
  /** pg_settings.category. */
  readonly category: string;
  readonly summary: string;
  /** GUC_REPORT: the client is told of every change by ParameterStatus. */
  readonly isReported: boolean;
  /** GUC_LIST_INPUT and, for names, GUC_LIST_QUOTE: SET takes several values. */
  readonly list: "no" | "words" | "names";
  /** GUC_NO_SHOW_ALL. */
  readonly isHidden: boolean;
  /** GUC_SUPERUSER_ONLY: others may not even read it. */
  readonly isPrivate: boolean;
  /** True: understood because clients set it, but nothing here depends on it. */
  readonly isInert: boolean;
  /** When only some of PostgreSQL's values are served: the others answer 0A000. */
  readonly only: readonly string[] | undefined;
}

export type Unit = "ms" | "s" | "kB" | "8kB";

export type ParameterType =
  | { readonly type: "bool" }
  | {
      readonly type: "integer";
      readonly min: number;
      readonly max: number;
      readonly unit: Unit | undefined;
    }
  | { readonly type: "real"; readonly min: number; readonly max: number }
  | {
      readonly type: "enum";
      readonly values: readonly string[];
      /** Accepted, never listed: what it stands for. */
      readonly hidden: Readonly<Record<string, string>>;
    }
  | { readonly type: "string" };

export type Parameter = Common & ParameterType;

export type Extras = Partial<Omit<Common, "name" | "boot" | "summary" | "category">>;

export const int4Max = 2_147_483_647;

/** PostgreSQL lets these enums be switched with Boolean words too. */
export const booleanWords: Readonly<Record<string, string>> = {
  true: "on",
  yes: "on",
  "1": "on",
  false: "off",
  no: "off",
  "0": "off",
};

const common: Omit<Common, "name" | "boot" | "summary" | "category"> = {
  context: "user",
  isReported: false,
  list: "no",
  isHidden: false,
  isPrivate: false,
  isInert: false,
  only: undefined,
};

/** Functions that declare parameters of one category. */
export function declarations(category: string, shared: Extras = {}) {
  const base = (name: string, boot: string, summary: string, extras: Extras): Common => {
    return { ...common, ...shared, ...extras, name, boot, summary, category };
  };
  return {
    bool: (name: string, boot: "on" | "off", summary: string, extras: Extras = {}): Parameter => ({
      ...base(name, boot, summary, extras),
      type: "bool",
    }),
    integer: (
      name: string,
      boot: number,
      [min, max, unit]: readonly [min: number, max: number, unit?: Unit],
      summary: string,
      extras: Extras = {},
    ): Parameter => ({
      ...base(name, String(boot), summary, extras),
      type: "integer",
      min,
      max,
      unit,
    }),
    real: (
      name: string,
      boot: number,
      [min, max]: readonly [number, number],
      summary: string,
      extras: Extras = {},
    ): Parameter => ({ ...base(name, String(boot), summary, extras), type: "real", min, max }),
    choice: (
      name: string,
      boot: string,
      values: readonly string[],
      summary: string,
      extras: Extras & { readonly hidden?: Readonly<Record<string, string>> } = {},
    ): Parameter => {
      const { hidden = {}, ...rest } = extras;
      return { ...base(name, boot, summary, rest), type: "enum", values, hidden };
    },
    text: (name: string, boot: string, summary: string, extras: Extras = {}): Parameter => ({
      ...base(name, boot, summary, extras),
      type: "string",
    }),
  };
}
