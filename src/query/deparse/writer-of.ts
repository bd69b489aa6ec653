/** The names by which what is printed again goes: those that the search path finds alone, without what lies behind it. */
import { type BuiltinProc, builtins } from "../../catalog/builtins.ts";
import type { ViewStyle } from "../../catalog/facts.ts";
import { formatType } from "../../catalog/format-type.ts";
import { qualified, quoteIdent } from "../../catalog/identifiers.ts";
import type { Relation } from "../../catalog/relation.ts";
import { useTypes } from "../../catalog/types-in-force.ts";
import { oid } from "../analyze/oids.ts";
import { functionsVisible } from "../analyze/registered.ts";
import type { Call } from "../plan.ts";
import type { QueryContext } from "../query.ts";
import { writeExpression } from "./expressions.ts";
import { writeQuery } from "./queries.ts";
import { type Surroundings, Writer } from "./writer.ts";

/** `row`: of an expression over one row. */
export function writerOf(
  style: ViewStyle,
  calls: readonly Call[],
  context: QueryContext,
  row?: Surroundings["row"],
): Writer {
  useTypes(context.catalog, writtenPath(context));
  return new Writer(
    style,
    {
      calls,
      ...(row === undefined ? {} : { row }),
      relationName: (relation, isHidden) =>
        isHidden ? qualified(relation.schema, relation.name) : relationName(relation, context),
      functionName: (proc) => functionName(proc, context),
      registeredName: (number, type) => registeredName(number, type, context),
    },
    { query: writeQuery, expression: writeExpression },
  );
}

function relationName(relation: Relation, context: QueryContext): string {
  const { schema, name } = relation;
  const first = writtenPath(context).find((one) => context.catalog.relation(one, name));
  return first === schema ? quoteIdent(name) : qualified(schema, name);
}

function writtenPath({ searchPath, catalog }: QueryContext): readonly string[] {
  const temporary = catalog.temporary?.name;
  return [...new Set([...(temporary ? [temporary] : []), "pg_catalog", ...searchPath])];
}

function functionName(proc: BuiltinProc, context: QueryContext): string {
  if (proc.pronamespace === 11) return quoteIdent(proc.proname);
  const schema = context.catalog.schemaByOid(proc.pronamespace)?.name ?? "information_schema";
  const isVisible =
    writtenPath(context).includes(schema) &&
    functionsVisible([proc.proname], context).some(({ oid: own }) => own === proc.oid);
  return isVisible ? quoteIdent(proc.proname) : qualified(schema, proc.proname);
}

function registeredName(number: number, type: number, context: QueryContext): string {
  const { catalog, access } = context;
  if (type === oid.regtype) return formatType(number, undefined);
  if (type === oid.regnamespace)
    return quoteIdent(catalog.schemaByOid(number)?.name ?? String(number));
  if (type === oid.regrole) return quoteIdent(access.roleByOid(number)?.name ?? String(number));
  if (type === oid.regproc)
    return quoteIdent(builtins().procsByOid.get(number)?.proname ?? String(number));
  const relation = type === oid.regclass ? context.catalog.relationByOid(number) : undefined;
  if (relation === undefined) return String(number);
  return relationName(relation, context);
}
