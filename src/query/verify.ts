/**
 * The second opinion: the text that will run is parsed by the engine's own parser, and must hold nothing but what the
 * analysis says is in it. Not for superusers, who could read everything anyway. A difference is our own fault.
 */
import { assert } from "../base/assert.ts";
import { PgError } from "../base/error.ts";
import type { Draft } from "./draft.ts";
import { harmlessFunctions, harmlessTableFunctions } from "./duckdb/functions.ts";
import { statementsOf, type TreeNode, walkStatement } from "./duckdb/walk.ts";
import type { EngineText, Plan } from "./plan.ts";
import type { QueryContext } from "./query.ts";

/** In UTF-16 units: the tree of such a text takes a hundred times its memory. */
const verifiedLengthMax = 2 * 1024 * 1024;

export async function verify(draft: Draft, context: QueryContext): Promise<void> {
  if (context.role.isSuperuser) return;
  for (const text of textsOf(draft.plan)) await verifyText(text, draft, context);
}

function textsOf(plan: Plan): readonly EngineText[] {
  switch (plan.kind) {
    case "with":
      return [...plan.steps, plan.main].flatMap(textsOf);
    case "select":
    case "copy out":
      return [plan.text];
    case "insert":
    case "modify":
      return plan.returning === undefined ? [plan.source] : [plan.source, plan.returning];
    case "copy in":
      return plan.where === undefined ? [] : [plan.where];
    case "refresh":
      return plan.text === undefined ? [] : [plan.text];
    case "create table":
      return plan.as === undefined ? [] : [plan.as.text];
    // EXPLAIN's and DECLARE's statements have been verified on their own.
    default:
      return [];
  }
}

const placeholder = "placeholder";

async function verifyText(text: EngineText, draft: Draft, context: QueryContext): Promise<void> {
  const sql = text.pieces
    .map((piece) => {
      if (typeof piece === "string") return piece;
      return "parameter" in piece ? `$${piece.parameter + 1}` : placeholder;
    })
    .join("");
  if (sql.length > verifiedLengthMax)
    throw new PgError("54000", "statement is too long", {
      hint: "Load large amounts of data with COPY.",
    });
  const statements = statementsOf(JSON.parse(await context.engine.serialize(sql)));
  assert(statements.length === 1, "the engine reads one statement");
  const permitted = new Permitted(draft);
  for (const statement of statements) walkStatement(statement, permitted);
}

class Permitted {
  readonly #functions: ReadonlySet<string>;
  readonly #relations: ReadonlySet<string>;

  constructor(draft: Draft) {
    this.#functions = new Set((draft.functions ?? []).map((name) => name.toLowerCase()));
    this.#relations = new Set(
      (draft.uses ?? []).flatMap(({ relation: { source } }) =>
        source.kind === "shadow"
          ? [source.engineName, ...(source.stored ? [source.stored.engineName] : [])].map(
              normalized,
            )
          : [],
      ),
    );
  }

  relation(node: TreeNode): void {
    const name = qualified(node["catalog_name"], node["schema_name"], node["table_name"]);
    assert(
      name === placeholder || this.#relations.has(name),
      `the engine's text reads ${name}, which the analysis does not know`,
    );
    assert(node["at_clause"] === null || node["at_clause"] === undefined, "no AT is left");
  }

  tableFunction(node: TreeNode): void {
    const name = qualified(node["catalog"], node["schema"], node["function_name"]);
    const isKnown =
      harmlessTableFunctions.has(ofEngine(name)) ||
      this.#relations.has(name) ||
      this.#functions.has(name) ||
      this.#functions.has(ofEngine(ofShim(name)));
    assert(isKnown, `the engine's text reads from ${name}(), which the analysis does not know`);
  }

  function(node: TreeNode): void {
    const name = qualified(node["catalog"], node["schema"], node["function_name"]);
    const isKnown =
      harmlessFunctions.has(ofEngine(name)) ||
      this.#functions.has(name) ||
      this.#functions.has(ofEngine(ofShim(name)));
    assert(isKnown, `the engine's text calls ${name}(), which the analysis does not know`);
  }

  show(node: TreeNode): void {
    assert(node["query"] !== null && node["query"] !== undefined, "SHOW is not printed");
  }
}

/** Lower-cased, as the engine compares names. The instance's one database may be named or not. */
function qualified(...parts: readonly unknown[]): string {
  const [first, ...rest] = parts.map((part) => String(part ?? "").toLowerCase());
  return [first === "memory" ? "" : (first ?? ""), ...rest].filter((part) => part !== "").join(".");
}

/** `system.main.f` and `main.f` are the engine's own f. */
function ofEngine(name: string): string {
  return name.replace(/^(?:system\.)?main\./, "");
}

/** Ours, registered with the engine or macros of sql/. */
function ofShim(name: string): string {
  return name.replace(/^pg_shim\./, "");
}

function normalized(engineName: string): string {
  const parts = [...engineName.matchAll(/"((?:[^"]|"")*)"|([^".]+)/g)].map(
    ([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain ?? "",
  );
  return qualified(...(parts.length === 3 ? parts : ["", ...parts]));
}
