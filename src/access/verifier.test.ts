import { expect, test } from "vitest";
import { isVerifier, makeVerifier, parseVerifier } from "./verifier.ts";

test("a verifier is the one of RFC 7677's example", async () => {
  const salt = Buffer.from("W22ZaJ0SNY7soEsUEjb6gQ==", "base64");
  expect(await makeVerifier("pencil", salt)).toBe(
    "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=",
  );
});

test("a verifier is what PostgreSQL 15 keeps for the same password and salt", async () => {
  const salt = Buffer.from("azKiN0aZQQgry+a8CyITNw==", "base64");
  expect(await makeVerifier("pä ss", salt)).toBe(
    "SCRAM-SHA-256$4096:azKiN0aZQQgry+a8CyITNw==$byUI7aY/PJK+jxpfNvtzXWti1GjyT/3Os9MG92ibrHQ=:EyCR4FW1Klk4ME7fWKvI0AyTCU2AdtiPjlg5wzSqeGw=",
  );
});

test("a password is told from a verifier", async () => {
  const verifier = await makeVerifier("pä ss\u00A0x");
  expect(isVerifier(verifier)).toBe(true);
  expect(parseVerifier(verifier)?.iterations).toBe(4096);
  expect(["SCRAM-SHA-256$4096:x", "secret", "", "md5abc"].map(isVerifier)).toEqual([
    false,
    false,
    false,
    false,
  ]);
});

test("blanks that look alike are the same password", async () => {
  const salt = Buffer.alloc(16, 7);
  expect(await makeVerifier("a\u00A0b", salt)).toBe(await makeVerifier("a b", salt));
});
