/** pg_identify_object_as_address: kind, names and argument types of an entry of a catalog. PostgreSQL's getObjectIdentityParts. */
import { PgError } from "../base/error.ts";
import { builtins } from "./builtins.ts";
import { constraintsIn } from "./constraints.ts";
import { columnNamed, kindOf } from "./describe-object.ts";
import { checkOf } from "./descriptions.ts";
import type { Facts } from "./facts.ts";
import { procKind, typeText } from "./identify-object.ts";
import { classOf, procOf, schemaOf } from "./names.ts";

type Address = readonly [kind: string, names: readonly string[], types?: readonly string[]];

/** The kind, how many names there are, the names, the types; the kind alone where PostgreSQL gives NULL for the others. */
export function addressObject(
  facts: Facts,
  catalog: number,
  oid: number,
  part: number,
): readonly string[] {
  const address = addresses[catalog];
  if (address === undefined) throw new PgError("22023", `unrecognized object class: ${catalog}`);
  const [kind, names, types = []] = address(facts, oid, part);
  return names.length === 0 ? [kind] : [kind, String(names.length), ...names, ...types];
}

/** By the OID of the catalog that the object is in. */
const addresses: Readonly<Record<number, (facts: Facts, oid: number, part: number) => Address>> = {
  1247: (_, oid) => ["type", known(typeText(oid))],
  1255: (facts, oid) => {
    const proc = procOf(facts, oid);
    if (proc === undefined) return ["routine", []];
    return [procKind(proc), [proc.schema, proc.name], proc.argumentTypes.map(typeText)];
  },
  1259: (facts, oid, part) => {
    const found = classOf(facts, oid);
    if (found === undefined) return ["relation", []];
    const kind = kindOf(facts, oid);
    const names = [found.schema, found.name];
    if (part === 0) return [kind, names];
    return [`${kind} column`, [...names, columnNamed(facts, oid, part) ?? ""]];
  },
  1260: ({ access }, oid) => ["role", known(access.roleByOid(oid)?.name)],
  2606: (facts, oid) => {
    const own = constraintsIn(facts.catalog).byOid.get(oid);
    if (own !== undefined)
      return ["table constraint", [own.relation.schema, own.relation.name, own.constraint.name]];
    const found = checkOf(facts.catalog, oid);
    if (found === undefined) return ["constraint", []];
    return ["domain constraint", [typeText(found.domain.oid)], [found.check.name]];
  },
  2615: (facts, oid) => ["schema", known(schemaOf(facts, oid))],
  2617: (_, oid) => {
    const operator = builtins().operatorsByOid.get(oid);
    if (operator === undefined) return ["operator", []];
    const types = [operator.oprleft, operator.oprright].map((type) =>
      type === 0 ? "-" : typeText(type),
    );
    return ["operator", ["pg_catalog", operator.oprname], types];
  },
};

const known = (name: string | undefined) => (name === undefined || name === "" ? [] : [name]);
