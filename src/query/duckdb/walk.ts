/** A walk over DuckDB's tree that knows every place a relation, a function or a query can stand, or refuses the tree. */
import { PgError } from "../../base/error.ts";
import { expressions, type FieldKind, modifiers, parts, queries, tables } from "./shapes.ts";

export type TreeNode = Record<string, unknown>;

/** CTE names that can be seen, lower-cased as DuckDB compares them, to what they are called now. */
export type CommonTables = ReadonlyMap<string, string>;

/** Nodes may be changed in place: the walk goes on into what they are afterwards. */
export interface Visitor {
  /** A BASE_TABLE that is no CTE's name. */
  relation(node: TreeNode): void;
  /** The function of a TABLE_FUNCTION. */
  tableFunction(node: TreeNode): void;
  /** Any other FUNCTION or WINDOW expression. */
  function(node: TreeNode): void;
  expression?(node: TreeNode): void;
  /** SHOW_REF: DESCRIBE, SUMMARIZE, SHOW. */
  show?(node: TreeNode): void;
  /** A name for a CTE of this name; unchanged when left out. */
  renamed?(name: string): string;
}

export function notUnderstood(what: string): PgError {
  return new PgError("0A000", `${what} is not supported in DuckDB's syntax`, {
    hint: "Write the query in PostgreSQL's syntax.",
  });
}

/** Statements of a tree that parsed; the error DuckDB gave otherwise. */
export function statementsOf(tree: unknown): readonly TreeNode[] {
  const { statements } = asNode(tree, "a tree");
  if (!Array.isArray(statements)) throw notUnderstood("this statement");
  return statements.map((statement) => asNode(statement, "a statement"));
}

export function walkStatement(statement: TreeNode, visitor: Visitor): void {
  new Walk(visitor).statement(statement, new Map());
}

class Walk {
  readonly #visitor: Visitor;

  constructor(visitor: Visitor) {
    this.#visitor = visitor;
  }

  statement(node: TreeNode, seen: CommonTables): void {
    this.#fields(node, parts.statement, "a statement", seen);
  }

  #fields(
    node: TreeNode,
    shape: Readonly<Record<string, FieldKind>>,
    what: string,
    seen: CommonTables,
  ): void {
    for (const key in node) {
      const kind = shape[key];
      if (kind === undefined || !Object.hasOwn(shape, key))
        throw notUnderstood(`${what} with ${key}`);
      this.#field(node[key], kind, `${key} of ${what}`, seen);
    }
  }

  #field(value: unknown, kind: FieldKind, what: string, seen: CommonTables): void {
    if (value === null || value === undefined || kind === "plain") return;
    switch (kind) {
      case "statement":
        this.statement(asNode(value, what), seen);
        break;
      case "query":
        this.#query(asNode(value, what), seen);
        break;
      case "commonTables":
        // Seen to by #query, before everything else of the query is.
        break;
      case "modifiers":
        each(value, what, (node) => this.#typed(node, modifiers, what, seen));
        break;
      case "orderModifier":
        this.#typed(asNode(value, what), modifiers, what, seen);
        break;
      case "orders":
        each(value, what, (node) => this.#fields(node, parts.order, what, seen));
        break;
      case "expression":
        this.#expression(asNode(value, what), seen);
        break;
      case "expressions":
        each(value, what, (node) => this.#expression(node, seen));
        break;
      case "expressionLists":
        list(value, what).forEach((row) => {
          each(row, what, (node) => this.#expression(node, seen));
        });
        break;
      case "table":
        this.#table(asNode(value, what), seen);
        break;
      case "type":
        this.#type(asNode(value, what));
        break;
      case "value":
        this.#value(asNode(value, what));
        break;
      case "values":
        each(value, what, (node) => this.#value(node));
        break;
      case "sample":
        this.#fields(asNode(value, what), parts.sample, what, seen);
        break;
      case "at":
        this.#fields(asNode(value, what), parts.at, what, seen);
        break;
      case "caseChecks":
        each(value, what, (node) => this.#fields(node, parts.caseCheck, what, seen));
        break;
      case "namedExpressions":
        each(value, what, (node) => this.#expression(asNode(node["value"], what), seen));
        break;
      case "renames":
        each(value, what, ({ value: name }) => {
          if (typeof name !== "string") throw notUnderstood(what);
        });
        break;
      case "pivots":
        each(value, what, (node) => this.#pivot(node, seen));
        break;
      case "nothing":
        if (!Array.isArray(value) || value.length > 0) throw notUnderstood(what);
        break;
      default:
        kind satisfies never;
    }
  }

  #typed(
    node: TreeNode,
    shapes: Readonly<Record<string, Readonly<Record<string, FieldKind>>>>,
    what: string,
    seen: CommonTables,
  ): void {
    const name = String(node["type"]);
    const shape = Object.hasOwn(shapes, name) ? shapes[name] : undefined;
    if (shape === undefined) throw notUnderstood(`${name} (${what})`);
    this.#fields(node, shape, name, seen);
  }

  /** The WITH entries first, each seeing those before it; a recursive one also itself. */
  #query(node: TreeNode, outer: CommonTables): void {
    const seen = new Map(outer);
    const { cte_map: map } = node;
    const entries =
      map === null || map === undefined ? [] : list(asNode(map, "WITH")["map"], "WITH");
    for (const entry of entries) this.#commonTable(asNode(entry, "WITH"), seen);
    this.#typed(node, queries, "a query", seen);
  }

  #commonTable(entry: TreeNode, seen: Map<string, string>): void {
    const { key, value, ...rest } = entry;
    if (typeof key !== "string" || Object.keys(rest).length > 0) throw notUnderstood("WITH");
    const name = this.#visitor.renamed?.(key) ?? key;
    entry["key"] = name;
    const table = asNode(value, "WITH");
    const inner = asNode(asNode(table["query"], "WITH")["node"], "WITH");
    const within = new Map(seen);
    if (inner["type"] === "RECURSIVE_CTE_NODE") {
      if (String(inner["cte_name"]).toLowerCase() !== key.toLowerCase())
        throw notUnderstood("this recursion");
      inner["cte_name"] = name;
      within.set(key.toLowerCase(), name);
    } else {
      // Not even an outer CTE of the same name: what the engine takes it for has changed before.
      within.delete(key.toLowerCase());
    }
    this.#fields(table, parts.commonTable, "WITH", within);
    seen.set(key.toLowerCase(), name);
  }

  #table(node: TreeNode, seen: CommonTables): void {
    switch (node["type"]) {
      case "BASE_TABLE":
        this.#baseTable(node, seen);
        break;
      case "TABLE_FUNCTION": {
        const call = asNode(node["function"], "a table function");
        if (call["class"] !== "FUNCTION") throw notUnderstood("this table function");
        this.#visitor.tableFunction(call);
        const { function: _, ...rest } = node;
        this.#typed(rest, tables, "FROM", seen);
        this.#fields(call, expressions["FUNCTION"] ?? {}, "a table function", seen);
        return;
      }
      case "SHOW_REF":
        if (this.#visitor.show === undefined) throw notUnderstood("SHOW");
        this.#visitor.show(node);
        break;
    }
    this.#typed(node, tables, "FROM", seen);
  }

  #baseTable(node: TreeNode, seen: CommonTables): void {
    const { catalog_name: catalog, schema_name: schema, table_name: name } = node;
    if (typeof name !== "string") throw notUnderstood("this relation");
    const common = seen.get(name.toLowerCase());
    if (catalog !== "" || schema !== "" || common === undefined) {
      this.#visitor.relation(node);
      return;
    }
    if (node["at_clause"] !== null && node["at_clause"] !== undefined)
      throw notUnderstood("AT after the name of a WITH query");
    if (common === name) return;
    if (node["alias"] === "") node["alias"] = name;
    node["table_name"] = common;
  }

  #expression(node: TreeNode, seen: CommonTables): void {
    const name = String(node["class"]);
    const shape = Object.hasOwn(expressions, name) ? expressions[name] : undefined;
    if (shape === undefined) throw notUnderstood(`the expression ${name}`);
    this.#visitor.expression?.(node);
    if (name === "FUNCTION" || name === "WINDOW") this.#visitor.function(node);
    this.#fields(node, shape, name, seen);
  }

  #pivot(node: TreeNode, seen: CommonTables): void {
    const { entries, ...rest } = node;
    this.#fields(rest, parts.pivot, "PIVOT", seen);
    // An enum's name is a type's; no client has any.
    if (node["pivot_enum"] !== "") throw notUnderstood("PIVOT … IN an enum");
    each(entries, "PIVOT", (entry) => this.#fields(entry, parts.pivotEntry, "PIVOT", seen));
  }

  /** A constant's value may itself be made of values: lists, structs. */
  #value(node: TreeNode): void {
    for (const key in node)
      if (!Object.hasOwn(parts.value, key)) throw notUnderstood(`a constant with ${key}`);
    this.#type(asNode(node["type"], "a constant"));
  }

  /** Types name types, and hold values as modifiers; the engine has none but its own and ours. */
  #type(node: TreeNode): void {
    for (const key in node)
      if (key !== "id" && key !== "type_info") throw notUnderstood(`a type with ${key}`);
    const { type_info: details } = node;
    if (details !== null && details !== undefined) this.#typeDetails(asNode(details, "a type"));
  }

  #typeDetails(node: TreeNode): void {
    for (const [key, value] of Object.entries(node)) {
      if (key === "child_type") this.#type(asNode(value, "a type"));
      else if (key === "child_types")
        each(value, "a type", ({ second }) => this.#type(asNode(second, "a type")));
      else if (key === "user_type_modifiers")
        each(value, "a type", (modifier) => this.#value(modifier));
      else if (key === "catalog" && value !== "") throw notUnderstood("a type of another catalog");
      else if (key === "schema" && !typeSchemas.has(String(value)))
        throw notUnderstood("a type of another schema");
      else if (key === "extension_info" && value !== null) throw notUnderstood("this type");
      else if (!typeFields.has(key)) throw notUnderstood(`a type with ${key}`);
    }
  }
}

const typeSchemas = new Set(["", "main", "pg_catalog", "pg_shim"]);
const typeFields = new Set(
  "type alias extension_info name catalog schema width scale size values values_count collation".split(
    " ",
  ),
);

function asNode(value: unknown, what: string): TreeNode {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw notUnderstood(what);
  return value as TreeNode;
}

function list(value: unknown, what: string): readonly unknown[] {
  if (!Array.isArray(value)) throw notUnderstood(what);
  return value;
}

function each(value: unknown, what: string, visit: (node: TreeNode) => void): void {
  for (const item of list(value, what)) visit(asNode(item, what));
}
