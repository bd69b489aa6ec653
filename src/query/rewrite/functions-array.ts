/** Arrays. https://www.postgresql.org/docs/15/functions-array.html */
export const arrayTemplates: Readonly<Record<string, string>> = {
  "cardinality(anyarray)": "CAST(len($1) AS INTEGER)",
  "array_append(anycompatiblearray,anycompatible)": "list_append($1, $2)",
  "array_prepend(anycompatible,anycompatiblearray)": "list_prepend($1, $2)",
  "array_cat(anycompatiblearray,anycompatiblearray)": "list_concat($1, $2)",
  "array_remove(anycompatiblearray,anycompatible)":
    "list_filter($1, lambda item: item IS DISTINCT FROM $2)",
  "array_replace(anycompatiblearray,anycompatible,anycompatible)":
    "list_transform($1, lambda item: CASE WHEN item IS NOT DISTINCT FROM $2 THEN $3 ELSE item END)",
  "array_position(anycompatiblearray,anycompatible)":
    "CAST(nullif(list_position($1, $2), 0) AS INTEGER)",
  "array_positions(anycompatiblearray,anycompatible)":
    "list_transform(list_filter(range(1, len($1) + 1), lambda place: list_extract($1, place) IS NOT DISTINCT FROM $2), lambda place: CAST(place AS INTEGER))",
  "array_dims(anyarray)": "('[1:' || nullif(len($1), 0) || ']')",
  "trim_array(anyarray,int4)": "list_slice($1, 1, len($1) - $2)",
  "array_larger(anyarray,anyarray)": "greatest($1, $2)",
};
