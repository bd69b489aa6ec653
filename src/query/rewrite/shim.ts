/** What SHADOW's macros in pg_shim want to know of the session: the role that asks and the path it looks along. */
import { quoteText } from "../../base/quote.ts";
import { shimFunctions } from "../../catalog/shadow.ts";
import { searchSchemas } from "../analyze/registered.ts";
import { list, type Printer } from "../print/printer.ts";
import type { QueryContext } from "../query.ts";

/** A call of pg_shim's macro of that name with PostgreSQL's own arguments; undefined when it has none that takes so many. */
export function shimCall(
  name: string,
  values: readonly string[],
  printer: Printer,
): string | undefined {
  const form = shimFunctions
    .get(name)
    ?.forms.find((parameters) => ownParameters(parameters).length === values.length);
  if (form === undefined) return undefined;
  printer.readsCatalog = true;
  const given = form
    .slice(0, form.length - values.length)
    .map((parameter) =>
      parameter === "role"
        ? `CAST(${printer.analysis.context.role.oid} AS UINTEGER)`
        : shimPath(printer),
    );
  return `pg_shim.${name}(${list([...given, ...values])})`;
}

function ownParameters(parameters: readonly string[]): readonly string[] {
  return parameters.filter(
    (parameter, i) => !(i < 2 && (parameter === "role" || parameter === "path")),
  );
}

/** Every schema an unqualified name is looked for in, in order. */
export function shimPath(printer: Printer): string {
  return pathText(printer.analysis.context);
}

export function pathText(context: QueryContext): string {
  const schemas = [...new Set(searchSchemas(context))];
  return `[${list(schemas.map(quoteText))}]`;
}
