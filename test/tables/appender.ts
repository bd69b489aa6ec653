/** A server's worth of appends in a process of its own: root, location, first id, how many. */
import { add, openLake } from "./lake.ts";

const [root = "", location = "", first = "0", count = "0"] = process.argv.slice(2);
const lake = await openLake({ root });
const table = lake.tables.get("primary", location);
for (let i = 0; i < Number(count); i++) {
  await add(table, `SELECT ${Number(first) + i} AS id, 'p' || ${process.pid} AS name`);
}
await lake.close();
