/** How a client proves who it is: the exchange that its rule of the [[hba]] table asks for. */
import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import { isMd5Verifier, parseVerifier, type Verifier } from "../../access/verifier.ts";
import { PgError } from "../../base/error.ts";
import type { HbaRule } from "../../config/hba.ts";
import { Reader } from "../../wire/reader.ts";
import type { Connection } from "../connection.ts";
import { isPasswordOf } from "./password.ts";
import { answerFinal, answerFirst, type Mechanism, mockVerifier } from "./scram.ts";

export interface AuthenticationOptions {
  readonly passwordBytesMax: number;
  /** Keeps the salt of an unknown role the same for as long as the secret is. */
  readonly mockSecret: Uint8Array;
}

/**
 * True when the client has proved itself; false when it has gone away. A wrong password, an unknown role and a role
 * without a password get the same 28P01 after the same exchange.
 */
export async function authenticate(
  connection: Connection,
  user: string,
  verifier: string | null | undefined,
  rule: HbaRule,
  options: AuthenticationOptions,
): Promise<boolean> {
  checkCertificate(connection, user, rule);
  if (rule.method === "trust" || rule.method === "cert") return true;
  const isProven = await proven(connection, user, verifier ?? undefined, rule, options);
  if (isProven !== false) return isProven ?? false;
  const message = `password authentication failed for user "${user}"`;
  throw new PgError("28P01", message, { severity: "FATAL" });
}

/** True or false as the password is right; undefined when the client has gone. */
function proven(
  connection: Connection,
  user: string,
  verifier: string | undefined,
  { method }: HbaRule,
  { passwordBytesMax, mockSecret }: AuthenticationOptions,
): Promise<boolean | undefined> {
  if (method === "password") return cleartext(connection, user, verifier, passwordBytesMax);
  if (method === "md5" && verifier !== undefined && isMd5Verifier(verifier))
    return md5(connection, verifier, passwordBytesMax);
  const known = verifier === undefined ? undefined : parseVerifier(verifier);
  return scram(connection, known, mockVerifier(user, mockSecret), passwordBytesMax);
}

/** What the rule asks of the certificate, whatever else is asked. */
function checkCertificate(connection: Connection, user: string, rule: HbaRule): void {
  if (rule.clientCertificate === undefined) return;
  const { clientName } = connection;
  if (clientName === undefined) throw refusal("connection requires a valid client certificate");
  if (rule.clientCertificate === "verify-full" && clientName !== user) {
    if (rule.method === "cert")
      throw refusal(`certificate authentication failed for user "${user}"`);
    throw refusal(
      `certificate validation (clientcert=verify-full) failed for user "${user}": CN mismatch`,
    );
  }
}

async function cleartext(
  connection: Connection,
  user: string,
  verifier: string | undefined,
  bytesMax: number,
): Promise<boolean | undefined> {
  connection.send({ type: "AuthenticationCleartextPassword" });
  const password = await passwordText(connection, bytesMax);
  if (password === undefined) return undefined;
  return verifier !== undefined && isPasswordOf(password, user, verifier);
}

/** https://www.postgresql.org/docs/15/protocol-flow.html: md5(md5(password user) salt), in hexadecimal after `md5`. */
async function md5(
  connection: Connection,
  verifier: string,
  bytesMax: number,
): Promise<boolean | undefined> {
  const salt = randomBytes(4);
  connection.send({ type: "AuthenticationMD5Password", salt });
  const answer = await passwordText(connection, bytesMax);
  if (answer === undefined) return undefined;
  const digest = createHash("md5").update(verifier.slice(3)).update(salt).digest("hex");
  const [given, wanted] = [Buffer.from(answer), Buffer.from(`md5${digest}`)];
  return given.length === wanted.length && timingSafeEqual(given, wanted);
}

async function passwordText(connection: Connection, bytesMax: number): Promise<string | undefined> {
  await connection.flush();
  const body = await connection.password(bytesMax);
  if (!body) return undefined;
  const reader = new Reader(body);
  const text = reader.cstring();
  reader.end();
  if (text === "")
    throw new PgError("28P01", "empty password returned by client", { severity: "FATAL" });
  return text;
}

/** With `mock` for a role that has no verifier: the exchange goes on to its end, and fails. */
async function scram(
  connection: Connection,
  known: Verifier | undefined,
  mock: Verifier,
  bytesMax: number,
): Promise<boolean | undefined> {
  const verifier = known ?? mock;
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
  if (proof === undefined || known === undefined) return false;
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

function refusal(message: string): PgError {
  return new PgError("28000", message, { severity: "FATAL" });
}
