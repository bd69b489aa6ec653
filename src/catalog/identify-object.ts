/** pg_identify_object: kind, schema, name and identity of an entry of a catalog. PostgreSQL's getObjectIdentityParts. */
import { PgError } from "../base/error.ts";
import { constraintsIn } from "./constraints.ts";
import { columnNamed, kindOf } from "./describe-object.ts";
import { checkOf } from "./descriptions.ts";
import type { Facts } from "./facts.ts";
import { formatType } from "./format-type.ts";
import { qualified, quoteIdent } from "./identifiers.ts";
import { classOf, type Named, pgCatalogOid, print, procOf, schemaOf } from "./names.ts";
import { typeRow } from "./types-in-force.ts";

/** [kind, schema, name, identity], as they are quoted in SQL; "" where PostgreSQL gives NULL. */
type Identity = readonly [kind: string, schema: string, name: string, identity: string];

/** 22023 when `catalog` is no catalog whose entries are told apart here. */
export function identifyObject(
  facts: Facts,
  catalog: number,
  oid: number,
  part: number,
): readonly string[] {
  const identify = identities[catalog];
  if (identify === undefined) throw new PgError("22023", `unrecognized object class: ${catalog}`);
  return identify(facts, oid, part);
}

type Identify = (facts: Facts, oid: number, part: number) => Identity;

/** By the OID of the catalog that the object is in. */
const identities: Readonly<Record<number, Identify>> = {
  1247: (facts, oid) => {
    const type = typeRow(oid);
    if (type === undefined) return ["type", "", "", ""];
    const schema = schemaOf(facts, type.typnamespace) ?? "";
    return ["type", quoteIdent(schema), quoteIdent(type.typname), typeText(oid)];
  },
  1255: (facts, oid) => {
    const proc = procOf(facts, oid);
    if (proc === undefined) return ["routine", "", "", ""];
    const types = proc.argumentTypes.map(typeText);
    return [procKind(proc), quoteIdent(proc.schema), "", `${whole(proc)}(${types.join(",")})`];
  },
  1259: identifyClass,
  1260: ({ access }, oid) => {
    const name = quoted(access.roleByOid(oid)?.name);
    return ["role", "", name, name];
  },
  2606: (facts, oid) => {
    const own = constraintsIn(facts.catalog).byOid.get(oid);
    if (own !== undefined) {
      const identity = `${quoteIdent(own.constraint.name)} on ${whole(own.relation)}`;
      return ["table constraint", quoteIdent(own.relation.schema), "", identity];
    }
    const found = checkOf(facts.catalog, oid);
    if (found === undefined) return ["constraint", "", "", ""];
    const identity = `${quoteIdent(found.check.name)} on ${whole(found.domain)}`;
    return ["domain constraint", quoteIdent(found.domain.schema), "", identity];
  },
  2615: (facts, oid) => {
    const name = quoted(schemaOf(facts, oid));
    return ["schema", "", name, name];
  },
  2617: (facts, oid) => {
    const text = print("regoperator", facts, [], oid);
    return ["operator", "pg_catalog", "", text === String(oid) ? "" : text];
  },
};

function identifyClass(facts: Facts, oid: number, part: number): Identity {
  const found = classOf(facts, oid);
  if (found === undefined) return ["relation", "", "", ""];
  const kind = kindOf(facts, oid);
  const [schema, name] = [quoteIdent(found.schema), quoteIdent(found.name)];
  if (part === 0) return [kind, schema, name, whole(found)];
  const column = columnNamed(facts, oid, part) ?? "";
  return [`${kind} column`, schema, name, `${whole(found)}.${quoteIdent(column)}`];
}

export function procKind({ builtin }: NonNullable<ReturnType<typeof procOf>>): string {
  if (builtin?.prokind === "p") return "procedure";
  return builtin?.prokind === "a" ? "aggregate" : "function";
}

/** As format_type writes a type off the search path: all but those of which SQL itself has the name. */
export function typeText(oid: number): string {
  const text = formatType(oid, undefined) ?? "";
  const type = typeRow(typeRow(oid)?.typelem || oid);
  const isBare = type?.typnamespace === pgCatalogOid && text.startsWith(quoteIdent(type.typname));
  return isBare && !sqlNames.has(type.typname) ? `pg_catalog.${text}` : text;
}

/** Others that SQL names it calls otherwise: integer, boolean. */
const sqlNames: ReadonlySet<string> = new Set(["numeric", "bit", "interval"]);

const quoted = (name: string | undefined) => (name === undefined ? "" : quoteIdent(name));
const whole = ({ schema, name }: Pick<Named, "schema" | "name">) => qualified(schema, name);
