-- Calls recruiters made, in working hours; some candidates are called again and again.
-- bucket: primary
-- columns: call_id bigint not null, candidate_id bigint, job_order_id integer, recruiter text, called_at timestamptz, duration_seconds integer, outcome text, notes text

WITH calls AS (
  SELECT i, 1 + (CAST(floor(pow(draw(i, 501), 1.9) * 100000) AS BIGINT) * 7919) % 100000 AS candidate_id,
    1 + CAST(floor(i * 15000.0 / 800001 * (0.9 + 0.1 * draw(i, 502))) AS INTEGER) AS job_order_id,
    CASE WHEN draw(i, 503) < 0.42 THEN 'no answer' WHEN draw(i, 503) < 0.66 THEN 'voicemail' WHEN draw(i, 503) < 0.97 THEN 'spoke' ELSE 'wrong number' END AS outcome
  FROM range(1, 800001) AS ids(i)
)
SELECT
  i AS call_id,
  candidate_id,
  job_order_id,
  pick(demo_recruiters(), i, 504) AS recruiter,
  demo_working_time(DATE '2020-01-06' + CAST(i * 1990.0 / 800000 AS INTEGER), i, 505) AS called_at,
  CASE outcome WHEN 'spoke' THEN draw_int(i, 506, 40, 1500) WHEN 'voicemail' THEN draw_int(i, 507, 15, 90) ELSE draw_int(i, 508, 5, 35) END AS duration_seconds,
  outcome,
  CASE WHEN outcome = 'spoke' AND draw(i, 509) < 0.6 THEN pick(['Interested, wants details by email.','Not looking right now.','Asked about the rate.','Available in two weeks.','Wants remote work only.','Will send a new résumé.','Happy where they are.'], i, 510) END AS notes
FROM calls
ORDER BY i
