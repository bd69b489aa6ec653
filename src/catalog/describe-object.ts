/** pg_describe_object: what an entry of a catalog is, in words. PostgreSQL's getObjectDescription. */
import { builtins } from "./builtins.ts";
import { constraintsIn } from "./constraints.ts";
import { checkOf } from "./descriptions.ts";
import type { Facts } from "./facts.ts";
import { formatType } from "./format-type.ts";
import { classOf, type Path, print, schemaOf } from "./names.ts";
import { type RelationKind, relationKind } from "./relation-kind.ts";
import { policyByOid } from "./row-security.ts";

/** NULL when there is no such thing. */
export function describeObject(
  facts: Facts,
  path: Path,
  catalog: number,
  oid: number,
  part: number,
): string | null {
  return describers[catalog]?.(facts, path, oid, part) ?? named(catalog, path, oid);
}

type Describe = (facts: Facts, path: Path, oid: number, part: number) => string | undefined;

/** By the OID of the catalog that the object is in. */
const describers: Readonly<Record<number, Describe>> = {
  1247: (_, __, oid) => known(formatType(oid, undefined), (type) => `type ${type}`),
  1255: (facts, path, oid) => {
    const text = print("regprocedure", facts, path, oid);
    return text === String(oid) ? undefined : `function ${text}`;
  },
  1259: describeClass,
  1260: ({ access }, _, oid) => known(access.roleByOid(oid)?.name, (name) => `role ${name}`),
  2604: (facts, path, oid) => {
    for (const relation of facts.catalog.relations())
      for (const column of relation.columns)
        if (column.defaultText !== null && defaultOid(relation.oid, column.number) === oid)
          return `default value for column ${column.name} of ${describeClass(facts, path, relation.oid, 0)}`;
    return undefined;
  },
  2606: (facts, path, oid) => {
    const own = constraintsIn(facts.catalog).byOid.get(oid);
    if (own !== undefined)
      return `constraint ${own.constraint.name} on ${describeClass(facts, path, own.relation.oid, 0)}`;
    const found = checkOf(facts.catalog, oid);
    return found && `constraint ${found.check.name}`;
  },
  2615: (facts, _, oid) => known(schemaOf(facts, oid), (name) => `schema ${name}`),
  2617: (facts, path, oid) => {
    const text = print("regoperator", facts, path, oid);
    return text === String(oid) ? undefined : `operator ${text}`;
  },
  2618: (facts, path, oid) =>
    known(describeClass(facts, path, oid - 3, 0), (view) => `rule _RETURN on ${view}`),
  3256: (facts, path, oid) =>
    known(
      policyByOid(oid, facts.catalog),
      ({ relation, policy }) =>
        `policy ${policy.name} on ${describeClass(facts, path, relation.oid, 0)}`,
    ),
  3079: (_, __, oid) => (oid === 88902 ? "extension lakewire" : undefined),
};

/** As pg_attrdef.sql makes it. */
const defaultOid = (relation: number, column: number) =>
  1_000_000_000 + ((relation * 1600 + column) % 1_000_000_000);

function describeClass(facts: Facts, path: Path, oid: number, part: number): string | undefined {
  const found = classOf(facts, oid);
  if (found === undefined) return undefined;
  const whole = `${kindOf(facts, oid)} ${print("regclass", facts, path, oid)}`;
  if (part === 0) return whole;
  const column = columnNamed(facts, oid, part);
  return column && `column ${column} of ${whole}`;
}

export function columnNamed(facts: Facts, oid: number, number: number): string | undefined {
  const born = () => builtins().relationsByOid.get(oid)?.columns;
  const columns =
    facts.catalog.relationByOid(oid)?.columns ??
    born()?.map(({ name }, i) => ({ name, number: i + 1 }));
  return columns?.find((column) => column.number === number)?.name;
}

export function kindOf(facts: Facts, oid: number): RelationKind | "index" | "composite type" {
  const relation = facts.catalog.relationByOid(oid);
  if (relation !== undefined) return relationKind(relation);
  const kind = builtins().classes.get(oid)?.relkind;
  if (kind === "r") return "table";
  if (kind === "v") return "view";
  return facts.catalog.typeByOid(oid + 1)?.kind === "composite" ? "composite type" : "index";
}

/** Of what has a name and no more. */
function named(catalog: number, path: Path, oid: number): string | null {
  const [kind, title] = namedKinds[catalog] ?? [];
  if (kind === undefined) return null;
  for (const [name, own] of builtins().named.get(kind) ?? [])
    if (own === oid) return `${title} ${path.includes("pg_catalog") ? name : `pg_catalog.${name}`}`;
  return null;
}

const namedKinds: Readonly<Record<number, readonly [kind: string, title: string]>> = {
  3456: ["regcollation", "collation"],
  3600: ["regdictionary", "text search dictionary"],
  3602: ["regconfig", "text search configuration"],
};

function known<T>(value: T | null | undefined, say: (value: T) => string): string | undefined {
  return value === null || value === undefined || value === "???" ? undefined : say(value);
}
