/** Dates and times. https://www.postgresql.org/docs/15/functions-datetime.html */
export const dateTemplates: Readonly<Record<string, string>> = {
  "age(timestamp,timestamp)": "age($1, $2)",
  "age(timestamptz,timestamptz)": "age($1, $2)",
  "make_time(int4,int4,float8)": "make_time($1, $2, $3)",
  "make_timestamp(int4,int4,int4,int4,int4,float8)": "make_timestamp($1, $2, $3, $4, $5, $6)",
  "make_timestamptz(int4,int4,int4,int4,int4,float8)": "make_timestamptz($1, $2, $3, $4, $5, $6)",
  "make_timestamptz(int4,int4,int4,int4,int4,float8,text)":
    "shim_fn_moment_in_zone_text_timestamp($7, make_timestamp($1, $2, $3, $4, $5, $6))",
  "to_timestamp(float8)": "pg_shim.moment_of_epoch($1)",
  "isfinite(date)": "isfinite($1)",
  "isfinite(timestamp)": "isfinite($1)",
  "isfinite(timestamptz)": "isfinite($1)",
  "isfinite(interval)": "($1 IS NOT NULL)",
  ...overlapTemplates(),
};

/** A span's second is its end, or how long it is. */
function overlapTemplates(): Readonly<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const type of ["timestamp", "timestamptz", "time", "timetz"])
    for (const first of [type, "interval"])
      for (const second of [type, "interval"]) {
        const ends = [first === type ? "$2" : "$1 + $2", second === type ? "$4" : "$3 + $4"];
        found[`overlaps(${type},${first},${type},${second})`] =
          `pg_shim.spans_overlap($1, ${ends[0]}, $3, ${ends[1]})`;
      }
  return found;
}

export const dateMacros: readonly string[] = [
  `CREATE OR REPLACE MACRO pg_shim.interval_micros(value) AS
  (datepart('hour', value) * 3600000000 + datepart('minute', value) * 60000000 + datepart('microsecond', value))`,
  `CREATE OR REPLACE MACRO pg_shim.interval_months(value) AS
  CAST(datepart('year', value) * 12 + datepart('month', value) AS INTEGER)`,
  `CREATE OR REPLACE MACRO pg_shim.interval_days(value) AS datepart('day', value)`,
  `CREATE OR REPLACE MACRO pg_shim.moment_of_epoch(seconds) AS
  CASE
    WHEN isnan(seconds) THEN error('PGERR:22008:timestamp cannot be NaN')
    WHEN isinf(seconds) THEN CAST(CASE WHEN seconds > 0 THEN 'infinity' ELSE '-infinity' END AS TIMESTAMP WITH TIME ZONE)
    ELSE to_timestamp(seconds)
  END`,
  // Two moments' distance knows no zone: a day is 24 hours.
  `CREATE OR REPLACE MACRO pg_shim.micros_span(micros) AS
  to_days(CAST(micros // 86400000000 AS INTEGER)) + to_microseconds(micros % 86400000000)`,
  `CREATE OR REPLACE MACRO pg_shim.ordered_spans(start1, end1, start2, end2) AS
  CASE
    WHEN start1 IS NULL OR start2 IS NULL THEN NULL
    WHEN start1 > start2 THEN CASE WHEN end2 IS NULL THEN NULL WHEN start1 < end2 THEN true WHEN end1 IS NULL THEN NULL ELSE false END
    WHEN start1 < start2 THEN CASE WHEN end1 IS NULL THEN NULL WHEN start2 < end1 THEN true WHEN end2 IS NULL THEN NULL ELSE false END
    WHEN end1 IS NULL OR end2 IS NULL THEN NULL
    ELSE true
  END`,
  `CREATE OR REPLACE MACRO pg_shim.spans_overlap(start1, end1, start2, end2) AS
  pg_shim.ordered_spans(
    least(start1, end1), CASE WHEN start1 IS NOT NULL AND end1 IS NOT NULL THEN greatest(start1, end1) END,
    least(start2, end2), CASE WHEN start2 IS NOT NULL AND end2 IS NOT NULL THEN greatest(start2, end2) END)`,
];
