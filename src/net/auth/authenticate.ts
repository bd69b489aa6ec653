/** The authentication exchange: SASL with SCRAM, over a connection. */
import { PgError } from "../../base/error.ts";
import { Reader } from "../../wire/reader.ts";
import type { Connection } from "../connection.ts";
import {
  answerFinal,
  answerFirst,
  type Mechanism,
  mockVerifier,
  parseVerifier,
  type Verifier,
} from "./scram.ts";

export interface AuthenticationOptions {
  readonly passwordBytesMax: number;
  /** Keeps the salt of an unknown role the same for as long as the secret is. */
  readonly mockSecret: Uint8Array;
}

/**
 * True when the client knows the password; false when it has gone away. A wrong password, an unknown role and a role
 * without a password get the same 28P01 after the same exchange.
 */
export async function authenticate(
  connection: Connection,
  user: string,
  verifierText: string | null | undefined,
  options: AuthenticationOptions,
): Promise<boolean> {
  const verifier = verifierText ? parseVerifier(verifierText) : undefined;
  const known = verifier ?? mockVerifier(user, options.mockSecret);
  const isProven = await exchange(connection, known, options.passwordBytesMax);
  if (isProven === undefined) return false;
  if (isProven && verifier) return true;
  const message = `password authentication failed for user "${user}"`;
  throw new PgError("28P01", message, { severity: "FATAL" });
}

async function exchange(
  connection: Connection,
  verifier: Verifier,
  bytesMax: number,
): Promise<boolean | undefined> {
  const certificateHash = connection.certificate?.hash;
  const mechanisms: Mechanism[] = certificateHash
    ? ["SCRAM-SHA-256-PLUS", "SCRAM-SHA-256"]
    : ["SCRAM-SHA-256"];
  connection.send({ type: "AuthenticationSASL", mechanisms });
  const answer = async () => {
    await connection.flush();
    return connection.password(bytesMax);
  };

  const initial = await answer();
  if (!initial) return undefined;
  const { mechanism, data } = initialResponse(initial, mechanisms);
  if (!data) connection.send({ type: "AuthenticationSASLContinue", data: Buffer.alloc(0) });
  const clientFirst = data ?? (await answer());
  if (!clientFirst) return undefined;

  const first = answerFirst(clientFirst.toString(), mechanism, verifier, certificateHash);
  connection.send({ type: "AuthenticationSASLContinue", data: Buffer.from(first.challenge) });
  const clientFinal = await answer();
  if (!clientFinal) return undefined;

  const proof = answerFinal(clientFinal.toString(), first, verifier);
  if (proof === undefined) return false;
  connection.send({ type: "AuthenticationSASLFinal", data: Buffer.from(proof) });
  return true;
}

/** SASLInitialResponse: a mechanism's name, and the client's first message unless it waits to be asked. */
function initialResponse(
  body: Buffer,
  offered: readonly Mechanism[],
): { readonly mechanism: Mechanism; readonly data: Buffer | null } {
  const reader = new Reader(body);
  const name = reader.cstring();
  const mechanism = offered.find((one) => one === name);
  if (!mechanism)
    throw new PgError("08P01", "client selected an invalid SASL authentication mechanism");
  const data = reader.value();
  reader.end();
  return { mechanism, data };
}
