/** Type OIDs the analyzer names itself; all others it meets only as rows of pg_type. */
import { oids } from "../../pgtypes/oids.ts";

export const oid = {
  ...oids,
  /** A value whose type the engine alone knows: a function of DuckDB's that PostgreSQL lacks. */
  engineTyped: 0,
  nameArray: 1003,
  int4Array: 1007,
  textArray: 1009,
  float8Array: 1022,
  any: 2276,
  anyarray: 2277,
  anyelement: 2283,
  recordArray: 2287,
  money: 790,
  anynonarray: 2776,
  anyenum: 3500,
  anyrange: 3831,
  anymultirange: 4537,
  anycompatiblemultirange: 4538,
  anycompatible: 5077,
  anycompatiblearray: 5078,
  anycompatiblenonarray: 5079,
  anycompatiblerange: 5080,
} as const;

/** OIDs that name something: printed as names, read as names or numbers. */
export const registered: ReadonlySet<number> = new Set([
  oid.regproc,
  oid.regprocedure,
  oid.regoper,
  oid.regoperator,
  oid.regclass,
  oid.regtype,
  oid.regconfig,
  oid.regdictionary,
  oid.regnamespace,
  oid.regrole,
  oid.regcollation,
]);
