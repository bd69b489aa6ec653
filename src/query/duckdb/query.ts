/**
 * A query in DuckDB's grammar → the same analyzed query that analyze/ makes of one in PostgreSQL's: relations found in
 * our catalog and replaced by scans, functions allowed or refused, and the text printed anew from the judged tree.
 * What its columns are, only the engine knows.
 */
import { randomBytes } from "node:crypto";
import { PgError, unsupported } from "../../base/error.ts";
import { quoteName } from "../../base/quote.ts";
import type { Relation } from "../../catalog/relation.ts";
import type { AnalyzedQuery, RelationUse } from "../analyze/analyze.ts";
import { pastColumns } from "../past.ts";
import {
  type Call,
  type EngineText,
  type ParameterSource,
  type Piece,
  type Scan,
  unknownColumns,
} from "../plan.ts";
import type { QueryContext } from "../query.ts";
import { ownPath } from "../rewrite/shim.ts";
import { findRelation, type Name, written } from "../utility/names.ts";
import {
  fileReaders,
  harmlessFunctions,
  harmlessTableFunctions,
  sessionNames,
} from "./functions.ts";
import { type Json, numberText, readJson, writeJson } from "./json.ts";
import { cap } from "./sizes.ts";
import { notUnderstood, statementsOf, type TreeNode, walkStatement } from "./walk.ts";

export async function analyzeByDuckdb(
  sql: string,
  parameterTypes: readonly number[],
  context: QueryContext,
): Promise<AnalyzedQuery> {
  const tree = readJson(await context.engine.serialize(sql));
  const [statement, ...more] = statementsOf(tree);
  if (statement === undefined) throw new PgError("42601", "syntax error at end of input");
  if (more.length > 0) throw notUnderstood("more than one statement");
  const rewrite = new Rewrite(parameterTypes, context);
  walkStatement(statement, rewrite);
  await rewrite.travel();
  rewrite.finish(statement);
  // The tree came from readJson and was changed with strings alone.
  const text = await context.engine.deserialize(writeJson(tree as Json));
  return rewrite.analyzed(isShow(statement) ? `SELECT * FROM (${text})` : text);
}

/** DESCRIBE and SUMMARIZE print as statements; as subqueries they can stand anywhere. */
function isShow(statement: TreeNode): boolean {
  const node = statement["node"] as TreeNode;
  const from = node["from_table"] as TreeNode | undefined;
  return from?.["type"] === "SHOW_REF";
}

class Rewrite {
  readonly #context: QueryContext;
  readonly #given: readonly number[];
  /** Nobody can write a name that has this in it. */
  readonly #nonce = randomBytes(12).toString("hex");
  readonly #places: Piece[][] = [];
  readonly #scans: Scan[] = [];
  readonly #calls: Call[] = [];
  readonly #uses: RelationUse[] = [];
  readonly #parameters: number[] = [];
  readonly #parameterNodes: TreeNode[] = [];
  readonly #columnNodes: TreeNode[] = [];
  readonly #callNodes: TreeNode[] = [];
  readonly #macros = new Set<string>();
  readonly #pastNames: string[] = [];
  #commonTables = 0;
  #readsCatalog = false;

  constructor(parameterTypes: readonly number[], context: QueryContext) {
    this.#given = parameterTypes;
    this.#context = context;
  }

  /** Scope rules that differ between two readers of a tree cannot matter when no name is used twice. */
  renamed(_name: string): string {
    return `with_${this.#nonce}_${++this.#commonTables}`;
  }

  relation(node: TreeNode): void {
    const name = this.#name(node);
    const relation = this.#find(name);
    const at = timeTravel(node["at_clause"]);
    node["at_clause"] = null;
    const columns = relation.columns.map((column) => column.name);
    this.#uses.push({ relation, privilege: "SELECT", columns });
    const place = this.#places.push(this.#pieces(relation, columns, at)) - 1;
    if (node["alias"] === "") node["alias"] = name.name;
    node["catalog_name"] = "";
    node["schema_name"] = "";
    node["table_name"] = `scan_${this.#nonce}_${place}`;
  }

  tableFunction(node: TreeNode): void {
    const name = String(node["function_name"]).toLowerCase();
    const { role } = this.#context;
    if (fileReaders.has(name) && !role.isSuperuser)
      throw new PgError("42501", `permission denied for function ${name}`, {
        hint: "Files are read with ingest_file().",
      });
    if (!isOfEngine(node) || !(harmlessTableFunctions.has(name) || fileReaders.has(name)))
      throw new PgError("42883", `function ${name} does not exist`, {
        hint: "In DuckDB's syntax only the engine's own functions can be called.",
      });
  }

  function(node: TreeNode): void {
    const name = String(node["function_name"]);
    if (!isOfEngine(node) || !harmlessFunctions.has(name.toLowerCase()))
      throw new PgError("42883", `function ${name} does not exist`, {
        hint: "In DuckDB's syntax only the engine's own functions can be called.",
      });
  }

  expression(node: TreeNode): void {
    if (node["class"] === "PARAMETER") this.#parameterNodes.push(node);
    if (node["class"] === "COLUMN_REF") this.#columnNodes.push(node);
    if (node["class"] === "FUNCTION") this.#callNodes.push(node);
  }

  show(node: TreeNode): void {
    if (node["query"] === null || node["query"] === undefined)
      throw unsupported("SHOW in DuckDB's syntax", {
        hint: "Read information_schema.tables, or DESCRIBE one table.",
      });
  }

  /** Datasets of the past have the columns that they had. */
  async travel(): Promise<void> {
    for (const [i, scan] of this.#scans.entries()) {
      if (scan.at === undefined) continue;
      const columns = await pastColumns(scan.relation, scan.at, this.#context);
      const relation = { ...scan.relation, columns };
      this.#scans[i] = { ...scan, relation, columns: columns.map(({ name }) => name) };
      this.#pastNames.push(...columns.map(({ name }) => name.toLowerCase()));
    }
  }

  /** What can be decided only when the whole tree has been seen. */
  finish(statement: TreeNode): void {
    const names = new Set(
      this.#uses
        .flatMap(({ relation }) => relation.columns.map(({ name }) => name.toLowerCase()))
        .concat(this.#pastNames),
    );
    for (const node of this.#columnNodes) this.#column(node, names);
    this.#numberParameters(statement);
    for (const node of this.#callNodes) {
      const macro = cap(node);
      if (macro !== undefined) this.#macros.add(macro);
    }
  }

  analyzed(text: string): AnalyzedQuery {
    const engineText: EngineText = {
      pieces: this.#split(text),
      scans: this.#scans,
      calls: this.#calls,
      parameters: this.#parameters.map(
        (index): ParameterSource => ({ kind: "client", index, typeOid: this.#typeOf(index) }),
      ),
      readsCatalog: this.#readsCatalog,
    };
    const count = Math.max(this.#given.length, 1 + Math.max(-1, ...this.#parameters));
    return {
      text: engineText,
      columns: unknownColumns,
      parameterTypes: Array.from({ length: count }, (_, index) => this.#typeOf(index)),
      relations: this.#uses,
      routines: [],
      called: [],
      functions: [...this.#macros],
      constantRow: undefined,
      steps: [],
      readsSettings: false,
    };
  }

  #typeOf(index: number): number {
    return this.#given[index] || 25;
  }

  #name(node: TreeNode): Name {
    const [database, schema, name] = [
      String(node["catalog_name"] ?? ""),
      String(node["schema_name"] ?? ""),
      String(node["table_name"]),
    ];
    if (database !== "" && database !== this.#context.database)
      throw new PgError(
        "0A000",
        `cross-database references are not implemented: "${database}.${schema}.${name}"`,
      );
    return { schema: schema === "" ? undefined : schema, name };
  }

  /** As written first; the tree does not say whether a name was quoted, so then folded as PostgreSQL folds. */
  #find(name: Name): Relation {
    const folded = { schema: name.schema?.toLowerCase(), name: name.name.toLowerCase() };
    const found = findRelation(name, this.#context) ?? findRelation(folded, this.#context);
    if (found !== undefined) return found;
    throw new PgError("42P01", `relation "${written(name)}" does not exist`);
  }

  #pieces(relation: Relation, columns: readonly string[], at: Scan["at"]): Piece[] {
    const list = columns.map(quoteName).join(", ");
    const { source } = relation;
    switch (source.kind) {
      case "dataset":
      case "legacy":
      case "foreign": {
        if (at !== undefined && source.kind === "legacy")
          throw unsupported("AT on a legacy dataset");
        if (at !== undefined && source.kind === "foreign" && source.format !== "delta")
          throw unsupported("AT on a folder of Parquet files");
        const scan = { relation, columns, where: [], ...(at === undefined ? {} : { at }) };
        return [{ scan: this.#scans.push(scan) - 1 }];
      }
      case "shadow": {
        if (at !== undefined) throw unsupported("AT on a system relation");
        this.#readsCatalog = true;
        const takes = source.takes ?? [];
        const role = `CAST(${this.#context.role.oid} AS UINTEGER)`;
        const given = takes.map((fact) => (fact === "role" ? role : ownPath(this.#context)));
        const call = given.length === 0 ? "" : `(${given.join(", ")})`;
        return [`(SELECT ${list} FROM ${source.engineName}${call})`];
      }
      case "live":
      case "sequence": {
        if (at !== undefined) throw unsupported("AT on a system relation");
        const call = this.#calls.push({ kind: "live", relation }) - 1;
        return [`(SELECT ${list} FROM `, { call }, ")"];
      }
      case "view":
        throw unsupported(`view "${relation.name}" in DuckDB's syntax`, {
          hint: "Write the query in PostgreSQL's syntax.",
        });
      default:
        return source satisfies never;
    }
  }

  /** `bucket.table.column` loses its bucket: the table stands under its alias now. */
  #column(node: TreeNode, columns: ReadonlySet<string>): void {
    const names = node["column_names"];
    if (!Array.isArray(names)) throw notUnderstood("this column");
    const [first, second] = names.map((name) => String(name));
    if (names.length === 1 && first !== undefined) {
      const name = first.toLowerCase();
      if (sessionNames.has(name) && !columns.has(name))
        throw unsupported(`${name} in DuckDB's syntax`, {
          hint: "Write the query in PostgreSQL's syntax.",
        });
    }
    const isQualified = this.#uses.some(
      ({ relation }) => relation.schema === first && relation.name === second,
    );
    if (names.length > 2 && isQualified) node["column_names"] = names.slice(1);
  }

  /** The engine's parameters are those that are used, without gaps. */
  #numberParameters(statement: TreeNode): void {
    const used = new Set<number>();
    for (const node of this.#parameterNodes) {
      const identifier = String(node["identifier"]);
      if (!/^[1-9][0-9]{0,4}$/.test(identifier))
        throw unsupported("a named parameter", { hint: "Write $1, $2, …" });
      used.add(Number(identifier));
    }
    const numbers = [...used].sort((a, b) => a - b);
    this.#parameters.push(...numbers.map((number) => number - 1));
    for (const node of this.#parameterNodes)
      node["identifier"] = String(numbers.indexOf(Number(node["identifier"])) + 1);
    const map = statement["named_param_map"];
    if (!Array.isArray(map)) return;
    for (const entry of map as TreeNode[]) {
      const number = numbers.indexOf(Number(entry["key"])) + 1;
      entry["key"] = String(number);
    }
  }

  #split(text: string): Piece[] {
    const parts = text.split(new RegExp(`"?scan_${this.#nonce}_([0-9]+)"?`));
    return parts.flatMap((part, at): Piece[] =>
      at % 2 === 0 ? (part === "" ? [] : [part]) : (this.#places[Number(part)] ?? []),
    );
  }
}

function isOfEngine(node: TreeNode): boolean {
  const [catalog, schema] = [node["catalog"] ?? "", node["schema"] ?? ""];
  return (catalog === "" || catalog === "system") && (schema === "" || schema === "main");
}

/** AT (VERSION => 3), AT (TIMESTAMP => '2026-01-01 00:00:00+00'); a time without a zone is UTC. */
function timeTravel(clause: unknown): Scan["at"] {
  if (clause === null || clause === undefined) return undefined;
  const { unit, expr } = clause as TreeNode;
  const constant =
    (expr as TreeNode | undefined)?.["class"] === "CAST" ? (expr as TreeNode)["child"] : expr;
  const value = ((constant as TreeNode | undefined)?.["value"] as TreeNode | undefined)?.["value"];
  const number = numberText(value);
  if (unit === "VERSION" && number !== undefined && /^[0-9]{1,15}$/.test(number))
    return { version: Number(number) };
  if (unit === "TIMESTAMP" && typeof value === "string" && number === undefined) {
    const hasZone = /(?:z|[+-]\d\d(?::?\d\d)?)$/i.test(value.trim());
    const timestamp = new Date(hasZone ? value : `${value.trim().replace(" ", "T")}Z`);
    if (!Number.isNaN(timestamp.getTime())) return { timestamp };
    throw new PgError(
      "22007",
      `invalid input syntax for type timestamp with time zone: "${value}"`,
    );
  }
  throw unsupported("AT with anything but a constant", {
    hint: "Write AT (VERSION => 3) or AT (TIMESTAMP => '2026-01-01 00:00:00+00').",
  });
}
