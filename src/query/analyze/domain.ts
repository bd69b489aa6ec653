/** Domains: what a value must meet to be one of theirs. https://www.postgresql.org/docs/15/domains.html */
import type { Node } from "@pgsql/types";
import type { Relation } from "../../catalog/relation.ts";
import { userType } from "../../catalog/types-in-force.ts";
import type { DomainCheck, UserType } from "../../catalog/user-type.ts";
import type { Analysis } from "./analysis.ts";
import { writtenEntry } from "./check.ts";
import { coerceToBoolean, insideDomain } from "./coerce.ts";
import { make } from "./constant.ts";
import { oid } from "./oids.ts";
import { plainSelect } from "./plain-select.ts";
import { columnUse, namespaceItem, newScope } from "./scope.ts";
import type { Expression, Query, RangeEntry } from "./tree.ts";

export type Domain = Extract<UserType, { kind: "domain" }>;

export function domainOf(type: number): Domain | undefined {
  const found = userType(type);
  return found?.kind === "domain" ? found : undefined;
}

/** The domain and those it is of, the basic one first: in the order in which they are asked. */
export function domainsOf(type: number): readonly Domain[] {
  const domain = domainOf(type);
  return domain === undefined ? [] : [...domainsOf(domain.base), domain];
}

export interface DomainTest {
  readonly check: DomainCheck;
  readonly condition: Expression;
  /** A row of one column, `value`: the value itself. */
  readonly entry: RangeEntry;
}

/** Its own checks, by name. */
export function domainTests(domain: Domain, analysis: Analysis): readonly DomainTest[] {
  const checks = domain.checks.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  return checks.map((check) => ({
    check,
    ...domainTest(analysis.rules.parseExpression(check.expression), domain, analysis),
  }));
}

/** 42703 for any column but VALUE, 42804 when it is not boolean. */
export function domainTest(
  tree: Node,
  { base, typmod }: Pick<Domain, "base" | "typmod">,
  analysis: Analysis,
): Omit<DomainTest, "check"> {
  const scope = newScope(analysis, undefined, "check constraints");
  const entry: RangeEntry = {
    alias: analysis.alias("domain"),
    name: "value",
    depth: scope.depth,
    columns: [{ name: "value", engineName: "value", type: base, typmod, number: 0 }],
    source: { kind: "functions", functions: [], hasOrdinality: false },
    used: new Set(),
  };
  scope.items = [{ ...namespaceItem(entry, analysis), isNameVisible: false }];
  const value = analysis.rules.expression(tree, scope);
  return { condition: coerceToBoolean(value, "CHECK", analysis), entry };
}

/** What a column holds that is given nothing: its domain's default where it has none of its own. */
export function defaultTextOf(column: {
  readonly typeOid: number;
  readonly defaultText: string | null;
}): string | null {
  if (column.defaultText !== null) return column.defaultText;
  return domainsOf(column.typeOid).reduce<string | null>(
    (inherited, { defaultText }) => defaultText ?? inherited,
    null,
  );
}

/** No row of `{written}`, when every value of a domain in it is one: else it fails as a cast would. */
export function domainRows(relation: Relation, analysis: Analysis): Query {
  const scope = newScope(analysis, undefined);
  const entry = writtenEntry(relation, relation.name, scope);
  const tests = entry.columns.flatMap((column) => {
    const inside = insideDomain(column.type);
    if (inside === undefined) return [];
    const location = undefined;
    const value: Expression = { ...columnUse(entry, column, location), type: inside.type };
    const tested: Expression = {
      kind: "cast",
      argument: value,
      type: column.type,
      typmod: -1,
      method: "relabel",
      context: "implicit",
      location,
    };
    const test: Expression = {
      kind: "distinct",
      left: tested,
      right: value,
      isNegated: false,
      type: oid.bool,
      typmod: -1,
      location,
    };
    return [test];
  });
  const [first] = tests;
  return plainSelect({
    targets: [{ name: "broken", expression: make(oid.int4, "1", undefined), isJunk: false }],
    from: [{ kind: "entry", entry, isLateral: false }],
    columns: [{ name: "broken", engineName: "broken", type: oid.int4, typmod: -1 }],
    where:
      first === undefined || tests.length === 1
        ? first
        : {
            kind: "boolean",
            operation: "OR",
            arguments: tests,
            type: oid.bool,
            typmod: -1,
            location: undefined,
          },
  });
}
