/** A dataset's columns brought to take what a file has: new ones added, types widened where the file's values need it. */
import { PgError, unsupported } from "../base/error.ts";
import { quoteName } from "../base/quote.ts";
import { formatType } from "../catalog/format-type.ts";
import { quoteIdent } from "../catalog/identifiers.ts";
import type { Relation, RelationColumn } from "../catalog/relation.ts";
import type { Engine } from "../engine/engine.ts";
import { engineTypeName } from "../pgtypes/engine-type.ts";
import { oids } from "../pgtypes/oids.ts";
import { elementOf, logicalTypeFor, typeTitle } from "../pgtypes/types.ts";
import { type ColumnType, castingOf } from "./casting.ts";
import type { Reading, SourceColumn } from "./reading.ts";

/** Each does what those before it do, and more: nothing, new columns, wider types, text where no wider type is left. */
export const evolutions = ["strict", "add", "widen", "text"] as const;
export type EvolutionMode = (typeof evolutions)[number];

export interface Evolution {
  readonly columns: readonly RelationColumn[];
  readonly columnsMade: number;
  /** For people. */
  readonly changes: readonly string[];
  /** Columns that are stored otherwise than before: every row has to be written anew. */
  readonly isRewrite: boolean;
}

interface Pair {
  readonly column: RelationColumn;
  readonly source: SourceColumn;
  readonly at: number;
}

/** Undefined: the dataset takes the file as it is. */
export async function evolutionOf(
  relation: Relation,
  reading: Reading,
  sourceOf: (name: string) => number | undefined,
  mode: EvolutionMode,
  engine: Engine,
): Promise<Evolution | undefined> {
  if (mode === "strict") return undefined;
  const pairs = relation.columns.flatMap((column): Pair[] => {
    const at = sourceOf(column.name);
    const source = at === undefined ? undefined : reading.columns[at];
    return at === undefined || source === undefined ? [] : [{ column, source, at }];
  });
  const taken = new Set(pairs.map(({ at }) => at));
  const fresh = reading.columns.filter((_, at) => !taken.has(at));
  const wider =
    mode === "add" ? new Map<string, ColumnType>() : await widened(pairs, reading, mode, engine);
  if (fresh.length === 0 && wider.size === 0) return undefined;
  const made = Math.max(relation.columnsMade ?? 0, ...relation.columns.map((each) => each.number));
  return {
    columns: [
      ...relation.columns.map((column) => ({ ...column, ...wider.get(column.name) })),
      ...fresh.map((column, at) => ({
        ...column,
        number: made + 1 + at,
        notNull: false,
        defaultText: null,
        comment: null,
      })),
    ],
    columnsMade: made + fresh.length,
    changes: [
      ...[...wider].map(([name, type]) => `${quoteIdent(name)} is ${titleOf(type)}`),
      ...fresh.map((column) => `${quoteIdent(column.name)} ${titleOf(column)} is new`),
    ],
    isRewrite: wider.size > 0,
  };
}

/** Engine SQL of the rows there are, in the columns there will be. */
export function rowsAsEvolved(scan: string, before: Relation, { columns }: Evolution): string {
  const known = new Map(before.columns.map((column) => [column.number, column]));
  const list = columns.map((column) => {
    const name = quoteName(column.name);
    const old = known.get(column.number);
    if (old === undefined) return `CAST(NULL AS ${engineName(column)}) AS ${name}`;
    const isFloat = old.typeOid === oids.float4 || old.typeOid === oids.float8;
    const value = isFloat && column.typeOid === oids.text ? `pg_shim.float_text(${name})` : name;
    return `CAST(${value} AS ${engineName(column)}) AS ${name}`;
  });
  return `SELECT ${list.join(", ")} FROM (${scan})`;
}

/** Types by column, of those that do not hold the file's values. A type is wide enough while every value fits it. */
async function widened(
  pairs: readonly Pair[],
  reading: Reading,
  mode: EvolutionMode,
  engine: Engine,
): Promise<ReadonlyMap<string, ColumnType>> {
  const doubtful = pairs.filter(
    ({ column, source }) => castingOf(source, column)?.safety !== "safe",
  );
  const fits = await fitting(doubtful, reading, engine);
  const found = new Map<string, ColumnType>();
  for (const [i, { column, source }] of doubtful.entries()) {
    if (fits[i]) continue;
    const type = widerType(column, source, mode);
    if (type) found.set(column.name, type);
    else if (castingOf(source, column)?.safety === "lossy") throw tooNarrow(column, source);
  }
  return found;
}

/** The load itself would round without a word. */
function tooNarrow(column: RelationColumn, source: SourceColumn): PgError {
  const types = `is ${titleOf(column)}, and values of the file need ${titleOf(source)}`;
  return new PgError("42804", `column "${column.name}" ${types}`, {
    hint: "Say evolve => 'text' to make it text, or alter the column first.",
  });
}

/** Undefined: the load says what is wrong with which value. */
function widerType(
  column: RelationColumn,
  source: SourceColumn,
  mode: EvolutionMode,
): ColumnType | undefined {
  const casting = castingOf(column, source);
  const { typeOid, typmod } = source;
  if (casting?.safety === "safe" && casting.rule.startsWith("widen")) return { typeOid, typmod };
  const isPlain = elementOf(column.typeOid) === 0 && elementOf(source.typeOid) === 0;
  return mode === "text" && isPlain ? { typeOid: oids.text, typmod: -1 } : undefined;
}

/** Whether every value comes back as it was from the column's type: one pass over the file for all. */
async function fitting(
  pairs: readonly Pair[],
  reading: Reading,
  engine: Engine,
): Promise<readonly boolean[]> {
  if (pairs.length === 0) return [];
  const picks = pairs.map(({ source, at }, i) => ({
    name: `c${i}`,
    type: logicalOf(source),
    source: at,
  }));
  const tests = pairs.map(({ column, source }, i) => {
    const there = `TRY_CAST(c${i} AS ${engineName(column)})`;
    const isText = [oids.text, oids.varchar].includes(column.typeOid as typeof oids.text);
    const length = isText && column.typmod >= 4 ? ` OR length(c${i}) > ${column.typmod - 4}` : "";
    // A text is what it reads as: 007 fits an integer.
    const isOther =
      source.typeOid === oids.text
        ? `${there} IS NULL`
        : `CAST(${there} AS ${engineName(source)}) IS DISTINCT FROM c${i}`;
    return `count(*) FILTER (WHERE c${i} IS NOT NULL AND (${isOther}${length})) = 0 AS f${i}`;
  });
  const [row] = await engine.system(
    `SELECT ${tests.join(", ")} FROM (${reading.select(picks)}) AS file`,
  );
  return pairs.map((_, i) => row?.[`f${i}`] === true);
}

function logicalOf({ typeOid, typmod }: ColumnType) {
  const type = logicalTypeFor(typeOid, typmod);
  if (type) return type;
  throw unsupported(`loading a column of type ${typeTitle(typeOid)}`);
}

const engineName = (type: ColumnType) => engineTypeName(logicalOf(type));
const titleOf = ({ typeOid, typmod }: ColumnType) => formatType(typeOid, typmod);
