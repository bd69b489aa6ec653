/** Types people made → rows of the fact tables. */
import type { CatalogVersion } from "./catalog.ts";
import type { Row } from "./fact-rows.ts";
import type { UserType } from "./user-type.ts";

export function typeRows(catalog: CatalogVersion): Row[] {
  return [...catalog.types()].map((type) => {
    const domain = type.kind === "domain" ? type : undefined;
    return {
      oid: type.oid,
      schema_oid: catalog.schemas.get(type.schema)?.oid ?? 0,
      schema: type.schema,
      name: type.name,
      owner: type.owner,
      comment: type.comment,
      kind: typeCodes[type.kind],
      base_oid: domain?.base ?? 0,
      basic_oid: domain ? basicOf(domain.base, catalog) : 0,
      typmod: domain?.typmod ?? -1,
      not_null: domain?.notNull ?? false,
      default_text: domain?.defaultText ?? null,
      column_count: type.kind === "composite" ? type.columnsMade : 0,
    };
  });
}

const typeCodes: Readonly<Record<UserType["kind"], string>> = {
  enum: "e",
  domain: "d",
  composite: "c",
};

function basicOf(oid: number, catalog: CatalogVersion): number {
  const type = catalog.typeByOid(oid);
  return type?.kind === "domain" ? basicOf(type.base, catalog) : oid;
}

export function typeColumnRows(type: UserType): Row[] {
  if (type.kind !== "composite") return [];
  return type.columns.map(({ number, name, typeOid, typmod, comment }) => ({
    type_oid: type.oid,
    number,
    name,
    column_type_oid: typeOid,
    typmod,
    comment,
  }));
}

export function enumLabelRows(type: UserType): Row[] {
  if (type.kind !== "enum") return [];
  return type.labels.map(({ oid, label, sortOrder }) => ({
    oid,
    type_oid: type.oid,
    sort_order: sortOrder,
    label,
  }));
}

export function domainCheckRows(type: UserType): Row[] {
  if (type.kind !== "domain") return [];
  return type.checks.map(({ oid, name, expression, isValidated, comment = null }) => ({
    oid,
    type_oid: type.oid,
    name,
    expression,
    is_validated: isValidated,
    comment,
  }));
}
