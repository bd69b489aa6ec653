/** Sequences made with their columns: they get OIDs of their own, and what named them by a provisional one names them by that. */
import { must } from "../base/assert.ts";
import type { Relation, RelationColumn, Schema } from "../catalog/relation.ts";
import { regclassText, type SequenceRelation } from "../catalog/sequence-uses.ts";
import type { OwnedSequence, SequenceChanged } from "../query/definition-plan.ts";
import type { EngineText } from "../query/plan.ts";
import type { Backend } from "./backend.ts";
import { alteredSource, newSequence, restarted } from "./define-sequence.ts";

/** Provisional OIDs, and what became of them. */
export type SequenceOids = ReadonlyMap<number, number>;

export async function makeSequences(
  sequences: readonly OwnedSequence[],
  table: {
    readonly oid: number;
    readonly schema: Schema;
    readonly owner: number;
    readonly onCommit?: Relation["onCommit"];
  },
  allot: () => Promise<number>,
  { transaction }: Backend,
): Promise<SequenceOids> {
  const made = new Map<number, number>();
  for (const { oid: provisional, name, options, isIdentity, column } of sequences) {
    const oid = await allot();
    made.set(provisional, oid);
    const { schema, owner } = table;
    const ownedBy = { table: table.oid, column, isIdentity };
    const relation = newSequence({ oid, schema, name, owner }, options, ownedBy);
    const onCommit = table.onCommit === "drop" ? { onCommit: table.onCommit } : {};
    transaction.change({ kind: "create table", relation: { ...relation, ...onCommit } });
  }
  return made;
}

export function numberedColumns<Column extends Pick<RelationColumn, "defaultText" | "identity">>(
  columns: readonly Column[],
  made: SequenceOids,
): readonly Column[] {
  if (made.size === 0) return columns;
  return columns.map((column) => {
    const { identity, defaultText } = column;
    let text = defaultText;
    for (const [from, to] of made)
      text = text?.replace(regclassText(from), regclassText(to)) ?? null;
    const sequence = identity && made.get(identity.sequence);
    return {
      ...column,
      defaultText: text,
      ...(identity && sequence !== undefined ? { identity: { ...identity, sequence } } : {}),
    };
  });
}

const drawing = /(shim_next(?:val|_identity)\((?:CAST\()*)(\d+)/g;

export function numberedText(text: EngineText, made: SequenceOids): EngineText {
  if (made.size === 0 || text.sequences === undefined) return text;
  const real = (oid: number) => made.get(oid) ?? oid;
  return {
    ...text,
    pieces: text.pieces.map((piece) =>
      typeof piece === "string"
        ? piece.replace(
            drawing,
            (_, before: string, oid: string) => `${before}${real(Number(oid))}`,
          )
        : piece,
    ),
    sequences: new Map([...text.sequences].map(([oid, count]) => [real(oid), count])),
  };
}

/** ALTER COLUMN … SET …, DROP IDENTITY. */
export async function changeSequences(
  changes: readonly SequenceChanged[],
  backend: Backend,
): Promise<void> {
  const { transaction } = backend;
  for (const change of changes) {
    const base = must(
      (await transaction.catalog()).relationByOid(change.target.oid),
      "a column's sequence is there",
    );
    if ("isDropped" in change) {
      transaction.change({ kind: "drop table", oid: base.oid });
      continue;
    }
    const source = await alteredSource(change, backend);
    transaction.change({ kind: "replace table", base, relation: { ...base, source } });
  }
}

/** TRUNCATE … RESTART IDENTITY. */
export function restartSequences(
  sequences: readonly SequenceRelation[],
  { transaction }: Backend,
): void {
  for (const { source, ...relation } of sequences) {
    transaction.change({
      kind: "replace table",
      base: { ...relation, source },
      relation: { ...relation, source: restarted(source, source.start) },
    });
  }
}
