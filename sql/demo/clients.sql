-- Companies the agency staffs.
-- bucket: primary
-- columns: client_id integer not null, name text, industry text, city text, state text, contact_name text, contact_email text, contact_phone text, markup numeric(4,2), since date

WITH companies AS (
  SELECT i, pick_common(demo_cities(), i, 101) AS place,
    pick(['Northfield','Summit','Lakeshore','Prairie','Ironwood','Bluestone','Harbor','Cedar Hill','Redwood','Granite','Silverline','Keystone','Pinnacle','Riverbend','Meridian','Oakmont','Beacon','Crestview','Fairway','Liberty'], i, 102) AS first_word,
    pick(['Software','Health','Logistics','Financial','Manufacturing','Retail','Energy','Insurance','Foods','Construction'], i, 103) AS industry
  FROM range(1, 2001) AS ids(i)
)
SELECT
  CAST(i AS INTEGER) AS client_id,
  first_word || ' ' || industry || ' ' || pick(['Inc','LLC','Group','Partners','Co'], i, 104) || CASE WHEN i > 1000 THEN ' ' || place.city ELSE '' END AS name,
  lower(industry) AS industry,
  place.city AS city,
  place.state AS state,
  pick_common(demo_first_names(), i, 105) || ' ' || pick_common(demo_last_names(), i, 106) AS contact_name,
  'contact' || i || '@' || lower(replace(first_word, ' ', '')) || '.example' AS contact_email,
  CASE WHEN draw(i, 107) < 0.05 THEN NULL ELSE format('({}) 555-{:04d}', place.area, draw_int(i, 108, 100, 9999)) END AS contact_phone,
  CAST(1.25 + draw(i, 109) * 0.5 AS DECIMAL(4, 2)) AS markup,
  DATE '2008-01-01' + draw_int(i, 110, 0, 5800) AS since
FROM companies
ORDER BY i
