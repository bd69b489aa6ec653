/** JOIN … USING and NATURAL JOIN: pairs of columns that become one. */
import type { JoinExpr } from "@pgsql/types";
import { coerceToBoolean, coerceToCommon, commonType } from "./coerce.ts";
import { oid } from "./oids.ts";
import { makeOperator } from "./operator.ts";
import type { NamespaceColumn, NamespaceItem, Scope } from "./scope.ts";
import type { Expression } from "./tree.ts";
import { nameParts } from "./types.ts";

export interface UsingResult {
  /** Of the columns that became one. */
  readonly names: readonly string[];
  readonly on: Expression | undefined;
  /** The two sides; their columns are no longer to be had without a qualifier when columns were merged. */
  readonly sides: readonly NamespaceItem[];
  readonly merged: NamespaceItem | undefined;
  /** USING (…) AS name: a name for the columns that became one, and for no others. */
  readonly named: NamespaceItem | undefined;
}

export function joinUsing(
  node: JoinExpr,
  kind: "INNER" | "LEFT" | "RIGHT" | "FULL",
  left: readonly NamespaceItem[],
  right: readonly NamespaceItem[],
  scope: Scope,
): UsingResult {
  const leftColumns = visibleColumns(left);
  const rightColumns = visibleColumns(right);
  const names = node.isNatural
    ? sharedNames(leftColumns, rightColumns)
    : nameParts(node.usingClause);
  if (node.usingClause === undefined && !node.isNatural)
    return {
      names: [],
      on: undefined,
      sides: [...left, ...right],
      merged: undefined,
      named: undefined,
    };
  const pairs = names.map((name, i) => {
    if (names.indexOf(name) !== i)
      throw scope.analysis.error(
        "42701",
        `column name "${name}" appears more than once in USING clause`,
        undefined,
      );
    return {
      name,
      left: oneColumn(leftColumns, name, "left", scope),
      right: oneColumn(rightColumns, name, "right", scope),
    };
  });
  const tests = pairs.map((pair) =>
    coerceToBoolean(
      makeOperator(
        "=",
        pair.left.expression(undefined),
        pair.right.expression(undefined),
        scope.analysis,
        undefined,
      ),
      "JOIN/USING",
      scope.analysis,
    ),
  );
  const mergedColumns = pairs.map((pair) => merge(pair, kind, scope));
  const rest = [...leftColumns, ...rightColumns].filter((column) => !names.includes(column.name));
  const merged: NamespaceItem = {
    name: "",
    schema: undefined,
    aliasOf: undefined,
    columns: [...mergedColumns, ...rest],
    entry: undefined,
    isNameVisible: false,
    areColumnsVisible: true,
    isLateralOnly: false,
    lateralOk: true,
  };
  const name = node.join_using_alias?.aliasname;
  return {
    names,
    on: conjunction(tests),
    sides: [...left, ...right].map((item) => ({ ...item, areColumnsVisible: false })),
    merged,
    named:
      name === undefined
        ? undefined
        : {
            ...merged,
            name,
            columns: mergedColumns,
            isNameVisible: true,
            areColumnsVisible: false,
          },
  };
}

function visibleColumns(items: readonly NamespaceItem[]): readonly NamespaceColumn[] {
  return items.filter((item) => item.areColumnsVisible).flatMap((item) => item.columns);
}

function sharedNames(
  left: readonly NamespaceColumn[],
  right: readonly NamespaceColumn[],
): readonly string[] {
  const names = new Set(right.map((column) => column.name));
  return [...new Set(left.map((column) => column.name))].filter((name) => names.has(name));
}

function oneColumn(
  columns: readonly NamespaceColumn[],
  name: string,
  side: "left" | "right",
  scope: Scope,
): NamespaceColumn {
  const [found, second] = columns.filter((column) => column.name === name);
  if (found === undefined)
    throw scope.analysis.error(
      "42703",
      `column "${name}" specified in USING clause does not exist in ${side} table`,
      undefined,
    );
  if (second !== undefined)
    throw scope.analysis.error(
      "42702",
      `common column name "${name}" appears more than once in ${side} table`,
      undefined,
    );
  return found;
}

/** The side that is never missing; where either may be, the first that is there. */
function merge(
  pair: { readonly name: string; readonly left: NamespaceColumn; readonly right: NamespaceColumn },
  kind: "INNER" | "LEFT" | "RIGHT" | "FULL",
  scope: Scope,
): NamespaceColumn {
  const { analysis } = scope;
  return {
    name: pair.name,
    expression(location) {
      const left = pair.left.expression(location);
      const right = pair.right.expression(location);
      const type = commonType([left, right], "JOIN/USING", analysis);
      const asCommon = (one: Expression) => coerceToCommon(one, type, "JOIN/USING", analysis);
      if (kind === "INNER" && right.type === type && left.type !== type) return right;
      if (kind === "INNER" || kind === "LEFT") return asCommon(left);
      if (kind === "RIGHT") return asCommon(right);
      const typmod = left.typmod === right.typmod ? left.typmod : -1;
      return {
        kind: "coalesce",
        arguments: [asCommon(left), asCommon(right)],
        type,
        typmod,
        location,
        written: { kind: "merged", name: pair.name },
      };
    },
  };
}

function conjunction(tests: readonly Expression[]): Expression | undefined {
  const [first, second] = tests;
  if (second === undefined) return first;
  return {
    kind: "boolean",
    operation: "AND",
    arguments: tests,
    type: oid.bool,
    typmod: -1,
    location: undefined,
  };
}
