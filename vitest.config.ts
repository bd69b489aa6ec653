import { configDefaults, defineConfig } from "vitest/config";

/**
 * Of `npm run test:all` alone: the process does not survive these every time, for the allocation that fails may be its
 * JavaScript's. That is a fault of the server's, not of the test.
 */
const unsteady = process.env["LAKEWIRE_TEST_ALL"] === "1" ? [] : ["test/soak/memory.test.ts"];
for (const file of unsteady) {
  const why = "the server does not survive it every time; npm run test:all has it";
  process.stderr.write(`NOT RUN: ${file}: ${why}\n`);
}

export default defineConfig({
  test: {
    include: ["src/**/*.test.ts", "test/**/*.test.ts"],
    exclude: [...configDefaults.exclude, ...unsteady],
    testTimeout: 60_000,
    hookTimeout: 120_000,
    maxWorkers: 2,
  },
});
