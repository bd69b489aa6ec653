/** Writes through views of one table do what PostgreSQL's do: check options, RETURNING, ON CONFLICT, views over views. */
import { afterAll, beforeAll, describe, test } from "vitest";
import { must } from "../../src/base/assert.ts";
import { postgres } from "../support/services.ts";
import { Pair } from "./side-by-side.ts";

const service = await postgres();

describe.runIf(service)("writes through views", () => {
  let pair: Pair;
  beforeAll(async () => {
    pair = await Pair.open(must(service, "PostgreSQL 15"));
  });
  afterAll(async () => {
    await pair?.close();
  });

  test("are held to what the views show, at every level, and give rows back as the view shows them", async () => {
    await pair.agree(`
      create table t (a int primary key, b text default 'd', c int check (c<100));
      create view v as select a,b,c from t where a>10 with check option;
      insert into v values (5,'x',1);
      insert into v values (15,'x',1) returning a;
      insert into v values (15,'x',1) on conflict do nothing;
      insert into v values (15,'y',2) on conflict (a) do update set b=excluded.b||v.b returning *;
      insert into v as q values (15,'y',2) on conflict (a) do update set b=excluded.b||q.b where q.c=1 returning q.*, q.a+1 as n;
      insert into v values (15,'y',2) on conflict (a) do update set a=4;
      insert into v values (15,'y',2) on conflict on constraint t_pkey do nothing;
      insert into v values (15,'y',200);
      update v set a=3;
      update v set c=c+1 where a>0 returning *, a+c;
      create view v2 as select a as aa,b as bb, a*2 as dbl from v where a<20;
      insert into v2 values (25,'z'), (16,'q') returning *;
      insert into v2 values (26,'z', 5);
      insert into v2 (aa, dbl) values (26, 5);
      insert into v2 values (9,'z');
      insert into v2 (bb) values ('z');
      update v2 set bb='k' where aa=16 returning *;
      update v2 set dbl=1;
      update v2 set aa=21 where aa=16;
      update v2 set aa=11 where aa=16;
      select * from t order by a;
      delete from v2 where dbl=22 returning aa, dbl, bb;
      delete from v2 using t x where x.a=v2.aa returning v2.*, x.c;
      create view v3 with (check_option=local) as select aa,bb from v2 where bb<>'n';
      insert into v3 values (17,'n');
      insert into v3 values (27,'m');
      insert into v3 values (7,'m');
      insert into v3 values (18, null);
      create view v4 as select * from v3 where aa<>19 with cascaded check option;
      insert into v4 values (19,'x');
      insert into v4 values (30,'x');
      insert into v4 values (12,'n');
      insert into v4 values (12,'x') returning bb;
      update v4 set bb='n';
      update v4 set bb='w' where aa=12 returning v4;
      insert into v4 select 13, 'u' union all select 14, 'v' returning aa;
      merge into v4 using (values (15)) as x(k) on aa=k when matched then delete;
      with w as (insert into v4 values (20,'x') returning *) select * from w;
      with w as (insert into v4 values (17,'x') returning *) select * from w;
      prepare ins as insert into v4 values ($1,$2) returning aa;
      execute ins(16,'p');
      execute ins(99,'p');
      create view tup as select t.*::text as txt, a from t where a<1000;
      update tup set a=a where a=16 returning txt, a;
      insert into v4 (aa) values (1) on conflict (nope) do nothing;
      insert into v4 (nope) values (1);
      update v4 set nope=1;
    `);
  });

  test("take the defaults of the highest view that has some, and refuse what is no table", async () => {
    await pair.agree(`
      create table t (a int primary key, b text default 'd', c int check (c<100));
      create view v as select a,b,c from t where a>10 with check option;
      create view vd as select a, b, c from t;
      alter view vd alter column b set default 'viewdef';
      insert into vd (a) values (101) returning *;
      insert into vd values (102, default, 3) returning *;
      insert into vd default values;
      insert into vd(a) select 103 returning b;
      create view vvd as select a as x, b as y from vd;
      insert into vvd (x) values (104) returning *;
      create view vn as select count(*) as n from t;
      create view vn2 as select n from vn;
      insert into vn2 values (1);
      delete from vn2;
      create view vd2 as select distinct a from t;
      create view vd3 as select a from vd2;
      update vd3 set a=1;
      select table_name, is_updatable, is_insertable_into, check_option from information_schema.views where table_schema='work' order by 1;
      create view sub as select a, b from t where a in (select a from t where c is null) with check option;
      insert into sub values (500,'x');
      insert into t values (501,'y',null);
      update sub set b='seen' where a=501 returning *;
      update sub set a=502 where a=501 returning *;
    `);
  });

  test("are judged after keys and before references", async () => {
    await pair.agree(`
      create table par (id int primary key, n text);
      create table chi (pid int references par, v int);
      create view vc as select v, pid from chi where v > 0 with check option;
      insert into vc values (1, 7);
      insert into vc values (-1, 7);
      insert into par values (7,'x');
      insert into vc values (1, 7) returning pid;
      update vc set v = (select -1);
    `);
  });

  test("know columns by the names the view was made with", async () => {
    await pair.agree(`
      create table t (a int primary key, b text default 'd', c int check (c<100));
      create view star as select * from t where a = 700;
      alter table t add column z int default 9;
      alter table t rename column b to bee;
      insert into star values (700, 'r', 1) returning *;
      update star set b='rr' returning a, b;
      select * from t where a=700;
      insert into star (a,z) values (800,1);
      create view ro as select a+0 as a0 from t;
      insert into ro values (1);
      update ro set a0=1;
      delete from ro where a0=700;
    `);
  });

  test("ask what the view's owner may do, or whoever asks", async () => {
    const [owner, writer] = [`view_owner_${process.pid}`, `view_writer_${process.pid}`];
    await pair.agree(`
      create role ${owner};
      create role ${writer};
      grant create, usage on schema work to ${owner};
      grant usage on schema work to ${writer};
      create table t (a int primary key, b text);
      grant select on t to ${owner};
      create view low as select a, b from t;
      alter view low owner to ${owner};
      create view high as select a from low where a < 100 with check option;
      grant select, insert, update, delete on high to ${writer};
      set role ${writer};
      insert into high values (1);
      reset role;
      grant insert, update on t to ${owner};
      set role ${writer};
      insert into high values (1) returning a;
      update high set a = 2 returning *;
      delete from high;
      insert into low values (3, 'x');
      reset role;
      alter view high set (security_invoker = true);
      set role ${writer};
      insert into high values (4);
      reset role;
      select * from t;
      drop view high;
      drop view low;
      drop table t;
      revoke all on schema work from ${owner}, ${writer};
      drop role ${owner};
      drop role ${writer};
    `);
  });
});
