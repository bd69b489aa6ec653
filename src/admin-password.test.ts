import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import type { Access } from "./access/access.ts";
import { openAccess } from "./access/open-access.ts";
import { makeVerifier, parseVerifier } from "./access/verifier.ts";
import { connectLine, ensureAdminPassword } from "./admin-password.ts";
import { must } from "./base/assert.ts";
import { loadConfig } from "./config/config.ts";
import { MemoryBucket } from "./storage/memory.ts";

const folder = mkdtempSync(join(tmpdir(), "lakewire-password-"));
afterAll(() => rmSync(folder, { recursive: true }));

const open = () =>
  openAccess({ bucket: new MemoryBucket("primary", tmpdir()), superuserName: "admin" });
const kept = (data: string) => readFileSync(join(data, "admin.pgpass"), "utf8");

async function isPassword(password: string, access: Access): Promise<boolean> {
  const verifier = must((await access.current()).role("admin")?.verifier, "a verifier");
  const { salt, iterations } = must(parseVerifier(verifier), "a whole one");
  return (await makeVerifier(password, salt, iterations)) === verifier;
}

test("the first start makes a password and keeps it where only the owner reads it", async () => {
  const data = join(folder, "first");
  const config = loadConfig({ data }, {});
  const access = await open();
  await ensureAdminPassword(config, access);
  const [, password = ""] = /^\*:\*:\*:admin:([\w-]{24})\n$/.exec(kept(data)) ?? [];
  expect(await isPassword(password, access)).toBe(true);
  expect(statSync(join(data, "admin.pgpass")).mode & 0o777).toBe(0o600);
  const before = (await access.current()).id;
  await ensureAdminPassword(config, access);
  expect((await access.current()).id).toBe(before);
});

test("a password from the environment is set at every start, and only when it differs", async () => {
  const data = join(folder, "given");
  const access = await open();
  const start = (password: string) =>
    ensureAdminPassword(loadConfig({ data }, { LAKEWIRE_ADMIN_PASSWORD: password }), access);
  await start("a:b\\c");
  expect(kept(data)).toBe("*:*:*:admin:a\\:b\\\\c\n");
  const { id } = await access.current();
  await start("a:b\\c");
  expect((await access.current()).id).toBe(id);
  await start("other");
  expect(await isPassword("other", access)).toBe(true);
});

test("the line for psql names the file when there is one, quoted where a shell needs it", async () => {
  const data = join(folder, "it's here");
  const config = loadConfig({ data }, {});
  const at = { host: "0.0.0.0", port: 5544 };
  const plain = 'psql "host=127.0.0.1 port=5544 dbname=lakehouse user=admin"';
  expect(await connectLine(config, at)).toBe(plain);
  await ensureAdminPassword(config, await open());
  expect(await connectLine(config, at)).toBe(
    `PGPASSFILE='${join(folder, "it'\\''s here", "admin.pgpass")}' ${plain}`,
  );
});
