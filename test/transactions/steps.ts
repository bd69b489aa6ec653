/** Random statements over whatever tables there are just now: text that PostgreSQL and this server are both given. */
import fc from "fast-check";

/** A few small numbers; what they choose depends on the tables at that moment, so any list of steps makes sense. */
export interface Step {
  readonly kind: keyof typeof kinds;
  readonly picks: readonly number[];
}

export interface KnownTable {
  readonly name: string;
  readonly columns: readonly KnownColumn[];
  readonly hasKey: boolean;
}

export interface KnownColumn {
  readonly name: string;
  readonly type: string;
}

export function anyStep(): fc.Arbitrary<Step> {
  const weighted = Object.entries(kinds).map(([kind, { weight }]) => ({
    weight,
    arbitrary: fc.constant(kind as Step["kind"]),
  }));
  return fc.record({
    kind: fc.noShrink(fc.oneof(...weighted)),
    // Another pick is another statement, no simpler one.
    picks: fc.noShrink(fc.array(fc.nat(999), { minLength: 12, maxLength: 12 })),
  });
}

/** undefined: there is nothing it could be done to. What belongs in a block mostly begins it; a failed one mostly ends. */
export function textOf(
  { kind, picks }: Step,
  tables: readonly KnownTable[],
  block: "none" | "open" | "failed",
): string | undefined {
  const [pick = 0] = picks;
  const isInBlock = block !== "none";
  if (block === "failed" && pick % 4 > 0) return pick % 4 > 1 ? "ROLLBACK" : "ROLLBACK TO s1";
  if (!isInBlock && pick % 20 > 0 && inBlock.has(kind)) return "BEGIN";
  if (!isInBlock && pick % 20 > 0 && (kind === "commit" || kind === "rollback")) return undefined;
  return kinds[kind].text(new Picker(picks), tables);
}

const inBlock: ReadonlySet<string> = new Set(["savepoint", "rollback to", "release"]);

class Picker {
  readonly #picks: readonly number[];
  #at = 0;

  constructor(picks: readonly number[]) {
    this.#picks = picks;
  }

  number(below: number): number {
    const pick = this.#picks[this.#at++ % this.#picks.length] ?? 0;
    return (pick + (this.#at > this.#picks.length ? this.#at * 7 : 0)) % below;
  }

  of<T>(choices: readonly T[]): T {
    const chosen = choices[this.number(choices.length)];
    if (chosen === undefined) throw new Error("nothing to choose from");
    return chosen;
  }

  id(): number {
    return this.number(40);
  }

  literal(type: string): string {
    const n = this.number(200);
    if (n % 11 === 0) return "NULL";
    switch (type) {
      case "bigint":
      case "integer":
      case "smallint":
        return String(n - 100);
      case "numeric":
        return ((n - 100) / 8).toFixed(2);
      case "text":
        return `'w${n % 17}'`;
      case "boolean":
        return n % 2 === 0 ? "true" : "false";
      case "date":
        return `date '2024-01-01' + ${n}`;
      case "timestamp with time zone":
        return `timestamptz '2024-01-01 00:00:00+00' + ${n} * interval '1 hour'`;
      default:
        return "NULL";
    }
  }
}

type Maker = (pick: Picker, tables: readonly KnownTable[]) => string | undefined;

const types = ["bigint", "integer", "numeric(12,2)", "text", "boolean", "date", "timestamptz"];
const names = ["t0", "t1", "t2", "t3"];
const newColumns = ["x", "y", "z"];

/** With a table there is. */
function over(
  make: (pick: Picker, table: KnownTable, tables: readonly KnownTable[]) => string | undefined,
): Maker {
  return (pick, tables) => (tables.length === 0 ? undefined : make(pick, pick.of(tables), tables));
}

const others = (table: KnownTable) => table.columns.filter(({ name }) => name !== "id");

function row(pick: Picker, table: KnownTable): string {
  const values = table.columns.map(({ name, type }) =>
    name === "id" ? String(pick.id()) : pick.literal(type),
  );
  return `(${values.join(", ")})`;
}

function condition(pick: Picker, table: KnownTable, alias = ""): string {
  const prefix = alias === "" ? "" : `${alias}.`;
  const column = pick.of(table.columns);
  switch (pick.number(6)) {
    case 0:
      return `${prefix}id = ${pick.id()}`;
    case 1:
      return `${prefix}id % ${2 + pick.number(4)} = 0`;
    case 2:
      return `${prefix}id BETWEEN ${pick.id()} AND ${pick.id()}`;
    case 3:
      return `${prefix}${column.name} IS ${pick.number(2) ? "NOT " : ""}NULL`;
    case 4:
      return `${prefix}${column.name} > ${pick.literal(column.type)}`;
    default:
      return `${prefix}id > ${pick.id()}`;
  }
}

function assignment(pick: Picker, table: KnownTable, alias = table.name): string {
  const candidates = others(table);
  // PostgreSQL checks a key row by row, and minds a duplicate that the same statement would take away again.
  const shift = table.hasKey ? 100_000 : 1 + pick.number(50);
  if (candidates.length === 0) return `id = ${alias}.id + ${shift}`;
  const column = pick.of(candidates);
  const isNumber = ["bigint", "integer", "numeric"].includes(column.type);
  switch (pick.number(5)) {
    case 0:
      return `${column.name} = DEFAULT`;
    case 1:
      return isNumber ? `${column.name} = ${alias}.${column.name} + 1` : `${column.name} = NULL`;
    case 2:
      // PostgreSQL checks a key row by row, and minds a duplicate that the same statement would take away again.
      return `id = ${alias}.id + ${table.hasKey ? 100_000 : 1 + pick.number(50)}`;
    default:
      return `${column.name} = ${pick.literal(column.type)}`;
  }
}

const returning = (pick: Picker) =>
  pick.of(["", "", "", " RETURNING *", " RETURNING id + 1 AS more"]);

const list = (columns: readonly KnownColumn[]) => columns.map(({ name }) => name).join(", ");

const kinds = {
  "create table": {
    weight: 4,
    text: (pick: Picker) => {
      const key = pick.of(["", "", " PRIMARY KEY", " NOT NULL", " UNIQUE"]);
      const more = ["a", "b", "c"].slice(0, pick.number(4)).map((name) => {
        const rest = pick.of(["", "", "", " NOT NULL", " DEFAULT NULL"]);
        return `, ${name} ${pick.of(types)}${rest}`;
      });
      return `CREATE TABLE ${pick.of(names)} (id bigint${key}${more.join("")})`;
    },
  },
  "create table as": {
    weight: 1,
    text: over((pick, { name }) => `CREATE TABLE ${pick.of(names)} AS SELECT * FROM ${name}`),
  },
  insert: {
    weight: 14,
    text: over((pick, table) => {
      const rows = Array.from({ length: 1 + pick.number(4) }, () => row(pick, table));
      return `INSERT INTO ${table.name} VALUES ${rows.join(", ")}${returning(pick)}`;
    }),
  },
  "insert many": {
    weight: 3,
    text: over((pick, { name }) => {
      const from = 100 * (1 + pick.number(9));
      return `INSERT INTO ${name} (id) SELECT i FROM generate_series(${from}, ${from + pick.number(60)}) AS s(i)`;
    }),
  },
  "insert select": {
    weight: 3,
    text: over((pick, table, tables) => {
      const source = pick.of(tables);
      return `INSERT INTO ${table.name} (id) SELECT id + ${pick.number(20)} FROM ${source.name} WHERE ${condition(pick, source)}${returning(pick)}`;
    }),
  },
  "on conflict": {
    weight: 5,
    text: over((pick, table) => {
      const rows = Array.from({ length: 1 + pick.number(3) }, () => row(pick, table));
      const [column] = others(table);
      const update =
        column === undefined ? "id = excluded.id" : `${column.name} = excluded.${column.name}`;
      const action = pick.of([
        "DO NOTHING",
        "(id) DO NOTHING",
        `(id) DO UPDATE SET ${update}`,
        `(id) DO UPDATE SET ${update} WHERE ${table.name}.id > ${pick.id()}`,
      ]);
      return `INSERT INTO ${table.name} VALUES ${rows.join(", ")} ON CONFLICT ${action}${returning(pick)}`;
    }),
  },
  update: {
    weight: 10,
    text: over((pick, table) => {
      const set = assignment(pick, table);
      return `UPDATE ${table.name} SET ${set} WHERE ${condition(pick, table)}${returning(pick)}`;
    }),
  },
  "update from": {
    weight: 3,
    text: over((pick, table, tables) => {
      const source = pick.of(tables);
      const [column] = others(table);
      if (column === undefined) return undefined;
      return `UPDATE ${table.name} AS t SET ${column.name} = ${pick.literal(column.type)}
        FROM (SELECT id, count(*) AS n FROM ${source.name} WHERE ${condition(pick, source)} GROUP BY id) AS s
        WHERE s.id = t.id RETURNING t.id, s.n`;
    }),
  },
  delete: {
    weight: 7,
    text: over(
      (pick, table) =>
        `DELETE FROM ${table.name} WHERE ${condition(pick, table)}${returning(pick)}`,
    ),
  },
  "delete using": {
    weight: 2,
    text: over((pick, table, tables) => {
      const source = pick.of(tables);
      return `DELETE FROM ${table.name} AS t USING ${source.name} AS s WHERE s.id = t.id AND ${condition(pick, source, "s")}`;
    }),
  },
  merge: {
    weight: 3,
    text: over((pick, table, tables) => {
      const source = pick.of(tables);
      const matched = pick.of([
        "DELETE",
        `UPDATE SET ${assignment(pick, table, "t")}`,
        "DO NOTHING",
      ]);
      return `MERGE INTO ${table.name} AS t USING (SELECT DISTINCT id FROM ${source.name}) AS s ON s.id + ${pick.number(3)} = t.id
        WHEN MATCHED AND ${condition(pick, table, "t")} THEN ${matched}
        WHEN NOT MATCHED THEN INSERT (id) VALUES (s.id + 1000)`;
    }),
  },
  truncate: { weight: 1, text: over((_, { name }) => `TRUNCATE ${name}`) },
  "add column": {
    weight: 2,
    text: over((pick, { name }) => {
      const type = pick.of(types);
      const rest = pick.of([
        "",
        "",
        " DEFAULT NULL",
        " NOT NULL",
        type === "text" ? " DEFAULT 'd' NOT NULL" : "",
      ]);
      return `ALTER TABLE ${name} ADD COLUMN ${pick.of(newColumns)} ${type}${rest}`;
    }),
  },
  "drop column": {
    weight: 1,
    text: over((pick, { name, columns }) => {
      const column = pick.of(columns);
      return column.name === "id" ? undefined : `ALTER TABLE ${name} DROP COLUMN ${column.name}`;
    }),
  },
  "rename column": {
    weight: 1,
    text: over((pick, table) => {
      const candidates = others(table);
      if (candidates.length === 0) return undefined;
      return `ALTER TABLE ${table.name} RENAME COLUMN ${pick.of(candidates).name} TO ${pick.of([...newColumns, "a", "b"])}`;
    }),
  },
  "alter column": {
    weight: 2,
    text: over((pick, table) => {
      const candidates = others(table);
      if (candidates.length === 0) return undefined;
      const column = pick.of(candidates);
      const action = pick.of([
        "SET NOT NULL",
        "DROP NOT NULL",
        "DROP DEFAULT",
        `SET DEFAULT ${pick.literal(column.type)}`,
        ...(column.type === "integer" ? ["TYPE bigint"] : []),
        "TYPE text",
      ]);
      return `ALTER TABLE ${table.name} ALTER COLUMN ${column.name} ${action}`;
    }),
  },
  "rename table": {
    weight: 1,
    text: over((pick, { name }) => `ALTER TABLE ${name} RENAME TO ${pick.of(names)}`),
  },
  "drop table": { weight: 1, text: over((_, { name }) => `DROP TABLE ${name}`) },
  begin: { weight: 5, text: () => "BEGIN" },
  commit: { weight: 6, text: () => "COMMIT" },
  rollback: { weight: 2, text: () => "ROLLBACK" },
  savepoint: { weight: 4, text: (pick: Picker) => `SAVEPOINT ${pick.of(["s1", "s2"])}` },
  "rollback to": { weight: 4, text: (pick: Picker) => `ROLLBACK TO ${pick.of(["s1", "s2"])}` },
  release: { weight: 1, text: (pick: Picker) => `RELEASE ${pick.of(["s1", "s2"])}` },
  read: {
    weight: 8,
    text: over((pick, table) =>
      pick.of([
        `SELECT * FROM ${table.name}`,
        `SELECT ${list(table.columns)} FROM ${table.name} WHERE ${condition(pick, table)}`,
        `SELECT count(*), sum(id), min(id), max(id) FROM ${table.name} WHERE ${condition(pick, table)}`,
      ]),
    ),
  },
  restart: { weight: 1, text: () => "restart" },
  remember: { weight: 3, text: over((_, { name }) => `remember ${name}`) },
  travel: { weight: 3, text: () => "travel" },
} satisfies Record<string, { readonly weight: number; readonly text: Maker }>;
