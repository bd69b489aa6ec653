/** Relations about the asking session itself: its run-time parameters, prepared statements and cursors. */
import { must } from "../base/assert.ts";
import { builtins } from "../catalog/builtins.ts";
import type { Asker, LiveRelation } from "../catalog/relation.ts";
import type { SettingRow } from "../config/setting-row.ts";
import type { EngineValue } from "../pgtypes/vector.ts";
import type { Activity } from "./activity.ts";
import type { Backend } from "./backend.ts";

type Row = Readonly<Record<string, EngineValue>>;
type Rows = (backend: Backend) => readonly Row[] | Promise<readonly Row[]>;

export function ownRelations(activity: Activity): readonly LiveRelation[] {
  const of = (name: string, comment: string, rows: Rows) =>
    ownRelation(name, comment, activity, rows);
  return [
    of("pg_settings", "Run-time parameters, as this session sees them.", (backend) =>
      backend.parameters.settings().map(settingRow),
    ),
    of("pg_prepared_statements", "Prepared statements of this session.", preparedRows),
    of("pg_cursors", "Cursors and portals of this session.", cursorRows),
    of("pg_sequences", "Sequences, and the last number each has given.", sequenceRows),
  ];
}

/** Columns in PostgreSQL's order; a row that leaves one out has NULL there. */
function ownRelation(name: string, comment: string, activity: Activity, rows: Rows): LiveRelation {
  const { oid, columns } = must(
    builtins().relations.get(`pg_catalog.${name}`),
    `PostgreSQL has ${name}`,
  );
  return {
    oid,
    schema: "pg_catalog",
    name,
    comment,
    columns: columns.map((column) => ({ name: column.name, typeOid: column.typeOid })),
    async rows(asker: Asker) {
      const backend = activity.get(asker.pid)?.backend();
      if (backend === undefined) return [];
      return (await rows(backend)).map((row) => columns.map((column) => row[column.name] ?? null));
    },
  };
}

function settingRow({ parameter, setting, boot, reset, source }: SettingRow): Row {
  const isNumber = parameter.type === "integer" || parameter.type === "real";
  return {
    name: parameter.name,
    setting,
    unit: parameter.type === "integer" ? (parameter.unit ?? null) : null,
    category: parameter.category,
    short_desc: parameter.summary,
    context: parameter.context,
    vartype: parameter.type,
    source,
    min_val: isNumber ? String(parameter.min) : null,
    max_val: isNumber ? String(parameter.max) : null,
    enumvals: parameter.type === "enum" ? parameter.values : null,
    boot_val: boot,
    reset_val: reset,
    pending_restart: false,
  };
}

function preparedRows(backend: Backend): Row[] {
  return [...backend.prepared.values()]
    .filter(({ name }) => name !== "")
    .map((prepared) => ({
      name: prepared.name,
      statement: prepared.source,
      prepare_time: micros(prepared.preparedAt),
      parameter_types: prepared.planned.parameterTypes,
      from_sql: prepared.fromSql,
      generic_plans: 0n,
      custom_plans: 0n,
    }));
}

function cursorRows(backend: Backend): Row[] {
  return [...backend.portals.values()].map((portal) => ({
    name: portal.name,
    statement: portal.statement.sql,
    is_holdable: portal.isHoldable,
    is_binary: portal.formats.includes(1),
    is_scrollable: portal.cursor?.canScroll ?? false,
    creation_time: micros(portal.createdAt),
  }));
}

async function sequenceRows(backend: Backend): Promise<Row[]> {
  const { catalog, access, role } = await backend.context();
  const own = catalog.temporary?.name;
  const rows: Row[] = [];
  for (const { oid, schema, name, owner, source } of catalog.relations()) {
    if (source.kind !== "sequence") continue;
    if (schema.startsWith("pg_temp_") && schema !== own) continue;
    const may = (["SELECT", "USAGE"] as const).some((privilege) =>
      access.may(role, privilege, { kind: "sequence", oid, owner }),
    );
    const counter = backend.services.sequences.counter(source);
    if (may) await counter.refresh();
    const { last, isCalled } = counter.position;
    rows.push({
      schemaname: schema,
      sequencename: name,
      sequenceowner: access.roleByOid(owner)?.name ?? `unknown (OID=${owner})`,
      data_type: source.typeOid,
      start_value: BigInt(source.start),
      min_value: BigInt(source.min),
      max_value: BigInt(source.max),
      increment_by: BigInt(source.increment),
      cycle: source.cycles,
      cache_size: BigInt(source.cache),
      last_value: may && isCalled ? last : null,
    });
  }
  return rows;
}

const micros = (date: Date): bigint => BigInt(date.getTime()) * 1000n;
