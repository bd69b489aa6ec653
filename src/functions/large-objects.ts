/** Large objects: there are none, and none can be made. https://www.postgresql.org/docs/15/lo-funcs.html */
import { PgError } from "../base/error.ts";
import type { KernelTable } from "./kernel.ts";

function missing(oid: number): never {
  throw new PgError("42704", `large object ${oid} does not exist`);
}

export const largeObjectKernels: KernelTable = {
  "lo_get(oid) bytea": missing,
  "lo_get(oid,int8,int4) bytea": missing,
  "lo_put(oid,int8,bytea) void": missing,
  "lo_unlink(oid) int4": missing,
};
