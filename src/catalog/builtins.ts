/**
 * What every PostgreSQL 15 database has from birth: types, functions, operators, casts, as rows of sql/static/.
 * Plain look-ups for the analyzer; the same files become engine tables in shadow.ts. Knows no engine.
 */
import { readFileSync } from "node:fs";

export interface BuiltinType {
  readonly oid: number;
  readonly typname: string;
  readonly typnamespace: number;
  readonly typlen: number;
  readonly typbyval: boolean;
  /** b base, c composite, d domain, p pseudo, r range, m multirange. */
  readonly typtype: string;
  readonly typcategory: string;
  readonly typispreferred: boolean;
  readonly typdelim: string;
  readonly typrelid: number;
  /** 0 = no element: not subscriptable. */
  readonly typelem: number;
  /** 0 = has no array type. */
  readonly typarray: number;
  readonly typbasetype: number;
  readonly typtypmod: number;
  readonly typmodout: number;
  readonly typcollation: number;
}

export interface BuiltinProc {
  readonly oid: number;
  readonly proname: string;
  readonly pronamespace: number;
  /** f function, p procedure, a aggregate, w window. */
  readonly prokind: string;
  readonly proretset: boolean;
  readonly prorettype: number;
  /** Input arguments only. */
  readonly proargtypes: readonly number[];
  readonly proallargtypes: readonly number[] | null;
  readonly proargmodes: readonly string[] | null;
  readonly proargnames: readonly string[] | null;
  readonly pronargdefaults: number;
  /** The element type of the VARIADIC argument; 0 = not variadic. */
  readonly provariadic: number;
  readonly provolatile: string;
  readonly proisstrict: boolean;
  /** SQL text of the defaults, joined by ", ". */
  readonly proargdefaults: string | null;
  readonly proacl: readonly string[] | null;
}

export interface BuiltinOperator {
  readonly oid: number;
  readonly oprname: string;
  /** b infix, l prefix. */
  readonly oprkind: string;
  /** 0 for a prefix operator. */
  readonly oprleft: number;
  readonly oprright: number;
  readonly oprresult: number;
  /** OID of the function behind it. */
  readonly oprcode: number;
  readonly oprcom: number;
  readonly oprnegate: number;
}

export interface BuiltinCast {
  readonly oid: number;
  readonly castsource: number;
  readonly casttarget: number;
  readonly castfunc: number;
  /** e only explicit, a also on assignment, i also implicit. */
  readonly castcontext: string;
  /** f by function, i by text input/output, b binary coercible. */
  readonly castmethod: string;
}

export interface BuiltinAggregate {
  readonly aggfnoid: number;
  /** n normal, o ordered-set, h hypothetical-set. */
  readonly aggkind: string;
  readonly aggnumdirectargs: number;
}

export interface BuiltinColumn {
  readonly name: string;
  readonly typeOid: number;
  readonly typmod: number;
  readonly notNull: boolean;
}

/** A relation of pg_catalog or information_schema, as PostgreSQL declares it. */
export interface BuiltinRelation {
  readonly schema: string;
  readonly name: string;
  readonly oid: number;
  /** r table, v view. */
  readonly kind: string;
  readonly columns: readonly BuiltinColumn[];
}

/** A row of pg_class for a relation or an index of PostgreSQL's own. */
export interface BuiltinClass {
  readonly oid: number;
  readonly relname: string;
  readonly relnamespace: number;
  readonly relkind: string;
  readonly relacl: readonly string[] | null;
}

export interface BuiltinIndex {
  readonly indexrelid: number;
  readonly indrelid: number;
  readonly indisunique: boolean;
  readonly indkey: readonly number[];
}

export interface BuiltinConstraint {
  readonly conname: string;
  readonly oid: number;
  readonly contype: string;
  readonly conrelid: number;
  readonly conkey: readonly number[] | null;
}

export interface BuiltinOperatorClass {
  readonly oid: number;
  /** OID of the access method. */
  readonly opcmethod: number;
  readonly opcname: string;
  readonly opcintype: number;
  readonly opcdefault: boolean;
}

export interface BuiltinNamespace {
  readonly oid: number;
  readonly nspname: string;
  readonly nspacl: readonly string[] | null;
}

export interface Keyword {
  readonly word: string;
  /** U unreserved, C unreserved but no function or type, T reserved but may be one, R reserved. */
  readonly catcode: string;
}

export interface Builtins {
  readonly typesByOid: ReadonlyMap<number, BuiltinType>;
  /** Types of pg_catalog under their catalog names: int4, bpchar, _text. */
  readonly typesByName: ReadonlyMap<string, BuiltinType>;
  readonly procsByOid: ReadonlyMap<number, BuiltinProc>;
  readonly procsByName: ReadonlyMap<string, readonly BuiltinProc[]>;
  readonly operatorsByName: ReadonlyMap<string, readonly BuiltinOperator[]>;
  readonly operatorsByOid: ReadonlyMap<number, BuiltinOperator>;
  /** By the function behind them. */
  readonly operatorsByCode: ReadonlyMap<number, BuiltinOperator>;
  castsFrom(source: number, target: number): BuiltinCast | undefined;
  /** Range type → its subtype. */
  readonly rangeSubtypes: ReadonlyMap<number, number>;
  /** Multirange type → the type of its ranges. */
  readonly multirangeRanges: ReadonlyMap<number, number>;
  readonly aggregates: ReadonlyMap<number, BuiltinAggregate>;
  /** regconfig, regdictionary, regcollation → name → OID. */
  readonly named: ReadonlyMap<string, ReadonlyMap<string, number>>;
  /** Under "schema.relation". */
  readonly relations: ReadonlyMap<string, BuiltinRelation>;
  readonly relationsByOid: ReadonlyMap<number, BuiltinRelation>;
  /** Tables, views and indexes. */
  readonly classes: ReadonlyMap<number, BuiltinClass>;
  readonly indexes: ReadonlyMap<number, BuiltinIndex>;
  readonly constraints: ReadonlyMap<number, BuiltinConstraint>;
  readonly operatorClasses: readonly BuiltinOperatorClass[];
  readonly namespaces: readonly BuiltinNamespace[];
  readonly keywords: ReadonlyMap<string, Keyword>;
}

/** The same from src/ and from dist/. */
export const staticFolder = new URL("../../sql/static/", import.meta.url);

let loaded: Builtins | undefined;

/** Loaded once, when first asked for. */
export function builtins(): Builtins {
  loaded ??= load();
  return loaded;
}

let loadedDescriptions: ReadonlyMap<string, string> | undefined;

/** pg_description of what PostgreSQL is born with; apart, because it is big and seldom asked for. */
export function builtinDescription(
  classOid: number,
  oid: number,
  column: number,
): string | undefined {
  loadedDescriptions ??= new Map(
    parseLines<DescriptionLine>("pg_description").map(
      ({ classoid, objoid, objsubid = 0, description }) =>
        [`${classoid} ${objoid} ${objsubid}`, description] as const,
    ),
  );
  return loadedDescriptions.get(`${classOid} ${oid} ${column}`);
}

interface DescriptionLine {
  readonly classoid: number;
  readonly objoid: number;
  readonly objsubid?: number;
  readonly description: string;
}

function load(): Builtins {
  const relations = new Map<string, BuiltinRelation>();
  for (const relation of readRelations()) {
    relations.set(`${relation.schema}.${relation.name}`, relation);
  }
  const read = <Row>(name: string): Row[] => readRows<Row>(name, relations);

  const types = read<BuiltinType>("pg_type");
  const procs = read<BuiltinProc>("pg_proc");
  const casts = new Map(
    read<BuiltinCast>("pg_cast").map((cast) => [castKey(cast.castsource, cast.casttarget), cast]),
  );
  const ranges = read<{ rngtypid: number; rngsubtype: number; rngmultitypid: number }>("pg_range");
  const aggregates = read<BuiltinAggregate>("pg_aggregate");
  const operators = read<BuiltinOperator>("pg_operator");
  return {
    typesByOid: new Map(types.map((type) => [type.oid, type])),
    typesByName: new Map(
      types.filter((type) => type.typnamespace === 11).map((type) => [type.typname, type]),
    ),
    procsByOid: new Map(procs.map((proc) => [proc.oid, proc])),
    procsByName: grouped(procs, (proc) => proc.proname),
    operatorsByName: grouped(operators, ({ oprname }) => oprname),
    operatorsByOid: new Map(operators.map((operator) => [operator.oid, operator])),
    operatorsByCode: new Map(operators.map((operator) => [operator.oprcode, operator])),
    castsFrom: (source, target) => casts.get(castKey(source, target)),
    rangeSubtypes: new Map(ranges.map((range) => [range.rngtypid, range.rngsubtype])),
    multirangeRanges: new Map(ranges.map((range) => [range.rngmultitypid, range.rngtypid])),
    named: new Map([
      ["regconfig", namesOf(read<{ oid: number; cfgname: string }>("pg_ts_config"), "cfgname")],
      ["regdictionary", namesOf(read<{ oid: number; dictname: string }>("pg_ts_dict"), "dictname")],
      [
        "regcollation",
        namesOf(read<{ oid: number; collname: string }>("pg_collation"), "collname"),
      ],
    ]),
    aggregates: new Map(aggregates.map((aggregate) => [aggregate.aggfnoid, aggregate])),
    relations,
    relationsByOid: new Map([...relations.values()].map((relation) => [relation.oid, relation])),
    classes: new Map(read<BuiltinClass>("pg_class").map((row) => [row.oid, row])),
    indexes: new Map(read<BuiltinIndex>("pg_index").map((row) => [row.indexrelid, row])),
    constraints: new Map(read<BuiltinConstraint>("pg_constraint").map((row) => [row.oid, row])),
    operatorClasses: read<BuiltinOperatorClass>("pg_opclass"),
    namespaces: read<BuiltinNamespace>("pg_namespace"),
    keywords: new Map(parseLines<Keyword>("keywords").map((row) => [row.word, row])),
  };
}

function namesOf<Key extends string>(
  rows: readonly ({ readonly oid: number } & Readonly<Record<Key, string>>)[],
  key: Key,
): ReadonlyMap<string, number> {
  return new Map(rows.map((row) => [row[key], row.oid]));
}

/** Both are below 2^21 (system OIDs end at 16 384), so one number holds the pair. */
function castKey(source: number, target: number): number {
  return source * 2 ** 21 + target;
}

function grouped<Row>(rows: readonly Row[], name: (row: Row) => string): Map<string, Row[]> {
  const groups = new Map<string, Row[]>();
  for (const row of rows) {
    const group = groups.get(name(row));
    if (group === undefined) groups.set(name(row), [row]);
    else group.push(row);
  }
  return groups;
}

function readRelations(): BuiltinRelation[] {
  return parseLines<RelationLine>("columns").map(({ schema, relation, oid, kind, columns }) => ({
    schema,
    name: relation,
    oid,
    kind,
    columns: columns.map(([name, typeOid, typmod, notNull]) => ({
      name,
      typeOid,
      typmod,
      notNull,
    })),
  }));
}

interface RelationLine {
  readonly schema: string;
  readonly relation: string;
  readonly oid: number;
  readonly kind: string;
  readonly columns: readonly (readonly [string, number, number, boolean])[];
}

/** Rows with the zeros back that the files leave out. */
function readRows<Row>(relation: string, relations: ReadonlyMap<string, BuiltinRelation>): Row[] {
  const columns = relations.get(`pg_catalog.${relation}`)?.columns ?? [];
  const zeros = Object.fromEntries(
    columns.map(({ name, typeOid, notNull }) => [name, notNull ? zeroOf(typeOid) : null]),
  );
  return parseLines<Partial<Row>>(relation).map((row) => ({ ...zeros, ...row }) as Row);
}

/** The value that the files leave out of a column that is not null. */
function zeroOf(typeOid: number): boolean | string | number | readonly never[] {
  switch (typeOid) {
    case 16:
      return false;
    case 18:
    case 19:
    case 25:
      return "";
    case 22:
    case 30:
      return [];
    default:
      return 0;
  }
}

function parseLines<Row>(name: string): Row[] {
  const text = readFileSync(new URL(`${name}.jsonl`, staticFolder), "utf8");
  // One parse of the whole instead of one a line.
  return JSON.parse(`[${text.trimEnd().replaceAll("\n", ",")}]`) as Row[];
}
