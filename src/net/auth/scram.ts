/**
 * SCRAM-SHA-256, the server's half: https://datatracker.ietf.org/doc/html/rfc5802 and rfc7677.
 * Verifiers have PostgreSQL's form, so one taken from pg_authid works here.
 */
import { createHash, createHmac, pbkdf2, randomBytes, timingSafeEqual } from "node:crypto";
import { promisify } from "node:util";
import { PgError } from "../../base/error.ts";

/** What the server keeps instead of a password. */
export interface Verifier {
  readonly iterations: number;
  readonly salt: Buffer;
  readonly storedKey: Buffer;
  readonly serverKey: Buffer;
}

export type Mechanism = "SCRAM-SHA-256" | "SCRAM-SHA-256-PLUS";

/** PostgreSQL 15's own. */
const defaultIterations = 4096;
const keyBytes = 32;

/** `SCRAM-SHA-256$<iterations>:<salt>$<StoredKey>:<ServerKey>`, for a role's password. */
export async function makeVerifier(
  password: string,
  salt: Buffer = randomBytes(16),
  iterations = defaultIterations,
): Promise<string> {
  const salted = await promisify(pbkdf2)(
    normalized(password),
    salt,
    iterations,
    keyBytes,
    "sha256",
  );
  const stored = sha256(hmac(salted, "Client Key"));
  const server = hmac(salted, "Server Key");
  return `SCRAM-SHA-256$${iterations}:${base64(salt)}$${base64(stored)}:${base64(server)}`;
}

/** Undefined when the text is not a SCRAM verifier. */
export function parseVerifier(text: string): Verifier | undefined {
  const parts = /^SCRAM-SHA-256\$(\d{1,9}):([^$:]+)\$([^$:]+):([^$:]+)$/.exec(text);
  if (!parts) return undefined;
  const [, iterations = "", salt = "", stored = "", server = ""] = parts;
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

/**
 * For a role that is unknown or has no password: the exchange goes on as for any other and then fails, so that
 * nobody learns which names exist. The salt depends on the name alone, as a real one would.
 */
export function mockVerifier(user: string, secret: Uint8Array): Verifier {
  return {
    iterations: defaultIterations,
    salt: hmac(secret, `salt:${user}`).subarray(0, 16),
    // No key hashes to random bytes, so no proof will ever fit.
    storedKey: randomBytes(keyBytes),
    serverKey: randomBytes(keyBytes),
  };
}

/** The client's first message, taken apart, with the nonce chosen in answer. */
export interface ScramFirst {
  /** server-first-message: to be sent. */
  readonly challenge: string;
  readonly nonce: string;
  readonly clientBare: string;
  /** What the client's `c=` must repeat: the GS2 header, and the certificate's hash when it binds the channel. */
  readonly channelBinding: Buffer;
}

/** `certificateHash` is tls-server-end-point (RFC 5929): undefined without TLS, and then PLUS was not offered. */
export function answerFirst(
  message: string,
  mechanism: Mechanism,
  verifier: Verifier,
  certificateHash: Buffer | undefined,
  serverNonce: string = base64(randomBytes(18)),
): ScramFirst {
  const parts = /^((?:n|y|p=([^,]+)),(?:a=[^,]*)?,)(n=[^,]*,r=([!-+\--~]+)(?:,.*)?)$/s.exec(
    message,
  );
  if (!parts) throw malformed("The message does not begin as a SCRAM client's does.");
  const [, gs2 = "", bindingType, clientBare = "", clientNonce = ""] = parts;
  checkBinding(gs2, bindingType, mechanism, certificateHash);
  const nonce = clientNonce + serverNonce;
  const bound = mechanism === "SCRAM-SHA-256-PLUS" && certificateHash ? [certificateHash] : [];
  return {
    challenge: `r=${nonce},s=${base64(verifier.salt)},i=${verifier.iterations}`,
    nonce,
    clientBare,
    channelBinding: Buffer.concat([Buffer.from(gs2), ...bound]),
  };
}

/** server-final-message for the right password, undefined for a wrong one. */
export function answerFinal(
  message: string,
  first: ScramFirst,
  verifier: Verifier,
): string | undefined {
  const parts = /^(c=([A-Za-z0-9+/=]+),r=([!-+\--~]+)(?:,[^,]+)*?),p=([A-Za-z0-9+/=]+)$/s.exec(
    message,
  );
  if (!parts) throw malformed("The final message does not end with a proof.");
  const [, withoutProof = "", binding = "", nonce = "", proofText = ""] = parts;
  if (!Buffer.from(binding, "base64").equals(first.channelBinding))
    throw fatal("28000", "SCRAM channel binding check failed");
  if (nonce !== first.nonce) throw malformed("Nonce does not match.");
  const proof = Buffer.from(proofText, "base64");
  if (proof.length !== keyBytes) throw malformed("Malformed proof in client-final-message.");
  const transcript = `${first.clientBare},${first.challenge},${withoutProof}`;
  const clientKey = xor(proof, hmac(verifier.storedKey, transcript));
  if (!timingSafeEqual(sha256(clientKey), verifier.storedKey)) return undefined;
  return `v=${base64(hmac(verifier.serverKey, transcript))}`;
}

function checkBinding(
  gs2: string,
  bindingType: string | undefined,
  mechanism: Mechanism,
  certificateHash: Buffer | undefined,
): void {
  if (mechanism === "SCRAM-SHA-256-PLUS") {
    if (bindingType === undefined)
      throw malformed(
        "The client selected SCRAM-SHA-256-PLUS, but the SCRAM message does not include channel binding data.",
      );
    if (bindingType !== "tls-server-end-point")
      throw fatal("08P01", `unsupported SCRAM channel-binding type "${bindingType}"`);
    return;
  }
  if (bindingType !== undefined)
    throw malformed(
      "The client selected SCRAM-SHA-256 without channel binding, but the SCRAM message includes channel binding data.",
    );
  // "y": the client could bind and believes we cannot. We offered it, so somebody between us took the offer away.
  if (gs2.startsWith("y") && certificateHash)
    throw fatal(
      "28000",
      "SCRAM channel binding negotiation error",
      "The client supports SCRAM channel binding but thinks the server does not.  However, this server does support channel binding.",
    );
}

/** PostgreSQL applies SASLprep and, where that fails, takes the bytes as they are; NFKC and the mapping of blanks are its visible part. */
function normalized(password: string): string {
  const isAscii = /^[\x20-\x7e]*$/.test(password);
  if (isAscii || !/^\P{C}+$/u.test(mapped(password))) return password;
  return mapped(password).normalize("NFKC");
}

/** RFC 3454 tables C.1.2 (to a space) and B.1 (to nothing). */
function mapped(password: string): string {
  return password.replaceAll(blanks, " ").replaceAll(nothings, "");
}

const blanks = /[\u00A0\u1680\u2000-\u200A\u202F\u205F\u3000]/g;
const nothings =
  /[\u00AD\u1806\u200B\u2060\uFEFF]|\u034F|[\u180B-\u180D]|\u200C|\u200D|[\uFE00-\uFE0F]/g;

function hmac(key: Uint8Array, text: string): Buffer {
  return createHmac("sha256", key).update(text).digest();
}

function sha256(bytes: Uint8Array): Buffer {
  return createHash("sha256").update(bytes).digest();
}

function xor(left: Buffer, right: Buffer): Buffer {
  return Buffer.from(left.map((byte, at) => byte ^ (right[at] ?? 0)));
}

function base64(bytes: Buffer): string {
  return bytes.toString("base64");
}

function malformed(detail: string): PgError {
  return fatal("08P01", "malformed SCRAM message", detail);
}

function fatal(sqlstate: string, message: string, detail?: string): PgError {
  return new PgError(sqlstate, message, { severity: "FATAL", detail });
}
