-- Candidates at work at a client.
-- bucket: primary
-- columns: placement_id integer not null, candidate_id bigint, job_order_id integer, client_id integer, recruiter text, start_date date, end_date date, pay_rate numeric(8,2), bill_rate numeric(8,2), status text

WITH placed AS (
  -- A candidate who was placed once is easier to place again: ids are drawn from a part of the candidates.
  SELECT i, 1 + (CAST(floor(pow(draw(i, 301), 1.5) * 42000) AS BIGINT) * 17389) % 100000 AS candidate_id,
    1 + CAST(floor(draw(i, 302) * 15000) AS INTEGER) AS job_order_id,
    DATE '2020-02-03' + draw_int(i, 303, 0, 1960) AS start_date,
    CAST(21 + draw(i, 304) * 55 AS DECIMAL(8, 2)) AS pay_rate
  FROM range(1, 50001) AS ids(i)
)
SELECT
  CAST(i AS INTEGER) AS placement_id,
  candidate_id,
  job_order_id,
  1 + CAST(floor(pow(draw(job_order_id, 201), 1.8) * 2000) AS INTEGER) AS client_id,
  pick(demo_recruiters(), i, 305) AS recruiter,
  start_date,
  CASE WHEN start_date > DATE '2025-02-01' THEN NULL WHEN draw(i, 306) < 0.005 THEN start_date - 3 ELSE start_date + draw_int(i, 307, 14, 400) END AS end_date,
  pay_rate,
  CAST(pay_rate * (1.3 + draw(i, 308) * 0.4) AS DECIMAL(8, 2)) AS bill_rate,
  CASE WHEN start_date > DATE '2025-02-01' THEN 'active' WHEN draw(i, 309) < 0.88 THEN 'completed' ELSE 'ended early' END AS status
FROM placed
ORDER BY i
