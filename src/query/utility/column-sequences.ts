/** Sequences that columns bring along: serial, and GENERATED … AS IDENTITY. */
import type { ColumnDef, Constraint, Node, TypeName } from "libpg-query";
import { PgError } from "../../base/error.ts";
import { regclassText } from "../../catalog/sequence-uses.ts";
import { oids } from "../../pgtypes/oids.ts";
import type { ColumnDefinition, NewSequence } from "../definition-plan.ts";
import { positionOf, type Scope } from "../draft.ts";
import { freeSequenceName } from "./constraint-names.ts";
import { nameOfList, strings } from "./names.ts";
import { sequenceOptions } from "./sequence-options.ts";

const serialTypes: ReadonlyMap<string, number> = new Map([
  ["smallserial", oids.int2],
  ["serial2", oids.int2],
  ["serial", oids.int4],
  ["serial4", oids.int4],
  ["bigserial", oids.int8],
  ["serial8", oids.int8],
]);

/** The type that serial and its kin stand for; undefined for any other. */
export function serialType(type: TypeName | undefined, scope: Scope): number | undefined {
  const [name = "", second] = strings(type?.names);
  const found = second === undefined ? serialTypes.get(name) : undefined;
  if (found !== undefined && type?.arrayBounds !== undefined)
    throw new PgError(
      "0A000",
      "array of serial is not implemented",
      positionOf(scope, type.location),
    );
  return found;
}

/** What a table is, as far as its sequences need to know. */
export interface SequenceTable {
  readonly schema: string;
  readonly name: string;
}

type Numbered = Pick<ColumnDefinition, "defaultText" | "identity" | "sequence">;

export function serialColumn(
  column: string,
  typeOid: number,
  table: SequenceTable,
  scope: Scope,
): Numbered {
  const { options } = sequenceOptions(
    [{ DefElem: { defname: "as", arg: typeNode(typeOid) } }],
    scope,
  );
  const sequence = newSequence(column, table, scope, { options, isIdentity: false });
  return { defaultText: `nextval(${regclassText(sequence.oid)})`, sequence };
}

export function identityColumn(
  { generated_when: when, options }: Constraint,
  column: { readonly name: string; readonly typeOid: number },
  table: SequenceTable,
  scope: Scope,
): Numbered {
  const change = sequenceOptions(options, scope, { identityType: column.typeOid });
  const given = change.name && nameOfList(change.name, scope.context).name;
  const sequence = newSequence(column.name, table, scope, {
    options: change.options,
    isIdentity: true,
    ...(given === undefined ? {} : { name: given }),
  });
  return {
    defaultText: null,
    identity: { kind: identityKind(when), sequence: sequence.oid },
    sequence,
  };
}

export function identityKind(when: string | undefined): "always" | "by default" {
  return when === "d" ? "by default" : "always";
}

/** A table's column like another's that is an identity. */
export function likeIdentity(
  column: string,
  identity: NonNullable<ColumnDefinition["identity"]>,
  table: SequenceTable,
  scope: Scope,
): Numbered {
  const source = scope.context.catalog.relationByOid(identity.sequence)?.source;
  if (source?.kind !== "sequence") return { defaultText: null };
  const { typeOid, increment, min, max, start, cache, cycles } = source;
  const options = { typeOid, increment, min, max, start, cache, cycles };
  const sequence = newSequence(column, table, scope, { options, isIdentity: true });
  return { defaultText: null, identity: { ...identity, sequence: sequence.oid }, sequence };
}

/** Refuses what a column cannot be at once; each clause once. */
export function refuseTogether(
  constraints: readonly Constraint[],
  { colname = "" }: ColumnDef,
  isSerial: boolean,
  table: string,
  scope: Scope,
): void {
  const of = (kind: string) => constraints.filter(({ contype }) => contype === kind);
  const [values, identities, generated] = [
    of("CONSTR_DEFAULT"),
    of("CONSTR_IDENTITY"),
    of("CONSTR_GENERATED"),
  ];
  const fail = (message: string, at: Constraint | undefined) => {
    throw new PgError(
      "42601",
      `${message} for column "${colname}" of table "${table}"`,
      positionOf(scope, at?.location),
    );
  };
  if (values.length + (isSerial ? 1 : 0) > 1)
    fail("multiple default values specified", isSerial ? undefined : values[1]);
  if (identities.length > 1) fail("multiple identity specifications", identities[1]);
  if (generated.length > 1) fail("multiple generation clauses specified", generated[1]);
  const later = (a: Constraint | undefined, b: Constraint | undefined) =>
    (a?.location ?? 0) > (b?.location ?? 0) ? a : b;
  if (values.length + (isSerial ? 1 : 0) > 0 && identities.length > 0)
    fail("both default and identity specified", later(values[0], identities[0]));
  if (values.length + (isSerial ? 1 : 0) > 0 && generated.length > 0)
    fail("both default and generation expression specified", later(values[0], generated[0]));
  if (identities.length > 0 && generated.length > 0)
    fail("both identity and generation expression specified", later(identities[0], generated[0]));
}

/** Above every OID there is: executing the statement gives it its own. */
const firstProvisional = 4_290_000_000;
const given = new WeakMap<Scope, NewSequence[]>();

function newSequence(
  column: string,
  table: SequenceTable,
  scope: Scope,
  rest: Pick<NewSequence, "options" | "isIdentity"> & { readonly name?: string },
): NewSequence {
  const before = given.get(scope) ?? [];
  const taken = new Set(before.map(({ name }) => name));
  const { catalog } = scope.context;
  const name = rest.name ?? freeSequenceName(table, column, taken, catalog);
  const made = { ...rest, name, oid: firstProvisional + before.length };
  given.set(scope, [...before, made]);
  return made;
}

function typeNode(typeOid: number): Node {
  const names: Readonly<Record<number, string>> = {
    [oids.int2]: "int2",
    [oids.int4]: "int4",
    [oids.int8]: "int8",
  };
  return { TypeName: { names: [{ String: { sval: names[typeOid] ?? "int8" } }], typemod: -1 } };
}
