import { int8 } from "./columns.ts";
import { defineFunction } from "./define.ts";

export const pg_stat_statements_reset = defineFunction({
  oid: 90_060,
  name: "pg_stat_statements_reset",
  summary:
    "Forgets what pg_stat_statements has counted: of one role, of one statement, or all of it.",
  arguments: {
    userid: int8("OID of a role; 0 is all of them.").default(0n),
    dbid: int8("OID of the database; there is one.").default(0n),
    queryid: int8("As pg_stat_statements shows it; 0 is all of them.").default(0n),
  },
  returns: {
    pg_stat_statements_reset: int8("How many entries are left."),
  },
  examples: [
    {
      title: "Begin to count anew",
      sql: "SELECT * FROM pg_stat_statements_reset()",
    },
  ],
  requires: () => [{ kind: "superuser" }],

  async *run({ userid, queryid }, { rooms }) {
    yield { pg_stat_statements_reset: BigInt(rooms.forgetStatements(Number(userid), queryid)) };
  },
});
