/** What one statement's analysis has found out so far, shared by all its scopes. */
import type { Node, SelectStmt } from "@pgsql/types";
import { type ErrorDetails, PgError } from "../../base/error.ts";
import type { Relation } from "../../catalog/relation.ts";
import { useTypesOf } from "../../catalog/types-in-force.ts";
import type { UserFunction } from "../../catalog/user-function.ts";
import type { Routine } from "../../routines/define.ts";
import type { PastRelation, PastRelations } from "../past.ts";
import type { Call, ModifyPlan } from "../plan.ts";
import type { QueryContext } from "../query.ts";
import type { FrozenView } from "./frozen.ts";
import { oid } from "./oids.ts";
import { searchSchemas } from "./registered.ts";
import type { Scope } from "./scope.ts";
import type { CommonTable, Expression, Query, QueryColumn } from "./tree.ts";
import { typeName } from "./types.ts";
import type { ViewCheck } from "./view-target.ts";

/** One statement's text: places in its tree are 0-based characters of `sql`. */
export interface SourceText {
  readonly sql: string;
  /** 0-based character of the statement in the whole client text, for error positions. */
  readonly offset: number;
  /** `AT (…)` after a relation's name. */
  readonly past?: PastRelations;
}

export interface RelationUse {
  readonly relation: Relation;
  readonly privilege: "SELECT" | "INSERT" | "UPDATE" | "DELETE" | "TRUNCATE";
  readonly columns: readonly string[];
  /** OID of the role that must be allowed to, when it is not the one who asks: a view's owner. */
  readonly as?: number;
  /** OID of the view whose text reads it. */
  readonly within?: number;
  /** The policies of the table are seen to. */
  readonly isSecured?: boolean;
}

/** A function that somebody made, which must be allowed to be called. */
export interface CalledFunction {
  readonly made: UserFunction;
  /** By whom, when that is not the one who asks. */
  readonly as: number | undefined;
  /** OID of the view or function whose text calls it. */
  readonly within?: number | undefined;
}

/** The two recursions of the grammar, so that the files of this room need not import each other in circles. */
export interface Rules {
  expression(node: Node, scope: Scope): Expression;
  /** `parent`: scope whose names a lateral or correlated query may use. */
  query(tree: SelectStmt, parent: Scope, options?: QueryOptions): Query;
  /** A statement of WITH that changes data, and the queries that can be named in it. */
  step(tree: Node, parent: Scope, commonTables: readonly CommonTable[]): Step;
  /** The whole of a text of its own: a view's. */
  wholeQuery(tree: SelectStmt, analysis: Analysis): Query;
  /** SQL text that is ours or a column's default, as a tree without places. */
  parseExpression(text: string): Node;
}

/** A data-modifying statement of WITH, as `WithPlan` runs it. */
export interface Step {
  readonly plan:
    | { readonly kind: "insert"; readonly target: Relation }
    | Pick<ModifyPlan, "kind" | "verb" | "target" | "whenTwice" | "keys">;
  readonly source: Query;
  readonly returning: Query | undefined;
  readonly checks: readonly ViewCheck[];
}

export interface QueryOptions {
  /** Literals of unknown type stay so: a set operation above, or INSERT, decides. */
  readonly keepUnknown?: boolean;
  /** WITH RECURSIVE: called with the columns of the first operand, before the second is analyzed. */
  readonly onFirstOperand?: (columns: readonly QueryColumn[]) => void;
}

/** PostgreSQL measures its stack in bytes; the engine stops at 1000 levels of its own. */
const depthMax = 1500;

export class Analysis {
  readonly source: SourceText;
  /** Of whoever asks, whatever text is being analyzed. */
  readonly asker: QueryContext;
  /** Within a view it is the view's: its names are those it was made with. */
  context: QueryContext;
  readonly rules: Rules;
  readonly calls: Call[] = [];
  readonly routines: Routine[] = [];
  readonly steps: Step[] = [];
  readonly calledFunctions: CalledFunction[] = [];
  /** The text is to be kept, so it has no parameters. */
  isKept = false;
  /** Above all others where the statement is a function's: its parameters are seen from there. */
  outermost: Scope | undefined;
  /** Calls that are evaluated once, whatever the rest of the statement does. */
  readonly lone = new Set<object>();
  /** OIDs of tables whose policies have been put in where they are read or written. */
  readonly secured = new Set<number>();
  /** A setting was read while planning: the plan holds only as long as it stays. */
  readsSettings = false;
  readonly #parameters: number[];
  readonly #relations = new Map<string, { use: RelationUse; columns: Set<string> }>();
  readonly #aliases = new Set<string>();
  /** Views whose texts are being analyzed, outermost first. */
  readonly #views: FrozenView[] = [];
  #depth = 0;

  constructor(
    source: SourceText,
    context: QueryContext,
    rules: Rules,
    parameterTypes: readonly number[],
  ) {
    this.source = source;
    this.context = context;
    this.asker = context;
    this.rules = rules;
    this.#parameters = parameterTypes.map((type) => (type === 0 ? oid.unknown : type));
    useTypesOf({ catalog: () => context.catalog, path: () => searchSchemas(context) });
  }

  error(
    sqlstate: string,
    message: string,
    location: number | undefined,
    details: ErrorDetails = {},
  ): PgError {
    return this.at(new PgError(sqlstate, message, details), location);
  }

  /** The error with its place in the client's text, unless it has one already. */
  at(error: PgError, location: number | undefined): PgError {
    if (location === undefined || location < 0) return error;
    return error.with({ position: this.source.offset + location + 1 });
  }

  /** Runs `step` one level deeper. */
  nested<T>(step: () => T): T {
    if (++this.#depth > depthMax) throw stackDepth();
    const result = step();
    this.#depth--;
    return result;
  }

  parameterType(index: number): number {
    return this.#parameters[index] ?? oid.unknown;
  }

  /** `$n` was seen. */
  noteParameter(index: number): void {
    while (this.#parameters.length <= index) this.#parameters.push(oid.unknown);
  }

  /** A use says what an undecided parameter is; 42P08 when another use has said otherwise. */
  decideParameter(index: number, type: number, location: number | undefined): void {
    this.noteParameter(index);
    const known = this.parameterType(index);
    if (known !== oid.unknown && known !== type) {
      throw this.error(
        "42P08",
        `inconsistent types deduced for parameter $${index + 1}`,
        location,
        { detail: `${typeName(known)} versus ${typeName(type)}` },
      );
    }
    this.#parameters[index] = type;
  }

  /** 42P18 when one stayed undecided. */
  parameterTypes(): readonly number[] {
    const undecided = this.#parameters.indexOf(oid.unknown);
    if (undecided >= 0) {
      const message = `could not determine data type of parameter $${undecided + 1}`;
      throw new PgError("42P18", message);
    }
    return this.#parameters;
  }

  use(relation: Relation, privilege: RelationUse["privilege"], columns: Iterable<string>): void {
    const view = this.#views.at(-1);
    const key = `${privilege} ${relation.oid} ${view?.relation.oid}`;
    const found = this.#relations.get(key);
    const names = found?.columns ?? new Set<string>();
    for (const column of columns) names.add(column);
    if (found === undefined)
      this.#relations.set(key, {
        use: { relation, privilege, columns: [], ...(view && usedBy(view)) },
        columns: names,
      });
  }

  /** Runs `step` among the names that a view was made with. */
  withinView<T>(view: FrozenView, step: () => T): T {
    if (this.#views.some(({ relation }) => relation.oid === view.relation.oid))
      throw new PgError(
        "42P17",
        `infinite recursion detected in ${view.what} for relation "${view.relation.name}"`,
      );
    const { context } = this;
    this.#views.push(view);
    this.context = view.context;
    const result = this.nested(step);
    this.context = context;
    this.#views.pop();
    return result;
  }

  /** What is analyzed is no part of the statement's own text, or of the running function's. */
  get isWithinText(): boolean {
    return this.#views.length > (this.outermost === undefined ? 0 : 1);
  }

  isWithin(oid: number): boolean {
    return this.#views.some(({ relation }) => relation.oid === oid);
  }

  /** The role in whose name a SECURITY DEFINER function is running. */
  get definer(): number | undefined {
    return this.#views.findLast((view) => view.arguments !== undefined)?.asRole;
  }

  /** The view whose text is being analyzed. */
  get view(): FrozenView | undefined {
    return this.#views.at(-1);
  }

  /** What `AT (…)` after the name at this place stands for. */
  past(place: number | undefined): PastRelation | undefined {
    const { view } = this;
    return view === undefined ? this.source.past?.get(place) : view.past(place);
  }

  /** A table written through a view: the view's owner must be allowed to. */
  useAs(as: number, relation: Relation, privilege: RelationUse["privilege"]): void {
    const use = { relation, privilege, columns: [], as };
    this.#relations.set(`${privilege} ${relation.oid} as ${as}`, { use, columns: new Set() });
  }

  relations(): readonly RelationUse[] {
    return Array.from(this.#relations.values(), ({ use, columns }) => ({
      ...use,
      columns: [...columns],
      ...(this.secured.has(use.relation.oid) ? { isSecured: true } : {}),
    }));
  }

  /** A name nothing else in the engine's text has; DuckDB folds case even in quotes. */
  alias(name: string): string {
    return unique(name, this.#aliases);
  }
}

function usedBy({ relation, asRole }: FrozenView): Pick<RelationUse, "as" | "within"> {
  return { within: relation.oid, ...(asRole === undefined ? {} : { as: asRole }) };
}

/** `name`, or `name_2`, `name_3` … when it is taken in `taken`, where it is then put. */
export function unique(name: string, taken: Set<string>): string {
  let candidate = name;
  for (let n = 2; taken.has(candidate.toLowerCase()); n++) candidate = `${name}_${n}`;
  taken.add(candidate.toLowerCase());
  return candidate;
}

export function stackDepth(): PgError {
  return new PgError("54001", "stack depth limit exceeded", {
    hint: "Write the expression with fewer levels of nesting.",
  });
}
