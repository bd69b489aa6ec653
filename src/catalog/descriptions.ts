/** Comments: what COMMENT ON has said of each kind of thing, by the catalog it is in. */
import { builtinDescription } from "./builtins.ts";
import { constraintsIn } from "./constraints.ts";
import { databaseOid, type Facts } from "./facts.ts";
import { procOf } from "./names.ts";
import { policyByOid } from "./row-security.ts";
import { indexesIn } from "./table-index.ts";
import { functionOfProc } from "./user-function.ts";
import type { DomainCheck, UserType } from "./user-type.ts";

type Domain = Extract<UserType, { kind: "domain" }>;

/** The comment on an object, a relation's column, a role or a routine. */
export function description(
  facts: Facts,
  classOid: number,
  oid: number,
  column: number,
): string | null {
  const own = ownComments[classOid]?.(facts, oid, column);
  return own ?? builtinDescription(classOid, oid, column) ?? null;
}

/** By the OID of the catalog the object is in. */
const ownComments: Readonly<
  Record<number, (facts: Facts, oid: number, column: number) => string | null | undefined>
> = {
  1247: (facts, oid) => facts.catalog.typeByOid(oid)?.comment,
  1255: (facts, oid) => {
    const proc = procOf(facts, oid);
    return proc?.routine?.summary ?? (proc?.builtin && functionOfProc(proc.builtin)?.comment);
  },
  1259: (facts, oid, column) => {
    const relation = facts.catalog.relationByOid(oid);
    if (column === 0) return relation?.comment ?? indexComment(facts, oid);
    if (relation === undefined) return compositeColumn(facts, oid, column)?.comment;
    return relation.columns.find(({ number }) => number === column)?.comment;
  },
  1262: ({ catalog }, oid) =>
    oid === databaseOid ? catalog.schemas.get("primary")?.databaseComment : null,
  2606: ({ catalog }, oid) =>
    constraintsIn(catalog).byOid.get(oid)?.constraint.comment ??
    checkOf(catalog, oid)?.check.comment,
  1260: (facts, oid) => facts.access.roleByOid(oid)?.comment,
  3256: ({ catalog }, oid) => policyByOid(oid, catalog)?.policy.comment,
  2615: (facts, oid) => facts.catalog.schemaByOid(oid)?.comment,
};

function indexComment({ catalog }: Facts, oid: number): string | null | undefined {
  const key = constraintsIn(catalog).keys.get(oid);
  return key === undefined
    ? indexesIn(catalog).get(oid)?.index.comment
    : key.constraint.indexComment;
}

/** pg_class has a row for a composite type: the OID before the type's own. */
function compositeColumn({ catalog }: Facts, oid: number, number: number) {
  const type = catalog.typeByOid(oid + 1);
  return type?.kind === "composite"
    ? type.columns.find((column) => column.number === number)
    : undefined;
}

/** A domain's. */
export function checkOf(
  catalog: Facts["catalog"],
  oid: number,
): { readonly domain: Domain; readonly check: DomainCheck } | undefined {
  for (const domain of catalog.types()) {
    if (domain.kind !== "domain") continue;
    const check = domain.checks.find((each) => each.oid === oid);
    if (check !== undefined) return { domain, check };
  }
  return undefined;
}
