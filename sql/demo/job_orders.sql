-- Jobs clients asked the agency to fill.
-- bucket: primary
-- columns: job_order_id integer not null, client_id integer, title text, skills text[], city text, state text, opened date, closed date, status text, positions integer, pay_rate numeric(8,2), bill_rate numeric(8,2), recruiter text

WITH orders AS (
  SELECT i, 1 + CAST(floor(pow(draw(i, 201), 1.8) * 2000) AS INTEGER) AS client_id,
    demo_trades()[1 + CAST(floor(pow(draw(i, 202), 1.25) * 12) AS INTEGER)] AS trade,
    DATE '2020-01-06' + draw_int(i, 203, 0, 1990) AS opened,
    pick_common(demo_cities(), i, 204) AS place
  FROM range(1, 15001) AS ids(i)
),
priced AS (
  SELECT *, CAST(trade.pay * (0.8 + draw(i, 205) * 0.5) AS DECIMAL(8, 2)) AS pay_rate FROM orders
)
SELECT
  CAST(i AS INTEGER) AS job_order_id,
  client_id,
  pick(trade.titles, i, 206) AS title,
  list_distinct(list_concat(trade.core, [pick(trade.more, i, 207)])) AS skills,
  place.city AS city,
  place.state AS state,
  opened,
  CASE WHEN opened > DATE '2025-03-01' AND draw(i, 208) < 0.7 THEN NULL ELSE opened + draw_int(i, 209, 5, 120) END AS closed,
  CASE WHEN opened > DATE '2025-03-01' AND draw(i, 208) < 0.7 THEN 'open' WHEN draw(i, 210) < 0.78 THEN 'filled' ELSE 'cancelled' END AS status,
  draw_int(i, 211, 1, 6) AS positions,
  pay_rate,
  CAST(pay_rate * (1.25 + draw(i, 212) * 0.45) AS DECIMAL(8, 2)) AS bill_rate,
  pick(demo_recruiters(), i, 213) AS recruiter
FROM priced
ORDER BY i
