/** What constraints are called: the names given, and those PostgreSQL makes up (makeObjectName and its callers). */
import { PgError } from "../../base/error.ts";
import type { CatalogVersion } from "../../catalog/catalog.ts";
import { isNameTaken } from "../../catalog/constraints.ts";
import type { Relation } from "../../catalog/relation.ts";

const nameBytesMax = 63;

/** Of one table, as constraints are added to it. */
export class ConstraintNames {
  readonly #table: string;
  /** Of its own constraints, checks apart from others. */
  readonly #checks = new Set<string>();
  readonly #own = new Set<string>();
  /** Tables and indexes of its schema. */
  readonly #relations: Set<string>;
  /** Constraints of every table of its schema. */
  readonly #constraints: Set<string>;

  constructor(table: Pick<Relation, "schema" | "name" | "constraints">, catalog: CatalogVersion) {
    this.#table = table.name;
    for (const { name } of table.constraints ?? []) this.#own.add(name);
    this.#relations = new Set([table.name]);
    this.#constraints = new Set();
    for (const relation of catalog.relations()) {
      if (relation.schema !== table.schema) continue;
      this.#relations.add(relation.name);
      for (const { name } of relation.indexes ?? []) this.#relations.add(name);
      for (const constraint of relation.constraints ?? []) {
        if ("indexOid" in constraint) this.#relations.add(constraint.name);
        this.#constraints.add(constraint.name);
      }
    }
  }

  /** Whether a table or an index has it. */
  isRelation(name: string): boolean {
    return this.#relations.has(name);
  }

  /** 42P07 when a table or an index has it, 42710 when a constraint of this table. */
  takeIndex(name: string): string {
    if (this.#relations.has(name)) throw new PgError("42P07", `relation "${name}" already exists`);
    this.#relations.add(name);
    return this.takeOther(name);
  }

  takeCheck(name: string): string {
    if (this.#checks.has(name))
      throw new PgError("42710", `check constraint "${name}" already exists`);
    this.#checks.add(name);
    return this.takeOther(name);
  }

  takeOther(name: string): string {
    if (this.#own.has(name))
      throw new PgError(
        "42710",
        `constraint "${name}" for relation "${this.#table}" already exists`,
      );
    this.#own.add(name);
    this.#constraints.add(name);
    return name;
  }

  forIndex(about: string | undefined, label: "pkey" | "key" | "idx"): string {
    const isTaken = (name: string) => this.#relations.has(name) || this.#constraints.has(name);
    return this.takeIndex(this.#free(about, label, isTaken));
  }

  forOther(about: string | undefined, label: "check" | "fkey"): string {
    const name = this.#free(about, label, (each) => this.#constraints.has(each));
    return label === "check" ? this.takeCheck(name) : this.takeOther(name);
  }

  #free(about: string | undefined, label: string, isTaken: (name: string) => boolean): string {
    for (let pass = 0; ; pass++) {
      const name = objectName(this.#table, about, pass === 0 ? label : `${label}${pass}`);
      if (!isTaken(name)) return name;
    }
  }
}

/** What PostgreSQL calls the sequence of a serial or identity column. */
export function freeSequenceName(
  table: { readonly schema: string; readonly name: string },
  column: string,
  taken: ReadonlySet<string>,
  catalog: CatalogVersion,
): string {
  for (let pass = 0; ; pass++) {
    const name = objectName(table.name, column, pass === 0 ? "seq" : `seq${pass}`);
    if (!taken.has(name) && !isNameTaken(catalog, table.schema, name)) return name;
  }
}

/** The longer of the two parts is cut, byte by byte, until the whole fits. */
function objectName(table: string, about: string | undefined, label: string): string {
  const parts = [table, ...(about === undefined ? [] : [about])].map((part) => Buffer.from(part));
  const available = nameBytesMax - (label.length + 1) - (parts.length - 1);
  const lengths = parts.map(({ length }) => length);
  let [first = 0, second = 0] = lengths;
  while (first + second > available) {
    if (first > second) first--;
    else second--;
  }
  return [...parts.map((part, at) => clipped(part, at === 0 ? first : second)), label].join("_");
}

/** Never in the middle of a character. */
function clipped(bytes: Buffer, length: number): string {
  let end = Math.min(length, bytes.length);
  while (end > 0 && end < bytes.length && ((bytes[end] ?? 0) & 0xc0) === 0x80) end--;
  return bytes.toString("utf8", 0, end);
}
