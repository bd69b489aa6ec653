/** The server and its objects, where no macro of the catalog's says it. */
export const systemTemplates: Readonly<Record<string, string>> = {
  "gen_random_uuid()": "uuid()",
  "pg_sleep(float8)": "pg_shim.sleep($1)",
  "setseed(float8)": "coalesce(CAST(setseed($1) AS VARCHAR), '')",
  "txid_current()": "CAST(txid_current() AS BIGINT)",
  "inet_server_addr()": "CAST(NULL AS VARCHAR)",
  "inet_client_addr()": "CAST(NULL AS VARCHAR)",
};

export const systemMacros: readonly string[] = [
  `CREATE OR REPLACE MACRO pg_shim.sleep(seconds) AS
  CASE WHEN seconds IS NULL THEN NULL ELSE coalesce(CAST(sleep_ms(CAST(greatest(seconds, 0) * 1000 AS BIGINT)) AS VARCHAR), '') END`,
];
