/** The same objects on both servers: what this server has a use for, in the schemas `public` and `sales`. */
import { randomBytes } from "node:crypto";
import { startServer } from "../support/server.ts";
import { postgres } from "../support/services.ts";
import { SqlClient, type SqlLogin } from "../support/sql-client.ts";

export interface Lab extends SqlLogin {
  close(): Promise<void>;
}

/** A role's name belongs to all databases of a server, so each lab has its own. */
export const reader = `reader_${randomBytes(4).toString("hex")}`;

const objects = [
  `CREATE TABLE public.customers (
     id int4 NOT NULL, name text NOT NULL, email varchar(200), balance numeric(12,2) DEFAULT 0,
     created timestamptz DEFAULT now(), tags text[], data jsonb, token uuid DEFAULT gen_random_uuid(), code char(5),
     share float8, ratio float4, grade int2, points int8, born date, seen timestamp(3), at time, period interval,
     photo bytea, active bool DEFAULT true, raw json)`,
  "COMMENT ON TABLE public.customers IS 'whoever buys'",
  "COMMENT ON COLUMN public.customers.name IS 'the whole name'",
  "CREATE TABLE public.orders (id int8 NOT NULL, customer_id int4 NOT NULL, amount float8, ordered date)",
  `CREATE TABLE public."Mixed ""Case" ("A b" int4 NOT NULL, "select" text)`,
  "CREATE SCHEMA sales",
  "CREATE TABLE sales.orders (id int8, total numeric(12,2))",
  "CREATE TABLE sales.regions (id int4, name text)",
  `CREATE ROLE ${reader}`,
  `GRANT USAGE ON SCHEMA sales TO ${reader}`,
  `GRANT SELECT ON public.customers TO ${reader}`,
  `GRANT SELECT, INSERT ON sales.orders TO ${reader}`,
  "INSERT INTO public.customers (id, name, email) VALUES (1, 'Ann', 'ann@example.com'), (2, 'Bo', NULL)",
  "INSERT INTO sales.regions VALUES (1, 'North'), (2, 'South'), (3, NULL)",
];

export async function lakewireLab(): Promise<Lab> {
  const server = await startServer();
  await asAdmin(server, objects);
  return { ...server, close: () => server.stop() };
}

/** A database of its own. */
export async function postgresLab(): Promise<Lab | undefined> {
  const service = await postgres();
  if (!service) return undefined;
  const database = `lakewire_browse_${randomBytes(4).toString("hex")}`;
  await asAdmin(service, [`CREATE DATABASE ${database}`]);
  const lab = { ...service, database };
  await asAdmin(lab, objects);
  const close = () =>
    asAdmin(service, [`DROP DATABASE ${database} WITH (FORCE)`, `DROP ROLE ${reader}`]);
  return { ...lab, close };
}

export async function asAdmin(login: SqlLogin, statements: readonly string[]): Promise<void> {
  const client = await SqlClient.login(login);
  await client.run(...statements);
  await client.end();
}
