/** What SHADOW's macros in pg_shim want to know of the session: the role that asks and the path it looks along. */
import { quoteText } from "../../base/quote.ts";
import { shimFunctions, tellsFigures } from "../../catalog/shadow.ts";
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
  if (tellsFigures(name)) printer.readsFigures = true;
  const given = form.slice(0, form.length - values.length).map((parameter) => {
    const { context } = printer.analysis;
    if (parameter === "role") return `CAST(${context.role.oid} AS UINTEGER)`;
    return parameter === "path" ? shimPath(printer) : ownPath(context);
  });
  return `pg_shim.${name}(${list([...given, ...values])})`;
}

function ownParameters(parameters: readonly string[]): readonly string[] {
  return parameters.filter((parameter, i) => !(i < 2 && ofSession.has(parameter)));
}

/** Every schema an unqualified name is looked for in, in order. */
export function shimPath({ analysis }: Printer): string {
  const schemas = [...new Set(searchSchemas(analysis.context))];
  return `[${list(schemas.map(quoteText))}]`;
}

/** The search path alone, without the buckets behind it: what is written down by it means the same to PostgreSQL. */
export function ownPath({ searchPath, catalog }: QueryContext): string {
  const temporary = catalog.temporary?.name;
  const schemas = new Set([...(temporary ? [temporary] : []), "pg_catalog", ...searchPath]);
  return `[${list([...schemas].map(quoteText))}]`;
}

const ofSession: ReadonlySet<string> = new Set(["role", "path", "search_path"]);
