/** The run-time parameters on which a value's text depends. */
import type { Encoding } from "./encodings.ts";

export interface TextSettings {
  /** As SHOW gives it: "ISO, MDY". */
  readonly dateStyle: string;
  readonly intervalStyle: string;
  readonly timeZone: string;
  readonly byteaOutput: string;
  readonly extraFloatDigits: number;
  /** The client's, for what goes to it and comes from it; undefined: UTF-8. */
  readonly encoding?: Encoding | undefined;
  /** The OID of what has a name: of a value of regclass, regtype and kin that is to go as binary. */
  readonly oidOfName?: ((name: string, typeOid: number) => number) | undefined;
  /** What `now` and `today` are read as, microseconds since 1970; the clock when absent. */
  readonly now?: bigint;
}

export const defaultSettings: TextSettings = {
  dateStyle: "ISO, MDY",
  intervalStyle: "postgres",
  timeZone: "UTC",
  byteaOutput: "hex",
  extraFloatDigits: 1,
};

export interface DateStyle {
  readonly output: "ISO" | "SQL" | "Postgres" | "German";
  readonly order: "MDY" | "DMY" | "YMD";
}

const styles = new Map<string, DateStyle>();

/** DateStyle is two things in one text: how dates are written, and how ambiguous ones are read. */
export function readDateStyle(text: string): DateStyle {
  const known = styles.get(text);
  if (known) return known;
  const style: DateStyle = {
    output: /sql/i.test(text)
      ? "SQL"
      : /postgres/i.test(text)
        ? "Postgres"
        : /german/i.test(text)
          ? "German"
          : "ISO",
    order: /ymd/i.test(text) ? "YMD" : /dmy|european|german/i.test(text) ? "DMY" : "MDY",
  };
  styles.set(text, style);
  return style;
}
