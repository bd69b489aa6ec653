/** Values of domains that come by another way than an expression: COPY, files that are added, rows there are. */
import { PgError } from "../base/error.ts";
import type { Relation } from "../catalog/relation.ts";
import { useTypes } from "../catalog/types-in-force.ts";
import type { UserType } from "../catalog/user-type.ts";
import { domainText } from "../query/analyze/analyze.ts";
import { domainsOf } from "../query/analyze/domain.ts";
import { elementType } from "../query/analyze/types.ts";
import type { QueryContext } from "../query/query.ts";
import type { Backend } from "./backend.ts";
import { runText } from "./engine-rows.ts";
import { rowsText } from "./expand.ts";

/** 23502 or 23514 when a row holds what the domain of its column does not take. `rows` is engine SQL in parentheses. */
export async function checkDomains(
  relation: Relation,
  rows: string,
  backend: Backend,
  given?: QueryContext,
): Promise<void> {
  const context = given ?? (await backend.context());
  useTypes(context.catalog, context.searchPath);
  if (!relation.columns.some(({ typeOid }) => isTested(typeOid))) return;
  await runText(domainText(relation, context), (sql) => sql, backend, [], { written: rows });
}

function isTested(typeOid: number): boolean {
  const element = elementType(typeOid);
  return domainsOf(element ?? typeOid).some(({ notNull, checks }) => notNull || checks.length > 0);
}

type Domain = Extract<UserType, { kind: "domain" }>;

/** ALTER DOMAIN: every value there is must meet what is new. */
export async function verifyDomain(
  domain: Domain,
  verified: { readonly notNull: true } | { readonly check: string },
  backend: Backend,
): Promise<void> {
  const { transaction, services } = backend;
  const context = await backend.context();
  const now = context.catalog.typeByOid(domain.oid);
  if (now === undefined) return;
  const isAsked = "check" in verified;
  const alone: Domain = {
    ...domain,
    notNull: !isAsked,
    checks: isAsked ? domain.checks.filter(({ name }) => name === verified.check) : [],
  };
  const catalog = services.catalog.overlay(context.catalog, [
    { kind: "replace type", base: now, type: alone },
  ]);
  useTypes(catalog, context.searchPath);
  for (const relation of catalog.relations()) {
    if (relation.source.kind !== "dataset") continue;
    for (const column of relation.columns) {
      if (!domainsOf(column.typeOid).some(({ oid }) => oid === domain.oid)) continue;
      const seen = transaction.mark;
      const columns = [column.name];
      const rows = await rowsText({ relation, columns, where: [], seen }, transaction);
      const part = { ...relation, columns: [column] };
      await checkDomains(part, rows, backend, { ...context, catalog }).catch((error: unknown) => {
        throw refused(error, relation, column.name);
      });
    }
  }
}

function refused(error: unknown, relation: Relation, column: string): unknown {
  if (!(error instanceof PgError)) return error;
  const holds =
    error.sqlstate === "23502"
      ? "contains null values"
      : "contains values that violate the new constraint";
  if (error.sqlstate !== "23502" && error.sqlstate !== "23514") return error;
  const { schema, name: table } = relation;
  const message = `column "${column}" of table "${table}" ${holds}`;
  return new PgError(error.sqlstate, message, { schema, table, column });
}
