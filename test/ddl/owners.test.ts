/** REASSIGN OWNED, and what a role must not leave behind; databases; TRUNCATE … RESTART IDENTITY. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { must } from "../../src/base/assert.ts";
import { postgres } from "../support/services.ts";
import { Pair } from "./side-by-side.ts";

const service = await postgres();

describe.runIf(service)("owners", () => {
  let pair: Pair;
  beforeAll(async () => {
    pair = await Pair.open(must(service, "PostgreSQL 15"));
  });
  afterAll(async () => {
    await pair?.close();
  });

  test("hand over everything they have", async () => {
    const [ann, bob, carl] = ["ann", "bob", "carl"].map((name) => `${name}_${process.pid}`);
    await pair.agree(`
      create role ${ann};
      create role ${bob};
      create role ${carl};
      grant create on schema work to ${ann}, ${bob};
      create table t (a serial primary key, b int);
      create view v as select a from t;
      create sequence s;
      create type e as enum ('x');
      create type c as (q int);
      create domain d as int check (value > 0);
      create function f() returns int language sql as 'select 1';
      create procedure p() language sql as 'select 1';
      create materialized view mv as select 1 as one;
      alter table t owner to ${ann};
      alter view v owner to ${ann};
      alter sequence s owner to ${ann};
      alter type e owner to ${ann};
      alter type c owner to ${ann};
      alter domain d owner to ${ann};
      alter function f() owner to ${ann};
      alter procedure p() owner to ${ann};
      alter materialized view mv owner to ${ann};
      begin;
      reassign owned by ${ann} to ${bob};
      rollback;
      select relname, relowner::regrole from pg_class where relnamespace='work'::regnamespace and relkind in ('r','v','S','c','m') order by 1;
      reassign owned by ${ann}, ${carl} to ${bob};
      select relname, relowner::regrole from pg_class where relnamespace='work'::regnamespace and relkind in ('r','v','S','c','m') order by 1;
      select typname, typowner::regrole from pg_type where typnamespace='work'::regnamespace and typtype in ('e','d','c') order by 1;
      select proname, proowner::regrole from pg_proc where pronamespace='work'::regnamespace order by 1;
      reassign owned by nobody to ${bob};
      set role ${carl};
      reassign owned by ${bob} to ${carl};
      reset role;
      insert into t(b) values (1);
      revoke create on schema work from ${ann}, ${bob};
      grant truncate on t to ${carl};
      grant usage on schema work to ${carl};
      set role ${carl};
      truncate t;
      truncate t restart identity;
      reset role;
      alter table t set without oids;
      alter table t enable trigger all;
      alter table t disable trigger user;
      drop database nonono;
      drop database if exists nonono;
      alter database nonono set work_mem='1MB';
      alter database nonono rename to x;
      reassign owned by ${bob} to current_user;
      revoke all on t from ${carl};
      revoke all on schema work from ${carl};
      drop schema work cascade;
      drop role ${ann};
      drop role ${bob};
      drop role ${carl};
    `);
  });

  test("cannot go while a function or a type is theirs, or lets them do something", async () => {
    const side = await pair.ours();
    const dropped = await side.answers(`
      create role leaving;
      create function public.theirs(int) returns int language sql as 'select 1';
      create type public.kind as enum ('x');
      alter function public.theirs(int) owner to leaving;
      alter type public.kind owner to leaving;
      drop role leaving;
      reassign owned by leaving to current_user;
      grant execute on function public.theirs(int) to leaving;
      drop role leaving;
      drop function public.theirs(int);
      drop role leaving;
    `);
    expect(dropped.flatMap(({ error }) => error?.detail ?? [])).toEqual([
      "owner of type public.kind\nowner of function public.theirs(integer)",
      "privileges for function public.theirs(integer)",
    ]);
    expect(dropped.at(-1)?.error).toBeUndefined();
    await side.end();
  });
});
