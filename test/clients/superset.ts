/** Apache Superset from PyPI, with a metadata database of its own, and a browser that draws its charts. */
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { freePort } from "../support/services.ts";

const run = promisify(execFile);

/** With the releases of its own requirements where newer ones break it. */
export const supersetPackages = [
  "apache-superset==6.1.0",
  "psycopg2-binary==2.9.13",
  "flask-caching==2.3.1",
  "cachetools==6.2.1",
  "rich==15.0.0",
] as const;

type Json = Readonly<Record<string, unknown>>;

/** Whoever opens a page without logging in may see everything: so a browser needs no session. */
const configuration = (folder: string) => `
SECRET_KEY = "of no use to anybody"
SQLALCHEMY_DATABASE_URI = "sqlite:///${join(folder, "superset.db")}"
WTF_CSRF_ENABLED = False
TALISMAN_ENABLED = False
RATELIMIT_ENABLED = False
PUBLIC_ROLE_LIKE = "Admin"
`;

const admin = { username: "admin", password: "admin" };

export class Superset {
  readonly #folder: string;
  readonly #child: ChildProcess;
  readonly #address: string;
  #cookie = "";

  static async start(python: string): Promise<Superset> {
    const folder = mkdtempSync(join(tmpdir(), "lakewire-superset-"));
    const file = join(folder, "superset_config.py");
    writeFileSync(file, configuration(folder));
    const env = {
      ...process.env,
      SUPERSET_CONFIG_PATH: file,
      SUPERSET_HOME: folder,
      FLASK_APP: "superset",
    };
    const program = join(dirname(python), "superset");
    const command = (...words: string[]) => run(program, words, { env, cwd: folder });
    await command("db", "upgrade");
    const { username, password } = admin;
    const names = ["--firstname", "A", "--lastname", "B", "--email", "a@example.com"];
    await command("fab", "create-admin", "--username", username, "--password", password, ...names);
    await command("init");
    const port = await freePort();
    const child = spawn(program, ["run", "-h", "127.0.0.1", "-p", String(port)], {
      env,
      cwd: folder,
      stdio: "ignore",
    });
    const superset = new Superset(folder, child, `http://127.0.0.1:${port}`);
    await superset.#login();
    return superset;
  }

  private constructor(folder: string, child: ChildProcess, address: string) {
    this.#folder = folder;
    this.#child = child;
    this.#address = address;
  }

  /** What the API answers; a refusal is an Error that says it. */
  async call(method: string, path: string, body?: Json): Promise<Json> {
    const answer = await fetch(`${this.#address}/api/v1/${path}`, {
      method,
      headers: { cookie: this.#cookie, "content-type": "application/json" },
      body: body === undefined ? null : JSON.stringify(body),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
    return JSON.parse(text) as Json;
  }

  /** The page of a chart as a browser comes to show it: its elements, and a picture. */
  async draw(browser: string, chart: number): Promise<{ elements: string; picture: string }> {
    const picture = join(this.#folder, `chart-${chart}.png`);
    const options = [
      "--headless=new",
      "--no-sandbox",
      "--disable-gpu",
      `--user-data-dir=${join(this.#folder, "browser")}`,
      "--window-size=1200,800",
      "--virtual-time-budget=60000",
    ];
    const page = `${this.#address}/explore/?slice_id=${chart}&standalone=1`;
    await run(browser, [...options, `--screenshot=${picture}`, page], { timeout: 120_000 });
    const { stdout } = await run(browser, [...options, "--dump-dom", page], {
      timeout: 120_000,
      maxBuffer: 1 << 26,
    });
    return { elements: stdout, picture };
  }

  async stop(): Promise<void> {
    const ended = new Promise((resolve) => this.#child.once("exit", resolve));
    this.#child.kill("SIGKILL");
    await ended;
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #login(): Promise<void> {
    for (let tries = 0; ; tries++) {
      const answer = await fetch(`${this.#address}/login/`, {
        method: "POST",
        body: new URLSearchParams(admin),
        redirect: "manual",
      }).catch(() => undefined);
      const cookie = answer?.headers.getSetCookie().map((each) => each.split(";")[0]);
      if (cookie?.length) {
        this.#cookie = cookie.join("; ");
        return;
      }
      if (tries > 120) throw new Error("Superset lets nobody in");
      await sleep(1000);
    }
  }
}
