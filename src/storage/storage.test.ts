import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { openBuckets } from "./buckets.ts";
import { bucketOfFolder, folderOfBucket } from "./keys.ts";
import type { Bucket, Buckets, Fault } from "./storage.ts";

let root = "";
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "storage-"));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const text = (bytes: Buffer | undefined) => bytes?.toString();

describe.each(["local", "memory"] as const)("a %s bucket", (backend) => {
  let buckets: Buckets;
  let bucket: Bucket;
  let fault: Fault = () => {};
  beforeEach(async () => {
    fault = () => {};
    buckets = await openBuckets({
      root,
      buckets: [{ name: "primary", backend }],
      fault: (...about) => fault(...about),
    });
    const opened = buckets.get("primary");
    if (!opened) throw new Error("no bucket");
    bucket = opened;
  });
  afterEach(() => buckets.close());

  test("gives back what was put, and lists keys in order", async () => {
    await bucket.put("b/2", Buffer.from("two"));
    await bucket.put("b/10", Buffer.from("ten"));
    await bucket.put("a", Buffer.from("one"));
    expect(text(await bucket.read("b/10"))).toBe("ten");
    expect(await bucket.read("b/3")).toBeUndefined();
    expect(await bucket.read("b")).toBeUndefined();
    expect(await bucket.read("a/below")).toBeUndefined();
    expect(await bucket.exists("b/2")).toBe(true);
    expect((await bucket.list("")).map((o) => o.key)).toEqual(["a", "b/10", "b/2"]);
    expect((await bucket.list("b/1")).map((o) => o.bytes)).toEqual([3]);
    expect(await bucket.list("c/")).toEqual([]);
    await bucket.delete("a");
    await bucket.delete("a");
    expect(await bucket.exists("a")).toBe(false);
  });

  test("lets one of many writers have a name", async () => {
    const won = await Promise.all(
      Array.from({ length: 20 }, (_, i) => bucket.putIfAbsent("log/1", Buffer.from(`${i}`))),
    );
    expect(won.filter(Boolean).length).toBe(1);
    expect(text(await bucket.read("log/1"))).toBe(String(won.indexOf(true)));
  });

  test("publishes what was written at a path, and only then shows it", async () => {
    const path = await bucket.pathForWriting("data/x.parquet");
    writeFileSync(path, "rows");
    expect(await bucket.list("")).toEqual([]);
    await bucket.publish("data/x.parquet");
    expect(text(await bucket.read("data/x.parquet"))).toBe("rows");
    const stage = await bucket.stage();
    writeFileSync(join(stage.folder, "one"), "1");
    expect(await stage.files()).toEqual(["one"]);
    await stage.adopt("one", "data/y.parquet");
    await stage.discard();
    expect(text(await bucket.read("data/y.parquet"))).toBe("1");
    expect((await bucket.list("")).length).toBe(2);
  });

  test.each(["../x", "a/../b", "/etc/passwd", "a//b", "", "a\0b", "./a", ".staging/x"])(
    "refuses the key %j",
    async (key) => {
      if (key === "") return;
      await expect(bucket.read(key)).rejects.toMatchObject({ sqlstate: "42501" });
      await expect(bucket.pathFor(key)).rejects.toMatchObject({ sqlstate: "42501" });
      await expect(bucket.put(key, Buffer.from("x"))).rejects.toMatchObject({ sqlstate: "42501" });
    },
  );

  test("says which bucket and object are missing or fail", async () => {
    await expect(bucket.pathFor("gone/x.parquet")).rejects.toMatchObject({
      sqlstate: "58P01",
      message: 'object "gone/x.parquet" of bucket "primary" does not exist',
    });
    fault = (operation) => {
      if (operation === "write") throw new Error("disk on fire");
    };
    await expect(bucket.put("x", Buffer.from("x"))).rejects.toMatchObject({
      sqlstate: "58030",
      message: 'could not write object "x" of bucket "primary": disk on fire',
    });
    expect(await bucket.read("x")).toBeUndefined();
  });
});

test("a symbolic link is not followed", async () => {
  const buckets = await openBuckets({ root, buckets: [{ name: "primary", backend: "local" }] });
  const outside = mkdtempSync(join(tmpdir(), "outside-"));
  writeFileSync(join(outside, "secret"), "s");
  symlinkSync(outside, join(root, "primary", "way"));
  symlinkSync(join(outside, "secret"), join(root, "primary", "file"));
  const bucket = buckets.get("primary");
  for (const key of ["way/secret", "file"]) {
    await expect(bucket?.read(key)).rejects.toMatchObject({ sqlstate: "42501" });
    await expect(bucket?.pathFor(key)).rejects.toMatchObject({ sqlstate: "42501" });
  }
  await expect(bucket?.put("way/new", Buffer.from("x"))).rejects.toMatchObject({
    sqlstate: "42501",
  });
  await expect(bucket?.list("way/")).rejects.toMatchObject({ sqlstate: "42501" });
  expect(await bucket?.list("")).toEqual([]);
  rmSync(outside, { recursive: true });
});

test("a bucket made at run time is found again, here and by another server", async () => {
  const first = await openBuckets({ root, buckets: [{ name: "primary", backend: "local" }] });
  const second = await openBuckets({ root, buckets: [{ name: "primary", backend: "local" }] });
  mkdirSync(join(root, "no-bucket"));
  await first.create("profile:ann");
  await first.create("Über");
  await second.refresh();
  const reopened = await openBuckets({ root, buckets: [] });
  for (const buckets of [second, reopened]) {
    const names = buckets.list().map((bucket) => bucket.name);
    expect(names).toEqual(expect.arrayContaining(["profile:ann", "Über"]));
    expect(names).not.toContain("no-bucket");
  }
  expect(readdirSync(join(root, "no-bucket"))).toEqual([]);
  first.remove("profile:ann");
  await first.refresh();
  expect(first.get("profile:ann")).toBeUndefined();
  expect((await first.create("profile:ann")).name).toBe("profile:ann");
  expect(first.get("profile:ann")).toBeDefined();
  expect([first.isConfigured("primary"), first.isConfigured("Über")]).toEqual([true, false]);
});

test("a folder's name is the bucket's, reversibly and without letters a disk may confuse", () => {
  expect(folderOfBucket("profile:ann")).toBe("profile%3aann");
  expect(folderOfBucket("_x.Y")).toBe("%5fx.%59");
  fc.assert(
    fc.property(fc.string({ unit: "grapheme", minLength: 1 }), (name) => {
      const folder = folderOfBucket(name);
      expect(folder).toMatch(/^[a-z0-9%_.-]+$/);
      expect(bucketOfFolder(folder)).toBe(Buffer.from(name).toString());
    }),
  );
  expect(bucketOfFolder("Primary")).toBeUndefined();
  expect(bucketOfFolder("_lakehouse")).toBeUndefined();
});

test("S3 is refused by name, and a folder outside the data folder is", async () => {
  await expect(
    openBuckets({ root, buckets: [{ name: "far", backend: "s3" }] }),
  ).rejects.toMatchObject({ sqlstate: "0A000" });
  const buckets = await openBuckets({ root, buckets: [] });
  await expect(buckets.folder("/etc")).rejects.toMatchObject({ sqlstate: "42501" });
  await expect(buckets.folder("..")).rejects.toMatchObject({ sqlstate: "42501" });
  mkdirSync(join(root, "old"));
  writeFileSync(join(root, "old", "x"), "1");
  expect(text(await (await buckets.folder("old")).read("x"))).toBe("1");
  expect(await buckets.locate("old")).toEqual({ folder: "old" });
  await buckets.create("near");
  mkdirSync(join(root, "near", "a", "b"), { recursive: true });
  expect(await buckets.locate(join(root, "near", "a", "b"))).toEqual({
    bucket: "near",
    prefix: "a/b/",
  });
  expect(await buckets.locate("near")).toEqual({ bucket: "near", prefix: "" });
  await expect(buckets.locate("/etc")).rejects.toMatchObject({ sqlstate: "42501" });
  await expect(buckets.locate("missing")).rejects.toMatchObject({ sqlstate: "58P01" });
  expect(readdirSync(join(root, "old"))).toEqual(["x"]);
});

test("unfinished objects of a dead server are swept once they are old", async () => {
  const staging = join(root, "primary", ".staging");
  mkdirSync(staging, { recursive: true });
  writeFileSync(join(staging, "young"), "x");
  writeFileSync(join(staging, "old"), "x");
  const { utimesSync } = await import("node:fs");
  utimesSync(join(staging, "old"), 1, 1);
  await openBuckets({ root, buckets: [{ name: "primary", backend: "local" }] });
  expect(readdirSync(staging)).toEqual(["young"]);
});
