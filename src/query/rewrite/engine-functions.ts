/**
 * Functions that only the engine has and that everybody may call, by what they return. Those that PostgreSQL has too are
 * in the tables beside this file. Left out: what takes a lambda, which PostgreSQL's grammar cannot write.
 */
import { oid } from "../analyze/oids.ts";

export interface EngineFunction {
  readonly name: string;
  readonly kind: "scalar" | "aggregate";
  /** Type OID of its result; 0: the engine decides. */
  readonly result: number;
}

const groups: readonly (readonly [kind: EngineFunction["kind"], result: number, names: string])[] =
  [
    [
      "scalar",
      oid.engineTyped,
      `
    add aggregate array_aggregate array_concat array_cosine_distance array_cosine_similarity
    array_cross_product array_distance array_distinct array_dot_product array_extract array_grade_up
    array_inner_product array_intersect array_negative_dot_product array_negative_inner_product
    array_reverse_sort array_select array_slice array_sort array_unique array_where array_zip
    bitstring datepart datetrunc divide element_at epoch_ms equi_width_bins flatten from_json
    from_json_strict grade_up greatest greatest_common_divisor hash json_exists json_extract
    json_extract_string json_keys json_transform json_transform_strict json_type json_value least
    least_common_multiple list_aggregate list_cat list_concat list_cosine_distance
    list_cosine_similarity list_distance list_distinct list_dot_product list_element list_extract
    list_grade_up list_inner_product list_intersect list_negative_dot_product
    list_negative_inner_product list_reverse_sort list_select list_slice list_sort list_unique
    list_where list_zip make_timestamp_ns map_concat map_entries map_extract map_extract_value
    map_from_entries map_keys map_values md5_number multiply nextafter parse_formatted_bytes
    struct_concat struct_extract struct_extract_at struct_values subtract time_bucket union_extract
    union_tag uuid_extract_version xor
    `,
    ],
    [
      "scalar",
      oid.bool,
      `
    array_contains array_has array_has_all array_has_any contains ends_with ilike_escape isinf isnan
    json_contains json_valid list_contains list_has list_has_all list_has_any map_contains
    not_ilike_escape not_like_escape prefix regexp_full_match signbit struct_contains struct_has
    suffix
    `,
    ],
    [
      "scalar",
      oid.int4,
      `
    array_indexof bit_position list_indexof list_position ord struct_indexof struct_position unicode
    `,
    ],
    [
      "scalar",
      oid.text,
      `
    bar base64 bin dayname formatReadableDecimalSize formatReadableSize format_bytes hex json_pretty
    lcase left_grapheme monthname nfc_normalize parse_dirname parse_dirpath parse_filename printf
    regexp_escape regexp_extract right_grapheme sha1 strftime strip_accents substring_grapheme
    to_base to_base64 to_binary trim ucase url_decode url_encode
    `,
    ],
    [
      "scalar",
      oid.int8,
      `
    century damerau_levenshtein date_diff date_sub datediff datesub day dayofmonth dayofweek
    dayofyear decade editdist3 epoch_ns epoch_us era hamming hour instr isodow isoyear len
    length_grapheme levenshtein microsecond millennium millisecond minute mismatches month
    nanosecond quarter second strlen timezone_hour timezone_minute week weekday weekofyear year
    yearweek
    `,
    ],
    [
      "scalar",
      oid.date,
      `
    last_day
    `,
    ],
    [
      "scalar",
      oid.timestamp,
      `
    make_timestamp_ms strptime try_strptime
    `,
    ],
    [
      "scalar",
      oid.float8,
      `
    epoch even gamma jaccard jaro_similarity jaro_winkler_similarity julian lgamma log2
    `,
    ],
    [
      "scalar",
      oid.bytea,
      `
    from_base64 from_binary from_hex unbin unhex
    `,
    ],
    [
      "scalar",
      oid.timestamptz,
      `
    uuid_extract_timestamp
    `,
    ],
    [
      "scalar",
      oid.json,
      `
    json_array json_merge_patch json_quote json_structure
    `,
    ],
    [
      "scalar",
      oid.interval,
      `
    normalized_interval to_centuries to_days to_decades to_hours to_microseconds to_millennia
    to_milliseconds to_minutes to_months to_quarters to_seconds to_weeks to_years
    `,
    ],
    [
      "scalar",
      oid.textArray,
      `
    parse_path regexp_extract_all split str_split str_split_regex string_split string_split_regex
    struct_keys
    `,
    ],
    [
      "scalar",
      oid.uuid,
      `
    uuid uuidv4 uuidv7
    `,
    ],
    [
      "aggregate",
      oid.engineTyped,
      `
    any_value approx_quantile approx_top_k arbitrary arg_max arg_max_null arg_max_nulls_last arg_min
    arg_min_null arg_min_nulls_last argmax argmin bitstring_agg count_if countif fill first
    histogram histogram_exact last list mad max_by mean median min_by quantile quantile_cont
    quantile_disc reservoir_quantile sum_no_overflow
    `,
    ],
    [
      "aggregate",
      oid.int8,
      `
    approx_count_distinct rank_dense
    `,
    ],
    [
      "aggregate",
      oid.float8,
      `
    entropy favg fsum kahan_sum kurtosis kurtosis_pop product sem skewness sumkahan
    `,
    ],
    [
      "aggregate",
      oid.text,
      `
    group_concat listagg
    `,
    ],
  ];

const byName: ReadonlyMap<string, EngineFunction> = new Map(
  groups.flatMap(([kind, result, names]) =>
    names
      .trim()
      .split(/\s+/)
      .map((name) => [name.toLowerCase(), { name, kind, result }] as const),
  ),
);

export function engineFunction(name: string): EngineFunction | undefined {
  return byName.get(name);
}
