/** What schema_diff and its kin compare: a dataset, one version of it (name@3), or a file under the rules of ingest_file. */
import { PgError } from "../base/error.ts";
import { qualified } from "../catalog/identifiers.ts";
import type { Relation } from "../catalog/relation.ts";
import { datasetName, formats } from "../ingest/format.ts";
import { columnsOfFile } from "../ingest/read-file.ts";
import type { SchemaColumn } from "../ingest/schema-diff.ts";
import { sourceName } from "../ingest/staged-file.ts";
import { columnsOf } from "../table/schema.ts";
import { findDataset, lookUpDataset } from "./dataset-name.ts";
import type { RoutineContext } from "./define.ts";
import { demandTable } from "./demand.ts";

export interface SchemaSource {
  /** Quoted where it must be; of a file, the dataset it would become. */
  readonly name: string;
  readonly columns: readonly SchemaColumn[];
  /** Undefined: a file. */
  readonly relation: Relation | undefined;
  /** The columns are those of an older version. */
  readonly isOlder?: true;
}

export interface SchemaSources {
  readonly a: SchemaSource;
  readonly b: SchemaSource;
}

/** 42P01, 42501 and 58P01 as of the one that is wrong. */
export async function schemaSources(
  a: string,
  b: string,
  context: RoutineContext,
): Promise<SchemaSources> {
  const [first, second] = [await sourceNamed(a, context), await sourceNamed(b, context)];
  const isSame = first.relation !== undefined && first.relation.oid === second.relation?.oid;
  // Numbers mean the same column within one dataset only.
  return isSame ? { a: first, b: second } : { a: withoutNumbers(first), b: withoutNumbers(second) };
}

async function sourceNamed(text: string, context: RoutineContext): Promise<SchemaSource> {
  const [, name = text, version] = /^(.+)@(\d+)$/s.exec(text) ?? [];
  if (version !== undefined) {
    const relation = await findDataset(context, name);
    return ofVersion(relation, Number(version), context);
  }
  const relation = isPath(text) ? undefined : await lookUpDataset(context, text);
  if (relation) return ofRelation(relation, context);
  if (!isPath(text)) throw new PgError("42P01", `relation "${text}" does not exist`);
  return ofFile(text, context);
}

/** A dataset's name has no slash, and no ending that a file's has, unless it is quoted. */
function isPath(text: string): boolean {
  if (text.startsWith('"')) return false;
  return text.includes("/") || new RegExp(`\\.(${formats.join("|")}|jsonl)$`, "i").test(text);
}

async function ofRelation(relation: Relation, context: RoutineContext): Promise<SchemaSource> {
  await demandTable(context, "SELECT", relation);
  return { name: qualified(relation.schema, relation.name), columns: relation.columns, relation };
}

async function ofVersion(
  relation: Relation,
  version: number,
  context: RoutineContext,
): Promise<SchemaSource> {
  await demandTable(context, "SELECT", relation);
  const { source } = relation;
  const name = qualified(relation.schema, relation.name);
  if (source.kind === "dataset") {
    const { fields } = await context.rooms.tables.get(source.bucket, source.location).at(version);
    return { name, columns: columnsOf(fields), relation, isOlder: true };
  }
  if (source.kind === "foreign" && source.format === "delta") {
    const { fields } = await (await context.rooms.tables.foreign(source)).at(version);
    return { name, columns: columnsOf(fields), relation, isOlder: true };
  }
  throw new PgError("42809", `"${relation.name}" is not a dataset with versions`);
}

async function ofFile(
  path: string,
  { role, rooms, signal }: RoutineContext,
): Promise<SchemaSource> {
  const folders = role.isSuperuser ? undefined : rooms.options.ingestFolders;
  const source = { kind: "path", path, folders } as const;
  const columns = await columnsOfFile(source, rooms, signal);
  return { name: datasetName(sourceName(source)), columns, relation: undefined };
}

function withoutNumbers(source: SchemaSource): SchemaSource {
  const columns = source.columns.map(({ name, typeOid, typmod }) => ({ name, typeOid, typmod }));
  return { ...source, columns };
}
