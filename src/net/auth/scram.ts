/**
 * SCRAM-SHA-256, the server's half: https://datatracker.ietf.org/doc/html/rfc5802 and rfc7677.
 * Verifiers have PostgreSQL's form, so one taken from pg_authid works here.
 */
import { createHash, createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { defaultIterations, type Verifier } from "../../access/verifier.ts";
import { PgError } from "../../base/error.ts";

export type Mechanism = "SCRAM-SHA-256" | "SCRAM-SHA-256-PLUS";

const keyBytes = 32;

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
