-- Mail sent to candidates.
-- bucket: primary
-- columns: email_id bigint not null, candidate_id bigint, job_order_id integer, recruiter text, sent_at timestamptz, subject text, opened boolean, replied boolean

WITH mails AS (
  SELECT i, 1 + (CAST(floor(pow(draw(i, 601), 1.4) * 100000) AS BIGINT) * 104729) % 100000 AS candidate_id,
    1 + CAST(floor(draw(i, 602) * 15000) AS INTEGER) AS job_order_id,
    draw(i, 603) < 0.46 AS opened
  FROM range(1, 502279) AS ids(i)
)
SELECT
  i AS email_id,
  candidate_id,
  job_order_id,
  pick(demo_recruiters(), i, 604) AS recruiter,
  demo_working_time(DATE '2020-01-06' + CAST(i * 1990.0 / 502278 AS INTEGER), i, 605) AS sent_at,
  pick(['A position that may fit you','Are you available?','Following up on our call','New opening near you','Your application','Please confirm your interview','Updated rate for this job'], i, 606) AS subject,
  opened,
  opened AND draw(i, 607) < 0.28 AS replied
FROM mails
ORDER BY i
