/** The query that a function is: its text parsed, once for every function. */
import type { Node, SelectStmt } from "@pgsql/types";
import { must } from "../../base/assert.ts";
import { PgError, unsupported } from "../../base/error.ts";
import type { FunctionBody, UserFunction } from "../../catalog/user-function.ts";
import { parse } from "../parse.ts";
import { placeless } from "./view.ts";

const trees = new WeakMap<FunctionBody, SelectStmt>();

/** 0A000 for a body that is more than one query. */
export function functionTree(
  { body, name }: Pick<UserFunction, "body" | "name">,
  buckets: ReadonlySet<string>,
): SelectStmt {
  const known = trees.get(body);
  if (known !== undefined) return known;
  const statements =
    body.kind === "text"
      ? parse(body.text, buckets).map(({ tree }) => tree)
      : statementsIn(parse(body.sql, buckets)[0]?.tree);
  const tree = placeless(onlyQuery(statements, name), new Set()) as SelectStmt;
  trees.set(body, tree);
  return tree;
}

function onlyQuery(statements: readonly unknown[], name: string): SelectStmt {
  const [only, second] = statements;
  if (second !== undefined)
    throw unsupported(`function ${name} of more than one statement`, {
      hint: "Write one query, with WITH where steps are needed.",
    });
  const node = only as Node | undefined;
  if (node === undefined)
    return { targetList: [], limitOption: "LIMIT_OPTION_DEFAULT", op: "SETOP_NONE" };
  if ("ReturnStmt" in node)
    return {
      targetList: [
        { ResTarget: { val: must(node.ReturnStmt.returnval, "RETURN has a value"), location: -1 } },
      ],
      limitOption: "LIMIT_OPTION_DEFAULT",
      op: "SETOP_NONE",
    };
  if ("SelectStmt" in node && node.SelectStmt.intoClause === undefined) return node.SelectStmt;
  throw unsupported(`a statement that is no query in function ${name}`, {
    hint: "A function here computes; let the client run what writes.",
  });
}

/** BEGIN ATOMIC has a list of lists; RETURN stands alone. */
function statementsIn(tree: unknown): readonly unknown[] {
  const node = tree as Node;
  const body = "CreateFunctionStmt" in node ? node.CreateFunctionStmt.sql_body : undefined;
  if (body === undefined) throw new PgError("42P13", "no function body specified");
  if (!("List" in body)) return [body];
  return (body.List.items ?? []).flatMap((item) =>
    "List" in item ? (item.List.items ?? []) : [item],
  );
}
