/** Dates and times. https://www.postgresql.org/docs/15/functions-datetime.html */
export const dateTemplates: Readonly<Record<string, string>> = {
  "age(timestamp,timestamp)": "age($1, $2)",
  "age(timestamptz,timestamptz)": "age($1, $2)",
  "date_trunc(text,timestamp)": "date_trunc($1, $2)",
  "date_trunc(text,timestamptz)": "date_trunc($1, $2)",
  "date_trunc(text,interval)": "date_trunc($1, $2)",
  "date_trunc(text,timestamptz,text)": "timezone($3, date_trunc($1, timezone($3, $2)))",
  "date_bin(interval,timestamp,timestamp)": "time_bucket($1, $2, $3)",
  "date_bin(interval,timestamptz,timestamptz)": "time_bucket($1, $2, $3)",
  "make_date(int4,int4,int4)": "make_date($1, $2, $3)",
  "make_time(int4,int4,float8)": "make_time($1, $2, $3)",
  "make_timestamp(int4,int4,int4,int4,int4,float8)": "make_timestamp($1, $2, $3, $4, $5, $6)",
  "make_timestamptz(int4,int4,int4,int4,int4,float8)": "make_timestamptz($1, $2, $3, $4, $5, $6)",
  "make_timestamptz(int4,int4,int4,int4,int4,float8,text)":
    "make_timestamptz($1, $2, $3, $4, $5, $6, $7)",
  "to_timestamp(float8)": "to_timestamp($1)",
  "isfinite(date)": "isfinite($1)",
  "isfinite(timestamp)": "isfinite($1)",
  "isfinite(timestamptz)": "isfinite($1)",
  "isfinite(interval)": "($1 IS NOT NULL)",
  "timezone(text,timestamptz)": "timezone($1, $2)",
  "timezone(text,timestamp)": "timezone($1, $2)",
  "timezone(interval,timestamptz)": "(timezone('UTC', $2) + $1)",
  "timezone(interval,timestamp)": "timezone('UTC', $2 - $1)",
  "justify_days(interval)": "pg_shim.justify_days($1)",
  "justify_hours(interval)": "pg_shim.justify_hours($1)",
  "justify_interval(interval)": "pg_shim.justify_interval($1)",
  "overlaps(timestamp,timestamp,timestamp,timestamp)": "pg_shim.spans_overlap($1, $2, $3, $4)",
  "overlaps(timestamptz,timestamptz,timestamptz,timestamptz)":
    "pg_shim.spans_overlap($1, $2, $3, $4)",
  "overlaps(time,time,time,time)": "pg_shim.spans_overlap($1, $2, $3, $4)",
  "overlaps(timestamp,interval,timestamp,interval)":
    "pg_shim.spans_overlap($1, $1 + $2, $3, $3 + $4)",
  "overlaps(timestamptz,interval,timestamptz,interval)":
    "pg_shim.spans_overlap($1, $1 + $2, $3, $3 + $4)",
};

export const dateMacros: readonly string[] = [
  `CREATE OR REPLACE MACRO pg_shim.interval_mul(value, factor) AS
  to_months(CAST(trunc(datepart('year', value) * 12 * factor + datepart('month', value) * factor) AS INTEGER))
  + to_days(CAST(trunc(datepart('day', value) * factor + 30 * ((datepart('year', value) * 12 + datepart('month', value)) * factor - trunc((datepart('year', value) * 12 + datepart('month', value)) * factor))) AS INTEGER))
  + to_microseconds(CAST(round(
      (datepart('hour', value) * 3600000000 + datepart('minute', value) * 60000000 + datepart('microsecond', value)) * factor
      + 86400000000 * (datepart('day', value) * factor - trunc(datepart('day', value) * factor))
    ) AS BIGINT))`,
  `CREATE OR REPLACE MACRO pg_shim.interval_micros(value) AS
  (datepart('hour', value) * 3600000000 + datepart('minute', value) * 60000000 + datepart('microsecond', value))`,
  `CREATE OR REPLACE MACRO pg_shim.interval_months(value) AS
  CAST(datepart('year', value) * 12 + datepart('month', value) AS INTEGER)`,
  `CREATE OR REPLACE MACRO pg_shim.justify_days(value) AS
  to_months(pg_shim.interval_months(value) + CAST(datepart('day', value) // 30 AS INTEGER))
  + to_days(CAST(datepart('day', value) % 30 AS INTEGER))
  + to_microseconds(pg_shim.interval_micros(value))`,
  `CREATE OR REPLACE MACRO pg_shim.justify_hours(value) AS
  to_months(pg_shim.interval_months(value))
  + to_days(CAST(datepart('day', value) + pg_shim.interval_micros(value) // 86400000000 AS INTEGER))
  + to_microseconds(pg_shim.interval_micros(value) % 86400000000)`,
  `CREATE OR REPLACE MACRO pg_shim.justify_interval(value) AS pg_shim.justify_days(pg_shim.justify_hours(value))`,
  `CREATE OR REPLACE MACRO pg_shim.spans_overlap(start1, end1, start2, end2) AS
  CASE
    WHEN least(start1, end1) = least(start2, end2) THEN true
    ELSE least(start1, end1) < greatest(start2, end2) AND least(start2, end2) < greatest(start1, end1)
  END`,
];
