/** What a Bind message brings, and what it must agree on with the statement it binds. */
import { PgError } from "../base/error.ts";
import type { TypedValue } from "../pgtypes/codec.ts";
import { receivedField } from "../pgtypes/field-encoding.ts";
import type { LogicalType } from "../pgtypes/logical-type.ts";
import { decodeParameter } from "../pgtypes/parameter.ts";
import type { TextSettings } from "../pgtypes/text-settings.ts";
import { elementOf } from "../pgtypes/types.ts";
import type { EngineValue } from "../pgtypes/vector.ts";
import { registered } from "../query/analyze/oids.ts";
import { resolveRegistered } from "../query/analyze/registered.ts";
import type { QueryContext } from "../query/query.ts";
import type { FrontendMessage } from "../wire/frontend.ts";
import type { Backend } from "./backend.ts";
import { newPortal } from "./portal.ts";
import { type PreparedStatement, replanned } from "./prepared.ts";
import { preparedNamed } from "./refusals.ts";

type Bind = Extract<FrontendMessage, { type: "Bind" }>;

/** The portal that a Bind message asks for. */
export async function bindPortal(message: Bind, backend: Backend): Promise<void> {
  const { portals, services } = backend;
  const prepared = await replanned(backend, preparedNamed(backend, message.statement));
  backend.prepared.set(message.statement, prepared);
  const { planned, columns } = prepared;
  const types = planned.parameterTypes;
  checkBind(message, prepared);
  if (message.portal === "") {
    if (portals.has("")) await backend.dropPortal("");
  } else if (portals.has(message.portal)) {
    throw new PgError("42P03", `cursor "${message.portal}" already exists`);
  }
  if (portals.size >= services.limits.portalsMax) {
    throw new PgError("54000", "too many open portals");
  }
  await backend.knowTypes(types);
  const parameters = await boundParameters(message, types, backend);
  const formats = message.resultFormats;
  const portal = newPortal(message.portal, { statement: planned, columns, formats, parameters });
  portals.set(message.portal, portal);
}

function checkBind(message: Bind, prepared: PreparedStatement): void {
  const { parameterFormats, parameters, resultFormats } = message;
  if (parameterFormats.length > 1 && parameterFormats.length !== parameters.length) {
    throw new PgError(
      "08P01",
      `bind message has ${parameterFormats.length} parameter formats but ${parameters.length} parameters`,
    );
  }
  const expected = prepared.planned.parameterTypes.length;
  if (parameters.length !== expected) {
    throw new PgError(
      "08P01",
      `bind message supplies ${parameters.length} parameters, but prepared statement "${prepared.name}" requires ${expected}`,
    );
  }
  const columns = prepared.columns?.length ?? 0;
  if (resultFormats.length > 1 && resultFormats.length !== columns) {
    throw new PgError(
      "08P01",
      `bind message has ${resultFormats.length} result formats but query has ${columns} columns`,
    );
  }
}

export async function boundParameters(
  message: Pick<Bind, "parameterFormats" | "parameters"> & { readonly portal?: string },
  types: readonly number[],
  backend: Backend,
): Promise<readonly TypedValue[]> {
  const { parameterFormats, parameters } = message;
  const settings = backend.textSettings();
  const bound: TypedValue[] = [];
  for (const [at, bytes] of parameters.entries()) {
    const format =
      (parameterFormats.length === 1 ? parameterFormats[0] : parameterFormats[at]) ?? 0;
    const type = types[at] ?? 25;
    const value = decoded({ type, format, bytes, at, portal: message.portal }, settings);
    const isName = registered.has(type) || registered.has(elementOf(type));
    bound.push(isName ? named(type, value, await backend.context()) : value);
  }
  return bound;
}

interface Parameter {
  readonly type: number;
  readonly format: number;
  readonly bytes: Uint8Array | null;
  readonly at: number;
  /** Undefined: it is a function's argument. */
  readonly portal: string | undefined;
}

/** Errors tell which parameter it was, and bytes that are too many do so in the message itself. */
function decoded(parameter: Parameter, settings: TextSettings): TypedValue {
  const { type, format, bytes, at, portal } = parameter;
  const { encoding } = settings;
  try {
    const own =
      bytes && encoding ? receivedField(bytes, { typeOid: type, format }, encoding) : bytes;
    return decodeParameter(type, format, own, settings);
  } catch (error) {
    if (!(error instanceof PgError) || portal === undefined) throw error;
    const where = `${portal === "" ? "unnamed portal" : `portal "${portal}"`} parameter $${at + 1}`;
    if (error.message === "incorrect binary data format")
      throw new PgError("22P03", `${error.message} in bind parameter ${at + 1}`, { where });
    const isRead = format === 0 && !/^22(?:021|P05)$/.test(error.sqlstate);
    // As PostgreSQL, whose log_parameter_max_length_on_error is 0: that there was a value, and not which.
    const value = isRead ? ` = '${bytes?.length ? "..." : ""}'` : "";
    throw error.with({ where: where + value });
  }
}

/** Inside a query a name of the catalog is its OID. */
function named(type: number, { value }: TypedValue, context: QueryContext): TypedValue {
  const element = elementOf(type);
  const oid = (item: EngineValue, of: number): EngineValue =>
    typeof item === "string" ? resolveRegistered(item, of, context) : item;
  if (element === 0) return { type: { id: "UINTEGER" }, value: oid(value, type) };
  const items = (list: EngineValue): EngineValue =>
    Array.isArray(list)
      ? (list as readonly EngineValue[]).map((item) =>
          Array.isArray(item) ? items(item) : oid(item, element),
        )
      : null;
  return { type: listType(value), value: items(value) };
}

/** Of so many dimensions as the value has. */
function listType(value: EngineValue): LogicalType {
  const first: EngineValue = Array.isArray(value)
    ? ((value as readonly EngineValue[])[0] ?? null)
    : null;
  return { id: "LIST", child: Array.isArray(first) ? listType(first) : { id: "UINTEGER" } };
}
