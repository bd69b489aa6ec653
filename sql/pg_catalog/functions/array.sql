-- Arrays are lists: every one begins at 1. Of a deeper dimension the first element's length is told.

CREATE MACRO pg_shim.array_ndims(a) AS
  CASE
    WHEN len(a) = 0 THEN NULL
    WHEN json_type(to_json(a), '$[0][0]') = 'ARRAY' THEN 3
    WHEN json_type(to_json(a), '$[0]') = 'ARRAY' THEN 2
    WHEN a IS NOT NULL THEN 1
  END;

CREATE MACRO pg_shim.array_length(a, dimension) AS
  (CASE dimension
    WHEN 1 THEN nullif(len(a), 0)
    WHEN 2 THEN CASE WHEN json_type(to_json(a), '$[0]') = 'ARRAY' THEN json_array_length(to_json(a), '$[0]') END
    WHEN 3 THEN CASE WHEN json_type(to_json(a), '$[0][0]') = 'ARRAY' THEN json_array_length(to_json(a), '$[0][0]') END
  END)::INTEGER;

CREATE MACRO pg_shim.array_upper(a, dimension) AS pg_shim.array_length(a, dimension);
CREATE MACRO pg_shim.array_lower(a, dimension) AS CASE WHEN pg_shim.array_length(a, dimension) IS NOT NULL THEN 1 END;

-- int2vector and oidvector begin at 0.
CREATE MACRO pg_shim.vector_upper(a, dimension) AS CASE WHEN dimension = 1 THEN nullif(len(a), 0)::INTEGER - 1 END;
CREATE MACRO pg_shim.vector_lower(a, dimension) AS CASE WHEN dimension = 1 AND len(a) > 0 THEN 0 END;

-- (x, n): the elements and their places, from 1 in vectors too.
CREATE MACRO pg_shim._pg_expandarray(a) AS
  list_transform(range(1, len(a) + 1), lambda place: {x: a[place], n: place::INTEGER});
