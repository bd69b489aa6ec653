/**
 * What is kept instead of a password: `SCRAM-SHA-256$<iterations>:<salt>$<StoredKey>:<ServerKey>`, as in pg_authid;
 * for clients too old for that, `md5<hash of password and role name>`.
 * https://www.postgresql.org/docs/15/catalog-pg-authid.html
 */
import { createHash, createHmac, pbkdf2, randomBytes } from "node:crypto";
import { promisify } from "node:util";

export interface Verifier {
  readonly iterations: number;
  readonly salt: Buffer;
  readonly storedKey: Buffer;
  readonly serverKey: Buffer;
}

/** PostgreSQL 15's own. */
export const defaultIterations = 4096;
const keyBytes = 32;

export async function makeVerifier(
  password: string,
  salt: Buffer = randomBytes(16),
  iterations = defaultIterations,
): Promise<string> {
  const text = normalizedPassword(password);
  const salted = await promisify(pbkdf2)(text, salt, iterations, keyBytes, "sha256");
  const stored = createHash("sha256").update(hmac(salted, "Client Key")).digest("base64");
  const server = hmac(salted, "Server Key").toString("base64");
  return `SCRAM-SHA-256$${iterations}:${salt.toString("base64")}$${stored}:${server}`;
}

/** Undefined when the text is not a SCRAM verifier. */
export function parseVerifier(text: string): Verifier | undefined {
  const parts = /^SCRAM-SHA-256\$(\d{1,9}):([^$:]+)\$([^$:]+):([^$:]+)$/.exec(text);
  if (!parts) return undefined;
  const [, iterations, salt = "", stored = "", server = ""] = parts;
  const verifier = {
    iterations: Number(iterations),
    salt: Buffer.from(salt, "base64"),
    storedKey: Buffer.from(stored, "base64"),
    serverKey: Buffer.from(server, "base64"),
  };
  const isWhole =
    verifier.iterations > 0 &&
    verifier.salt.length > 0 &&
    verifier.storedKey.length === keyBytes &&
    verifier.serverKey.length === keyBytes;
  return isWhole ? verifier : undefined;
}

/** For `password_encryption = md5`. It depends on the role's name, so a role that is renamed loses it. */
export function makeMd5Verifier(password: string, role: string): string {
  return `md5${createHash("md5").update(password).update(role).digest("hex")}`;
}

export function isMd5Verifier(text: string): boolean {
  return /^md5[0-9a-f]{32}$/.test(text);
}

/** CREATE ROLE … PASSWORD takes a verifier as it is; anything else is a password. */
export function isVerifier(text: string): boolean {
  return isMd5Verifier(text) || parseVerifier(text) !== undefined;
}

/** PostgreSQL applies SASLprep and, where that fails, takes the bytes as they are; NFKC and the mapping of blanks are its visible part. */
function normalizedPassword(password: string): string {
  if (/^[\x20-\x7e]*$/.test(password)) return password;
  const mapped = password.replaceAll(blanks, " ").replaceAll(ignored, "").normalize("NFKC");
  return /^\P{C}+$/u.test(mapped) ? mapped : password;
}

/** RFC 3454 table C.1.2: to a space. */
const blanks = /[\u00A0\u1680\u2000-\u200A\u202F\u205F\u3000]/g;
/** RFC 3454 table B.1: to nothing. */
const ignored =
  /\u00AD|\u034F|\u1806|[\u180B-\u180D]|[\u200B-\u200D]|\u2060|[\uFE00-\uFE0F]|\uFEFF/gu;

function hmac(key: Uint8Array, text: string): Buffer {
  return createHmac("sha256", key).update(text).digest();
}
