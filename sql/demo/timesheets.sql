-- Hours worked, a row a placement and week.
-- bucket: primary
-- columns: timesheet_id bigint not null, placement_id integer, week_ending date, hours numeric(5,2), overtime numeric(5,2), approved boolean, submitted_at timestamptz

WITH weeks AS (
  SELECT i, 1 + CAST((i - 1) // 20 AS INTEGER) AS placement_id, CAST((i - 1) % 20 AS INTEGER) AS week
  FROM range(1, 1000001) AS ids(i)
),
dated AS (
  SELECT i, placement_id, CAST(date_trunc('week', DATE '2020-02-03' + draw_int(placement_id, 303, 0, 1960)) AS DATE) + 6 + 7 * week AS week_ending
  FROM weeks
)
SELECT
  i AS timesheet_id,
  placement_id,
  week_ending,
  CASE WHEN draw(i, 401) < 0.001 THEN CAST(400 AS DECIMAL(5, 2)) ELSE CAST(floor((24 + draw(i, 402) * 17) * 4) / 4 AS DECIMAL(5, 2)) END AS hours,
  CASE WHEN draw(i, 403) < 0.8 THEN CAST(0 AS DECIMAL(5, 2)) ELSE CAST(floor(draw(i, 404) * 12 * 4) / 4 AS DECIMAL(5, 2)) END AS overtime,
  draw(i, 405) < 0.97 AS approved,
  demo_working_time(week_ending + draw_int(i, 406, 1, 3), i, 407) AS submitted_at
FROM dated
ORDER BY i
