/**
 * Somebody else's tables, which are read and never written: a Delta table, or a folder of Parquet files. What is declared of
 * one may differ from what it is: columns are found by name and cast.
 */
import { PgError } from "../base/error.ts";
import { quoteName, quoteText } from "../base/quote.ts";
import type { Engine } from "../engine/engine.ts";
import { engineTypeName } from "../pgtypes/engine-type.ts";
import { oids } from "../pgtypes/oids.ts";
import { logicalTypeFor, typeTitle } from "../pgtypes/types.ts";
import type { Buckets, FolderPlace, OutsidePlace } from "../storage/storage.ts";
import { ParquetFolder } from "./parquet-folder.ts";
import { columnsOf } from "./schema.ts";
import type { Column, Predicate, Table, TableVersion } from "./table.ts";

/** Where it is and what it is; the catalog's Relation.source of a foreign table has these. */
export interface ForeignPlace {
  readonly format: "delta" | "parquet";
  readonly place: FolderPlace | OutsidePlace;
}

export type ForeignTable = Pick<Table, "current" | "at" | "atTime" | "scan">;

/** The folder opened; nothing of it is read yet. */
export async function openForeign(
  { format, place }: ForeignPlace,
  buckets: Buckets,
  engine: Engine,
  delta: (bucket: Awaited<ReturnType<Buckets["attach"]>>) => ForeignTable,
): Promise<ForeignTable> {
  const folder = await buckets.attach(place, format === "parquet");
  if (format === "delta") return delta(folder);
  return new ParquetFolder(folder.bucket, folder.location, engine);
}

export interface DeclaredScan {
  /** Columns as they are declared, in the order in which they are wanted. */
  readonly columns: readonly Column[];
  readonly where: readonly Predicate[];
  /** An older version may lack a column that was added since: NULL. Otherwise it is an error. */
  readonly isOlder: boolean;
}

/** Engine SQL of a SELECT of the declared columns. HV005 for one the table no longer has. */
export async function declaredScan(
  table: ForeignTable,
  version: TableVersion,
  { columns, where, isOlder }: DeclaredScan,
): Promise<string> {
  const stored = new Map(columnsOf(version.fields).map((column) => [column.name, column]));
  const missing = columns.find(({ name }) => !stored.has(name));
  if (missing && !isOlder) {
    throw new PgError("HV005", `column "${missing.name}" is not in the foreign table's files`, {
      hint: "Attach the table again: DROP FOREIGN TABLE, CREATE FOREIGN TABLE.",
    });
  }
  const there = columns.filter(({ name }) => stored.has(name)).map(({ name }) => name);
  const [first] = stored.keys();
  const names = there.length > 0 || first === undefined ? there : [first];
  const isSame = (column: Column) => {
    const found = stored.get(column.name);
    const hasLength = lengthOf(column) !== undefined && found?.typmod !== column.typmod;
    return found !== undefined && !hasLength && nameOfType(found) === nameOfType(column);
  };
  // A file is left out by what it stores, so only where that is what was declared.
  const told = where.filter(({ column }) => {
    const declared = columns.find(({ name }) => name === column);
    return declared !== undefined && isSame(declared);
  });
  const scan = await table.scan(version, names, { where: told });
  if (names === there && columns.every(isSame)) return scan;
  const list = columns.map((column) => {
    const value = stored.has(column.name) ? quoteName(column.name) : "NULL";
    return `${fitting(column, `CAST(${value} AS ${nameOfType(column)})`)} AS ${quoteName(column.name)}`;
  });
  return `SELECT ${list.join(", ")} FROM (${scan})`;
}

/** What is longer than was declared is an error, as it is where PostgreSQL reads a file. */
function fitting(column: Column, value: string): string {
  const length = lengthOf(column);
  if (length === undefined) return value;
  const fault = quoteText(`PGERR:22001:value too long for type character varying(${length})`);
  return `CASE WHEN length(${value}) > ${length} THEN error(${fault}) ELSE ${value} END`;
}

/** In characters, of varchar(n). */
function lengthOf({ name, typeOid, typmod }: Column): number | undefined {
  if (typmod < 4) return undefined;
  if (typeOid === oids.varchar) return typmod - 4;
  if (typeOid !== oids.bpchar) return undefined;
  throw new PgError(
    "0A000",
    `column "${name}" of type character in a foreign table is not supported`,
    {
      hint: "Declare it text or varchar.",
    },
  );
}

function nameOfType({ name, typeOid, typmod }: Column): string {
  const type = logicalTypeFor(typeOid, typmod);
  if (type) return engineTypeName(type);
  throw new PgError("0A000", `column "${name}" of type ${typeTitle(typeOid)} is not supported`);
}
