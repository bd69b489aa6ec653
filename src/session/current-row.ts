/** WHERE CURRENT OF: where the row lies by now that a cursor stands on. https://www.postgresql.org/docs/15/sql-declare.html */
import { must } from "../base/assert.ts";
import { PgError, unsupported } from "../base/error.ts";
import type { Call } from "../query/plan.ts";
import type { Backend } from "./backend.ts";

let serial = 0;

/** An engine table of its place: `file` and `row`, or nothing where the transaction has removed it. */
export async function currentRow(
  { cursor: name, relation }: Extract<Call, { kind: "current row" }>,
  { portals, services: { engine }, transaction }: Backend,
): Promise<string> {
  const portal = portals.get(name);
  if (portal === undefined) throw new PgError("34000", `cursor "${name}" does not exist`);
  const { cursor, isHeld } = portal;
  if (isHeld) throw new PgError("24000", `cursor "${name}" is held from a previous transaction`);
  if (cursor?.placesIn === undefined)
    throw unsupported(`WHERE CURRENT OF a cursor that is not FOR UPDATE, or not of one table,`, {
      hint: `Declare "${name}" as SELECT … FROM ${relation.name} … FOR UPDATE.`,
    });
  if (cursor.placesIn.oid !== relation.oid)
    throw new PgError(
      "24000",
      `cursor "${name}" does not have a FOR UPDATE/SHARE reference to table "${relation.name}"`,
    );
  const { place } = cursor;
  if (place === undefined)
    throw new PgError("24000", `cursor "${name}" is not positioned on a row`);
  const [found] = await engine.system(place);
  const kept = must(found, "the cursor's row");
  const first = { file: Number(kept["file"]), row: BigInt(Number(kept["row"])) };
  const stage = await transaction.stagedRows(relation);
  const now = stage === undefined ? first : await stage.follow(first, transaction.mark);
  const table = `call.p${++serial}`;
  const values = now === undefined ? "NULL, NULL" : `${now.file}, ${now.row}`;
  await engine.system(
    `CREATE TABLE ${table} AS SELECT CAST(file AS INTEGER) AS file, CAST(row AS BIGINT) AS row ` +
      `FROM (VALUES (${values})) AS place(file, row) WHERE file IS NOT NULL`,
  );
  return table;
}
