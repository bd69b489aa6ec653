import { PgError } from "../base/error.ts";
import type { Services } from "./services.ts";

/** Where CREATE puts an unqualified name: a bucket there is, or none. */
export function knownBucket(name: string, { rooms }: Pick<Services, "rooms">): string {
  const { buckets } = rooms;
  if (name === "" || buckets.get(name)) return name;
  const names = buckets.list().map((bucket) => bucket.name);
  throw new PgError("3F000", `bucket "${name}" does not exist`, {
    hint: `Buckets are: ${names.join(", ")}.`,
  });
}
