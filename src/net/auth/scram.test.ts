import { createHash, createHmac, pbkdf2Sync, randomBytes } from "node:crypto";
import fc from "fast-check";
import { expect, test } from "vitest";
import { makeVerifier, parseVerifier, type Verifier } from "../../access/verifier.ts";
import { must } from "../../base/assert.ts";
import { PgError } from "../../base/error.ts";
import { answerFinal, answerFirst, mockVerifier } from "./scram.ts";

const hmac = (key: Uint8Array, text: string) => createHmac("sha256", key).update(text).digest();
const plain = "SCRAM-SHA-256";
const plus = "SCRAM-SHA-256-PLUS";
const hash = Buffer.alloc(32, 7);

/** What a client answers to a challenge, written from the RFC and not from the code under test. */
function clientFinal(
  password: string,
  bare: string,
  challenge: string,
  binding: Buffer = Buffer.from("n,,"),
): string {
  const [nonce = "", salt = "", iterations = ""] = challenge
    .split(",")
    .map((part) => part.slice(2));
  const salted = pbkdf2Sync(
    password,
    Buffer.from(salt, "base64"),
    Number(iterations),
    32,
    "sha256",
  );
  const key = hmac(salted, "Client Key");
  const withoutProof = `c=${binding.toString("base64")},r=${nonce}`;
  const stored = createHash("sha256").update(key).digest();
  const signature = hmac(stored, `${bare},${challenge},${withoutProof}`);
  const proof = Buffer.from(key.map((byte, at) => byte ^ (signature[at] ?? 0)));
  return `${withoutProof},p=${proof.toString("base64")}`;
}

async function verifierOf(password: string): Promise<Verifier> {
  return must(parseVerifier(await makeVerifier(password)), "a verifier of our own");
}

const fault = (message: string, sqlstate = "08P01") =>
  expect.objectContaining({ sqlstate, message, severity: "FATAL" });

test("the exchange of RFC 7677 is answered as written there", () => {
  const salt = Buffer.from("W22ZaJ0SNY7soEsUEjb6gQ==", "base64");
  const salted = pbkdf2Sync("pencil", salt, 4096, 32, "sha256");
  const verifier = {
    iterations: 4096,
    salt,
    storedKey: createHash("sha256").update(hmac(salted, "Client Key")).digest(),
    serverKey: hmac(salted, "Server Key"),
  };
  const first = answerFirst(
    "n,,n=user,r=rOprNGfwEbeRWgbNEkqO",
    plain,
    verifier,
    undefined,
    "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0",
  );
  expect(first.challenge).toBe(
    "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096",
  );
  const final =
    "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=";
  expect(answerFinal(final, first, verifier)).toBe(
    "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=",
  );
});

test("the right password is proven, a wrong one is not", async () => {
  const verifier = await verifierOf("secret");
  const first = answerFirst("n,,n=,r=abc", plain, verifier, undefined);
  const answer = (password: string) =>
    answerFinal(clientFinal(password, "n=,r=abc", first.challenge), first, verifier);
  expect(answer("secret")).toMatch(/^v=/);
  expect(answer("Secret")).toBeUndefined();
});

/** CREATE ROLE x PASSWORD 'pä ss'; SELECT rolpassword FROM pg_authid */
const madeByPostgres =
  "SCRAM-SHA-256$4096:tuqDyUCZbMUKqRjU9mfLZQ==$oDaH3bZ1lX1zhRQ1vsGENAOmbGRxus9ctKv87n7jIPA=:1EvCh8m3Aw9Vgyc0OhCeRfoHZJ5p6HdpP90mawbNiBQ=";

test("a verifier that PostgreSQL 15 made proves its password", () => {
  const verifier = must(parseVerifier(madeByPostgres), "parsed");
  const first = answerFirst("n,,n=,r=abc", plain, verifier, undefined);
  const final = clientFinal("pä ss", "n=,r=abc", first.challenge);
  expect(answerFinal(final, first, verifier)).toMatch(/^v=/);
});

test("for the same salt PostgreSQL and makeVerifier agree to the letter", async () => {
  const { salt } = must(parseVerifier(madeByPostgres), "parsed");
  expect(await makeVerifier("pä ss", salt)).toBe(madeByPostgres);
});

test.each([
  "",
  "md5d3b07384d113edec49eaa6238ad5ff00",
  "SCRAM-SHA-256$4096:c2FsdA==$AAAA:BBBB",
  "SCRAM-SHA-256$0:c2FsdA==$AAAA:BBBB",
])("what is not a verifier is not taken for one: %j", (text) => {
  expect(parseVerifier(text)).toBeUndefined();
});

test("a password is normalized as SASLprep does, and taken raw where that is not possible", async () => {
  const salt = Buffer.alloc(16, 1);
  const same = async (one: string, other: string) =>
    (await makeVerifier(one, salt)) === (await makeVerifier(other, salt));
  expect(await same("I\u00ADX", "IX")).toBe(true);
  expect(await same("\u00AA", "a")).toBe(true);
  expect(await same("\u2168", "IX")).toBe(true);
  expect(await same("a\u00A0b", "a b")).toBe(true);
  expect(await same("e\u0301", "é")).toBe(true);
  // A control character is prohibited: then nothing is mapped.
  expect(await same("\u2168\u0007", "IX\u0007")).toBe(false);
});

test("an unknown role is asked with a salt of its own that stays the same", () => {
  const secret = randomBytes(32);
  const salt = (user: string) => mockVerifier(user, secret).salt.toString("hex");
  expect(salt("ann")).toBe(salt("ann"));
  expect(salt("ann")).not.toBe(salt("bob"));
  expect(mockVerifier("ann", randomBytes(32)).salt.toString("hex")).not.toBe(salt("ann"));
});

test("the channel is bound to the certificate", async () => {
  const verifier = await verifierOf("secret");
  const gs2 = Buffer.from("p=tls-server-end-point,,");
  const first = answerFirst("p=tls-server-end-point,,n=,r=abc", plus, verifier, hash);
  const answer = (certificate: Buffer) =>
    answerFinal(
      clientFinal("secret", "n=,r=abc", first.challenge, Buffer.concat([gs2, certificate])),
      first,
      verifier,
    );
  expect(answer(hash)).toMatch(/^v=/);
  expect(() => answer(Buffer.alloc(32, 8))).toThrow(
    fault("SCRAM channel binding check failed", "28000"),
  );
});

test("a client told that there is no channel binding, when there is, has met someone in the middle", async () => {
  const verifier = await verifierOf("secret");
  expect(() => answerFirst("y,,n=,r=abc", plain, verifier, hash)).toThrow(
    fault("SCRAM channel binding negotiation error", "28000"),
  );
  expect(answerFirst("y,,n=,r=abc", plain, verifier, undefined).nonce).toMatch(/^abc/);
});

test.each([
  ["", plain, "malformed SCRAM message"],
  ["n,,r=abc", plain, "malformed SCRAM message"],
  ["n,,m=ext,n=,r=abc", plain, "malformed SCRAM message"],
  ["n,,n=,r=a b", plain, "malformed SCRAM message"],
  ["p=tls-server-end-point,,n=,r=abc", plain, "malformed SCRAM message"],
  ["n,,n=,r=abc", plus, "malformed SCRAM message"],
  ["p=tls-unique,,n=,r=abc", plus, 'unsupported SCRAM channel-binding type "tls-unique"'],
] as const)("a bad first message is refused: %j %s", async (message, mechanism, wording) => {
  const verifier = await verifierOf("secret");
  expect(() => answerFirst(message, mechanism, verifier, hash)).toThrow(fault(wording));
});

test("a final message with another nonce, or a short proof, is refused", async () => {
  const verifier = await verifierOf("secret");
  const first = answerFirst("n,,n=,r=abc", plain, verifier, undefined);
  for (const bad of ["", "c=biws,r=abc,p=AAAA", `c=biws,r=${first.nonce},p=AAAA`])
    expect(() => answerFinal(bad, first, verifier)).toThrow(fault("malformed SCRAM message"));
});

test("random messages are refused or unproven, never accepted, never a crash", async () => {
  const verifier = await verifierOf("secret");
  const first = answerFirst("n,,n=,r=abc", plain, verifier, undefined);
  const part = fc.constantFrom(
    "n",
    "y",
    "p=x",
    ",",
    "n=",
    "r=",
    "c=biws",
    "p=",
    first.nonce,
    "AA==",
  );
  const message = fc.oneof(
    fc.string(),
    fc.array(part).map((parts) => parts.join("")),
  );
  fc.assert(
    fc.property(message, (text) => {
      for (const act of [
        () => answerFinal(text, first, verifier),
        () => void answerFirst(text, plain, verifier, undefined),
      ])
        try {
          expect(act()).toBeUndefined();
        } catch (error) {
          expect(error).toBeInstanceOf(PgError);
        }
    }),
  );
});
