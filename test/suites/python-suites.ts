/** psycopg 3 and asyncpg: pytest of `$PYTHON`, in whose environment the driver of the checkout is installed. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Result, run, type Server, type Suite } from "./suite.ts";

/** Without what is slow or depends on time, on another database, or on no server at all. */
export const psycopg: Suite = (checkout, server) => {
  const { host, port, user, password, database } = server;
  const dsn = `host=${host} port=${port} user=${user} password=${password} dbname=${database}`;
  const markers = ["slow", "timing", "crdb", "mypy", "subprocess"].map((name) => `not ${name}`);
  return pytest(
    checkout,
    [
      ...["-p", "no:randomly", "-m", markers.join(" and ")],
      ...["tests/pool", "tests/crdb", "tests/test_typing.py"].map((path) => `--ignore=${path}`),
    ],
    server,
    { PSYCOPG_TEST_DSN: dsn, PSYCOPG_IMPL: "python" },
  );
};

/** asyncpg's package lies beside its tests, without what is compiled: the installed one is taken instead. */
export const asyncpg: Suite = (checkout, server) =>
  pytest(checkout, ["--import-mode=append", "--timeout=60", "tests"], server, {
    PYTHONSAFEPATH: "1",
  });

interface Report {
  readonly tests: readonly { readonly nodeid: string; readonly outcome: string }[];
}

async function pytest(
  folder: string,
  options: readonly string[],
  server: Server,
  environment: Readonly<Record<string, string>>,
): Promise<ReadonlyMap<string, Result>> {
  const scratch = mkdtempSync(join(tmpdir(), "lakewire-suite-"));
  const file = join(scratch, "report.json");
  const python = process.env["PYTHON"] ?? "python3";
  try {
    await run(
      [
        ...([python, "-m", "pytest", "-q", "--tb=no", "-o", "addopts="] as const),
        ...["--json-report", "--json-report-omit=collectors", `--json-report-file=${file}`],
        ...options,
      ],
      server,
      { folder, environment, timeoutMs: 900_000 },
    );
    const { tests } = JSON.parse(readFileSync(file, "utf8")) as Report;
    return new Map(tests.map(({ nodeid, outcome }) => [nodeid, resultOf(outcome)]));
  } finally {
    rmSync(scratch, { recursive: true });
  }
}

function resultOf(outcome: string): Result {
  switch (outcome) {
    case "passed":
      return "passed";
    case "skipped":
    case "xfailed":
      return "skipped";
    default:
      return "failed";
  }
}
