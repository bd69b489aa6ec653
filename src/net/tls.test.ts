import { createHash, X509Certificate } from "node:crypto";
import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { generate } from "selfsigned";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ensureSelfSigned, loadCertificate, type TlsFiles } from "./tls.ts";

let files: TlsFiles;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "lakewire-tls-"));
  files = { certFile: join(folder, "made/server.crt"), keyFile: join(folder, "made/server.key") };
});
afterAll(() => rm(folder, { recursive: true }));

test("a pair is made where there is none, and left alone where there is one", async () => {
  await ensureSelfSigned(files);
  const made = await readFile(files.certFile, "utf8");
  await ensureSelfSigned(files);
  expect(await readFile(files.certFile, "utf8")).toBe(made);
  const certificate = new X509Certificate(made);
  expect(certificate.checkHost("localhost")).toBe("localhost");
  expect(certificate.checkIP("127.0.0.1")).toBe("127.0.0.1");
});

test.each([
  ["ec", "sha256"],
  ["ec", "sha384"],
  ["rsa", "sha1"],
  ["rsa", "sha256"],
  ["rsa", "sha512"],
] as const)(
  "the channel is bound with the certificate's own hash: %s %s",
  async (keyType, algorithm) => {
    const pair = await generate([{ name: "commonName", value: "x" }], { keyType, algorithm });
    const own = { certFile: join(folder, "own.crt"), keyFile: join(folder, "own.key") };
    await writeFile(own.certFile, pair.cert);
    await writeFile(own.keyFile, pair.private, { mode: 0o600 });
    const { raw } = new X509Certificate(pair.cert);
    const expected = createHash(algorithm === "sha1" ? "sha256" : algorithm).update(raw);
    expect((await loadCertificate(own)).hash).toEqual(expected.digest());
  },
);

test("a key that others can read is refused", async () => {
  await ensureSelfSigned(files);
  await chmod(files.keyFile, 0o640);
  await expect(loadCertificate(files)).rejects.toThrow("group or world access");
  await chmod(files.keyFile, 0o600);
  await loadCertificate(files);
});

test("a file that is no certificate is named", async () => {
  const bad = { ...files, certFile: join(folder, "bad.crt") };
  await writeFile(bad.certFile, "nonsense");
  await expect(loadCertificate(bad)).rejects.toThrow("bad.crt");
});
