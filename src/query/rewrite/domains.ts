/** Values on their way into a domain: 23502 and 23514 in PostgreSQL's words. */
import { quoteName, quoteText } from "../../base/quote.ts";
import { raisedField } from "../../engine/errors.ts";
import { type Domain, domainOf, domainsOf, domainTests } from "../analyze/domain.ts";
import { elementType, typeName } from "../analyze/types.ts";
import type { Printer } from "../print/printer.ts";

/** A printed value of the domain's basic type, tested; of another type than a domain, or an array of them, itself. */
export function printInDomain(value: string, type: number, printer: Printer): string {
  const domains = domainsOf(type).filter(({ notNull, checks }) => notNull || checks.length > 0);
  const own = domainOf(type);
  const inner = own === undefined ? elementType(type) : elementType(own.base);
  const tested =
    inner !== undefined && printInDomain("item", inner, printer) !== "item"
      ? `list_transform(${value}, lambda item: ${printInDomain("item", inner, printer)})`
      : value;
  return domains.reduce(
    (inside, domain) => testedBy(inside, domain, own ?? domain, printer),
    tested,
  );
}

/** The value is computed once, whatever asks for it: it is the only element of a list. */
function testedBy(value: string, domain: Domain, named: Domain, printer: Printer): string {
  const tests = domainTests(domain, printer.analysis);
  const name = quoteName(printer.analysis.alias("domain"));
  const own = `${name}."value"`;
  const branches = tests.map(({ check, condition, entry }) => {
    const printed = printer.expression(condition).replaceAll(quoteName(entry.alias), name);
    const message = `value for domain ${typeName(named.oid)} violates check constraint "${check.name}"`;
    return `WHEN NOT (${printed}) THEN ${raised("23514", message, named, own, `n${check.name}`)}`;
  });
  const message = `domain ${typeName(named.oid)} does not allow null values`;
  const missing = domain.notNull
    ? [`WHEN ${own} IS NULL THEN ${raised("23502", message, named, own)}`]
    : [];
  const tested = `CASE ${[...missing, ...branches].join(" ")} ELSE ${own} END`;
  return `list_extract(list_transform([struct_pack("value" := ${value})], lambda ${name}: ${tested}), 1)`;
}

/** Said of the value, or the engine would say it while planning. */
function raised(
  sqlstate: string,
  message: string,
  { schema, name }: Domain,
  value: string,
  ...fields: readonly string[]
): string {
  const told = [`PGERR:${sqlstate}:${message}`, `s${schema}`, `d${name}`, ...fields];
  return `error(${quoteText(told.join(raisedField))} || left(coalesce(CAST(${value} AS VARCHAR), ''), 0))`;
}
