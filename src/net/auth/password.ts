/** A password in clear against what is kept of it. */
import { timingSafeEqual } from "node:crypto";
import {
  isMd5Verifier,
  makeMd5Verifier,
  makeVerifier,
  parseVerifier,
} from "../../access/verifier.ts";

export async function isPasswordOf(
  password: string,
  user: string,
  verifier: string,
): Promise<boolean> {
  if (isMd5Verifier(verifier)) return isSame(makeMd5Verifier(password, user), verifier);
  const known = parseVerifier(verifier);
  if (known === undefined) return false;
  return isSame(await makeVerifier(password, known.salt, known.iterations), verifier);
}

function isSame(one: string, other: string): boolean {
  return one.length === other.length && timingSafeEqual(Buffer.from(one), Buffer.from(other));
}
