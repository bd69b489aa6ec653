-- People looking for work: contact data, skills that go together, pay that fits the trade, the text of a résumé.
-- bucket: primary
-- columns: candidate_id bigint not null, first_name text, last_name text, email text, phone text, street text, city text, state text, zip text, title text, skills text[], years_experience integer, desired_rate numeric(8,2), ssn text, date_of_birth date, status text, source text, created_at timestamptz, resume_text text

WITH people AS (
  SELECT
    i,
    demo_trades()[1 + CAST(floor(pow(draw(i, 1), 1.25) * 12) AS INTEGER)] AS trade,
    pick_common(demo_first_names(), i, 2) AS first_name,
    pick_common(demo_last_names(), i, 3) AS last_name,
    pick_common(demo_cities(), i, 4) AS place,
    CAST(floor(pow(draw(i, 5), 1.6) * 32) AS INTEGER) AS years
  FROM range(1, 100001) AS ids(i)
),
skilled AS (
  SELECT
    *,
    pick(trade.titles, i, 6) AS title,
    list_distinct([trade.core[1], trade.core[2], pick(trade.more, i, 7), pick(trade.more, i, 8), pick(trade.more, i, 9)]) AS unordered
  FROM people
),
named AS (
  SELECT *, list_filter(list_concat(trade.core, trade.more), lambda s: list_contains(unordered, s)) AS skills FROM skilled
)
SELECT
  i AS candidate_id,
  first_name,
  last_name,
  CASE
    WHEN draw(i, 10) < 0.02 THEN NULL
    WHEN draw(i, 10) < 0.03 THEN lower(strip_accents(replace(first_name || last_name, '''', ''))) || 'example.com'
    ELSE lower(strip_accents(replace(first_name || '.' || last_name, '''', ''))) || (i % 997) || '@' || pick(['example.com','example.net','example.org','mail.example'], i, 11)
  END AS email,
  CASE WHEN draw(i, 12) < 0.04 THEN NULL ELSE format('({}) 555-{:04d}', place.area, draw_int(i, 13, 100, 9999)) END AS phone,
  draw_int(i, 14, 10, 9899) || ' ' || pick(['Oak','Maple','Washington','Lincoln','Lake','Hill','Park','Cedar','Elm','Main','2nd','5th'], i, 15) || ' ' || pick(['St','Ave','Blvd','Rd','Ln'], i, 16) AS street,
  place.city AS city,
  place.state AS state,
  CASE WHEN draw(i, 17) < 0.01 THEN '00000' ELSE place.zip || lpad(CAST(draw_int(i, 18, 1, 99) AS VARCHAR), 2, '0') END AS zip,
  title,
  skills,
  CASE WHEN draw(i, 19) < 0.005 THEN 99 ELSE years END AS years_experience,
  CASE WHEN draw(i, 20) < 0.06 THEN NULL ELSE CAST(trade.pay * (0.72 + years * 0.016 + draw(i, 21) * 0.25) AS DECIMAL(8, 2)) END AS desired_rate,
  CASE WHEN draw(i, 22) < 0.35 THEN NULL ELSE format('9{:02d}-{:02d}-{:04d}', draw_int(i, 23, 0, 99), draw_int(i, 24, 70, 88), draw_int(i, 25, 1, 9999)) END AS ssn,
  CASE WHEN draw(i, 26) < 0.1 THEN NULL ELSE DATE '2025-06-30' - CAST((20 + years) * 365.25 + draw(i, 27) * 3000 AS INTEGER) END AS date_of_birth,
  CASE WHEN draw(i, 28) < 0.72 THEN 'active' WHEN draw(i, 28) < 0.9 THEN 'passive' WHEN draw(i, 28) < 0.98 THEN 'inactive' ELSE 'do not contact' END AS status,
  pick(['job board','referral','website','walk-in','campus','agency','social'], i, 29) AS source,
  demo_working_time(DATE '2019-01-07' + CAST(pow(draw(i, 30), 0.7) * 2360 AS INTEGER), i, 31) AS created_at,
  first_name || ' ' || last_name || ', ' || title || ' in ' || place.city || ', ' || place.state || '. '
    || CASE WHEN years < 2 THEN 'Early in a career with hands-on training in ' ELSE years || ' years of experience with ' END
    || array_to_string(skills, ', ') || '. '
    || 'Most recently worked on ' || pick(trade.work, i, 32) || ', before that on ' || pick(trade.work, i, 33) || '. '
    || pick(['Known for calm under deadlines and clear notes.','Led a team of four and trained new hires.','Prefers contract work and can start at once.','Comfortable with on-site and remote teams alike.','Looking for a permanent position close to home.','Praised for careful documentation and punctuality.'], i, 34) || ' '
    || pick(['Holds a bachelor''s degree.','Self-taught with several certificates.','Associate degree and ten certificates.','Master''s degree.','Trade school graduate.','Served six years in the Navy.'], i, 35) AS resume_text
FROM named
ORDER BY i
