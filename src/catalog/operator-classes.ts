/** PostgreSQL's operator classes, as CREATE INDEX asks for them. */
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
