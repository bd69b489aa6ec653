/** ALTER COLUMN … ADD, SET and DROP of what a column gives itself: an identity, an expression. PostgreSQL's tablecmds.c. */
import type { AlterTableCmd, Node } from "libpg-query";
import { must } from "../../base/assert.ts";
import { PgError } from "../../base/error.ts";
import type { RelationColumn } from "../../catalog/relation.ts";
import { type SequenceRelation, sequencesOf } from "../../catalog/sequence-uses.ts";
import { type Altering, existing, replaceColumn } from "./altering.ts";
import { identityColumn, identityKind } from "./column-sequences.ts";
import { columnsNamedIn, withColumnsNamed } from "./expression-text.ts";
import { options, textOf } from "./options.ts";
import { sequenceOptions } from "./sequence-options.ts";

/** By the parser's name of the action. */
export const identityActions = {
  AT_AddIdentity: addIdentity,
  AT_SetIdentity: setIdentity,
  AT_DropIdentity: dropIdentity,
  AT_DropExpression: dropExpression,
};

function addIdentity({ name = "", def }: AlterTableCmd, altering: Altering): void {
  const { relation, scope } = altering;
  const column = existing(name, relation);
  const node = must(def && "Constraint" in def ? def.Constraint : undefined, "an identity");
  const { sequence, ...made } = identityColumn(node, column, relation, scope);
  const wrong = (message: string) =>
    new PgError("55000", `column "${name}" of relation "${relation.name}" ${message}`);
  if (!column.notNull) throw wrong("must be declared NOT NULL before identity can be added");
  if (column.identity !== undefined) throw wrong("is already an identity column");
  if (column.defaultText !== null) throw wrong("already has a default value");
  replaceColumn(altering, { ...column, ...made });
  if (sequence !== undefined) altering.sequences.push({ ...sequence, column: column.number });
}

function setIdentity({ name = "", def }: AlterTableCmd, altering: Altering): void {
  const { relation, scope } = altering;
  const column = existing(name, relation);
  const { identity } = column;
  if (identity === undefined) throw notIdentity(name, altering);
  const items = def && "List" in def ? (def.List.items ?? []) : [];
  const isKind = (item: Node) => "DefElem" in item && item.DefElem.defname === "generated";
  const [kind] = options(items.filter(isKind));
  if (kind !== undefined) {
    const when = String.fromCharCode(Number(textOf(kind.value)));
    replaceColumn(altering, { ...column, identity: { ...identity, kind: identityKind(when) } });
  }
  const others = items.filter((item) => !isKind(item));
  if (others.length === 0) return;
  const target = sequenceOf(column, altering);
  const change = sequenceOptions(others, scope, { before: target.source });
  altering.sequenceChanges.push({ target, options: change.options, restart: change.restart });
}

function dropIdentity(command: AlterTableCmd, altering: Altering): void {
  const { name = "", missing_ok: isMissingFine = false } = command;
  const column = existing(name, altering.relation);
  if (column.identity === undefined) {
    if (!isMissingFine) throw notIdentity(name, altering);
    const { message } = notIdentity(name, altering);
    altering.notices.push({ sqlstate: "00000", message: `${message}, skipping` });
    return;
  }
  const target = sequenceOf(column, altering);
  const { identity, ...plain } = column;
  replaceColumn(altering, plain);
  altering.sequenceChanges.push({ target, isDropped: true });
}

function dropExpression(command: AlterTableCmd, altering: Altering): void {
  const { name = "", missing_ok: isMissingFine = false } = command;
  const { relation } = altering;
  const column = existing(name, relation);
  if (column.isGenerated !== true) {
    const message = `column "${name}" of relation "${relation.name}" is not a stored generated column`;
    if (!isMissingFine) throw new PgError("55000", message);
    altering.notices.push({ sqlstate: "00000", message: `${message}, skipping` });
    return;
  }
  const { isGenerated, ...plain } = column;
  replaceColumn(altering, { ...plain, defaultText: null });
}

/** An identity's sequence follows its column's type. */
export function changeIdentityType(
  column: RelationColumn,
  typeOid: number,
  altering: Altering,
): void {
  if (column.identity === undefined || column.typeOid === typeOid) return;
  const target = sequenceOf(column, altering);
  const { options: changed } = sequenceOptions(undefined, altering.scope, {
    before: target.source,
    identityType: typeOid,
  });
  altering.sequenceChanges.push({ target, options: changed, restart: undefined });
}

/** 42601 when what is altered is not a default but an identity or an expression. */
export function refuseDefaultOf(
  { name, identity, isGenerated }: RelationColumn,
  isDropped: boolean,
  { relation }: Altering,
): void {
  if (identity === undefined && isGenerated !== true) return;
  const [kind, what] = identity
    ? ["an identity column", "IDENTITY"]
    : ["a generated column", "EXPRESSION"];
  throw new PgError("42601", `column "${name}" of relation "${relation.name}" is ${kind}`, {
    ...(isDropped ? { hint: `Use ALTER TABLE ... ALTER COLUMN ... DROP ${what} instead.` } : {}),
  });
}

/** Generated columns that are made of one. */
export function generatedFrom(
  { name }: RelationColumn,
  { relation }: Altering,
): readonly RelationColumn[] {
  return relation.columns.filter(
    ({ isGenerated, defaultText }) =>
      isGenerated === true && columnsNamedIn(defaultText ?? "").includes(name),
  );
}

/** What columns are generated by keeps its columns' new names. */
export function renameInGenerated(from: string, to: string, altering: Altering): void {
  const { relation } = altering;
  const columns = relation.columns.map((column) =>
    column.isGenerated === true
      ? {
          ...column,
          defaultText: withColumnsNamed(column.defaultText ?? "", (one) =>
            one === from ? to : one,
          ),
        }
      : column,
  );
  altering.relation = { ...relation, columns };
}

function sequenceOf({ number }: RelationColumn, altering: Altering): SequenceRelation {
  const { target, scope } = altering;
  const [found] = sequencesOf(target.oid, scope.context.catalog, number).filter(
    ({ source }) => source.ownedBy?.isIdentity === true,
  );
  return must(found, "an identity has its sequence");
}

function notIdentity(name: string, { relation }: Altering): PgError {
  return new PgError(
    "55000",
    `column "${name}" of relation "${relation.name}" is not an identity column`,
  );
}
