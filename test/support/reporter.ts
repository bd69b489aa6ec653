/** The last line of a run: `N passed, N failed`, and `, N skipped` when there are any. */
import { appendFileSync } from "node:fs";
import type { Reporter, TestModule } from "vitest/node";

class TallyReporter implements Reporter {
  /** What broke outside any test (a file that cannot be imported, an unhandled rejection) is a failure too. */
  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    const tests = modules.flatMap((module) => [...module.children.allTests()]);
    const count = (state: string) => tests.filter((test) => test.result().state === state).length;
    const broken = modules.reduce((sum, module) => sum + module.errors().length, 0);
    const failed = count("failed") + broken + unhandledErrors.length;
    const line = tally(count("passed"), failed, count("skipped"));
    const file = process.env["LAKEWIRE_TEST_TALLY"];
    if (file) appendFileSync(file, `${line}\n`);
    process.stdout.write(`${line}\n`);
  }
}

function tally(passed: number, failed: number, skipped: number): string {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`;
}

// biome-ignore lint/style/noDefaultExport: vitest takes a reporter file's default export.
export default TallyReporter;
