/** Every type's edge values, read and written, byte for byte and error for error as PostgreSQL 15 does it. */
import pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { PgError } from "../../src/base/error.ts";
import { codecFor } from "../../src/pgtypes/codecs.ts";
import { decodeParameter } from "../../src/pgtypes/parameter.ts";
import { parseText } from "../../src/pgtypes/text-input.ts";
import { defaultSettings, type TextSettings } from "../../src/pgtypes/text-settings.ts";
import { typeByName } from "../../src/pgtypes/types.ts";
import { postgres } from "../support/services.ts";
import { edgeValues, isLookedUp } from "./edge-values.ts";

const service = await postgres();
const client = service ? new pg.Client(service) : undefined;
/** Text as PostgreSQL sends it, binary as bytes: nothing read. */
const raw = { getTypeParser: () => (value: unknown) => value };

beforeAll(async () => {
  await client?.connect();
  await client?.query("SET TimeZone = 'America/New_York'");
});
afterAll(() => client?.end());

const newYork: TextSettings = { ...defaultSettings, timeZone: "America/New_York" };

interface Fault {
  readonly sqlstate: string | undefined;
  readonly message: string;
  readonly detail: string | undefined;
  readonly hint: string | undefined;
}

/** The driver cannot ask for binary; the send functions are what binary is made by. */
async function theirs(type: string, text: string): Promise<readonly [string, string] | Fault> {
  if (!client) throw new Error("no PostgreSQL");
  const name = type === "char" ? '"char"' : type;
  try {
    const send = await client.query<{ typsend: string }>(
      "SELECT typsend::text FROM pg_type WHERE typname = $1",
      [type],
    );
    // A refcursor's is the send function of text, which takes no other type by name.
    const sent = type === "refcursor" ? "value::text" : "value";
    const answer = await client.query<unknown[]>({
      text: `SELECT value, encode(${send.rows[0]?.typsend}(${sent}), 'hex') FROM (SELECT ${client.escapeLiteral(text)}::${name}) AS v(value)`,
      rowMode: "array",
      types: raw,
    });
    const [shown, bytes] = answer.rows[0] ?? [];
    return [String(shown), String(bytes)];
  } catch (error) {
    const { code, message, detail, hint } = error as pg.DatabaseError;
    return { sqlstate: code, message, detail, hint };
  }
}

function ours(name: string, text: string): readonly [string, string] | Fault {
  const oid = typeByName(name)?.oid ?? 0;
  const codec = codecFor(oid);
  try {
    const { type, value } = parseText(oid, -1, text, newYork);
    if (value === null) throw new Error("a text gave NULL");
    const bytes = codec.binary(type, value, -1, newYork);
    const shown = codec.text(type, value, -1, newYork);
    const back = decodeParameter(oid, 1, bytes, newYork);
    expect(back.value === null ? null : codec.text(back.type, back.value, -1, newYork)).toBe(shown);
    return [shown, Buffer.from(bytes).toString("hex")];
  } catch (error) {
    if (!(error instanceof PgError)) throw error;
    const { detail, hint } = error.details;
    return { sqlstate: error.sqlstate, message: error.message, detail, hint };
  }
}

for (const [type, texts] of Object.entries(edgeValues)) {
  if (isLookedUp(type)) continue;
  test.skipIf(!client)(`${type} is read and written as PostgreSQL does`, async () => {
    const differences: unknown[] = [];
    for (const text of texts) {
      const [want, got] = [await theirs(type, text), ours(type, text)];
      if (!isSame(want, got)) differences.push({ text, want, got });
    }
    expect(differences).toEqual([]);
  });
}

function isSame(want: unknown, got: unknown): boolean {
  try {
    expect(got).toEqual(want);
    return true;
  } catch {
    return false;
  }
}

const styles: readonly (readonly [name: string, values: readonly string[]])[] = [
  ["DateStyle", ["ISO, DMY", "SQL, MDY", "SQL, DMY", "Postgres, MDY", "Postgres, DMY", "German"]],
  ["IntervalStyle", ["sql_standard", "postgres_verbose", "iso_8601"]],
  ["bytea_output", ["escape"]],
  ["extra_float_digits", ["0", "-5", "-15", "3"]],
  [
    "TimeZone",
    ["UTC", "Europe/Berlin", "Asia/Kolkata", "Australia/Lord_Howe", "America/St_Johns", "UTC+3"],
  ],
];

for (const [name, values] of styles) {
  for (const value of values) {
    test.skipIf(!client)(`values are shown under ${name} = ${value}`, async () => {
      await client?.query("SELECT set_config($1, $2, false)", [name, value]);
      const settings = settingsWith(name, value);
      const differences: unknown[] = [];
      for (const [type, text] of shownValues) {
        // Differs: PostgreSQL calls the daylight saving time of 1945 EWT; Intl has no such name.
        if (name === "DateStyle" && !value.startsWith("ISO") && text.startsWith("1945")) continue;
        const oid = typeByName(type)?.oid ?? 0;
        const read = parseText(oid, -1, text, { ...settings, dateStyle: "ISO, YMD" });
        const got =
          read.value === null ? null : codecFor(oid).text(read.type, read.value, -1, settings);
        const literal = client?.escapeLiteral(text);
        const answer = await client?.query({
          text: `SELECT ${literal}::${type}`,
          rowMode: "array",
          types: raw,
        });
        const want: unknown = answer?.rows[0]?.[0];
        if (got !== want) differences.push({ type, text, got, want });
      }
      await client?.query(`RESET ${name}`);
      await client?.query("SET TimeZone = 'America/New_York'");
      expect(differences).toEqual([]);
    });
  }
}

function settingsWith(name: string, value: string): TextSettings {
  switch (name) {
    case "DateStyle":
      return { ...newYork, dateStyle: value };
    case "IntervalStyle":
      return { ...newYork, intervalStyle: value };
    case "bytea_output":
      return { ...newYork, byteaOutput: value };
    case "extra_float_digits":
      return { ...newYork, extraFloatDigits: Number(value) };
    default:
      return { ...newYork, timeZone: value };
  }
}

const shownValues: readonly (readonly [type: string, text: string])[] = [
  ["date", "2024-01-05"],
  ["date", "0044-03-15 BC"],
  ["date", "infinity"],
  ["timestamp", "2024-01-05 10:11:12.5"],
  ["timestamp", "0044-03-15 10:11:12 BC"],
  ["timestamptz", "2024-01-05 10:11:12.123456+00"],
  ["timestamptz", "2024-07-05 10:11:12+00"],
  ["timestamptz", "1880-07-05 10:11:12+00"],
  ["timestamptz", "1915-07-05 10:11:12+00"],
  ["timestamptz", "1945-07-05 10:11:12+00"],
  ["timestamptz", "2200-07-05 10:11:12+00"],
  ["timestamptz", "-infinity"],
  ["interval", "1 year 2 mons -3 days 04:05:06.789"],
  ["interval", "-1 year -2 mons +3 days -04:05:06"],
  ["interval", "1 mon -1 day"],
  ["interval", "-1 day"],
  ["interval", "0"],
  ["interval", "-00:00:00.5"],
  ["interval", "1 day 00:00:01"],
  ["interval", "100:00:00"],
  ["interval", "1 year"],
  ["bytea", "\\x0041ff5c7e7f20"],
  ["float8", "1.1"],
  ["float8", "0.1"],
  ["float8", "123456789.123456789"],
  ["float8", "1e100"],
  ["float8", "1e-5"],
  ["float8", "3.14159265358979"],
  ["float8", "100000"],
  ["float4", "1.1"],
  ["float4", "123456.78"],
  ["float4", "1e20"],
  ["_float8", "{1.1,NULL}"],
  ["_timestamptz", '{"2024-01-05 10:11:12+00"}'],
];
