import { PgError } from "../base/error.ts";
import { expireDataset } from "../jobs/upkeep.ts";
import { bool, float8, int8, text } from "./columns.ts";
import { findOwnDataset } from "./dataset-name.ts";
import { defineProcedure } from "./define.ts";

const hourMs = 3_600_000;

export const expire = defineProcedure({
  oid: 90_034,
  name: "expire",
  summary:
    "Deletes files of a dataset that no version names any more, and cleans up its log: what is older than the retention cannot be read again.",
  arguments: {
    dataset: text("Dataset, as name or bucket.name."),
    retain_hours: float8("How long removed files stay; NULL: upkeep.file_retention.").orNull(),
    log_hours: float8("How long versions can be read; NULL: upkeep.log_retention.").orNull(),
    dry_run: bool("Only tell what would go.").default(false),
    force: bool("Also with a retention shorter than the configured one.").default(false),
  },
  returns: {
    bucket: text("Bucket of the dataset."),
    dataset: text("Its name."),
    files: int8("Data files and deletion vectors that are gone, or would be."),
    bytes: int8("Size of those."),
    log_entries: int8("Entries and checkpoints of the log, likewise."),
  },
  examples: [
    {
      title: "See what would go",
      sql: "SELECT * FROM expire('primary.animals', dry_run => true)",
    },
  ],
  requires: ({ dataset }) => [{ kind: "owner", name: dataset }],

  async *run({ dataset, retain_hours, log_hours, dry_run, force }, context) {
    const { tables, options } = context.rooms;
    const { upkeep } = options;
    const { relation, bucket, location } = await findOwnDataset(context, dataset);
    const fileRetentionMs = retention(retain_hours, upkeep.fileRetentionMs, force, "retain_hours");
    const logRetentionMs = retention(log_hours, upkeep.logRetentionMs, force, "log_hours");
    const gone = await expireDataset(tables.get(bucket, location), upkeep, {
      fileRetentionMs,
      logRetentionMs,
      dryRun: dry_run,
      signal: context.signal,
    });
    yield {
      bucket: relation.schema,
      dataset: relation.name,
      files: BigInt(gone.files),
      bytes: BigInt(gone.bytes),
      log_entries: BigInt(gone.entries),
    };
  },
});

/** The guard of Delta's own VACUUM: a shorter retention takes files from under those who still read them. */
function retention(
  hours: number | null,
  configuredMs: number,
  force: boolean,
  name: string,
): number {
  if (hours === null) return configuredMs;
  if (!(hours >= 0)) throw new PgError("22023", `invalid value for argument "${name}": "${hours}"`);
  const ms = hours * hourMs;
  if (ms >= configuredMs || force) return ms;
  throw new PgError(
    "22023",
    `a retention of ${hours} hours is shorter than the configured ${configuredMs / hourMs} hours`,
    {
      detail:
        "Transactions under way, other servers and published versions may still need what is younger.",
      hint: "If nothing else uses the dataset now, say force => true.",
    },
  );
}
