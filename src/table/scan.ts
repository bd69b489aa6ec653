/**
 * Engine SQL that reads a version. Columns are found by their physical name, whatever order a file has them in; one a file
 * lacks is NULL. Within read_parquet they are c0, c1, …, so that none hides the engine's `file_index` and `file_row_number`.
 * The text over all files of a version is made once.
 */
import { must } from "../base/assert.ts";
import { quoteName, quoteText } from "../base/quote.ts";
import type { Engine } from "../engine/engine.ts";
import type { Bucket } from "../storage/storage.ts";
import type { Add, DeltaField } from "./actions.ts";
import { lostRace } from "./conflict.ts";
import { deletedBits } from "./deleted-bits.ts";
import { alias, columnsOf } from "./file-columns.ts";
import { asInt96, instantOf, int96Files } from "./int96.ts";
import { dataFileKey, quotedPath } from "./paths.ts";
import { rowCountOf } from "./row-count.ts";
import { physicalName, readExpression, storedTypeName } from "./schema.ts";
import { filesThatMatter, statisticsOf } from "./statistics.ts";
import type { ScanOptions, TableVersion } from "./table.ts";

/** Where a version's files are. */
export interface FilePlace {
  readonly bucket: Bucket;
  readonly location: string;
  readonly engine: Engine;
}

interface ScannedFile {
  /** Its place among the version's files. */
  readonly index: number;
  readonly add: Add;
  /** Quoted. */
  readonly path: string;
}

/** What a part of a scan gives. */
interface Projection {
  readonly fields: readonly DeltaField[];
  /** Their names among the fields. */
  readonly partitions: ReadonlySet<string>;
  readonly position: boolean;
  readonly without: string | undefined;
  readonly withDeleted: boolean;
  /** The files keep instants as local times of UTC. */
  readonly isInt96?: boolean;
  /** The one file has exactly the stored fields under their physical names. */
  readonly isAsWritten?: boolean;
}

/** Rows whose deletion is looked up in one string of bits, which the engine indexes by an int4. */
const rowsPerPart = 2 ** 27;
/** A row's place as one number: its file times this, and its row. */
const rowsPerFileMax = 2 ** 40;
/** Texts kept for a version: by columns, so few. */
const textsMax = 16;
/** A longer one, of ten thousand files and more, costs less to make than to keep. */
const textLengthMax = 1024 * 1024;

const wholeTexts = new WeakMap<TableVersion, Map<string, Promise<string>>>();
const quotedPaths = new WeakMap<Add, string>();

export function scanText(
  place: FilePlace,
  version: TableVersion,
  columns: readonly string[],
  options: ScanOptions,
): Promise<string> {
  const fields = columns.map((name) => fieldNamed(version, name));
  const { where = [], position = false, without, only, withDeleted = false } = options;
  const partitions = new Set(version.metaData.partitionColumns);
  const projection = { fields, partitions, position, without, withDeleted };
  const texts = wholeTexts.get(version) ?? new Map<string, Promise<string>>();
  wholeTexts.set(version, texts);
  const name = JSON.stringify([columns, position, withDeleted]);
  const isAll = where.length === 0 && only === undefined && without === undefined;
  const asBefore = isAll ? texts.get(name) : undefined;
  if (asBefore) return asBefore;
  const matter = filesThatMatter(version, where).filter(
    ([, add]) => only === undefined || only.has(add.path),
  );
  const isWhole = matter.length === version.files.size && without === undefined;
  // A remote bucket may have to fetch an object again that it no longer holds here.
  if (!isWhole || place.bucket.backend !== "local") return textOf(place, matter, projection);
  const known = texts.get(name);
  if (known) return known;
  const text = textOf(place, matter, projection);
  if (texts.size >= textsMax) texts.delete(must(texts.keys().next().value, "the oldest text"));
  texts.set(name, text);
  const forget = () => texts.delete(name);
  text.then(({ length }) => length > textLengthMax && forget(), forget);
  return text;
}

async function textOf(
  place: FilePlace,
  matter: readonly (readonly [index: number, add: Add])[],
  projection: Projection,
): Promise<string> {
  const files: ScannedFile[] = [];
  for (const [index, add] of matter) {
    files.push({ index, add, path: quotedPaths.get(add) ?? (await pathOf(place, add)) });
  }
  const adds = files.map(({ add }) => add);
  const int96 = await int96Files(place, adds, projection.fields);
  const isInt96 = ({ add }: ScannedFile) => int96.has(add);
  const parts = await partsOf(
    place,
    files.filter((file) => !isInt96(file)),
    projection,
  );
  const others = files.filter(isInt96);
  parts.push(...(await partsOf(place, others, { ...projection, isInt96: true })));
  return parts.length > 0 ? parts.join(" UNION ALL ") : noRows(projection);
}

async function partsOf(
  place: FilePlace,
  files: readonly ScannedFile[],
  projection: Projection,
): Promise<string[]> {
  const isDirty = ({ add }: ScannedFile) =>
    add.deletionVector !== undefined && !projection.withDeleted;
  const whole = files.filter((file) => !isDirty(file));
  const dirty = files.filter(isDirty);
  const parts = whole.length > 0 ? [selectFrom(whole, await suited(place, whole, projection))] : [];
  for (const part of await dirtyParts(place, dirty)) {
    const suiting = await suited(place, part.files, projection);
    parts.push(selectFrom(part.files, suiting, [part.filter]));
  }
  return parts;
}

/** A file of fewer rows is worth a look at its footer only when it is read a second time. */
const rowsWorthALook = 100_000;
const readBefore = new WeakSet<Add>();
/** Columns that the engine adds to a file's own. */
const addedByEngine = new Set(["file_index", "file_row_number", "filename"]);

/**
 * Read without a schema a single file is opened in two thirds of the time, and tells the engine its bounds, by which small
 * integers are grouped without hashing.
 */
async function suited(
  place: FilePlace,
  files: readonly ScannedFile[],
  projection: Projection,
): Promise<Projection> {
  const [file] = files;
  if (file === undefined || files.length > 1) return projection;
  const isWorthALook = readBefore.has(file.add) || rowsAbout(files) >= rowsWorthALook;
  readBefore.add(file.add);
  if (!isWorthALook) return projection;
  const columns = await columnsOf(place.engine, file.path);
  const isAsWritten = projection.fields
    .filter((field) => !projection.partitions.has(field.name))
    .every((field) => columns.get(physicalName(field)) === alias(typeInFile(field, projection)));
  const isClear = [...columns.keys()].every((name) => !addedByEngine.has(name.toLowerCase()));
  return { ...projection, isAsWritten: isAsWritten && isClear };
}

function typeInFile({ type }: DeltaField, { isInt96 = false }: Projection): string {
  return storedTypeName(isInt96 ? asInt96(type) : type);
}

async function pathOf({ bucket, location }: FilePlace, add: Add): Promise<string> {
  const path = quotedPath(await bucket.pathFor(dataFileKey(location, add)));
  if (bucket.backend === "local") quotedPaths.set(add, path);
  return path;
}

/** Files with deleted rows, by as many as one string of bits can tell, and what their live rows meet. */
async function dirtyParts(
  { bucket, location, engine }: FilePlace,
  files: readonly ScannedFile[],
): Promise<readonly { readonly files: readonly ScannedFile[]; readonly filter: string }[]> {
  const counted = await Promise.all(
    files.map(async (file) => ({
      file,
      vector: must(file.add.deletionVector, "a dirty file has a vector"),
      rows: await rowCountOf(engine, bucket, location, file.add),
    })),
  );
  const parts: (typeof counted)[] = [];
  let rowsInPart = 0;
  for (const each of counted) {
    const last = parts.at(-1);
    rowsInPart += each.rows;
    if (last && rowsInPart <= rowsPerPart) last.push(each);
    else {
      parts.push([each]);
      rowsInPart = each.rows;
    }
  }
  return Promise.all(
    parts.map(async (part) => ({
      files: part.map(({ file }) => file),
      filter: `get_bit(${await deletedBits(bucket, location, part)}, ${bitPlace(part)}) = 0`,
    })),
  );
}

/** Where a row's bit is: its file's first, and its number. */
function bitPlace(files: readonly { readonly rows: number }[]): string {
  if (files.length === 1) return "CAST(file_row_number AS INTEGER)";
  let start = 0;
  const starts = files.map(({ rows }) => {
    start += rows;
    return start - rows;
  });
  return `CAST(${ofFile(`[${starts.join(",")}]::BIGINT[]`)} + file_row_number AS INTEGER)`;
}

function selectFrom(
  files: readonly ScannedFile[],
  projection: Projection,
  filters: readonly string[] = [],
): string {
  const { fields, partitions, position, without, isInt96, isAsWritten } = projection;
  const stored = fields.filter((field) => !partitions.has(field.name));
  const list = fields.map((field) => {
    const name = isAsWritten ? quoteName(physicalName(field)) : `c${stored.indexOf(field)}`;
    const stated = isInt96 ? instantOf(name, field.type) : name;
    const value = partitions.has(field.name) ? partitionValue(files, field) : stated;
    return `${readExpression(field, value)} AS ${quoteName(field.name)}`;
  });
  if (position) list.push(`${filePlace(files)} AS "@file"`, `file_row_number AS "@row"`);
  const map = stored.map((field, i) => {
    const type = quoteText(typeInFile(field, projection));
    return `${quoteText(physicalName(field))}: {name: 'c${i}', type: ${type}, default_value: NULL}`;
  });
  // With a schema given the engine opens no file to plan, takes each for empty, and keeps the larger side of a join in memory.
  const schema =
    map.length > 0 && !isAsWritten
      ? `, schema = MAP {${map.join(", ")}}, explicit_cardinality = ${rowsAbout(files)}`
      : "";
  const paths = files.map(({ path }) => path).join(", ");
  // The engine would take folders of partitions for columns, and read their names its own way.
  const hive = partitions.size > 0 ? ", hive_partitioning = false" : "";
  const all = without === undefined ? filters : [...filters, leftOut(files, without)];
  const where = all.length > 0 ? ` WHERE ${all.join(" AND ")}` : "";
  return `SELECT ${list.join(", ")} FROM read_parquet([${paths}]${schema}${hive}) AS scanned${where}`;
}

/** Bytes a row takes in a file, where its statistics do not tell how many it has. */
const rowBytesGuess = 64;

function rowsAbout(files: readonly ScannedFile[]): number {
  const rows = files.reduce(
    (sum, { add }) => sum + (statisticsOf(add).numRecords ?? add.size / rowBytesGuess),
    0,
  );
  return Math.max(1, Math.round(rows));
}

/** The engine builds a hash table of the wrong side for an anti-join: NOT IN of one number takes a third of its time. */
function leftOut(files: readonly ScannedFile[], without: string): string {
  const place = (file: string, row: string) =>
    `CAST(${file} AS BIGINT) * ${rowsPerFileMax} + ${row}`;
  return (
    `${place(filePlace(files), "file_row_number")} NOT IN (SELECT ${place('"@file"', '"@row"')} ` +
    `FROM (${without}) AS gone WHERE "@row" IS NOT NULL AND "@file" IS NOT NULL)`
  );
}

function filePlace(files: readonly ScannedFile[]): string {
  const isInOrder = files.every(({ index }, at) => index === at);
  if (isInOrder) return "CAST(file_index AS INTEGER)";
  return ofFile(`[${files.map(({ index }) => index).join(",")}]::INTEGER[]`);
}

/** The element of a constant list that belongs to a row's file. */
function ofFile(list: string): string {
  return `(${list})[file_index::BIGINT + 1]`;
}

/** A partition column is not in the files: each has one value for all its rows. https://github.com/delta-io/delta/blob/master/PROTOCOL.md#partition-value-serialization */
function partitionValue(files: readonly ScannedFile[], field: DeltaField): string {
  const values = files.map(({ add }) => {
    const text = add.partitionValues[physicalName(field)];
    if (text === null || text === undefined || text === "") return "NULL";
    const isLocal = field.type === "timestamp" && !/(Z|[+-]\d\d(:\d\d)?)$/.test(text);
    return quoteText(isLocal ? `${text}+00` : text);
  });
  const value = ofFile(`[${values.join(", ")}]::VARCHAR[]`);
  return `CAST(${value} AS ${storedTypeName(field.type)})`;
}

function noRows({ fields, position }: Projection): string {
  const list = fields.map((field) => {
    const value = `CAST(NULL AS ${storedTypeName(field.type)})`;
    return `${readExpression(field, value)} AS ${quoteName(field.name)}`;
  });
  if (position) list.push(`NULL::INTEGER AS "@file"`, `NULL::BIGINT AS "@row"`);
  return `SELECT ${list.join(", ")} WHERE false`;
}

function fieldNamed(version: TableVersion, name: string): DeltaField {
  const field = version.fields.find((candidate) => candidate.name === name);
  // The statement was planned by the catalog's names: another server has changed the columns meanwhile.
  if (!field) throw lostRace(`Version ${version.number} has no column "${name}".`);
  return field;
}
