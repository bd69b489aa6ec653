/** Where CREATE TABLE puts a table, and how long it stays there. */
import type { OnCommitAction, RangeVar } from "libpg-query";
import { PgError } from "../../base/error.ts";
import { ownedSchema } from "../authorize.ts";
import { positionOf, type Requirement, type Scope } from "../draft.ts";
import { database } from "./database.ts";
import { creationSchema, nameOf } from "./names.ts";

export interface Place {
  /** `pg_temp` for a temporary table. */
  readonly schema: string;
  readonly onCommit: "delete rows" | "drop" | undefined;
  readonly requirement: Requirement;
}

/** An unlogged table is an ordinary one: it asks for less than every table here gives. */
export function placeOf(range: RangeVar, action: OnCommitAction | undefined, scope: Scope): Place {
  const { context } = scope;
  const position = positionOf(scope, range.location);
  if (isTemporary(range, scope)) {
    return {
      schema: "pg_temp",
      onCommit: actions[action ?? ""],
      requirement: { kind: "privilege", privilege: "TEMPORARY", object: database(context) },
    };
  }
  if (range.relpersistence === "t")
    throw new PgError(
      "42P16",
      "cannot create temporary relation in non-temporary schema",
      position,
    );
  if (actions[action ?? ""] !== undefined || action === "ONCOMMIT_PRESERVE_ROWS")
    throw new PgError("42P16", "ON COMMIT can only be used on temporary tables");
  const schema = creationSchema(nameOf(range, context), context, position);
  return {
    schema: schema.name,
    onCommit: undefined,
    requirement: { kind: "privilege", privilege: "CREATE", object: ownedSchema(schema) },
  };
}

const actions: Readonly<Record<string, "delete rows" | "drop">> = {
  ONCOMMIT_DELETE_ROWS: "delete rows",
  ONCOMMIT_DROP: "drop",
};

function isTemporary({ relpersistence, schemaname }: RangeVar, { context }: Scope): boolean {
  const own = context.catalog.temporary?.name;
  if (schemaname !== undefined) return schemaname === "pg_temp" || schemaname === own;
  if (relpersistence === "t") return true;
  const [first] = context.searchPath.filter(
    (name) => name === "pg_temp" || context.catalog.schemas.has(name),
  );
  return first !== undefined && (first === "pg_temp" || first === own) && !hasBucket(context);
}

function hasBucket({ setting }: Scope["context"]): boolean {
  return (setting("lakehouse.bucket") ?? "") !== "";
}
