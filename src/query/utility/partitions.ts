/** PARTITION BY: columns a dataset's folder is divided by. Its partitions make themselves, one for each value. */
import type { CreateStmt } from "libpg-query";
import { PgError, unsupported } from "../../base/error.ts";
import type { Relation } from "../../catalog/relation.ts";
import { positionOf, type Scope } from "../draft.ts";
import type { ColumnDefinition } from "../plan.ts";

export type Partitioning = Pick<Relation, "partitionedBy" | "partitionStrategy">;

/** https://www.postgresql.org/docs/15/ddl-partitioning.html */
export function partitioning(
  { partspec }: CreateStmt,
  columns: readonly ColumnDefinition[],
  scope: Scope,
): Partitioning {
  if (partspec === undefined) return {};
  const strategy = strategies[partspec.strategy ?? ""];
  if (strategy === undefined)
    throw unsupported("PARTITION BY HASH", {
      ...positionOf(scope, partspec.location),
      hint: "Use PARTITION BY LIST of a column with few values.",
    });
  const names = (partspec.partParams ?? []).map((param) => {
    const { name, expr, location } = "PartitionElem" in param ? param.PartitionElem : {};
    const position = positionOf(scope, location);
    if (name === undefined || expr !== undefined)
      throw unsupported("partitioning by an expression", {
        ...position,
        hint: "Partition by a column that holds its value.",
      });
    if (!columns.some((column) => column.name === name))
      throw new PgError(
        "42703",
        `column "${name}" named in partition key does not exist`,
        position,
      );
    return name;
  });
  if (strategy === "list" && names.length > 1)
    throw new PgError("42P17", 'cannot use "list" partition strategy with more than one column');
  if (new Set(names).size < columns.length)
    return { partitionedBy: [...new Set(names)], partitionStrategy: strategy };
  throw unsupported("partitioning a table by all of its columns", {
    hint: "Leave PARTITION BY out: data files carry statistics that prune reads.",
  });
}

/** CREATE TABLE … PARTITION OF, ATTACH PARTITION, DETACH PARTITION. */
export function partitionRefused(): PgError {
  return unsupported("a partition made by hand", {
    hint: "Insert into the partitioned table: each value of its key gets a partition by itself.",
  });
}

const strategies: Readonly<Record<string, "list" | "range">> = {
  PARTITION_STRATEGY_LIST: "list",
  PARTITION_STRATEGY_RANGE: "range",
};
