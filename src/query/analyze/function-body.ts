/** What a function is made of: its text parsed, once for every function. */
import type { Node, SelectStmt } from "@pgsql/types";
import { must } from "../../base/assert.ts";
import { PgError } from "../../base/error.ts";
import type { FunctionBody, UserFunction } from "../../catalog/user-function.ts";
import { parse } from "../parse.ts";
import type { StatementText } from "../query.ts";
import { placeless } from "./view.ts";

const trees = new WeakMap<FunctionBody, SelectStmt>();
const statements = new WeakMap<FunctionBody, readonly StatementText[]>();

/** The query that a function is which is no more than one. */
export function functionTree(
  made: Pick<UserFunction, "body" | "name">,
  buckets: ReadonlySet<string>,
): SelectStmt {
  const { body } = made;
  const known = trees.get(body);
  if (known !== undefined) return known;
  const tree = must(queryOf(functionStatements(made, buckets)), "a function that is one query");
  const placed = placeless(tree, new Set()) as SelectStmt;
  trees.set(body, placed);
  return placed;
}

/** Its statements in order. */
export function functionStatements(
  { body }: Pick<UserFunction, "body">,
  buckets: ReadonlySet<string>,
): readonly StatementText[] {
  const known = statements.get(body);
  if (known !== undefined) return known;
  const found =
    body.kind === "text" ? parse(body.text, buckets) : statementsIn(parse(body.sql, buckets)[0]);
  statements.set(body, found);
  return found;
}

/** True when its statements are run one after the other; one query alone stands where the call stands. */
export function isRun(
  made: Pick<UserFunction, "body" | "isProcedure">,
  buckets: ReadonlySet<string>,
): boolean {
  return made.isProcedure === true || queryOf(functionStatements(made, buckets)) === undefined;
}

function queryOf(all: readonly StatementText[]): SelectStmt | undefined {
  const [only, second] = all;
  if (second !== undefined) return undefined;
  const node = only?.tree as Node | undefined;
  if (node === undefined)
    return { targetList: [], limitOption: "LIMIT_OPTION_DEFAULT", op: "SETOP_NONE" };
  if (!("SelectStmt" in node) || node.SelectStmt.intoClause !== undefined) return undefined;
  const writes = node.SelectStmt.withClause?.ctes?.some(
    (each) =>
      "CommonTableExpr" in each &&
      each.CommonTableExpr.ctequery !== undefined &&
      !("SelectStmt" in each.CommonTableExpr.ctequery),
  );
  return writes === true ? undefined : node.SelectStmt;
}

/** BEGIN ATOMIC has a list of lists; RETURN stands alone. */
function statementsIn(whole: StatementText | undefined): readonly StatementText[] {
  const node = must(whole, "a function was made by a statement").tree as Node;
  const body = "CreateFunctionStmt" in node ? node.CreateFunctionStmt.sql_body : undefined;
  if (body === undefined) throw new PgError("42P13", "no function body specified");
  const trees =
    "List" in body
      ? (body.List.items ?? []).flatMap((item) =>
          "List" in item ? (item.List.items ?? []) : [item],
        )
      : [body];
  const text = { endsTransaction: false, isTransactionControl: false };
  return trees.map((tree) => ({
    ...text,
    sql: whole?.sql ?? "",
    offset: 0,
    tree: "ReturnStmt" in tree ? returned(tree.ReturnStmt.returnval) : tree,
  }));
}

function returned(value: Node | undefined): Node {
  const val = must(value, "RETURN has a value");
  return {
    SelectStmt: {
      targetList: [{ ResTarget: { val, location: -1 } }],
      limitOption: "LIMIT_OPTION_DEFAULT",
      op: "SETOP_NONE",
    },
  };
}
