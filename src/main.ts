/** argv + environment → config → server; signals → drain. The first file to read. */
import yargs, { type Argv } from "yargs";
import { PgError } from "./base/error.ts";
import { type Log, openLog } from "./base/log.ts";
import { type Config, ConfigError, type Flags, loadConfig } from "./config/config.ts";
import { namedOptions, sections } from "./config/options.ts";
import { lakewireVersion } from "./config/run-time.ts";

/** The rest is imported by the command that needs it: `lakewire docs` must not wait for the engine to load. */
export async function main(argv: readonly string[]): Promise<void> {
  try {
    await commands(argv).parseAsync();
  } catch (error) {
    const isMisuse = error instanceof ConfigError || error instanceof UsageError;
    const isPlain = isMisuse || error instanceof PgError;
    process.stderr.write(`lakewire: ${isPlain ? error.message : stackOf(error)}\n`);
    process.exitCode = isMisuse ? 2 : 1;
  }
}

/** The command line itself is wrong. */
class UsageError extends Error {}

function commands(argv: readonly string[]): Argv {
  return yargs(argv)
    .scriptName("lakewire")
    .usage("$0 <command>\n\nA lakehouse that speaks PostgreSQL.")
    .command("serve", "serve the lakehouse", withOptions, (flags) => serve(flags))
    .command("demo", "serve it with sample data", withOptions, (flags) =>
      serve(flags, async (server, log) => {
        const { loadDemo } = await import("./demo.ts");
        await loadDemo(server, log);
      }),
    )
    .command("user", "roles that can log in: list, add, password, drop", withUserCommands)
    .command(
      "doctor",
      "check configuration, buckets and optional parts",
      withOptions,
      async (flags) => {
        const { examine } = await import("./doctor.ts");
        if (!(await examine(flags, process.env, write))) process.exitCode = 1;
      },
    )
    .command(
      "docs",
      "write the reference pages and the commented configuration file",
      (args) =>
        args.option("to", { type: "string", default: ".", describe: "Folder to write under" }),
      async ({ to }) => {
        const { writeReference } = await import("./docs.ts");
        for (const path of await writeReference(to)) write(`wrote ${path}\n`);
      },
    )
    .demandCommand(1, 1, "a command is missing: serve, demo, user, doctor or docs")
    .parserConfiguration({ "camel-case-expansion": false, "dot-notation": false })
    .strict()
    .help()
    .version(lakewireVersion)
    .wrap(110)
    .exitProcess(true)
    .fail((message, error) => {
      if (error) throw error;
      throw new UsageError(`${message}\nlakewire --help says what there is.`);
    });
}

function withUserCommands(args: Argv): Argv {
  const named = (more: Argv) =>
    withOptions(more).positional("name", { type: "string", demandOption: true });
  const run = (command: "list" | "add" | "password" | "drop") => async (flags: Flags) => {
    const { runUserCommand } = await import("./user.ts");
    const member = flags["member-of"];
    await runUserCommand(configOf(flags), {
      command,
      name: String(flags["name"] ?? ""),
      memberOf: Array.isArray(member) ? member.map(String) : [],
      isSuperuser: flags["superuser"] === true,
      write,
    });
  };
  return args
    .command("list", "show the roles that can log in", withOptions, run("list"))
    .command(
      "add <name>",
      "make one; its password is asked for, or read from standard input",
      (more) =>
        named(more)
          .option("member-of", { type: "string", array: true, describe: "Roles it is to have" })
          .option("superuser", { type: "boolean", describe: "May do everything" }),
      run("add"),
    )
    .command("password <name>", "give it another password", named, run("password"))
    .command("drop <name>", "remove it", named, run("drop"))
    .demandCommand(1, 1, "a command is missing: list, add, password or drop");
}

/** Every declared option as a flag; values are read and checked by loadConfig, with those of file and environment. */
function withOptions(args: Argv): Argv {
  args.option("config", {
    type: "string",
    requiresArg: true,
    describe: "TOML file with options; every one is in config/lakehouse.toml",
  });
  for (const { flag, section, option } of namedOptions) {
    if (flag === undefined) continue;
    args.option(flag, {
      type: "string",
      requiresArg: true,
      describe: option.summary,
      defaultDescription: option.fallbackText,
      group: sections[section as keyof typeof sections].summary,
    });
  }
  const secrets = namedOptions.filter(({ option }) => option.isSecret);
  return args.epilogue(
    secrets.map(({ environment, option }) => `${environment}: ${option.summary}`).join("\n"),
  );
}

function configOf(flags: Flags): Config {
  return loadConfig(flags, process.env);
}

async function serve(
  flags: Flags,
  afterStart?: (server: Awaited<ReturnType<typeof start>>["server"], log: Log) => Promise<void>,
): Promise<void> {
  const config = configOf(flags);
  const log = openLog(config.log.level);
  for (const warning of config.warnings) log.warn(warning);
  const { server, connectLine } = await start(config, log);
  process.on("SIGHUP", () => {
    server.reload().then(
      () => log.info("certificate read again"),
      (error) => log.error({ err: error }, "the certificate could not be read again"),
    );
  });
  const stopped = untilSignal(async () => {
    log.info("draining");
    await server.drain(config.timeouts.drainMs);
    await server.close();
  });
  const ready = async () => {
    await afterStart?.(server, log);
    write(`${connectLine}\n`);
  };
  try {
    // A signal may come while the sample data is still being made.
    await Promise.race([stopped, ready().then(() => stopped)]);
  } catch (error) {
    await server.close();
    throw error;
  }
  process.exit(0);
}

async function start(config: Config, log: Log) {
  const [{ startServer }, { connectLine }] = await Promise.all([
    import("./server.ts"),
    import("./admin-password.ts"),
  ]);
  const server = await startServer(config, log);
  return { server, connectLine: await connectLine(config, server) };
}

/** The first SIGTERM or SIGINT stops politely, the second at once. */
async function untilSignal(stop: () => Promise<void>): Promise<void> {
  await new Promise<void>((resolve) => {
    let isStopping = false;
    const onSignal = () => {
      if (isStopping) process.exit(130);
      isStopping = true;
      resolve();
    };
    process.on("SIGTERM", onSignal);
    process.on("SIGINT", onSignal);
  });
  await stop();
}

function write(text: string): void {
  process.stdout.write(text);
}

function stackOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

if (process.argv[1] === import.meta.filename) await main(process.argv.slice(2));
