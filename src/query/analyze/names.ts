/** What a result column is called when the client does not say: PostgreSQL's FigureColname. */
import type { Node } from "@pgsql/types";
import { nameParts } from "./types.ts";

export function figureName(node: Node | undefined): string {
  return (node === undefined ? undefined : figure(node)?.name) ?? "?column?";
}

/** `isWeak`: a cast's type gives way to a name from inside. */
interface Figure {
  readonly name: string;
  readonly isWeak: boolean;
}

const strong = (name: string): Figure => ({ name, isWeak: false });

function figure(node: Node): Figure | undefined {
  if ("ColumnRef" in node) {
    const last = nameParts(node.ColumnRef.fields).findLast((part) => part !== "");
    return last === undefined ? undefined : strong(last);
  }
  if ("A_Indirection" in node) {
    const last = nameParts(node.A_Indirection.indirection).findLast((part) => part !== "");
    const { arg } = node.A_Indirection;
    return last === undefined ? arg && figure(arg) : strong(last);
  }
  if ("FuncCall" in node) {
    const last = nameParts(node.FuncCall.funcname).at(-1);
    return last === undefined ? undefined : strong(last);
  }
  if ("TypeCast" in node) return figureCast(node.TypeCast);
  if ("CaseExpr" in node) return figureCase(node.CaseExpr);
  if ("SubLink" in node) return figureSubquery(node.SubLink);
  if ("CollateClause" in node) return node.CollateClause.arg && figure(node.CollateClause.arg);
  return figureConstruct(node);
}

function figureCast(cast: Extract<Node, { TypeCast: unknown }>["TypeCast"]): Figure | undefined {
  const inner = cast.arg === undefined ? undefined : figure(cast.arg);
  if (inner !== undefined && !inner.isWeak) return inner;
  const type = nameParts(cast.typeName?.names).at(-1);
  return type === undefined ? inner : { name: type, isWeak: true };
}

function figureCase(node: Extract<Node, { CaseExpr: unknown }>["CaseExpr"]): Figure {
  const inner = node.defresult === undefined ? undefined : figure(node.defresult);
  return inner !== undefined && !inner.isWeak ? inner : { name: "case", isWeak: true };
}

function figureSubquery(link: Extract<Node, { SubLink: unknown }>["SubLink"]): Figure | undefined {
  switch (link.subLinkType) {
    case "EXISTS_SUBLINK":
      return strong("exists");
    case "ARRAY_SUBLINK":
      return strong("array");
    case "EXPR_SUBLINK": {
      const select = link.subselect;
      if (select === undefined || !("SelectStmt" in select)) return undefined;
      const first = leftmost(select.SelectStmt);
      if (first.valuesLists !== undefined) return strong("column1");
      const [target] = first.targetList ?? [];
      if (target === undefined || !("ResTarget" in target)) return undefined;
      const { name, val } = target.ResTarget;
      if (name !== undefined) return strong(name);
      return strong(figureName(val));
    }
    default:
      return undefined;
  }
}

type Select = Extract<Node, { SelectStmt: unknown }>["SelectStmt"];

function leftmost(select: Select): Select {
  return select.larg === undefined ? select : leftmost(select.larg);
}

const sqlValueNames: Readonly<Record<string, string>> = {
  SVFOP_CURRENT_DATE: "current_date",
  SVFOP_CURRENT_TIME: "current_time",
  SVFOP_CURRENT_TIME_N: "current_time",
  SVFOP_CURRENT_TIMESTAMP: "current_timestamp",
  SVFOP_CURRENT_TIMESTAMP_N: "current_timestamp",
  SVFOP_LOCALTIME: "localtime",
  SVFOP_LOCALTIME_N: "localtime",
  SVFOP_LOCALTIMESTAMP: "localtimestamp",
  SVFOP_LOCALTIMESTAMP_N: "localtimestamp",
  SVFOP_CURRENT_ROLE: "current_role",
  SVFOP_CURRENT_USER: "current_user",
  SVFOP_USER: "user",
  SVFOP_SESSION_USER: "session_user",
  SVFOP_CURRENT_CATALOG: "current_catalog",
  SVFOP_CURRENT_SCHEMA: "current_schema",
};

function figureConstruct(node: Node): Figure | undefined {
  if ("A_ArrayExpr" in node) return strong("array");
  if ("RowExpr" in node) return strong("row");
  if ("CoalesceExpr" in node) return strong("coalesce");
  if ("GroupingFunc" in node) return strong("grouping");
  if ("MinMaxExpr" in node) return strong(node.MinMaxExpr.op === "IS_LEAST" ? "least" : "greatest");
  if ("A_Expr" in node) return node.A_Expr.kind === "AEXPR_NULLIF" ? strong("nullif") : undefined;
  if ("SQLValueFunction" in node) {
    const name = sqlValueNames[node.SQLValueFunction.op ?? ""];
    return name === undefined ? undefined : strong(name);
  }
  if ("XmlSerialize" in node) return strong("xmlserialize");
  if ("XmlExpr" in node && node.XmlExpr.op !== "IS_DOCUMENT")
    return strong((node.XmlExpr.op ?? "").replace("IS_", "").toLowerCase());
  return undefined;
}
