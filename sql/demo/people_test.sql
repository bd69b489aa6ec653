-- A few people in another bucket, to join buckets with.
-- bucket: testing
-- columns: id integer not null, name text, role text, email text

SELECT CAST(i AS INTEGER) AS id,
  pick_common(demo_first_names(), i, 702) || ' ' || pick_common(demo_last_names(), i, 703) AS name,
  pick(['recruiter','analyst','manager','developer','accountant'], i, 704) AS role,
  'person' || i || '@example.com' AS email
FROM range(1, 51) AS ids(i)
ORDER BY i
