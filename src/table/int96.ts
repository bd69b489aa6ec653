/**
 * Spark writes instants as INT96 unless told otherwise: a number that says nothing of a time zone. The engine takes it for a
 * local time, and would read it in the zone of whoever asks; Delta's are UTC.
 */
import type { Engine } from "../engine/engine.ts";
import type { Bucket } from "../storage/storage.ts";
import type { Add, DeltaField, DeltaType } from "./actions.ts";
import { dataFileKey, pathList } from "./paths.ts";

interface Place {
  readonly bucket: Bucket;
  readonly location: string;
  readonly engine: Engine;
}

/** By file: they are immutable. */
const known = new WeakMap<Add, boolean>();
/** Footers read with one statement. */
const readTogether = 500;

/** Which of the files keep these fields' instants as INT96. Only files of other writers are looked into. */
export async function int96Files(
  { bucket, location, engine }: Place,
  files: readonly Add[],
  fields: readonly DeltaField[],
): Promise<ReadonlySet<Add>> {
  if (!fields.some(({ type }) => hasInstant(type))) return new Set();
  const unknown = files.filter((add) => !known.has(add) && !isOurs(add));
  for (let start = 0; start < unknown.length; start += readTogether) {
    const some = unknown.slice(start, start + readTogether);
    const keys = some.map((add) => dataFileKey(location, add));
    const paths = await Promise.all(keys.map((key) => bucket.pathFor(key)));
    const rows = await engine.system(
      `SELECT DISTINCT file_name FROM parquet_schema(${pathList(paths)}) WHERE type = 'INT96'`,
    );
    const found = new Set(rows.map((row) => String(row["file_name"])));
    for (const [at, add] of some.entries()) known.set(add, found.has(paths[at] ?? ""));
  }
  return new Set(files.filter((add) => known.get(add) === true));
}

/** The type as such a file has it. */
export function asInt96(type: DeltaType): DeltaType {
  if (typeof type === "string") return type === "timestamp" ? "timestamp_ntz" : type;
  switch (type.type) {
    case "array":
      return { ...type, elementType: asInt96(type.elementType) };
    case "map":
      return { ...type, keyType: asInt96(type.keyType), valueType: asInt96(type.valueType) };
    case "struct":
      return {
        ...type,
        fields: type.fields.map((each) => ({ ...each, type: asInt96(each.type) })),
      };
    default:
      return type satisfies never;
  }
}

/** Engine SQL of a column's value, as it is told; within records instants stay local times of UTC. */
export function instantOf(value: string, type: DeltaType): string {
  if (type === "timestamp") return `timezone('UTC', ${value})`;
  const isList = typeof type !== "string" && type.type === "array";
  if (!isList || type.elementType !== "timestamp") return value;
  return `list_transform(${value}, lambda each: timezone('UTC', each))`;
}

/** As this server names its data files; other writers number theirs. */
function isOurs({ path }: Add): boolean {
  return /(^|\/)part-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\.parquet$/.test(path);
}

function hasInstant(type: DeltaType): boolean {
  return JSON.stringify(type).includes('"timestamp"');
}
