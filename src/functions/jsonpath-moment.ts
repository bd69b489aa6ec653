/** Points in time within a jsonpath: what .datetime() reads, and how two of them compare. */
import { PgError } from "../base/error.ts";
import { codecFor } from "../pgtypes/codecs.ts";
import { oids } from "../pgtypes/oids.ts";
import { parseText } from "../pgtypes/text-input.ts";
import { defaultSettings } from "../pgtypes/text-settings.ts";
import { typeTitle } from "../pgtypes/types.ts";

export class Moment {
  readonly type: number;
  readonly value: bigint;
  readonly #text: string;

  constructor(type: number, value: bigint, text: string) {
    this.type = type;
    this.value = value;
    this.#text = text;
  }

  get typeName(): string {
    return typeTitle(this.type);
  }

  /** As it is written in JSON. */
  get text(): string {
    const isZoned = this.type === oids.timestamptz || this.type === oids.timetz;
    const shown = this.#text.replace(" ", "T");
    return isZoned ? shown.replace(/([+-]\d\d)$/, "$1:00") : shown;
  }
}

/** ISO forms, in the order in which PostgreSQL tries them. */
const forms: readonly (readonly [pattern: RegExp, type: number])[] = [
  [/^\d{4}-\d\d-\d\d$/, oids.date],
  [/^\d\d:\d\d(?::\d\d(?:\.\d+)?)? ?[+-]\d\d(?::?\d\d)?$/, oids.timetz],
  [/^\d\d:\d\d(?::\d\d(?:\.\d+)?)?$/, oids.time],
  [/^\d{4}-\d\d-\d\d[ T]\d\d:\d\d(?::\d\d(?:\.\d+)?)? ?[+-]\d\d(?::?\d\d)?$/, oids.timestamptz],
  [/^\d{4}-\d\d-\d\d[ T]\d\d:\d\d(?::\d\d(?:\.\d+)?)?$/, oids.timestamp],
];

/** 22031 when it is in none of the forms. */
export function momentOf(text: string): Moment {
  const type = forms.find(([pattern]) => pattern.test(text))?.[1];
  if (type === undefined)
    throw new PgError("22031", `datetime format is not recognized: "${text}"`, {
      hint: "Use a datetime template argument to specify the input data format.",
    });
  const { type: stored, value } = parseText(type, -1, text);
  if (value === null) throw new PgError("22031", `datetime format is not recognized: "${text}"`);
  return new Moment(
    type,
    BigInt(value as number | bigint),
    codecFor(type).text(stored, value, -1, defaultSettings),
  );
}

const dayMicros = 86_400_000_000n;
const datelike: ReadonlySet<number> = new Set([oids.date, oids.timestamp, oids.timestamptz]);

/** undefined: times of day and dates do not compare. 0A000 where a zone would be needed and may not be used. */
export function compareMoments(a: Moment, b: Moment, usesZone: boolean): number | undefined {
  if (datelike.has(a.type) !== datelike.has(b.type)) return undefined;
  const isZoned = (moment: Moment) =>
    moment.type === oids.timestamptz || moment.type === oids.timetz;
  if (isZoned(a) !== isZoned(b) && !usesZone)
    throw new PgError(
      "0A000",
      `cannot convert value from ${castName(isZoned(a) ? b : a)} to ${castName(isZoned(a) ? a : b)} without time zone usage`,
      { hint: "Use *_tz() function for time zone support." },
    );
  const [left, right] = [a, b].map((moment) =>
    moment.type === oids.date ? moment.value * dayMicros : moment.value,
  );
  return left === right ? 0 : (left ?? 0n) < (right ?? 0n) ? -1 : 1;
}

const castName = (moment: Moment) =>
  ({
    [oids.timestamptz]: "timestamptz",
    [oids.timestamp]: "timestamp",
    [oids.timetz]: "timetz",
    [oids.time]: "time",
  })[moment.type] ?? "date";
