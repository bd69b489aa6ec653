/**
 * A folder of Parquet files that has no log: what lies there when a statement starts is the table. Columns are those of all
 * files together, found by name; folders called `name=value` are columns too. Names that begin with _ or . are not read.
 */
import { PgError, unsupported } from "../base/error.ts";
import { quoteName, quoteText } from "../base/quote.ts";
import type { Engine, EngineColumn } from "../engine/engine.ts";
import { engineTypeName, oidForLogical } from "../pgtypes/engine-type.ts";
import type { LogicalType } from "../pgtypes/logical-type.ts";
import { oids } from "../pgtypes/oids.ts";
import { logicalTypeFor } from "../pgtypes/types.ts";
import type { Bucket, ObjectInfo } from "../storage/storage.ts";
import type { Add } from "./actions.ts";
import type { ForeignTable } from "./foreign.ts";
import { pathList } from "./paths.ts";
import { fieldsOf } from "./schema.ts";
import type { Column, TableVersion } from "./table.ts";

export class ParquetFolder implements ForeignTable {
  readonly #bucket: Bucket;
  readonly #location: string;
  readonly #engine: Engine;
  /** By key, size and time of change. */
  #files = new Map<string, Footer>();
  #contents: Contents | undefined;

  constructor(bucket: Bucket, location: string, engine: Engine) {
    this.#bucket = bucket;
    this.#location = location;
    this.#engine = engine;
  }

  async current(): Promise<TableVersion> {
    const objects = (await this.#bucket.list(`${this.#location}/`)).filter(({ key }) =>
      isData(key.slice(this.#location.length + 1)),
    );
    const stamp = objects.map(identity).join("\n");
    const known = this.#contents;
    if (known?.stamp === stamp) return known.version;
    const footers = await this.#footersOf(objects);
    const number = (known?.version.number ?? -1) + 1;
    this.#contents = contentsOf(stamp, number, objects, footers, this.#location);
    contents.set(this.#contents.version, this.#contents);
    return this.#contents.version;
  }

  at(): Promise<TableVersion> {
    return Promise.reject(this.#noVersions());
  }

  atTime(): Promise<TableVersion> {
    return Promise.reject(this.#noVersions());
  }

  async scan(version: TableVersion, columns: readonly string[]): Promise<string> {
    const { files, columns: all } = contentsIn(version);
    const wanted = columns.map((name) => {
      const column = all.find((candidate) => candidate.name === name);
      if (!column) throw new PgError("42703", `column "${name}" does not exist`);
      return column;
    });
    const parts = await Promise.all(
      groupsBy(files, wanted).map(async (group) => {
        const paths = await Promise.all(group.map(({ key }) => this.#bucket.pathFor(key)));
        return selectFrom(group, paths, wanted);
      }),
    );
    return parts.length > 0 ? parts.join(" UNION ALL ") : `${emptyList(wanted)} WHERE false`;
  }

  async #footersOf(objects: readonly ObjectInfo[]): Promise<readonly Footer[]> {
    const fresh = objects.filter((object) => !this.#files.has(identity(object)));
    const paths = await Promise.all(fresh.map(({ key }) => this.#bucket.pathFor(key)));
    const read = await readFooters(this.#engine, paths);
    const files = new Map<string, Footer>();
    for (const object of objects) {
      const name = identity(object);
      const at = fresh.indexOf(object);
      const footer = at < 0 ? this.#files.get(name) : read[at];
      if (footer) files.set(name, footer);
    }
    this.#files = files;
    return [...files.values()];
  }

  #noVersions(): PgError {
    return unsupported(`an older version of "${this.#location}", a folder of Parquet files,`, {
      hint: "Only Delta tables keep their versions.",
    });
  }
}

interface Footer {
  readonly rows: number;
  readonly columns: readonly EngineColumn[];
}

interface FolderFile {
  readonly key: string;
  readonly bytes: number;
  readonly modified: Date;
  readonly footer: Footer;
  readonly partition: ReadonlyMap<string, string | null>;
}

interface FolderColumn extends Column {
  /** Its value is in the folder's name. */
  readonly isPartition: boolean;
}

interface Contents {
  readonly stamp: string;
  readonly version: TableVersion;
  readonly files: readonly FolderFile[];
  readonly columns: readonly FolderColumn[];
}

/** A transaction keeps a version and nothing else of a folder. */
const contents = new WeakMap<TableVersion, Contents>();

function contentsIn(version: TableVersion): Contents {
  const found = contents.get(version);
  if (!found) throw new Error("bug: a version of another table");
  return found;
}

const identity = ({ key, bytes, modified }: ObjectInfo) =>
  `${key}\0${bytes}\0${modified.getTime()}`;

function isData(path: string): boolean {
  const isHidden = path.split("/").some((part) => /^[._]/.test(part) && !part.includes("="));
  return !isHidden && /\.(parquet|parq|pq)$/i.test(path);
}

/** One statement for the counts of all files, and one a file for its columns: types nest, so no statement tells those of many. */
async function readFooters(engine: Engine, paths: readonly string[]): Promise<readonly Footer[]> {
  if (paths.length === 0) return [];
  const counted = await engine.system(
    `SELECT file_name, num_rows FROM parquet_file_metadata(${pathList(paths)})`,
  );
  const rows = new Map(counted.map((row) => [String(row["file_name"]), Number(row["num_rows"])]));
  const footers: Footer[] = [];
  for (const path of paths) {
    footers.push({ rows: rows.get(path) ?? 0, columns: await columnsIn(engine, path) });
  }
  return footers;
}

async function columnsIn(engine: Engine, path: string): Promise<readonly EngineColumn[]> {
  const connection = await engine.connect();
  try {
    const statement = await connection.prepare(
      `SELECT * FROM read_parquet(${pathList([path])}, hive_partitioning = false)`,
    );
    statement.close();
    return statement.columns;
  } finally {
    connection.release();
  }
}

function contentsOf(
  stamp: string,
  number: number,
  objects: readonly ObjectInfo[],
  footers: readonly Footer[],
  location: string,
): Contents {
  const files = objects.flatMap((object, at) => {
    const footer = footers[at];
    const path = object.key.slice(location.length + 1);
    return footer ? [{ ...object, footer, partition: partitionOf(path) }] : [];
  });
  const columns = columnsOfAll(files);
  return { stamp, files, columns, version: versionOf(number, files, columns, location) };
}

/** `year=2024/city=Bonn/x.parquet` → year 2024, city Bonn. */
function partitionOf(path: string): ReadonlyMap<string, string | null> {
  const folders = path.split("/").slice(0, -1);
  return new Map(
    folders.flatMap((folder): [string, string | null][] => {
      const at = folder.indexOf("=");
      if (at <= 0) return [];
      const value = unescaped(folder.slice(at + 1));
      return [
        [unescaped(folder.slice(0, at)), value === "__HIVE_DEFAULT_PARTITION__" ? null : value],
      ];
    }),
  );
}

function unescaped(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** In the order of their first file; files that do not agree on a type agree on the wider one, else on text. */
function columnsOfAll(files: readonly FolderFile[]): readonly FolderColumn[] {
  const types = new Map<string, { typeOid: number; typmod: number }>();
  for (const { footer } of files) {
    for (const { name, type } of footer.columns) {
      const known = types.get(name);
      const next = shownAs(type);
      types.set(name, known === undefined ? next : commonType(known, next));
    }
  }
  const values = new Map<string, (string | null)[]>();
  for (const { partition } of files) {
    for (const [name, value] of partition) values.set(name, [...(values.get(name) ?? []), value]);
  }
  for (const [name, texts] of values)
    types.set(name, { typeOid: partitionType(texts), typmod: -1 });
  return [...types].map(([name, type], at) => ({
    name,
    number: at + 1,
    ...type,
    notNull: false,
    defaultText: null,
    comment: null,
    isPartition: values.has(name),
  }));
}

/** As a Delta table's: lists in a list need not be equally long as an array's have to be. */
function shownAs(type: LogicalType): PgType {
  const isList = type.id === "LIST" || type.id === "ARRAY";
  const isNested = isList && (type.child.id === "LIST" || type.child.id === "ARRAY");
  return isNested ? { typeOid: oids.json, typmod: -1 } : oidForLogical(type);
}

interface PgType {
  readonly typeOid: number;
  readonly typmod: number;
}

const ladder: readonly number[] = [oids.int2, oids.int4, oids.int8, oids.numeric, oids.float8];

function commonType(a: PgType, b: PgType): PgType {
  if (a.typeOid === b.typeOid) return a.typmod === b.typmod ? a : { ...a, typmod: -1 };
  const pair = [a.typeOid, b.typeOid];
  const steps = pair.map((oid) => ladder.indexOf(oid === oids.float4 ? oids.float8 : oid));
  if (steps.every((step) => step >= 0)) {
    return { typeOid: ladder[Math.max(...steps)] ?? oids.text, typmod: -1 };
  }
  const times: readonly number[] = [oids.date, oids.timestamp, oids.timestamptz];
  const instants = pair.map((oid) => times.indexOf(oid));
  if (instants.every((step) => step >= 0)) {
    return { typeOid: times[Math.max(...instants)] ?? oids.text, typmod: -1 };
  }
  return { typeOid: oids.text, typmod: -1 };
}

function partitionType(texts: readonly (string | null)[]): number {
  const known = texts.filter((text) => text !== null);
  if (known.length > 0 && known.every((text) => /^-?(0|[1-9]\d{0,17})$/.test(text))) {
    return oids.int8;
  }
  return known.length > 0 && known.every((text) => /^\d{4}-\d\d-\d\d$/.test(text))
    ? oids.date
    : oids.text;
}

/** As a Delta table of these files would be told; made up but for rows, bytes and times. */
function versionOf(
  number: number,
  files: readonly FolderFile[],
  columns: readonly FolderColumn[],
  location: string,
): TableVersion {
  const fields = fieldsOf(columns);
  const times = files.map(({ modified }) => modified.getTime());
  const adds = files.map(
    ({ key, bytes, modified, footer, partition }): Add => ({
      path: encodeURI(key.slice(location.length + 1)),
      partitionValues: Object.fromEntries(partition),
      size: bytes,
      modificationTime: modified.getTime(),
      dataChange: true,
      stats: `{"numRecords":${footer.rows}}`,
    }),
  );
  return {
    number,
    id: location,
    fields,
    files: new Map(adds.map((add) => [add.path, add])),
    rowCount: files.reduce((sum, { footer }) => sum + footer.rows, 0),
    byteCount: files.reduce((sum, { bytes }) => sum + bytes, 0),
    createdAt: new Date(Math.min(...times, Date.now())),
    committedAt: new Date(Math.max(...times, 0)),
    protocol: { minReaderVersion: 1, minWriterVersion: 2 },
    metaData: {
      id: location,
      format: { provider: "parquet", options: {} },
      schemaString: JSON.stringify({ type: "struct", fields }),
      partitionColumns: columns.filter(({ isPartition }) => isPartition).map(({ name }) => name),
      configuration: {},
    },
    transactions: new Map(),
  };
}

/** Files, in order, that store the wanted columns as the same types are read together. */
function groupsBy(
  files: readonly FolderFile[],
  wanted: readonly FolderColumn[],
): readonly (readonly FolderFile[])[] {
  const groups = new Map<string, FolderFile[]>();
  for (const file of files) {
    const shape = wanted
      .map(({ name }) => file.footer.columns.find((column) => column.name === name)?.type)
      .map((type) => (type === undefined ? "" : engineTypeName(type)))
      .join("\0");
    const group = groups.get(shape);
    if (group) group.push(file);
    else groups.set(shape, [file]);
  }
  return [...groups.values()];
}

/** Within read_parquet the columns are c0, c1, …, so that none hides the engine's `file_index`. */
function selectFrom(
  files: readonly FolderFile[],
  paths: readonly string[],
  wanted: readonly FolderColumn[],
): string {
  const stored = files[0]?.footer.columns ?? [];
  const map: string[] = [];
  const list = wanted.map((column, i) => {
    const found = stored.find(({ name }) => name === column.name);
    if (column.isPartition) return asColumn(partitionValue(files, column.name), undefined, column);
    if (found === undefined) return asColumn("NULL", undefined, column);
    const type = quoteText(engineTypeName(found.type));
    map.push(`${quoteText(found.name)}: {name: 'c${i}', type: ${type}, default_value: NULL}`);
    return asColumn(`c${i}`, found.type, column);
  });
  const schema = map.length > 0 ? `, schema = MAP {${map.join(", ")}}` : "";
  return `SELECT ${list.join(", ")} FROM read_parquet(${pathList(paths)}${schema}, hive_partitioning = false)`;
}

function asColumn(value: string, type: LogicalType | undefined, column: FolderColumn): string {
  const target = logicalTypeFor(column.typeOid, column.typmod);
  if (target === undefined) throw unsupported(`reading column "${column.name}"`);
  const isRecord = type !== undefined && column.typeOid === oids.json && type.id !== "JSON";
  const plain = isRecord ? `to_json(${value})` : value;
  const name = engineTypeName(target);
  const isSame = type !== undefined && engineTypeName(type) === name;
  return `${isSame ? plain : `CAST(${plain} AS ${name})`} AS ${quoteName(column.name)}`;
}

function partitionValue(files: readonly FolderFile[], name: string): string {
  const values = files.map(({ partition }) => partition.get(name) ?? null);
  const list = values.map((value) => (value === null ? "NULL" : quoteText(value)));
  return `([${list.join(", ")}]::VARCHAR[])[file_index::BIGINT + 1]`;
}

function emptyList(wanted: readonly FolderColumn[]): string {
  const list = wanted.map((column) => asColumn("NULL", undefined, column));
  return `SELECT ${list.join(", ")}`;
}
