/** Points in time within a jsonpath: what .datetime() reads, and how two of them compare. */
import { PgError } from "../base/error.ts";
import { codecFor } from "../pgtypes/codecs.ts";
import { oids } from "../pgtypes/oids.ts";
import { parseText } from "../pgtypes/text-input.ts";
import { defaultSettings } from "../pgtypes/text-settings.ts";
import { typeTitle } from "../pgtypes/types.ts";
import { readMoment } from "./moment-parse.ts";
import { readTemplate } from "./moment-template.ts";

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

const dateFields = /^(?:Y|I|CC|M|DD|D$|DAY|DY|W|J|Q|RM|A\.?D|B\.?C)/i;
const timeFields = /^(?:HH|MI$|S|MS|US|FF|[AP]\.?M)/i;
const zoneFields = /^(?:TZH|TZM|TZ|OF)$/i;

/** Of the type that its template's fields make. */
export function momentBy(text: string, template: string): Moment {
  const names = readTemplate(template).flatMap((part) =>
    part.kind === "field" ? [part.name] : [],
  );
  const has = (fields: RegExp) => names.some((name) => fields.test(name));
  const hasTime = names.some((name) => timeFields.test(name));
  const hasDate = names.some((name) => dateFields.test(name) && !timeFields.test(name));
  const { days, micros, offset = 0 } = readMoment(text, template);
  const date = new Date(days * 86_400_000).toISOString().slice(0, 10);
  const seconds = new Date(Math.floor(micros / 1000)).toISOString().slice(11, 19);
  const time = `${seconds}.${String(micros % 1_000_000).padStart(6, "0")}`;
  const minutes = Math.floor(Math.abs(offset) / 60);
  const two = (part: number) => String(part).padStart(2, "0");
  const zone = `${offset < 0 ? "-" : "+"}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
  if (!hasDate && !hasTime)
    throw new PgError("22007", "datetime format is not dated and not timed");
  const isZoned = hasTime && has(zoneFields);
  return momentOf(
    [hasDate ? date : "", hasTime ? time : ""].filter(Boolean).join(" ") + (isZoned ? zone : ""),
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
