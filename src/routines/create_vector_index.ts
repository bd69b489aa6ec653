import { lexicalEmbedder } from "../ai/lexical.ts";
import { PgError, unsupported } from "../base/error.ts";
import { quoteName } from "../base/quote.ts";
import { qualified } from "../catalog/identifiers.ts";
import type { Relation } from "../catalog/relation.ts";
import { checkBuildOptions, type Progress } from "../search/build-index.ts";
import { isHnswAvailable } from "../search/hnsw-engine.ts";
import { type Backend, backends, metrics } from "../search/vector-engine.ts";
import { float8, int4, int8, oneOf, regclass, text } from "./columns.ts";
import { findDataset } from "./dataset-name.ts";
import { defineProcedure, type RoutineContext } from "./define.ts";
import { paced } from "./progress.ts";

export const create_vector_index = defineProcedure({
  oid: 90_001,
  name: "create_vector_index",
  summary:
    "Cuts a text column into chunks, embeds them, and stores an index for vector_search in the dataset's bucket.",
  arguments: {
    name: text("Name of the new index; one of its own in its bucket."),
    dataset: regclass("Dataset to index, as bucket.dataset."),
    text_column: text("Column whose text is searched; rows where it is NULL are left out."),
    key_column: text(
      "Column that tells rows apart, given back as key; NULL: the first column, or the only one, whose values are unique.",
    ).orNull(),
    provider: text("What makes the embeddings; NULL: lexical, which is built in.").orNull(),
    model: text("The provider's model; NULL: its default.").orNull(),
    metric: oneOf(metrics, "Distance between embeddings.").default("cosine"),
    chunk_size: int4("Characters in a chunk at most.").default(800),
    chunk_overlap: int4("Characters a chunk repeats of the one before, at most.").default(120),
    m: int4("HNSW: links of a vector. More find better and take more memory.").default(16),
    ef_construction: int4("HNSW: how far to look for links while building.").default(80),
    ef_search: int4("HNSW: how far to look when searching, unless the search says.").default(30),
    backend: oneOf(
      backends,
      "How to search: hnsw is approximate and fast, exact is exact.",
    ).default("hnsw"),
  },
  returns: {
    name: text("Name of the index."),
    dataset: text("Dataset, as bucket.dataset."),
    rows: int8("Rows with text."),
    chunks: int8("Chunks of their texts."),
    dimensions: int4("Numbers in an embedding."),
    recall: float8("Part of the ten nearest that is found at ef_search, measured on a sample."),
    seconds: float8("How long it took."),
  },
  examples: [
    {
      title: "Search animals by where they live",
      sql: "CALL create_vector_index('animals_by_habitat', dataset => 'primary.animals', text_column => 'habitat', key_column => 'id')",
    },
  ],
  requires: ({ dataset }) => [
    { kind: "table", name: dataset, privilege: "SELECT" },
    { kind: "owner", name: dataset },
  ],

  async *run(args, context) {
    const start = performance.now();
    const relation = await findDataset(context, args.dataset);
    checkProvider(args.provider, args.model);
    const textColumn = columnOf(relation, args.text_column);
    const options = checkBuildOptions({
      size: args.chunk_size,
      overlap: args.chunk_overlap,
      m: args.m,
      efConstruction: args.ef_construction,
      efSearch: args.ef_search,
      metric: args.metric,
      backend: usableBackend(args.backend, context),
    });
    const keyColumn =
      args.key_column === null
        ? await findKey(relation, textColumn, context)
        : columnOf(relation, args.key_column);
    await checkKey(relation, keyColumn, textColumn, args.key_column !== null, context);
    const { rooms, signal, role } = context;
    const manifest = await rooms.indexes.create(
      {
        name: indexName(args.name),
        dataset: {
          oid: relation.oid,
          name: qualified(relation.schema, relation.name),
          version: await versionOf(relation, context),
        },
        textColumn,
        keyColumn,
        options,
        createdBy: role.name,
        rows: rowsOf(relation, keyColumn, textColumn, context),
      },
      relation.schema,
      signal,
      progressNotices(args.name, context),
    );
    yield {
      name: manifest.name,
      dataset: manifest.dataset.name,
      rows: BigInt(manifest.rows),
      chunks: BigInt(manifest.chunks),
      dimensions: manifest.embedder.dimensions,
      recall: manifest.recall,
      seconds: (performance.now() - start) / 1000,
    };
  },
});

/** The same index is found with either; said aloud, for exact search is slower on large sets. */
function usableBackend(backend: Backend, { notice }: RoutineContext): Backend {
  if (backend !== "hnsw" || isHnswAvailable()) return backend;
  notice({
    severity: "WARNING",
    sqlstate: "01000",
    message: "hnswlib-node is not installed on this server: the index is searched exactly",
    hint: "Install it (it needs a C++ compiler) and create the index again.",
  });
  return "exact";
}

function indexName(name: string): string {
  const isRight = name !== "" && !name.includes(".") && Buffer.byteLength(name) <= 63;
  if (isRight) return name;
  throw new PgError("42602", `invalid index name "${name}"`, {
    hint: "A name has 1 to 63 bytes and no dot: the index lies in its dataset's bucket.",
  });
}

function checkProvider(provider: string | null, model: string | null): void {
  const { name, model: known } = lexicalEmbedder();
  if (provider !== null && provider !== name) {
    throw unsupported(`embedding provider "${provider}"`, { hint: `Use provider => '${name}'.` });
  }
  if (model === null || model === known) return;
  throw new PgError("22023", `embedding provider "${name}" has no model "${model}"`, {
    hint: `Its model is ${known}.`,
  });
}

function columnOf(relation: Relation, name: string): string {
  if (relation.columns.some((column) => column.name === name)) return name;
  throw new PgError("42703", `column "${name}" of relation "${relation.name}" does not exist`, {
    hint: `Its columns are ${relation.columns.map((column) => column.name).join(", ")}.`,
  });
}

const from = (relation: Relation) => `${quoteName(relation.schema)}.${quoteName(relation.name)}`;

/** One row of text. */
async function one(context: RoutineContext, sql: string): Promise<readonly (string | null)[]> {
  for await (const [row] of context.sql.query(sql)) if (row) return row;
  return [];
}

/** Types whose values can be compared for being unique. */
const json = new Set([114, 3802]);

async function findKey(
  relation: Relation,
  textColumn: string,
  context: RoutineContext,
): Promise<string> {
  const names = relation.columns
    .filter(({ name, typeOid }) => name !== textColumn && !json.has(typeOid))
    .map(({ name }) => name);
  const counts = names.map((name) => `count(DISTINCT ${quoteName(name)})`);
  const [all, ...distinct] = await one(
    context,
    `SELECT ${["count(*)", ...counts].join(", ")} FROM ${from(relation)}`,
  );
  const unique = names.filter((_, at) => distinct[at] === all);
  const [first] = unique;
  if (first !== undefined && (first === relation.columns[0]?.name || unique.length === 1)) {
    return first;
  }
  throw new PgError(
    "22023",
    unique.length === 0
      ? `no column of "${relation.name}" has unique values`
      : `several columns of "${relation.name}" have unique values: ${unique.join(", ")}`,
    { hint: "Say key_column =>, the column that tells rows apart." },
  );
}

/** A key that is chosen may repeat (search gives it as often), one that is missing cannot be given back. */
async function checkKey(
  relation: Relation,
  key: string,
  textColumn: string,
  isChosen: boolean,
  context: RoutineContext,
): Promise<void> {
  const name = quoteName(key);
  const [all, present, distinct] = await one(
    context,
    `SELECT count(*), count(${name}), count(DISTINCT ${name}) FROM ${from(relation)} WHERE ${quoteName(textColumn)} IS NOT NULL`,
  );
  if (present !== all) {
    throw new PgError("23502", `key column "${key}" of "${relation.name}" contains null values`);
  }
  if (distinct === all || !isChosen) return;
  context.notice({
    severity: "WARNING",
    sqlstate: "01000",
    message: `key column "${key}" has only ${distinct} different values in ${all} rows`,
    hint: "A search gives the key of each chunk; rows with one key cannot be told apart.",
  });
}

function rowsOf(
  relation: Relation,
  key: string,
  textColumn: string,
  context: RoutineContext,
): AsyncIterable<readonly (readonly (string | null)[])[]> {
  const [keyName, textName] = [quoteName(key), quoteName(textColumn)];
  return context.sql.query(
    `SELECT CAST(${keyName} AS text), CAST(${textName} AS text) FROM ${from(relation)} WHERE ${textName} IS NOT NULL`,
  );
}

/** Asked before the rows are: what is written meanwhile makes the index stale, and never the other way round. */
async function versionOf(relation: Relation, { rooms }: RoutineContext): Promise<number | null> {
  if (relation.source.kind !== "dataset") return null;
  const { bucket, location } = relation.source;
  return (await rooms.tables.get(bucket, location).current()).number;
}

function progressNotices(name: string, context: RoutineContext): Progress {
  const say = paced(context);
  return (phase, done, total) =>
    say(
      phase === "read"
        ? `index "${name}": ${done} rows read`
        : `index "${name}": ${done} of ${total} chunks embedded`,
    );
}
