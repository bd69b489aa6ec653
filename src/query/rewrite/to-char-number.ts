/** to_char of numbers: digits, groups, a point and a sign. https://www.postgresql.org/docs/15/functions-formatting.html#FUNCTIONS-FORMATTING-NUMERIC-TABLE */

/** An expression over $1; undefined for patterns that are not read yet (EEEE, RN, V, th, PL, S, …). */
export function numberFormat(format: string): string | undefined {
  const isFilled = !format.startsWith("FM");
  const body = isFilled ? format : format.slice(2);
  const match = /^([90,G]*)(?:([.D])([90]*))?$/.exec(body);
  if (match === null || !/[90]/.test(body)) return undefined;
  const [, whole = "", point, fraction = ""] = match;
  const digits = whole.replace(/[,G]/g, "").length;
  const groups = /[,G]/.test(whole);
  if (groups && !/^[90]{1,3}(?:[,G][90]{3})*$/.test(whole)) return undefined;
  const zeros = whole.includes("0")
    ? whole.replace(/[,G]/g, "").slice(whole.replace(/[,G]/g, "").indexOf("0")).length
    : 0;
  const scale = fraction.length;
  const width = body.length + 1;
  const rounded = `CAST(round($1, ${scale}) AS DECIMAL(38,${scale}))`;
  return `pg_shim.number_text(${rounded}, ${digits}, ${scale}, ${zeros}, ${groups}, ${point !== undefined}, ${isFilled}, ${width}, ${fraction.lastIndexOf("0") + 1})`;
}

export const numberMacros: readonly string[] = [
  `CREATE OR REPLACE MACRO pg_shim.group_digits(digits) AS
  reverse(regexp_replace(regexp_replace(reverse(digits), '(\\d{3})', '\\1,', 'g'), ',$', ''))`,
  // The digits before the point, zeros in front as far as the pattern has them; none for 0.5 in a pattern of nines.
  `CREATE OR REPLACE MACRO pg_shim.whole_digits(value, zeros) AS
  CASE
    WHEN trunc(abs(value)) = 0 AND zeros = 0 THEN ''
    ELSE lpad(split_part(CAST(abs(value) AS VARCHAR), '.', 1), CAST(greatest(length(split_part(CAST(abs(value) AS VARCHAR), '.', 1)), zeros) AS INTEGER), '0')
  END`,
  `CREATE OR REPLACE MACRO pg_shim.number_body(value, scale, zeros, groups, pointed, filled, kept) AS
  CASE WHEN groups THEN pg_shim.group_digits(pg_shim.whole_digits(value, zeros)) ELSE
    CASE WHEN scale = 0 AND trunc(abs(value)) = 0 AND zeros = 0 THEN '0' ELSE pg_shim.whole_digits(value, zeros) END END
  || CASE WHEN pointed THEN '.' ELSE '' END
  || CASE WHEN scale = 0 THEN '' WHEN filled THEN split_part(CAST(abs(value) AS VARCHAR), '.', 2)
     ELSE rpad(rtrim(split_part(CAST(abs(value) AS VARCHAR), '.', 2), '0'), CAST(greatest(kept, length(rtrim(split_part(CAST(abs(value) AS VARCHAR), '.', 2), '0'))) AS INTEGER), '0') END`,
  `CREATE OR REPLACE MACRO pg_shim.number_text(value, digits, scale, zeros, groups, pointed, filled, width, kept) AS
  CASE
    WHEN value IS NULL THEN NULL
    WHEN length(split_part(CAST(trunc(abs(value)) AS VARCHAR), '.', 1)) > digits AND trunc(abs(value)) > 0
      THEN CASE WHEN filled THEN lpad(repeat('#', digits) || CASE WHEN pointed THEN '.' || repeat('#', scale) ELSE '' END, CAST(width AS INTEGER), ' ')
        ELSE repeat('#', digits) END
    WHEN filled THEN lpad(CASE WHEN value < 0 THEN '-' ELSE '' END || pg_shim.number_body(value, scale, zeros, groups, pointed, filled, kept), CAST(width AS INTEGER), ' ')
    ELSE CASE WHEN value < 0 THEN '-' ELSE '' END || pg_shim.number_body(value, scale, zeros, groups, pointed, filled, kept)
  END`,
];
