/** Row level security: policies declared, applied to reading and writing, and shown. As PostgreSQL 15 does it. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { must } from "../../src/base/assert.ts";
import { Pair } from "../ddl/side-by-side.ts";
import { postgres } from "../support/services.ts";

const service = await postgres();
const [ann, bob] = ["rls_ann", "rls_bob"].map((name) => `${name}_${process.pid}`);

const people = `
  create role ${ann};
  create role ${bob};
  grant usage on schema work to ${ann}, ${bob};
  create table doc (id int primary key, owner text, secret boolean default false, pages int);
  insert into doc values (1, '${ann}', false, 10), (2, '${ann}', true, 20), (3, '${bob}', false, 30), (4, 'x', false, 0);
  grant all on doc to ${ann}, ${bob};
`;
const gone = `
  reset role;
  drop schema work cascade;
  drop role ${ann};
  drop role ${bob};
`;

describe.runIf(service)("row level security", () => {
  let pair: Pair;
  beforeAll(async () => {
    pair = await Pair.open(must(service, "PostgreSQL 15"));
  });
  afterAll(async () => {
    await pair?.close();
  });

  test("lets a role read what its policies show, wherever the table stands", async () => {
    await pair.agree(`${people}
      alter table doc enable row level security;
      set role ${ann};
      select * from doc;
      reset role;
      select count(*) from doc;
      create policy mine on doc using (owner = current_user);
      create policy "public ones" on doc for select to ${bob} using (not secret);
      create policy short on doc as restrictive for select using (pages < 25);
      create table note (doc int references doc, text text);
      insert into note values (1, 'a'), (3, 'b'), (4, 'c');
      grant select on note to ${ann}, ${bob};
      create view plain as select id from doc;
      create view invoked with (security_invoker) as select id from doc;
      grant select on plain, invoked to ${ann}, ${bob};
      create function docs() returns bigint language sql as 'select count(*) from work.doc';
      set role ${ann};
      select id from doc order by id;
      select count(*) from doc;
      select d.id, n.text from doc d left join note n on n.doc = d.id order by 1;
      select text from note where exists (select from doc where id = note.doc) order by 1;
      with x as (select * from doc) select id from x order by 1;
      select (select max(id) from doc), array(select id from doc order by 1);
      select id from plain order by id;
      select id from invoked order by id;
      select docs();
      select d from doc d order by id;
      select id from doc where 100 / pages > 0 order by id;
      select id from doc tablesample system (100) order by id;
      select id from doc for update;
      prepare p as select id from doc order by id;
      execute p;
      set role ${bob};
      execute p;
      select id from doc order by id;
      select row_security_active('doc'), row_security_active('note'::regclass);
      set row_security = off;
      select id from doc;
      reset role;
      select count(*) from doc;
      reset row_security;
      ${gone}
    `);
  });

  test("lets a role change what its policies let it, and leave nothing behind that they do not", async () => {
    await pair.agree(`${people}
      create policy r on doc for select using (owner = current_user or not secret);
      create policy i on doc for insert with check (owner = current_user and pages > 0);
      create policy u on doc for update using (owner = current_user) with check (owner = current_user);
      create policy d on doc for delete using (owner = current_user and not secret);
      create policy few on doc as restrictive for insert with check (pages < 1000);
      alter table doc enable row level security;
      set role ${ann};
      insert into doc values (10, '${ann}', false, 5);
      insert into doc values (11, '${bob}', false, 5);
      insert into doc values (12, '${ann}', false, 5000);
      insert into doc values (13, '${ann}', false, 5), (14, 'x', false, 5);
      insert into doc values (15, '${ann}', false, 5) returning id;
      insert into doc select 16, '${ann}', false, null;
      update doc set pages = pages + 1;
      update doc set pages = 7 where id = 3;
      update doc set owner = '${bob}' where id = 1;
      update doc set pages = 100 / (id - 3) where owner like 'rls%' and 10 / pages >= 0;
      update doc set secret = true where id = 10 returning id, secret;
      delete from doc where id = 2;
      delete from doc where id = 15;
      delete from doc;
      insert into doc values (2, '${ann}', false, 6) on conflict do nothing;
      insert into doc values (2, '${ann}', false, 6) on conflict (id) do update set pages = excluded.pages;
      insert into doc values (3, '${ann}', false, 6) on conflict (id) do update set pages = excluded.pages;
      insert into doc values (20, '${ann}', false, 6) on conflict (id) do update set pages = excluded.pages;
      insert into doc values (20, '${ann}', false, 6) on conflict (id) do update set owner = 'x';
      with gone as (delete from doc where id = 20 returning id) select * from gone;
      copy doc from stdin;
      reset role;
      select * from doc order by id;
      alter table doc owner to ${ann};
      set role ${ann};
      select count(*) from doc;
      alter table doc force row level security;
      select count(*) from doc;
      alter table doc no force row level security;
      alter table doc disable row level security;
      reset role;
      alter role ${bob} bypassrls;
      alter table doc enable row level security;
      set role ${bob};
      select count(*) from doc;
      reset role;
      select rolbypassrls from pg_roles where rolname in ('${ann}', '${bob}') order by rolname;
      truncate doc;
      ${gone}
    `);
  });

  test("through a view counts for whoever the view reads as", async () => {
    await pair.agree(`${people}
      create view v as select id, owner, pages from doc;
      alter view v owner to ${ann};
      grant all on v to ${bob};
      create policy mine on doc using (owner = current_user);
      create policy anns on doc to ${ann} using (pages < 25);
      alter table doc enable row level security;
      set role ${bob};
      select id from v order by id;
      update v set pages = pages + 1;
      insert into v values (30, 'z', 3);
      insert into v values (31, 'z', 300);
      delete from v where id = 1;
      reset role;
      select * from doc order by id;
      ${gone}
    `);
  });

  test("knows subqueries, settings and functions, and tells what it cannot do without", async () => {
    await pair.agree(`${people}
      create table member (who text, doc int);
      insert into member values ('${bob}', 1), ('${bob}', 4);
      grant select on member to ${bob};
      create function is_open(int) returns boolean language sql as 'select $1 < 25';
      create policy p on doc using (exists (select 1 from member where member.doc = doc.id and who = current_user));
      create policy t on doc for select using (owner = current_setting('app.tenant', true));
      create policy f on doc as restrictive using (is_open(pages));
      alter table doc enable row level security;
      set role ${bob};
      select id from doc order by id;
      set app.tenant = '${ann}';
      select id from doc order by id;
      set app.tenant = 'x';
      select id from doc order by id;
      update doc set pages = 24 where id = 1;
      update doc set pages = 25 where id = 1;
      set role ${ann};
      select id from doc order by id;
      reset role;
      select policyname, permissive, roles, cmd, qual, with_check from pg_policies where schemaname = 'work' order by 1;
      alter table doc rename column owner to keeper;
      alter table member rename to members;
      select policyname, qual from pg_policies where schemaname = 'work' order by 1;
      set role ${bob};
      select id from doc order by id;
      reset role;
      drop table members;
      drop function is_open(int);
      alter table doc drop column keeper;
      alter table doc alter column pages type bigint;
      begin;
      drop table members cascade;
      drop function is_open(int) cascade;
      alter table doc drop column keeper cascade;
      select count(*) from pg_policy where polrelid = 'doc'::regclass;
      rollback;
      select polname, polcmd, polpermissive, polroles from pg_policy where polrelid = 'doc'::regclass order by 1;
      create policy again on doc using (exists (select from doc d2 where d2.id = doc.id));
      set role ${bob};
      select id from doc;
      reset role;
      drop policy again on doc;
      alter policy p on doc to ${ann} using (true) with check (pages > 1);
      alter policy t on doc rename to u;
      comment on policy u on doc is 'by tenant';
      select obj_description(oid, 'pg_policy') from pg_policy where polname = 'u';
      select polname, pg_get_expr(polqual, polrelid), pg_get_expr(polwithcheck, polrelid) from pg_policy where polrelid = 'doc'::regclass order by 1;
      drop role ${ann};
      savepoint s;
      ${gone}
    `);
  });

  test("refuses what PostgreSQL refuses", async () => {
    await pair.agree(`${people}
      create policy p on doc;
      create policy p on doc;
      create policy q on doc for insert using (true);
      create policy q on doc for select with check (true);
      create policy q on doc using (sum(id) > 1);
      create policy q on doc using (nope);
      create policy q on doc using (id);
      create policy q on nope using (true);
      create view v as select 1 as one;
      create policy q on v using (true);
      alter policy nope on doc to public;
      create policy q on doc to nope;
      create policy r on doc to public, ${ann};
      drop policy nope on doc;
      drop policy if exists nope on doc;
      drop policy if exists nope on nope;
      alter policy p on doc rename to r;
      alter view v enable row level security;
      alter table v enable row level security;
      select relrowsecurity, relforcerowsecurity from pg_class where relname = 'doc' and relnamespace = 'work'::regnamespace;
      ${gone}
    `);
  });

  test("outlives the server", async () => {
    const admin = await pair.ours();
    await admin.answers(`
      create role rls_reader;
      create table public.kept (a int, b int);
      insert into public.kept values (1, 1), (2, 2);
      grant select on public.kept to rls_reader;
      grant usage on schema public to rls_reader;
      create policy odd on public.kept using (a % 2 = 1);
      alter table public.kept enable row level security;
    `);
    await admin.end();
    await pair.restart();
    const again = await pair.ours();
    const answers = await again.answers(`
      set role rls_reader;
      select a from public.kept;
      reset role;
      drop table public.kept;
      drop role rls_reader;
    `);
    expect(answers[1]?.rows).toEqual([["1"]]);
    await again.end();
  });
});
