-- A handful of animals, to have something small to join with.
-- bucket: primary
-- columns: id integer not null, species text, legs integer, habitat text

SELECT CAST(id AS INTEGER) AS id, species, CAST(legs AS INTEGER) AS legs, habitat
FROM (VALUES
  (1, 'wolf', 4, 'forest'), (2, 'lynx', 4, 'forest'), (3, 'heron', 2, 'wetland'), (4, 'otter', 4, 'river'),
  (5, 'viper', 0, 'heath'), (6, 'beetle', 6, 'meadow'), (7, 'spider', 8, 'meadow'), (8, 'owl', 2, 'forest'),
  (9, 'pike', 0, 'river'), (10, 'hare', 4, 'meadow'), (11, 'toad', 4, 'wetland'), (12, 'kestrel', 2, 'heath')
) AS animals(id, species, legs, habitat)
ORDER BY id
