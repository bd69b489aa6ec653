/** Numbers. https://www.postgresql.org/docs/15/functions-math.html */

const double = (name: string) => ({ [`${name}(float8)`]: `${name}($1)` });

export const mathTemplates: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    ["int2", "int4", "int8", "float4", "float8", "numeric"].map((type) => [
      `abs(${type})`,
      "abs($1)",
    ]),
  ),
  "ceil(numeric)": "ceil($1)",
  "ceiling(numeric)": "ceil($1)",
  "floor(numeric)": "floor($1)",
  "ceil(float8)": "ceil($1)",
  "ceiling(float8)": "ceil($1)",
  "floor(float8)": "floor($1)",
  "round(numeric)": "round($1, 0)",
  "round(float8)": "round_even($1, 0)",
  "trunc(numeric)": "trunc($1)",
  "trunc(float8)": "trunc($1)",
  "sign(numeric)": "CAST(sign($1) AS DECIMAL(1,0))",
  "sign(float8)": "CAST(sign($1) AS DOUBLE)",
  "sqrt(float8)": "pg_shim.float_sqrt($1)",
  "sqrt(numeric)": "pg_shim.float_sqrt(CAST($1 AS DOUBLE))",
  ...double("cbrt"),
  "exp(float8)": "pg_shim.float_exp($1)",
  "exp(numeric)": "exp(CAST($1 AS DOUBLE))",
  "ln(float8)": "pg_shim.float_ln($1)",
  "ln(numeric)": "pg_shim.float_ln(CAST($1 AS DOUBLE))",
  "log(float8)": "pg_shim.float_log10($1)",
  "log(numeric)": "pg_shim.float_log10(CAST($1 AS DOUBLE))",
  "log10(float8)": "pg_shim.float_log10($1)",
  "log10(numeric)": "pg_shim.float_log10(CAST($1 AS DOUBLE))",
  "log(numeric,numeric)":
    "(pg_shim.float_ln(CAST($2 AS DOUBLE)) / pg_shim.float_ln(CAST($1 AS DOUBLE)))",
  "power(float8,float8)": "pg_shim.float_power($1, $2)",
  "pow(float8,float8)": "pg_shim.float_power($1, $2)",
  "dpow(float8,float8)": "pg_shim.float_power($1, $2)",
  "power(numeric,numeric)": "pow(CAST($1 AS DOUBLE), CAST($2 AS DOUBLE))",
  "pow(numeric,numeric)": "pow(CAST($1 AS DOUBLE), CAST($2 AS DOUBLE))",
  "mod(int2,int2)": "pg_shim.int_mod($1, $2)",
  "mod(int4,int4)": "pg_shim.int_mod($1, $2)",
  "mod(int8,int8)": "pg_shim.int_mod($1, $2)",
  "mod(numeric,numeric)": "pg_shim.numeric_mod($1, $2)",
  "div(numeric,numeric)": "trunc(pg_shim.numeric_div($1, $2))",
  "gcd(int4,int4)": "CAST(gcd($1, $2) AS INTEGER)",
  "gcd(int8,int8)": "CAST(gcd($1, $2) AS BIGINT)",
  "lcm(int4,int4)": "CAST(lcm($1, $2) AS INTEGER)",
  "lcm(int8,int8)": "CAST(lcm($1, $2) AS BIGINT)",
  "factorial(int8)": "factorial(CAST($1 AS INTEGER))",
  ...double("degrees"),
  ...double("radians"),
  ...double("sin"),
  ...double("cos"),
  ...double("tan"),
  "cot(float8)": "CASE WHEN $1 = 0 THEN CAST('Infinity' AS DOUBLE) ELSE cot($1) END",
  "asin(float8)": "pg_shim.float_asin($1)",
  "acos(float8)": "pg_shim.float_acos($1)",
  ...double("atan"),
  ...double("sinh"),
  ...double("cosh"),
  ...double("tanh"),
  ...double("asinh"),
  "acosh(float8)": "pg_shim.float_acosh($1)",
  "atanh(float8)": "pg_shim.float_atanh($1)",
  "atan2(float8,float8)": "atan2($1, $2)",
  ...Object.fromEntries(
    "sind cosd tand cotd asind acosd atand"
      .split(" ")
      .map((name) => [`${name}(float8)`, `shim_${name}($1)`]),
  ),
  "atan2d(float8,float8)": "shim_atan2d($1, $2)",
  "setseed(float8)": "CAST(setseed($1) AS VARCHAR)",
  "pi()": "pi()",
  "random()": "random()",
  "width_bucket(float8,float8,float8,int4)": "pg_shim.width_bucket($1, $2, $3, $4)",
  "width_bucket(numeric,numeric,numeric,int4)": "pg_shim.width_bucket($1, $2, $3, $4)",
  "width_bucket(anycompatible,anycompatiblearray)":
    "CASE WHEN $2 IS NOT NULL AND $1 IS NOT NULL THEN pg_shim.array_bucket($1, $2) END",
};

export const mathMacros: readonly string[] = [
  `CREATE OR REPLACE MACRO pg_shim.float_sqrt(value) AS
  CASE WHEN value < 0 THEN error('PGERR:2201F:cannot take square root of a negative number') ELSE sqrt(value) END`,
  `CREATE OR REPLACE MACRO pg_shim.float_ln(value) AS
  CASE
    WHEN value = 0 THEN error('PGERR:2201E:cannot take logarithm of zero')
    WHEN value < 0 THEN error('PGERR:2201E:cannot take logarithm of a negative number')
    ELSE ln(value)
  END`,
  `CREATE OR REPLACE MACRO pg_shim.float_log10(value) AS
  CASE
    WHEN value = 0 THEN error('PGERR:2201E:cannot take logarithm of zero')
    WHEN value < 0 THEN error('PGERR:2201E:cannot take logarithm of a negative number')
    ELSE log10(value)
  END`,
  ...["asin", "acos"].map(
    (name) => `CREATE OR REPLACE MACRO pg_shim.float_${name}(value) AS
  CASE WHEN abs(value) > 1 AND NOT isnan(value) THEN error('PGERR:22003:input is out of range') ELSE ${name}(value) END`,
  ),
  `CREATE OR REPLACE MACRO pg_shim.float_acosh(value) AS
  CASE WHEN value < 1 THEN error('PGERR:22003:input is out of range') ELSE acosh(value) END`,
  `CREATE OR REPLACE MACRO pg_shim.float_atanh(value) AS
  CASE
    WHEN abs(value) > 1 AND NOT isnan(value) THEN error('PGERR:22003:input is out of range')
    WHEN value = -1 THEN CAST('-Infinity' AS DOUBLE)
    ELSE atanh(value)
  END`,
  `CREATE OR REPLACE MACRO pg_shim.float_checked(value, isExpected, isNought) AS
  CASE
    WHEN isinf(value) AND NOT isExpected THEN error('PGERR:22003:value out of range: overflow')
    WHEN value = 0 AND NOT isNought THEN error('PGERR:22003:value out of range: underflow')
    ELSE value
  END`,
  `CREATE OR REPLACE MACRO pg_shim.float_exp(value) AS
  pg_shim.float_checked(exp(value), isinf(value), isinf(value))`,
  `CREATE OR REPLACE MACRO pg_shim.float_power(a, b) AS
  CASE
    WHEN a = 0 AND b < 0 THEN error('PGERR:2201F:zero raised to a negative power is undefined')
    WHEN a < 0 AND NOT isinf(a) AND NOT isinf(b) AND floor(b) <> b
      THEN error('PGERR:2201F:a negative number raised to a non-integer power yields a complex result')
    ELSE pg_shim.float_checked(pow(a, b), isinf(a) OR isinf(b), a = 0 OR isinf(a) OR isinf(b))
  END`,
  `CREATE OR REPLACE MACRO pg_shim.array_bucket(value, bounds) AS
  CAST(len(list_filter(bounds, lambda item: item <= value)) AS INTEGER)`,
  `CREATE OR REPLACE MACRO pg_shim.width_bucket(value, low, high, buckets) AS
  CASE
    WHEN buckets <= 0 THEN error('PGERR:2201G:count must be greater than zero')
    WHEN isnan(CAST(value AS DOUBLE)) OR isnan(CAST(low AS DOUBLE)) OR isnan(CAST(high AS DOUBLE))
      THEN error('PGERR:2201G:operand, lower bound, and upper bound cannot be NaN')
    WHEN low = high THEN error('PGERR:2201G:lower bound cannot equal upper bound')
    WHEN low < high THEN CASE
      WHEN value < low THEN 0
      WHEN value >= high THEN buckets + 1
      ELSE CAST(floor((CAST(value AS DOUBLE) - low) * buckets / (CAST(high AS DOUBLE) - low)) AS INTEGER) + 1 END
    ELSE CASE
      WHEN value > low THEN 0
      WHEN value <= high THEN buckets + 1
      ELSE CAST(floor((CAST(low AS DOUBLE) - value) * buckets / (CAST(low AS DOUBLE) - high)) AS INTEGER) + 1 END
  END`,
];
