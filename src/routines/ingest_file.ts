import { PgError } from "../base/error.ts";
import { qualified } from "../catalog/identifiers.ts";
import type { Relation, Schema } from "../catalog/relation.ts";
import { evolutions } from "../ingest/evolve.ts";
import { datasetName, formats } from "../ingest/format.ts";
import { ingest } from "../ingest/ingest.ts";
import { type IngestSource, sourceName } from "../ingest/staged-file.ts";
import { bool, bytea, int8, oneOf, text, textArray } from "./columns.ts";
import { findBucket, splitDatasetName } from "./dataset-name.ts";
import { defineProcedure, type RoutineContext } from "./define.ts";
import { demandOwner, demandSchema, demandTable } from "./demand.ts";

export const ingest_file = defineProcedure({
  oid: 90_004,
  name: "ingest_file",
  summary: "Loads a file into a dataset, which is created when it is not there: all rows or none.",
  arguments: {
    source: text(
      "Path of a file on the server: any for a superuser, for others one under ingest.folders. NULL when content is given.",
    ).orNull(),
    dataset: text(
      "Dataset, as name or bucket.name; NULL: the file's name without its ending.",
    ).orNull(),
    bucket: text("Bucket of the dataset; NULL: lakehouse.bucket, else primary.").orNull(),
    mode: oneOf(
      ["append", "replace", "upsert"],
      "What happens to the rows that are there; upsert is not supported yet",
    ).default("append"),
    evolve: oneOf(
      evolutions,
      "What an append may do to the dataset's columns: nothing; add new ones; widen types where values need it, too; make them text where nothing else takes the values, too. All but strict are the owner's",
    ).default("strict"),
    format: oneOf(formats, "NULL: by the file's name, else by its first bytes").orNull(),
    on_error: oneOf(
      ["fail", "skip"],
      "Whether one bad line fails the load or is left out and counted (CSV and TSV)",
    ).default("fail"),
    filename: text("Name of the content, or another name for the file.").orNull(),
    content: bytea("The file itself, instead of source.").orNull().secret(),
    header: bool("CSV: the first line holds names; NULL: found out.").orNull(),
    delimiter: text("CSV: between fields; NULL: found out.").orNull(),
  },
  returns: {
    dataset: text("Name of the dataset."),
    bucket: text("Its bucket."),
    rows: int8("Rows loaded now."),
    rejected: int8("Lines left out."),
    bytes: int8("Size of the file."),
    version: int8("Version of the dataset that holds the rows."),
    status: text("loaded, or duplicate: the dataset has this very content."),
    sha256: text("Of the content."),
    format: text("What the file was read as."),
    changes: textArray("What was changed of the dataset's columns."),
  },
  examples: [
    {
      title: "Load a CSV file that comes with the statement",
      sql: "SELECT * FROM ingest_file(content => E'id,name\\n1,Ann\\n2,Bob\\n', filename => 'friends.csv', mode => 'replace')",
    },
  ],

  async *run(args, context) {
    if (args.mode === "upsert") {
      throw new PgError("0A000", "mode => 'upsert' is not supported", {
        hint: "Use append or replace; upsert comes with primary keys.",
      });
    }
    if (args.on_error === "skip" && args.evolve !== "strict" && args.evolve !== "add") {
      throw new PgError(
        "0A000",
        `evolve => '${args.evolve}' with on_error => 'skip' is not supported`,
        {
          hint: "Which type is wide enough is found out from every row: load with on_error => 'fail'.",
        },
      );
    }
    const source = sourceOf(args.source, args.content, args.filename, context);
    const { schema, name } = await targetOf(
      args.dataset,
      args.bucket,
      args.filename ?? sourceName(source),
      context,
    );
    const catalog = await context.rooms.catalog.current();
    const relation = catalog.relation(schema.name, name);
    await demandTarget(relation, schema, args.mode, context);
    if (relation && args.evolve !== "strict") demandOwner(context, relation);
    const { rooms, role, signal } = context;
    const loaded = await ingest(
      {
        source,
        bucket: schema.name,
        dataset: name,
        relation,
        mode: args.mode,
        evolve: args.evolve,
        format: args.format ?? undefined,
        csv: { delimiter: args.delimiter ?? undefined, header: args.header ?? undefined },
        onError: args.on_error,
        owner: { oid: role.oid, name: role.name },
        guard: context.guard,
        complete: context.complete,
      },
      rooms,
      signal,
      context.notice,
    );
    yield {
      dataset: name,
      bucket: schema.name,
      rows: BigInt(loaded.rows),
      rejected: BigInt(loaded.rejected),
      bytes: BigInt(loaded.bytes),
      version: BigInt(loaded.version),
      status: loaded.status,
      sha256: loaded.sha256,
      format: loaded.format,
      changes: loaded.changes,
    };
  },
});

function sourceOf(
  path: string | null,
  content: Uint8Array | null,
  filename: string | null,
  { role, rooms }: RoutineContext,
): IngestSource {
  if (path !== null && content === null) {
    const folders = role.isSuperuser ? undefined : rooms.options.ingestFolders;
    return { kind: "path", path, folders };
  }
  if (content === null || path !== null) {
    throw new PgError("22023", "either source or content must be given, and not both");
  }
  if (filename === null || filename === "") {
    throw new PgError("22023", "content needs filename =>, which tells its format and its dataset");
  }
  return { kind: "content", bytes: content, fileName: filename };
}

async function targetOf(
  dataset: string | null,
  bucket: string | null,
  fileName: string,
  context: RoutineContext,
): Promise<{ readonly schema: Schema; readonly name: string }> {
  if (dataset === null) {
    return { schema: await findBucket(context, bucket), name: datasetName(fileName) };
  }
  const { bucket: written, name } = splitDatasetName(dataset);
  if (written !== undefined && bucket !== null && written !== bucket) {
    throw new PgError("22023", `dataset "${dataset}" is not in bucket "${bucket}"`);
  }
  return { schema: await findBucket(context, written ?? bucket), name };
}

async function demandTarget(
  relation: Relation | undefined,
  schema: Schema,
  mode: "append" | "replace",
  context: RoutineContext,
): Promise<void> {
  demandSchema(context, "USAGE", schema);
  if (!relation) return demandSchema(context, "CREATE", schema);
  if (mode === "append") return demandTable(context, "INSERT", relation);
  if (relation.source.kind === "live" || relation.source.kind === "shadow") {
    throw new PgError("42809", `"${qualified(schema.name, relation.name)}" is not a dataset`);
  }
  demandOwner(context, relation);
}
