/** Schemas that are no buckets, under PostgreSQL's OIDs where it has them. */
export const systemSchemas: ReadonlyMap<
  string,
  { readonly oid: number; readonly comment: string | null }
> = new Map([
  ["pg_catalog", { oid: 11, comment: "system catalog schema" }],
  ["pg_toast", { oid: 99, comment: "reserved schema for TOAST tables" }],
  ["information_schema", { oid: 13207, comment: null }],
  ["lakehouse", { oid: 88001, comment: "functions, procedures and views of the lakehouse" }],
  ["cron", { oid: 88002, comment: "scheduled jobs, as pg_cron has them" }],
]);

/** The bucket `public` is PostgreSQL's schema of that name. */
export const publicSchemaOid = 2200;
