/** PostgreSQL's operator classes, as CREATE INDEX asks for them. */
import { firstMadeOid } from "../pgtypes/made-types.ts";
import { builtins } from "./builtins.ts";
import { typeRow } from "./types-in-force.ts";

const [anyarray, anyenum, record, anyrange] = [2277, 3500, 2249, 3831];
const [text, inet] = [25, 869];

/** The OID of the class; undefined when the method has none of that name. */
export function operatorClass(method: number, name: string): number | undefined {
  return builtins().operatorClasses.find(
    ({ opcmethod, opcname }) => opcmethod === method && opcname === name,
  )?.oid;
}

/** OIDs of the classes and collations of index columns; 0 for what has none. `name`: the class that was asked for. */
export function columnClass(
  method: number,
  typeOid: number,
  name?: string,
): { readonly class: number; readonly collation: number } {
  const row = typeRow(typeOid);
  if (row?.typtype === "d") return columnClass(method, row.typbasetype, name);
  const asked = name === undefined ? undefined : operatorClass(method, name);
  return {
    class: asked ?? defaultClass(method, row?.typtype === "e" ? anyenum : typeOid),
    collation: row?.typcollation ?? 0,
  };
}

const defaults = new Map<string, number>();

function defaultClass(method: number, typeOid: number): number {
  const key = `${method} ${typeOid}`;
  const known = defaults.get(key);
  if (known !== undefined) return known;
  const candidates = builtins().operatorClasses.filter(
    ({ opcmethod, opcdefault }) => opcmethod === method && opcdefault,
  );
  const accepted = acceptedBy(typeOid);
  const found =
    candidates.find(({ opcintype }) => opcintype === typeOid) ??
    candidates.find(({ opcintype }) => accepted.has(opcintype));
  const made = found?.oid ?? 0;
  if (typeOid < firstMadeOid) defaults.set(key, made);
  return made;
}

/** Binary-coercible counts: varchar's is text's. */
export function hasDefaultClass(method: number, typeOid: number): boolean {
  const accepted = acceptedBy(typeOid);
  return builtins().operatorClasses.some(
    ({ opcmethod, opcdefault, opcintype }) =>
      opcmethod === method && opcdefault && accepted.has(opcintype),
  );
}

function acceptedBy(typeOid: number): ReadonlySet<number> {
  const row = typeRow(typeOid);
  if (row?.typtype === "d") return acceptedBy(row.typbasetype);
  const wider = [...builtins().typesByOid.keys()].filter(
    (target) => builtins().castsFrom(typeOid, target)?.castmethod === "b",
  );
  const kinds: number[] = [];
  if (row?.typcategory === "A") kinds.push(anyarray);
  if (row?.typtype === "e") kinds.push(anyenum);
  if (row?.typtype === "c") kinds.push(record);
  if (row?.typtype === "r") kinds.push(anyrange);
  if (row?.typname === "varchar") kinds.push(text);
  if (row?.typname === "cidr") kinds.push(inet);
  return new Set([
    typeOid,
    ...wider.filter((target) => target === text || target === inet),
    ...kinds,
  ]);
}
