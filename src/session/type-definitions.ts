/** CREATE, ALTER and DROP TYPE staged in their transaction. */
import { must } from "../base/assert.ts";
import { unsupported } from "../base/error.ts";
import { quoteName, quoteText } from "../base/quote.ts";
import type { Relation, RelationColumn } from "../catalog/relation.ts";
import { typeRow, useTypes } from "../catalog/types-in-force.ts";
import type { UserType } from "../catalog/user-type.ts";
import type { EngineText } from "../query/plan.ts";
import type { TypePlan, TypesGone } from "../query/type-plan.ts";
import { alterTable, rewriteRows } from "./alter-table.ts";
import type { Backend } from "./backend.ts";
import { verifyDomain } from "./domain-values.ts";
import { dropAll } from "./drop-tables.ts";
import type { Outcome } from "./portal.ts";

type PlanOf<Kind extends TypePlan["kind"]> = Extract<TypePlan, { kind: Kind }>;

const command = (tag: string): Outcome => ({ kind: "command", tag });

export async function createType(plan: PlanOf<"create type">, backend: Backend): Promise<Outcome> {
  const { type } = plan;
  const allot = () => backend.services.catalog.allotOid(type.schema);
  // The first of the four is a composite's relation.
  const oid = (await allot()) + 1;
  backend.transaction.change({
    kind: "create type",
    type: await withOids({ ...type, oid }, allot),
  });
  return command(plan.tag);
}

export async function alterType(plan: PlanOf<"alter type">, backend: Backend): Promise<Outcome> {
  const { transaction, services } = backend;
  const { base, relabeled } = plan;
  const type = await withOids(plan.type, () => services.catalog.allotOid(plan.type.schema));
  if (relabeled !== undefined) await relabelRows(base, relabeled, backend);
  transaction.change({ kind: "replace type", base, type });
  if (plan.verified !== undefined && type.kind === "domain")
    await verifyDomain(type, plan.verified, backend);
  return command(plan.tag);
}

export async function dropTypes(plan: PlanOf<"drop type">, backend: Backend): Promise<Outcome> {
  const { transaction } = backend;
  for (const notice of plan.notices)
    backend.notice({ severity: "NOTICE", sqlstate: "00000", ...notice });
  await dropDependents(plan, backend);
  for (const { oid } of plan.targets) transaction.change({ kind: "drop type", oid });
  return command(plan.tag);
}

/** What CASCADE takes from things that stay. */
export async function dropDependents(
  { alterations, altered, views, functions }: Omit<TypesGone, "targets" | "dependents">,
  backend: Backend,
): Promise<void> {
  for (const alteration of alterations) await alterTable(alteration, backend);
  const { transaction } = backend;
  for (const change of altered) transaction.change({ kind: "replace type", ...change });
  // Those that read a column have gone with it.
  const catalog = await transaction.catalog();
  const left = views.filter(({ oid }) => catalog.relationByOid(oid) !== undefined);
  await dropAll(left, backend);
  for (const { schema, oid } of functions)
    transaction.change({ kind: "drop function", schema, oid });
}

/** New labels and checks have OID 0. */
async function withOids(type: UserType, allot: () => Promise<number>): Promise<UserType> {
  const numbered = async <Part extends { readonly oid: number }>(parts: readonly Part[]) => {
    const made: Part[] = [];
    for (const part of parts) made.push(part.oid === 0 ? { ...part, oid: await allot() } : part);
    return made;
  };
  switch (type.kind) {
    case "enum":
      return { ...type, labels: await numbered(type.labels) };
    case "domain":
      return { ...type, checks: await numbered(type.checks) };
    case "composite":
      return type;
    default:
      return type satisfies never;
  }
}

/** RENAME VALUE: files hold labels, so every dataset that may hold the old one is written anew. */
async function relabelRows(
  type: UserType,
  { from, to }: { readonly from: string; readonly to: string },
  backend: Backend,
): Promise<void> {
  const { transaction } = backend;
  const catalog = await transaction.catalog();
  useTypes(catalog, []);
  for (const relation of catalog.relations()) {
    if (relation.source.kind !== "dataset") continue;
    const isHolding = relation.columns.map((column) => holds(column, type, relation));
    if (!isHolding.includes(true)) continue;
    const values = relation.columns.map(({ name, typeOid }, at) => {
      const value = quoteName(name);
      if (!isHolding[at]) return value;
      const isArray = elementOf(typeOid) !== undefined;
      const made = isArray
        ? `list_transform(${value}, lambda item: ${relabeled("item", from, to)})`
        : relabeled(value, from, to);
      return `${made} AS ${value}`;
    });
    const text: EngineText = {
      pieces: [`SELECT ${values.join(", ")} FROM `, { scan: 0 }, " AS present"],
      scans: [{ relation, columns: relation.columns.map(({ name }) => name), where: [] }],
      calls: [],
      parameters: [],
      readsCatalog: false,
    };
    await rewriteRows(text, relation, backend);
  }
}

const relabeled = (value: string, from: string, to: string) =>
  `CASE WHEN ${value} = ${quoteText(from)} THEN ${quoteText(to)} ELSE ${value} END`;

function holds({ name, typeOid }: RelationColumn, type: UserType, relation: Relation): boolean {
  const basic = basicType(elementOf(basicType(typeOid)) ?? typeOid);
  if (basic === type.oid) return true;
  const row = typeRow(basic);
  if (row?.typtype === "c")
    throw unsupported(
      `renaming a label while "${relation.name}" has column "${name}" of a composite type`,
    );
  return false;
}

function basicType(oid: number): number {
  const row = typeRow(oid);
  return row?.typtype === "d" ? basicType(row.typbasetype) : oid;
}

function elementOf(oid: number): number | undefined {
  const row = typeRow(basicType(oid));
  return row?.typcategory === "A" ? must(row.typelem, "an array has elements") : undefined;
}
