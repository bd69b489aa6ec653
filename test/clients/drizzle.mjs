/** drizzle-kit pull: the schema it writes of `shop`, in sorted lines, for it asks for no order; a JSON line a file. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { environment, report } from "./report.mjs";

const packages = process.env["PACKAGES"];
const folder = mkdtempSync(join(packages, "drizzle-"));
const { host, port, user, password, database } = environment;
const login = [user, password].map(encodeURIComponent).join(":");
const config = {
  ...{ dialect: "postgresql", out: folder, schemaFilter: ["shop"] },
  dbCredentials: { url: `postgres://${login}@${host}:${port}/${database}` },
};
const file = join(folder, "drizzle.config.json");
writeFileSync(file, JSON.stringify(config));
const kit = join(packages, "node_modules/drizzle-kit/bin.cjs");
try {
  execFileSync(process.execPath, [kit, "pull", `--config=${file}`], {
    cwd: packages,
    stdio: "pipe",
  });
  for (const name of ["schema.ts", "relations.ts"]) {
    const lines = readFileSync(join(folder, name), "utf8").split("\n");
    const sorted = lines.map((line) =>
      line.replace(/\{ (.*) \} from/, (_, list) => `${list.split(", ").sort()} from`),
    );
    report(name, sorted.sort().join("\n"));
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
